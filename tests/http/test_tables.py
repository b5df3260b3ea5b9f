"""Tables over HTTP: the whole answer is searched, sorted, counted, summed, grouped and exported; each sees its own."""

from __future__ import annotations

import csv
import io
from typing import Any
from unittest.mock import patch

import pytest
from fastapi.testclient import TestClient

from api.gate import every_view
from api.identities.disclosing import newest
from api.service.service import service_of
from api.tables.catalogue import TABLES
from api.tables.exporting import Exports
from api.tables.table import Table
from ledger.identity.documents import PersonIdentity
from tests.founding import Founded
from tests.http.serving import Enter, Officer
from tests.http.sharing import OneService

AS = {"objections": "inspector", "cases": "inspector", "lists": "auditor"}
"""Who asks for a matter that the auditor does not see."""


def session_of(officer: Officer) -> dict[str, str]:
    return {"cookie": f"songnuan_session={officer.cookie}", "x-csrf-token": officer.csrf}


def views(client: TestClient, officer: Officer, table: str, status: int = 204, **kept: Any) -> Any:
    answer = client.post(f"/table-views/{table}", json=kept, headers=session_of(officer))
    assert answer.status_code == status, answer.text
    return None if status == 204 else answer.json()


def export(client: TestClient, officer: Officer, table: str, status: int = 202, **asked: Any) -> Any:
    answer = client.post(f"/tables/{table}/exports", params=asked, headers=session_of(officer))
    assert answer.status_code == status, answer.text
    return answer.json()


class TestATable(OneService):
    def test_a_page_says_how_many_there_are_and_the_pages_are_the_whole(self, enter: Enter) -> None:
        auditor = enter("auditor")
        whole = auditor.get("/tables/events", limit=500)
        assert whole["total"] == len(whole["rows"]) > 20
        assert whole["next"] is None
        for sort in ("", "amount_fen", "-recorded_at", "unit,-type"):
            rows: list[Any] = []
            asked: dict[str, Any] = {"limit": 7, "sort": sort}
            while True:
                page = auditor.get("/tables/events", **asked)
                # Rows are counted once, with the first page.
                assert page["total"] == (None if "after" in asked else whole["total"])
                rows += page["rows"]
                if page["next"] is None:
                    break
                asked["after"] = page["next"]
            assert sorted(row["position"] for row in rows) == sorted(row["position"] for row in whole["rows"])
            skipped = auditor.get("/tables/events", sort=sort, skip=7, limit=7)
            assert skipped["rows"] == rows[7:14], sort

    def test_figures_are_those_of_the_rows(self, enter: Enter) -> None:
        auditor = enter("auditor")
        rows = auditor.rows("/tables/payouts", limit=500)
        totals = auditor.get("/tables/payouts/totals", by="unit")
        assert totals["total"] == len(rows) == sum(each["rows"] for each in totals["groups"]) == 1
        assert totals["sums"]["amount_fen"] == sum(row["amount_fen"] for row in rows) > 0
        assert [each["title"]["zh"] for each in totals["groups"]] == ["tea"]
        flags = auditor.rows("/flags", limit=500)
        assert auditor.get("/tables/flags/totals")["total"] == len(flags)
        listed = auditor.rows("/tables/flags", limit=500)
        assert {row["flag"]: row["disposition"] for row in listed} == {
            row["flag"]: row["disposition"] for row in flags
        }
        assert auditor.get("/tables/flags/totals", filter="disposition=open")["total"] == len(flags)

    def test_words_are_looked_for_in_titles_names_and_sums(self, enter: Enter) -> None:
        auditor = enter("auditor")
        rows = auditor.rows("/tables/cases")
        assert len(rows) == 2
        name = rows[0]["masked_name"]
        found = auditor.rows("/tables/cases", search=name)
        assert {row["masked_name"] for row in found} == {name}
        paid = auditor.rows("/tables/cases", search="已发放 tea")
        assert [row["state"] for row in paid] == ["paid"]
        assert auditor.rows("/tables/cases", search="已发放 sugar") == []
        fen = paid[0]["approved_fen"]
        assert [row["case_id"] for row in auditor.rows("/tables/cases", search=f"{fen // 100}")] == [
            paid[0]["case_id"]
        ]
        assert auditor.rows("/tables/cases", filter=f"approved_fen>={fen + 1}") == []

    @pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
    def test_every_table_answers_with_pages_totals_groups_words_and_a_file(
        self, client: TestClient, enter: Enter, table: Table
    ) -> None:
        reader = enter(AS.get(table.resource, "auditor"))
        path = f"/tables/{table.name}"
        span: dict[str, Any] = {"since": 1} if table.since else {}
        if table.monthly:
            span = {"campaign": "b2026", "month": "2027-01"}
        whole = reader.get(path, **span, limit=500)
        assert whole["total"] == len(whole["rows"])
        assert whole["sums"].keys() == set(table.sums)
        for by in table.groups:
            totals = reader.get(f"{path}/totals", **span, by=by)
            if table.newest is None:
                assert totals["total"] == sum(each["rows"] for each in totals["groups"]) == whole["total"]
        for sort in table.sorted_by:
            reader.get(path, **span, sort=f"-{sort}", limit=2)
        reader.get(path, **span, search="张 2027 100")
        for row in whole["rows"][:1]:
            assert set(table.shown) <= row.keys()
        begun = export(client, reader, table.name, **span, language="en")
        service_of({"app": client.app}).part(Exports).wait()
        done = reader.get(f"/exports/{begun['export']}")
        assert (done["state"], done["written"]) == ("done", begun["total"]), done

    def test_a_table_that_takes_more_says_what(self, enter: Enter) -> None:
        auditor = enter("auditor")
        assert auditor.get("/tables/changes", 422)["code"] == "parameter-invalid"
        assert auditor.get("/tables/vouchers", 422, campaign="b2026")["code"] == "parameter-invalid"

    def test_what_changed_since_is_said_by_person(self, enter: Enter) -> None:
        rows = enter("auditor").rows("/tables/changes", since=1)
        assert {row["change"] for row in rows} == {"added"}
        assert sum(row["kept_change_fen"] for row in rows) > 0
        last = max(row["nominated_position"] for row in rows)
        later = enter("auditor").rows("/tables/changes", since=last)
        assert [row["change"] for row in later] in ([], ["changed"])

    def test_pages_of_the_access_log_stay_one_answer_while_it_grows(self, enter: Enter) -> None:
        auditor = enter("auditor")
        first = auditor.get("/tables/access", limit=2)
        again = auditor.get("/tables/access", limit=2, upto=first["upto"], skip=0)
        assert again["rows"] == first["rows"]
        assert auditor.get("/tables/access", limit=2)["rows"] != first["rows"]
        assert auditor.rows("/access", kind="access-log", limit=1)[0]["what"] == "GET /tables/{table}"

    def test_a_view_is_kept_for_its_officer_alone(self, client: TestClient, enter: Enter) -> None:
        auditor, other = enter("auditor"), enter("inspector")
        state = {"filters": ["state=paid"], "sort": "-unit", "by": "unit", "columns": ["unit", "state"]}
        views(client, auditor, "cases", name="已发放", state=state)
        views(client, auditor, "cases", name="已发放", state={**state, "dense": True})
        (kept,) = auditor.get("/table-views")
        assert (kept["table"], kept["name"]) == ("cases", "已发放")
        assert kept["state"] == {**state, "dense": True}
        assert other.get("/table-views") == []
        for table, name, wrong, code in (
            ("cases", "x", {"filters": ["person=1"]}, "column-unknown"),
            ("cases", "x", {"columns": ["person"]}, "column-unknown"),
            ("cases", "x", {"by": "person"}, "column-unknown"),
            ("cases", "联系 13800138000", {}, "view-names-somebody"),
        ):
            assert views(client, auditor, table, 422, name=name, state=wrong)["code"] == code
        refused = views(client, enter("tea-clerk"), "flags", 403, name="x", state={})
        assert refused["code"] == "reading-not-allowed"
        with patch("api.kept_views.queries.MOST_KEPT", 1):
            assert views(client, auditor, "cases", 422, name="y", state={})["code"] == "views-full"
        headers = session_of(auditor)
        client.delete("/table-views/cases", params={"name": "已发放"}, headers=headers)
        assert auditor.get("/table-views") == []

    def test_somebody_is_found_by_what_is_theirs_and_that_is_recorded(
        self, enter: Enter, founded: Founded
    ) -> None:
        auditor = enter("auditor")
        row = auditor.rows("/tables/cases")[0]
        with founded.store.connect() as connection:
            found = newest(every_view(connection), founded.store.vault(), [row["dossier"]])[row["dossier"]]
        assert isinstance(found, PersonIdentity)
        of_number = (found.number, found.number[-4:], found.number[:4] + "*" * 10 + found.number[-4:])
        for word in (found.name, *of_number, *filter(None, (found.account, found.phone))):
            rows = auditor.rows("/tables/cases", search=word)
            assert row["case_id"] in {each["case_id"] for each in rows}, word
        assert auditor.rows("/tables/cases", search=found.number[5:13]) == []
        auditor.get("/tables/cases/totals", search=found.number)
        newest_line = auditor.rows("/access", limit=1)[0]
        assert (newest_line["kind"], newest_line["what"]) == ("look-up", "GET /tables/{table}/totals")
        outside = enter("sugar-clerk")
        assert outside.rows("/tables/cases", search=found.number) == []

    def test_what_cannot_be_asked_is_refused(self, enter: Enter) -> None:
        auditor = enter("auditor")
        assert auditor.get("/tables/cases", 422, sort="person")["code"] == "column-unknown"
        assert auditor.get("/tables/cases", 422, filter="x")["code"] == "parameter-invalid"
        assert auditor.get("/tables/cases", 422, after="x")["code"] == "parameter-invalid"
        assert auditor.get("/tables/cases/totals", 422, by="dossier")["code"] == "column-unknown"
        assert auditor.get("/tables/nothing", 422)["code"] == "parameter-invalid"
        clerk = enter("tea-clerk")
        assert clerk.get("/tables/flags", 403)["code"] == "reading-not-allowed"
        assert [each["name"] for each in clerk.get("/tables")] == [
            "cases",
            "dossiers",
            "payouts",
            "slips",
            "holdings",
            "collective-help",
            "officers",
            "keys",
        ]

    def test_an_export_has_all_rows_and_is_its_askers_alone(self, client: TestClient, enter: Enter) -> None:
        auditor = enter("auditor")
        begun = export(client, auditor, "cases", sort="-nominated_position")
        assert begun["total"] == 2
        exports = service_of({"app": client.app}).part(Exports)
        exports.wait()
        done = auditor.get(f"/exports/{begun['export']}")
        assert (done["state"], done["written"]) == ("done", 2)
        text = auditor.get(f"/exports/{begun['export']}/file")
        lines = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
        assert lines[0][:3] == ["登记序号", "姓名或名称", "单位"]
        assert [line[2] for line in lines[1:]] == ["tea", "tea"]
        assert {line[4] for line in lines[1:]} == {"已发放", "已申报"}
        other = enter("inspector")
        for path in ("", "/file"):
            assert other.get(f"/exports/{begun['export']}{path}", 422)["code"] == "export-unknown"
        assert export(client, enter("tea-clerk"), "flags", 403)["code"] == "reading-not-allowed"

    def test_one_with_names_is_kept_no_more_once_an_identity_ended(
        self, client: TestClient, enter: Enter
    ) -> None:
        auditor = enter("auditor")
        made = {name: export(client, auditor, name)["export"] for name in ("dossiers", "officers")}
        exports = service_of({"app": client.app}).part(Exports)
        exports.wait()
        for number in made.values():
            auditor.get(f"/exports/{number}/file")
        # As if each had been written before the nomination, and that were what ends an identity.
        mark = service_of({"app": client.app}).sessions.reader(auditor.cookie)[0].mark
        for number in made.values():
            exports.find(number, mark).position = 0
        with patch("api.service.dependencies.IDENTITY_ENDED", {"Nominated.v1"}):
            auditor.get(f"/exports/{made['officers']}/file")
            assert auditor.get(f"/exports/{made['dossiers']}/file", 422)["code"] == "export-unknown"
        assert auditor.get(f"/exports/{made['dossiers']}", 422)["code"] == "export-unknown"

    def test_an_export_that_runs_has_no_file_yet_and_a_third_must_wait(
        self, client: TestClient, enter: Enter
    ) -> None:
        auditor = enter("auditor")
        exports = service_of({"app": client.app}).part(Exports)
        begun = [export(client, auditor, "events") for _ in range(2)]
        exports.wait()
        mark = service_of({"app": client.app}).sessions.reader(auditor.cookie)[0].mark
        kept = [exports.find(each["export"], mark) for each in begun]
        for each in kept:
            each.state = "running"
        try:
            number = begun[0]["export"]
            assert auditor.get(f"/exports/{number}/file", 422)["code"] == "export-not-done"
            assert export(client, auditor, "events", 503)["code"] == "exports-full"
            assert export(client, enter("inspector"), "flags")["export"]
        finally:
            for each in kept:
                each.state = "done"
