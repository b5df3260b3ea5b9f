"""The access log over HTTP: what is shown to whom has a line before it is answered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from fastapi.testclient import TestClient

from api.service.access_recording import ATTEMPTS_OF_A_KEY, STRANGERS_REFUSED
from api.service.operations import OPERATIONS
from api.statements.submissions import write_submission
from ledger.audit.access_log_checks import check_access_log
from ledger.crypto.keys import key_id_of
from ledger.domain.entry import act_of
from ledger.domain.event import Grant
from ledger.events.access import AccessLogSealed
from ledger.events.funds import FundAllocated
from ledger.log.proofs import head
from ledger.storage.store import OpenStore
from ledger.writing.intake import Submission
from tests.database.test_writer import entries
from tests.founding import Founded
from tests.http.examples import ask_all
from tests.http.serving import (
    ORIGIN,
    Enter,
    Officer,
    service,
)

STREAMS_THAT_END = {name for name, said in OPERATIONS.items() if said.streamed} - {"GET /events/live"}
NOBODY = "019bf000-0000-7000-8000-000000000000"
WITHOUT_EXAMPLE = {
    "GET /events/live",
    "GET /bundle",
    "GET /exports/{export}/file",
    "GET /federation/{followed}/cases",
    "GET /federation/{followed}/entries/{position}",
    "GET /tile/entries/{path}",
    "GET /papers/payment-form",
    "GET /papers/cash-receipts",
    "DELETE /session",
}
"""Recorded operations that the examples do not ask: bytes, a stream without end, the sign-out, a ledger below, and papers over
whom is still to be paid, which are in test_office_papers."""


def lines(store: OpenStore) -> list[dict[str, Any]]:
    with store.connect() as connection:
        return [row[0] for row in connection.execute("SELECT line FROM ledger.access_log ORDER BY number")]


def kinds(store: OpenStore) -> list[str]:
    return [line["kind"] for line in lines(store)]


class TestEveryRoute:
    def test_the_pages_are_answered_without_a_line(self, client: TestClient, founded: Founded) -> None:
        for path in ("/", "/app/", "/app/roster", "/openapi.json"):
            assert client.get(path).status_code == 200
        assert lines(founded.store) == []

    def test_leaves_a_line_with_its_rows_or_none(self, founded: Founded, tmp_path: Path) -> None:
        with founded.store.writer() as writer:
            paid, _, _ = founded.paid(writer)
            case, dossier = founded.nominated(writer)
        with service(founded, tmp_path) as client:
            asked = ask_all(client, founded, paid, case, dossier)
            written = lines(founded.store)
        expected = {
            name: said.kind
            for name, said in OPERATIONS.items()
            if said.kind is not None and name not in WITHOUT_EXAMPLE
        }
        assert {line["what"]: line["kind"] for line in written} == expected
        assert asked.keys() >= {
            f"{m.lower()} {path}" for m, path in map(str.split, expected) if path != "/session"
        }
        counted = {line["what"]: line.get("rows") for line in written if not line["kind"].startswith("sign-")}
        assert {what for what, rows in counted.items() if rows is None} == STREAMS_THAT_END & expected.keys()
        assert counted["GET /dossiers/{dossier}"] == counted["POST /identities"] == 1
        assert counted["POST /rosters/read"] == 1
        # The masked rows of two cases, or a page of one.
        assert counted["GET /roster"] == 2


class TestLines:
    def test_who_comes_and_goes(self, client: TestClient, founded: Founded, enter: Enter) -> None:
        auditor = enter("auditor")
        cookie = {"cookie": f"songnuan_session={auditor.cookie}", "x-csrf-token": auditor.csrf}
        assert client.delete("/session", headers=cookie).status_code == 204
        assert kinds(founded.store) == ["sign-in", "sign-out"]
        line = lines(founded.store)[0]
        assert (line["officer"], line["unit"]) == ("auditor", "county")
        assert line["key"] == key_id_of(founded.signer("auditor").key)
        assert "testclient" not in str(line)

    def test_who_fails_to_come_in(self, client: TestClient, founded: Founded) -> None:
        with pytest.raises(AssertionError):
            Officer(client, founded, "stranger").sign_in()
        line = lines(founded.store)[-1]
        assert (line["kind"], line["code"]) == ("sign-in-failed", "key-not-in-force")
        assert line["key"] == key_id_of(founded.signer("stranger").key)
        assert "officer" not in line

    def test_what_was_refused(self, founded: Founded, enter: Enter) -> None:
        enter("tea-clerk").get("/flags", 403)
        line = lines(founded.store)[-1]
        assert (line["kind"], line["what"], line["code"], line["officer"]) == (
            "refused",
            "GET /flags",
            "reading-not-allowed",
            "tea-clerk",
        )

    def test_strangers_are_recorded_as_long_as_they_are_few(
        self, client: TestClient, founded: Founded
    ) -> None:
        for _ in range(STRANGERS_REFUSED.amount + 5):
            assert client.get("/roster").status_code == 401
        assert kinds(founded.store) == ["refused"] * STRANGERS_REFUSED.amount

    def test_sign_ins_that_fail_for_their_number_are_recorded_as_long_as_they_are_few(
        self, client: TestClient, founded: Founded
    ) -> None:
        wrong = {"key": "0" * 64, "challenge": "x", "origin": ORIGIN, "signature": "00" * 64}
        answers = Counter(client.post("/session", json=wrong).status_code for _ in range(60))
        assert answers[429] > STRANGERS_REFUSED.amount
        codes = Counter(line["code"] for line in lines(founded.store) if line["kind"] == "sign-in-failed")
        assert codes.pop("too-many-requests") == STRANGERS_REFUSED.amount
        assert codes.total() == 60 - answers[429]

    def test_the_scope_is_what_was_asked_or_what_the_officer_has(
        self, founded: Founded, enter: Enter
    ) -> None:
        clerk = enter("tea-clerk")
        clerk.get("/roster")
        clerk.get("/roster", campaign="b2026", unit="tea")
        first, second = lines(founded.store)[-2:]
        assert ("campaigns" not in first, first["units"]) == (True, ["tea"])
        assert (second["campaigns"], second["units"]) == (["b2026"], ["tea"])

    def test_a_number_that_somebody_asked_for_is_not_written_down(
        self, founded: Founded, enter: Enter
    ) -> None:
        auditor = enter("auditor")
        number = founded.people.person().number
        auditor.get("/timeline/person", name=number)
        auditor.get("/roster", 404, unit=number)
        auditor.get("/timeline/unit", name="tea")
        written = lines(founded.store)
        assert number not in str(written)
        assert [line.get("subject") for line in written[-3:]] == ["person/…", None, "unit/tea"]

    def test_what_a_reader_has_already_is_recorded_too(
        self, client: TestClient, enter: Enter, founded: Founded
    ) -> None:
        auditor = enter("auditor")
        cookie = {"cookie": f"songnuan_session={auditor.cookie}"}
        tag = client.get("/roster", headers=cookie).headers["etag"]
        assert client.get("/roster", headers={**cookie, "if-none-match": tag}).status_code == 304
        assert kinds(founded.store)[-2:] == ["persons", "persons"]


class TestRefusedStatements:
    """A statement needs no session; who signed it is known by its signatures, once these hold."""

    def sent(self, client: TestClient, *made: Submission, status: int = 200) -> None:
        lines_sent = b"".join(orjson.dumps(write_submission(each)) + b"\n" for each in made)
        kind = "application/json" if status == 422 else "application/x-ndjson"
        answer = client.post("/statements", content=lines_sent, headers={"content-type": kind})
        assert answer.status_code == status, answer.text

    def test_has_a_line_with_whose_it_was_and_what_it_wanted(
        self, client: TestClient, founded: Founded
    ) -> None:
        wanted = FundAllocated(campaign="b2026", line="workers", amount_fen=100)
        self.sent(client, founded.sign("sugar-clerk", wanted), status=422)
        line = lines(founded.store)[-1]
        assert {name: line.get(name) for name in ("kind", "what", "code", "officer", "unit", "subject")} == {
            "kind": "refused",
            "what": "POST /statements",
            "code": "role-not-held",
            "officer": "sugar-clerk",
            "unit": "sugar",
            "subject": "FundAllocated.v1",
        }
        assert (line["key"], line["campaigns"], line["rows"]) == (
            key_id_of(founded.signer("sugar-clerk").key),
            ["b2026"],
            1,
        )

    def test_one_whose_body_is_invalid_has_one_too(self, client: TestClient, founded: Founded) -> None:
        wanted = FundAllocated.model_construct(campaign="b2026", line="workers", amount_fen=-100)
        bad = founded.sign("sugar-clerk", wanted)
        self.sent(client, bad, status=422)
        line = lines(founded.store)[-1]
        assert (line["code"], line["officer"]) == ("amount-not-positive", "sugar-clerk")

    def test_many_have_a_line_for_each_reason_and_signer(self, client: TestClient, founded: Founded) -> None:
        made = [
            founded.sign(officer, FundAllocated(campaign="b2026", line="workers", amount_fen=100))
            for officer in ("finance", "tea-clerk", "sugar-clerk", "sugar-clerk")
        ]
        self.sent(client, *made)
        found = {(line["officer"], line["code"], line["rows"]) for line in lines(founded.store)}
        assert found == {("tea-clerk", "role-not-held", 1), ("sugar-clerk", "role-not-held", 2)}

    def test_nobody_is_named_by_a_signature_that_does_not_hold(
        self, client: TestClient, founded: Founded
    ) -> None:
        wanted = FundAllocated(campaign="b2026", line="workers", amount_fen=100)
        made, other = (founded.sign("sugar-clerk", wanted) for _ in range(2))
        envelope, another = orjson.loads(made.envelope), orjson.loads(other.envelope)
        envelope["signatures"] = another["signatures"]
        forged = made._replace(envelope=orjson.dumps(envelope, option=orjson.OPT_SORT_KEYS))
        self.sent(client, forged, status=422)
        line = lines(founded.store)[-1]
        assert (line["kind"], line["code"]) == ("refused", "signature-invalid")
        assert not {"officer", "key", "unit"} & line.keys()

    def test_handed_in_for_ever_one_does_not_fill_the_log(self, client: TestClient, founded: Founded) -> None:
        made = founded.sign("sugar-clerk", FundAllocated(campaign="b2026", line="workers", amount_fen=100))
        for _ in range(ATTEMPTS_OF_A_KEY.amount + 5):
            self.sent(client, made, status=422)
        assert len(lines(founded.store)) == ATTEMPTS_OF_A_KEY.amount

    def test_is_not_answered_where_it_cannot_be_recorded(self, client: TestClient, founded: Founded) -> None:
        with founded.store.connect() as connection:
            connection.execute("ALTER TABLE ledger.access_log RENAME TO access_log_away")
        made = founded.sign("sugar-clerk", FundAllocated(campaign="b2026", line="workers", amount_fen=100))
        self.sent(client, made, status=503)


class TestUnavailable:
    @pytest.fixture
    def broken(self, client: TestClient, enter: Enter, founded: Founded) -> Iterator[Officer]:
        auditor = enter("auditor")
        with founded.store.connect() as connection:
            connection.execute("ALTER TABLE ledger.access_log RENAME TO access_log_away")
            yield auditor
            connection.execute("ALTER TABLE ledger.access_log_away RENAME TO access_log")

    def test_nothing_is_shown_that_cannot_be_recorded(self, broken: Officer, client: TestClient) -> None:
        for path in ("/roster", "/timeline/unit?name=tea", "/events"):
            answer = client.get(path, headers={"cookie": f"songnuan_session={broken.cookie}"})
            assert (answer.status_code, answer.json()["code"]) == (503, "access-log-unavailable")
            assert answer.headers["retry-after"] == "2"
        assert "rows" in broken.get("/balances")

    def test_nobody_signs_in_either(self, broken: Officer, client: TestClient, founded: Founded) -> None:
        with pytest.raises(AssertionError, match="access-log-unavailable"):
            Officer(client, founded, "finance").sign_in()


class TestSealing:
    def test_its_head_is_in_the_ledger_when_the_service_stops(self, founded: Founded, tmp_path: Path) -> None:
        with service(founded, tmp_path) as client:
            Officer(client, founded, "auditor").sign_in().get("/roster")
        last = act_of(entries(founded.store)[-1][1])
        assert isinstance(last.event, AccessLogSealed)
        assert last.event.lines == 2
        with founded.store.connect() as connection:
            findings: list[Any] = []
            check_access_log(connection, head(connection), findings.append)
            assert findings == []

    def test_a_service_that_showed_nothing_seals_nothing(self, founded: Founded, tmp_path: Path) -> None:
        before = len(entries(founded.store))
        for _ in range(2):
            with service(founded, tmp_path):
                pass
        assert len(entries(founded.store)) == before


class TestReading:
    def enrol(self, founded: Founded, name: str, grant: Grant) -> None:
        with founded.store.writer() as writer:
            founded.enrol(writer, name, "county", [grant])

    def test_an_auditor_reads_who_saw_what_the_newest_first(self, enter: Enter) -> None:
        clerk = enter("tea-clerk")
        clerk.get("/roster", campaign="b2026")
        rows = enter("auditor").rows("/access")
        assert [(row["kind"], row["officer"]) for row in rows] == [
            ("sign-in", "auditor"),
            ("persons", "tea-clerk"),
            ("sign-in", "tea-clerk"),
        ]
        assert rows[1]["campaigns"] == ["b2026"]
        assert rows[1]["rows"] == 2

    def test_filtered_and_a_page_at_a_time(self, enter: Enter) -> None:
        clerk, auditor = enter("tea-clerk"), enter("auditor")
        for _ in range(3):
            clerk.get("/roster")
        assert {row["kind"] for row in auditor.rows("/access", kind="persons")} == {"persons"}
        assert {row["officer"] for row in auditor.rows("/access", officer="tea-clerk")} == {"tea-clerk"}
        page = auditor.get("/access", officer="tea-clerk", limit=2)
        more = auditor.get("/access", officer="tea-clerk", limit=2, before=page["next"])
        numbers = [row["number"] for row in page["rows"] + more["rows"]]
        assert numbers == sorted(numbers, reverse=True)
        assert len(numbers) == 4
        newest = page["rows"][0]["at"]
        assert auditor.rows("/access", officer="tea-clerk", until=newest) == [
            *page["rows"][1:],
            *more["rows"],
        ]
        assert auditor.rows("/access", officer="tea-clerk", since=newest) == page["rows"][:1]
        assert auditor.rows("/access", since="2020-01-01", until="2020-01-02") == []

    def test_a_time_that_is_none(self, enter: Enter) -> None:
        assert enter("auditor").get("/access", 422, since="yesterday")["code"] == "parameter-invalid"

    def test_reading_it_is_recorded(self, enter: Enter) -> None:
        auditor = enter("auditor")
        auditor.rows("/access")
        assert auditor.rows("/access")[0]["kind"] == "access-log"

    @pytest.mark.parametrize("officer", ["tea-clerk", "approver", "finance"])
    def test_others_do_not(self, enter: Enter, officer: str) -> None:
        assert enter(officer).get("/access", 403)["code"] == "reading-not-allowed"

    def test_one_units_auditor_reads_of_that_units_officers(self, founded: Founded, tmp_path: Path) -> None:
        self.enrol(founded, "tea-auditor", Grant(role="auditor", unit="tea"))
        with service(founded, tmp_path) as client:
            for name in ("tea-clerk", "sugar-clerk"):
                Officer(client, founded, name).sign_in().get("/roster")
            client.get("/roster")  # a stranger is no unit's
            rows = Officer(client, founded, "tea-auditor").sign_in().rows("/access")
            assert {row["officer"] for row in rows} == {"tea-clerk"}
            everything = Officer(client, founded, "auditor").sign_in().rows("/access")
        assert {row["officer"] for row in everything} >= {"tea-clerk", "sugar-clerk", None}

    def test_one_campaigns_auditor_reads_what_was_asked_of_that_campaign(
        self, founded: Founded, tmp_path: Path
    ) -> None:
        self.enrol(founded, "b-auditor", Grant(role="auditor", unit="county", campaign="b2026"))
        with service(founded, tmp_path) as client:
            clerk = Officer(client, founded, "tea-clerk").sign_in()
            clerk.get("/roster")
            clerk.get("/roster", campaign="b2026")
            rows = Officer(client, founded, "b-auditor").sign_in().rows("/access")
        assert [(row["officer"], row["campaigns"]) for row in rows if row["kind"] == "persons"] == [
            ("tea-clerk", ["b2026"])
        ]
