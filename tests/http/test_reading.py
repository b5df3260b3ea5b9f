"""Questions over HTTP: as of when, how far the views must be, a page at a time."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx2
import orjson
import psycopg
import pytest
from fastapi.testclient import TestClient

from api.cli.opening import views
from api.service.service import service_of
from ledger.clock import china_today
from ledger.crypto.keys import key_id_of
from ledger.errors import Unavailable
from ledger.events.funds import FundAllocated
from ledger.events.nomination import Confirmed, NoticePosted
from ledger.events.objection import ObjectionLodged, ObjectionSettled
from ledger.events.opening import Opening
from ledger.events.registry import KeyRevoked
from tests.founding import Founded
from tests.http.command_line import roster
from tests.http.serving import ORIGIN, Enter
from tests.http.sharing import OneService
from tests.rosters.files import xlsx
from tests.unit.test_rosters import written


def head(client: TestClient) -> int:
    return int(client.get("/healthz").json()["position"])


class TestRosters(OneService):
    QUERY = "/rosters/read?campaign=b2026&unit=tea&name=roster.xlsx"

    def test_only_a_clerk_of_the_unit_has_one_read(self, client: TestClient, enter: Enter) -> None:
        assert client.post(self.QUERY).json()["code"] == "not-signed-in"
        for name in ("approver", "sugar-clerk"):
            officer = enter(name)
            headers = {"cookie": f"songnuan_session={officer.cookie}", "x-csrf-token": officer.csrf}
            answer = client.post(self.QUERY, headers=headers, content=b"x")
            assert (answer.status_code, answer.json()["code"]) == (403, "reading-not-allowed")
        clerk = enter("tea-clerk")
        cookie = {"cookie": f"songnuan_session={clerk.cookie}"}
        assert client.post(self.QUERY, headers=cookie, content=b"x").json()["code"] == "csrf-missing"

    def test_nothing_is_filed_or_kept(
        self, client: TestClient, enter: Enter, founded: Founded, tmp_path: Path
    ) -> None:
        before, clerk = head(client), enter("tea-clerk")
        headers = {"cookie": f"songnuan_session={clerk.cookie}", "x-csrf-token": clerk.csrf}
        numbers = roster(tmp_path / "roster.xlsx", 3, seed=5, faulty=True)
        content = (tmp_path / "roster.xlsx").read_bytes()
        read = client.post(self.QUERY, headers=headers, content=content).json()
        assert [line["identity"]["number"] for line in read["lines"]] == numbers
        assert [fault["code"] for line in read["bad"] for fault in line["faults"]] == ["number-damaged"]
        assert head(client) == before
        written(
            tmp_path / "gaps.xlsx", [["姓名", "身份证号", "金额"], [None, numbers[0], 5], ["张三", " ", 5]]
        )
        gaps = client.post(self.QUERY, headers=headers, content=(tmp_path / "gaps.xlsx").read_bytes())
        assert gaps.status_code == 200
        missing = [
            fault
            for line in gaps.json()["bad"]
            for fault in line["faults"]
            if fault["code"] == "cell-missing"
        ]
        assert [fault["cell"] for fault in missing] == ["A2", "B3"]
        answer = client.post(self.QUERY, headers=headers, content=b"x" * (8 * 1024 * 1024 + 1))
        assert (answer.status_code, answer.json()["code"]) == (413, "body-too-large")

    def test_what_is_chosen_counts_and_is_proposed_for_the_next_file(
        self, client: TestClient, enter: Enter, founded: Founded
    ) -> None:
        clerk = enter("tea-clerk")
        headers = {"cookie": f"songnuan_session={clerk.cookie}", "x-csrf-token": clerk.csrf}
        people = [founded.people.person() for _ in range(2)]
        rows = [("姓名", "身份证号", "困难程度", "民族", "慰问金额（万元）")]
        content = xlsx([*rows, *((who.name, who.number, "困难职工", "汉", 0.05) for who in people)])

        def read(**choices: object) -> httpx2.Response:
            return (
                read_by(json.dumps(choices))
                if choices
                else client.post(self.QUERY, headers=headers, content=content)
            )

        def read_by(text: str) -> httpx2.Response:
            return client.post(f"{self.QUERY}&choices={quote(text)}", headers=headers, content=content)

        before = read().json()
        assert (before["good"], {fault["code"] for fault in before["faults"]}) == (0, {"category-missing"})
        chosen = read(columns={"困难程度": "category"}, ignored=["民族"]).json()
        assert (chosen["good"], [line["amount_fen"] for line in chosen["lines"]]) == (2, [50_000, 50_000])
        assert not any(part["asked"] for part in chosen["unused"]["columns"])
        again = read().json()
        hows = {column["field"]: column["how"] for column in again["mapping"]}
        assert (again["good"], hows["category"]) == (2, "remembered")
        wrong = read(columns={"困难程度": "nothing"})
        assert (wrong.status_code, wrong.json()["code"]) == (422, "choice-unknown")
        for text in ("[]", '{"columns": 5}', "no"):
            malformed = read_by(text)
            assert (malformed.status_code, malformed.json()["code"]) == (422, "parameter-invalid")


class TestOneSession(OneService):
    def test_a_session_says_who_and_ends(self, client: TestClient, enter: Enter) -> None:
        officer = enter("finance")
        said = officer.get("/session")
        assert (said["officer"], said["roles"], said["csrf"]) == ("finance", ["finance"], officer.csrf)
        cookie = {"cookie": f"songnuan_session={officer.cookie}"}
        refused = client.delete("/session", headers=cookie)
        assert (refused.status_code, refused.json()["code"]) == (403, "csrf-missing")
        assert client.delete("/session", headers={**cookie, "x-csrf-token": officer.csrf}).status_code == 204
        assert officer.get("/session") is None
        assert officer.get("/roster", status=401)["code"] == "not-signed-in"

    def test_signing_in_again_ends_the_browsers_earlier_session(
        self, client: TestClient, enter: Enter
    ) -> None:
        first, elsewhere = enter("finance"), enter("finance")
        client.cookies.set("songnuan_session", first.cookie)
        second = enter("auditor")
        assert first.get("/roster", status=401)["code"] == "not-signed-in"
        assert second.get("/session")["officer"] == "auditor"
        assert elsewhere.get("/session")["officer"] == "finance"

    def test_the_cookie_is_for_this_site_alone_and_for_no_script(
        self, client: TestClient, founded: Founded
    ) -> None:
        signed = self._signed(client, founded, "finance")
        cookie = client.post("/session", json=signed).headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=strict" in cookie
        assert "secure" not in cookie

    def _signed(self, client: TestClient, founded: Founded, name: str) -> dict[str, Any]:
        from api.service.sessions import SESSION_TYPE
        from ledger.statements.statement import canonical_plain, pae

        key = founded.signer(name).key
        challenge = client.post("/session/challenge").json()
        said = {"challenge": challenge["challenge"], "ledger": challenge["ledger"], "origin": ORIGIN}
        return {
            "key": key_id_of(key),
            "challenge": challenge["challenge"],
            "origin": ORIGIN,
            "signature": key.sign(pae(SESSION_TYPE, canonical_plain(said))).hex(),
        }

    def test_a_challenge_is_good_once(self, client: TestClient, founded: Founded) -> None:
        signed = self._signed(client, founded, "finance")
        assert client.post("/session", json=signed).status_code == 201
        assert client.post("/session", json=signed).json()["code"] == "challenge-unknown"

    def test_another_origin_or_key_does_not_fit(self, client: TestClient, founded: Founded) -> None:
        signed = self._signed(client, founded, "finance")
        moved = {**signed, "origin": "http://localhost:8700"}
        assert client.post("/session", json=moved).json()["code"] == "signature-invalid"
        signed = self._signed(client, founded, "finance")
        other = {**signed, "key": key_id_of(founded.signer("auditor").key)}
        assert client.post("/session", json=other).json()["code"] == "signature-invalid"
        signed = self._signed(client, founded, "stranger")
        assert client.post("/session", json=signed).json()["code"] == "key-not-in-force"


class TestSigningIn:
    def test_a_revoked_key_ends_its_session_at_once(self, enter: Enter, founded: Founded) -> None:
        officer, registrar = enter("finance"), enter("registrar")
        assert officer.get("/session")
        revoked = KeyRevoked(
            key=key_id_of(founded.signer("finance").key),
            revoked_from="2026-01-01T00:00:00+08:00",
            compromised=False,
            reason="离任",
        )
        registrar.post(revoked)
        assert officer.get("/roster", status=401)["code"] == "key-not-in-force"

    def test_a_session_ends_by_itself(
        self, client: TestClient, enter: Enter, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        officer = enter("finance")
        sessions = service_of({"app": client.app}).sessions
        now = sessions._clock()
        monkeypatch.setattr(sessions, "_clock", lambda: now + 29 * 60)
        assert officer.get("/session")
        monkeypatch.setattr(sessions, "_clock", lambda: now + 58 * 60)
        assert officer.get("/session")
        monkeypatch.setattr(sessions, "_clock", lambda: now + 89 * 60)
        assert officer.get("/session") is None


class TestEarlierMoments(OneService):
    def test_as_of_an_earlier_moment(self, client: TestClient, enter: Enter) -> None:
        auditor, position = enter("auditor"), head(client)
        auditor.get("/roster", wait_for=position)
        states = {row["state"] for row in auditor.rows("/roster")}
        assert states == {"paid", "nominated"}
        earlier = auditor.get("/roster", as_of=position - 3)
        assert earlier["position"] == position - 3
        assert {row["state"] for row in earlier["rows"]} == {"approved"}
        assert auditor.get("/roster", status=422, as_of="yesterday")["code"] == "moment-malformed"
        assert auditor.get("/roster", status=422, as_of=position + 5)["code"] == "position-unknown"

    def test_an_answer_that_the_asker_has_is_not_sent_again(self, client: TestClient, enter: Enter) -> None:
        auditor = enter("auditor")
        auditor.get("/roster", wait_for=head(client))
        cookie = {"cookie": f"songnuan_session={auditor.cookie}"}
        for query in ("/roster", f"/roster?as_of={head(client) - 1}"):
            first = client.get(query, headers=cookie)
            again = client.get(query, headers={**cookie, "if-none-match": first.headers["etag"]})
            assert (again.status_code, again.content) == (304, b"")
            assert first.headers["cache-control"] == "private, no-cache"

    def test_pages_go_on_from_their_cursor(self, client: TestClient, enter: Enter) -> None:
        auditor = enter("auditor")
        auditor.get("/roster", wait_for=head(client))
        first = auditor.get("/roster", limit=1)
        second = auditor.get("/roster", limit=1, after=first["next"])
        assert len({first["rows"][0]["case_id"], second["rows"][0]["case_id"]}) == 2
        assert second["next"] is None

    def test_names_are_masked(self, client: TestClient, enter: Enter) -> None:
        rows = enter("auditor").rows("/roster", wait_for=head(client))
        assert all("*" in row["masked_name"] for row in rows)

    def test_what_changed_is_told(self, client: TestClient, enter: Enter) -> None:
        auditor, position = enter("auditor"), head(client)
        auditor.get("/roster", wait_for=position)
        changes = {row["change"] for row in auditor.rows("/diff", what="roster", since=position - 3)}
        assert changes == {"added", "changed"}


class TestMoments:
    def test_what_was_just_recorded_is_waited_for(self, enter: Enter) -> None:
        finance = enter("finance")
        for amount in (1, 20, 300):
            receipt = finance.post(FundAllocated(campaign="b2026", line="workers", amount_fen=amount))
            [line] = finance.rows("/balances", wait_for=receipt["position"])
        assert line["allocated_fen"] == 25_000_000 + 321

    def test_what_never_comes_is_not_waited_for_long(
        self, client: TestClient, enter: Enter, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        finance = enter("finance")
        assert finance.get("/balances", status=422, wait_for=10**9)["code"] == "position-unknown"
        monkeypatch.setattr("api.service.dependencies.LONGEST_WAIT_SECONDS", 0.1)
        monkeypatch.setattr("api.service.dependencies.held", lambda *_: 1)
        answer = finance.get("/balances", status=503, wait_for=head(client))
        assert answer["code"] == "views-behind"


class TestEvents:
    def test_a_stream_goes_on_from_its_cursor(self, client: TestClient, enter: Enter) -> None:
        auditor = enter("auditor")
        lines = [orjson.loads(line) for line in auditor.get("/events").splitlines()]
        assert [line["position"] for line in lines] == list(range(1, head(client) + 1))
        rest = [orjson.loads(line) for line in auditor.get("/events", after=5, limit=2).splitlines()]
        assert rest == lines[5:7]
        only = auditor.get("/events", type="Disbursed.v1").splitlines()
        assert len(only) == 1
        tag = f"case:{orjson.loads(only[0])['entry']['envelope'] and lines[-1]['id']}"
        assert [orjson.loads(line)["id"] for line in auditor.get("/events", tag=tag).splitlines()] == [
            lines[-1]["id"]
        ]

    def test_it_ends_where_the_grant_does_between_two_pages(
        self, enter: Enter, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        auditor, answers = enter("auditor"), iter((True, True, False))
        monkeypatch.setattr("api.gate.history.PAGE_EVENTS", 2)
        monkeypatch.setattr("api.events.routes._still_allowed", lambda _: next(answers))
        assert len(auditor.get("/events").splitlines()) == 4

    def test_a_statement_is_shown_with_receipt_and_proof(self, client: TestClient, enter: Enter) -> None:
        finance, auditor = enter("finance"), enter("auditor")
        receipt = finance.post(FundAllocated(campaign="b2026", line="workers", amount_fen=1))
        for officer in (finance, auditor):
            shown = officer.get(f"/statements/{receipt['id']}")
            assert shown["receipt"] == {**receipt, "repeated": True}
            assert shown["statement"]["body"]["amount_fen"] == 1
        assert enter("tea-clerk").get(f"/statements/{receipt['id']}", status=403)


class TestNotices:
    def test_the_public_sees_masked_names_and_nothing_else(
        self, client: TestClient, enter: Enter, founded: Founded
    ) -> None:
        clerk, confirmer = enter("tea-clerk"), enter("tea-confirmer")
        case = next(
            row["case_id"]
            for row in clerk.rows("/roster", wait_for=head(client))
            if row["state"] == "nominated"
        )
        confirmer.post(Confirmed(campaign="b2026", unit="tea", case=case))
        posted = NoticePosted(
            campaign="b2026", unit="tea", cases=[case], start="2026-01-05", end="2026-01-12", place="厂门口"
        )
        receipt = confirmer.post(posted)
        assert clerk.rows("/notices", wait_for=receipt["position"])[0]["notice"] == receipt["id"]
        notice = client.get(f"/notices/{receipt['id']}").json()
        assert (notice["unit"], notice["start_on"], notice["end_on"]) == ("tea", "2026-01-05", "2026-01-12")
        assert set(notice["cases"][0]) == {
            "case_id",
            "category",
            "category_title",
            "state",
            "amount_fen",
            "masked_name",
        }
        assert "*" in notice["cases"][0]["masked_name"]
        assert client.get("/notices/none").status_code == 404
        written = {"case": case, "text": "此人并不困难"}
        late = client.post(f"/notices/{receipt['id']}/objections", json=written)
        assert (late.status_code, late.json()["code"]) == (422, "notice-over")

    def test_who_may_read_and_take_down_what_the_public_wrote(
        self, client: TestClient, enter: Enter, founded: Founded
    ) -> None:
        confirmer = enter("tea-confirmer")
        case = next(
            row["case_id"]
            for row in confirmer.rows("/roster", wait_for=head(client))
            if row["state"] == "nominated"
        )
        today = china_today()
        posted = NoticePosted(
            campaign="b2026", unit="tea", cases=[case], start=today, end=today, place="门口"
        )
        receipt = confirmer.post(posted)
        confirmer.rows("/notices", wait_for=receipt["position"])
        path = f"/notices/{receipt['id']}/objections"
        assert client.post(path, json={"case": "none", "text": "此人并不困难"}).status_code == 404
        assert client.post(path, json={"case": case, "text": "短"}).status_code == 422
        # What no statement could hold is said at once: it would wait for ever.
        refused = client.post(path, json={"case": case, "text": "此人并不困难，请电 13800138000"})
        assert (refused.status_code, refused.json()["code"]) == (422, "text-holds-identity")
        number = client.post(path, json={"case": case, "text": " 此人\t并不困难\x85"}).json()["number"]
        assert client.get(f"/objections/{number}").json()["state"] == "waiting"
        # Who wrote what is read from above the unit that it concerns.
        assert confirmer.rows("/objections") == []
        above = enter("inspector")
        (waiting,) = above.rows("/objections")
        assert (waiting["number"], waiting["text"]) == (number, "此人 并不困难")
        assert enter("sugar-confirmer").rows("/objections") == []
        assert enter("finance").get("/objections", status=403)
        assert client.get("/objections").status_code == 401

        headers = {"cookie": f"songnuan_session={above.cookie}", "x-csrf-token": above.csrf}
        wrong = client.post(
            f"/objections/{number}/lodged", headers=headers, json={"statement": receipt["id"]}
        )
        assert wrong.json()["code"] == "reference-unknown"
        lodged = ObjectionLodged(
            campaign="b2026",
            unit="tea",
            case=case,
            received=number,
            opening=Opening.model_validate(waiting["opening"]),
            text="此人 并不困难",
        )
        # Neither the unit itself nor a statement that does not name the number takes it down.
        assert confirmer.post(lodged, refused="role-not-held")
        other = confirmer.post(lodged.model_copy(update={"received": None}))
        wrong = client.post(f"/objections/{number}/lodged", headers=headers, json={"statement": other["id"]})
        assert wrong.json()["code"] == "reference-unknown"
        enter("approver").post(lodged.model_copy(update={"text": "已无异议"}), refused="objection-reworded")
        taken = enter("approver").post(lodged)
        # The ledger says so, whether or not whoever signed comes back to the inbox.
        assert confirmer.rows("/objections") == []
        done = client.post(f"/objections/{number}/lodged", headers=headers, json={"statement": taken["id"]})
        assert done.status_code == 204
        assert client.get(f"/objections/{number}").json()["state"] == "lodged"
        settled = ObjectionSettled(
            campaign="b2026", unit="tea", case=case, objection=taken["id"], upheld=False, reason="查无实据"
        )
        position = enter("inspector").post(settled)["position"]
        confirmer.rows("/notices", wait_for=position)
        found = client.get(f"/objections/{number}").json()
        assert found["state"] == "dismissed"
        assert found["answer"] == {"text": "查无实据", "on": today, "by": "county", "position": position}


class TestAnswers(OneService):
    def test_it_is_ready_and_says_its_figures(self, client: TestClient) -> None:
        assert client.get("/readyz").status_code == 204
        figures = client.get("/metrics").text
        assert f"songnuan_position {head(client)}" in figures
        assert 'songnuan_view_behind{view="roster"}' in figures
        for step in ("admission", "commit", "query"):
            assert f"# TYPE songnuan_{step}_seconds histogram" in figures

    def test_every_answer_is_guarded(self, client: TestClient) -> None:
        for path in ("/healthz", "/roster", "/nowhere"):
            headers = client.get(path).headers
            assert "default-src 'none'" in headers["content-security-policy"]
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["referrer-policy"] == "no-referrer"

    def test_no_such_address(self, client: TestClient) -> None:
        answer = client.get("/nowhere")
        assert (answer.status_code, answer.json()["code"]) == (404, "no-such-page")
        answer = client.put("/statements")
        assert (answer.status_code, answer.json()["code"]) == (405, "method-not-taken")
        assert (answer.headers["allow"], answer.json()["details"]["found"]) == ("POST", "PUT")
        assert client.get("/healthz?x=%00").json()["code"] == "parameter-invalid"

    def test_what_was_never_there_is_not_answered_with_nothing(self, enter: Enter) -> None:
        auditor = enter("auditor")
        assert auditor.get("/flags", status=404, rule="over-standrad")["code"] == "reference-unknown"
        assert auditor.get("/flags", status=422, disposition="dismised")["code"] == "parameter-invalid"
        for path in ("/events", "/events/live"):
            assert auditor.get(path, status=422, type="Aproved.v1")["code"] == "type-unknown"

    def test_parameters_that_do_not_fit(self, enter: Enter) -> None:
        answer = enter("auditor").get("/roster", status=422, limit=0)
        assert (answer["code"], answer["details"]["where"]) == ("parameter-invalid", "limit")


class TestService:
    def test_many_statements_at_once_have_an_answer_each(self, client: TestClient, founded: Founded) -> None:
        from api.statements.submissions import write_submission

        def line(officer: str, amount_fen: int) -> bytes:
            event = FundAllocated(campaign="b2026", line="workers", amount_fen=amount_fen)
            return orjson.dumps(write_submission(founded.sign(officer, event)))

        lines = [line("finance", 1), b"{}", line("tea-clerk", 1), line("finance", 2)]
        for content, kind in (
            (b"\n".join(lines) + b"\n", "application/x-ndjson"),
            (b"[" + b",".join(lines) + b"]", "application/json"),
        ):
            answer = client.post("/statements", content=content, headers={"content-type": kind})
            assert answer.status_code == 200
            outcomes = answer.json()["outcomes"]
            assert [o.get("code") for o in outcomes] == [
                None,
                "submission-malformed",
                "role-not-held",
                None,
            ]
            assert outcomes[3]["position"] == outcomes[0]["position"] + 1
        assert [o["repeated"] for o in outcomes if "repeated" in o] == [True, True]
        for content in (b"[]", b"[" + b",".join([b"{}"] * 10_001) + b"]"):
            assert client.post("/statements", content=content).status_code == 400

    def test_a_view_that_stopped_is_not_ready(self, client: TestClient, founded: Founded) -> None:
        with founded.store.connect() as connection:
            connection.execute("INSERT INTO views.failures VALUES ('roster', 5, 'poison')")
        answer = client.get("/readyz")
        assert (answer.status_code, answer.json()["code"]) == (503, "views-stopped")

    def test_a_view_of_another_release_is_not_ready(self, client: TestClient, founded: Founded) -> None:
        with founded.store.connect() as connection:
            connection.execute("UPDATE views.made SET version = 'other' WHERE view = 'links'")
        answer = client.get("/readyz").json()
        assert "views-outdated" in [each["code"] for each in answer["causes"]]
        (said,) = [each for each in answer["causes"] if each["code"] == "views-outdated"]
        assert "links" in str(said) and "songnuan rebuild" in str(said)
        assert 'songnuan_not_ready{code="views-outdated"} 1.0' in client.get("/metrics").text

    def test_a_question_over_a_view_of_another_release_has_its_way_out(
        self, client: TestClient, enter: Enter, founded: Founded
    ) -> None:
        auditor = enter("auditor")
        with founded.store.connect() as connection:
            connection.execute("ALTER TABLE views.notices RENAME COLUMN start_on TO somewhere")
            # A mistake of this release's own is no way out of another's.
            assert auditor.get("/notices", 500)["code"] == "internal-error"
            connection.execute("UPDATE views.made SET version = 'other' WHERE view = 'notices'")
        answer = auditor.get("/notices", 503)
        assert (answer["code"], "songnuan rebuild" in answer["title"]) == ("views-outdated", True)
        with (
            pytest.raises(Unavailable, match="songnuan rebuild"),
            views(founded.store),
            founded.store.connect() as connection,
        ):
            connection.execute("SELECT start_on FROM views.notices")

    def test_a_database_that_does_not_answer_is_said(
        self, client: TestClient, enter: Enter, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        auditor = enter("auditor")

        def gone(*_: object) -> int:
            raise psycopg.OperationalError("gone")

        monkeypatch.setattr("api.service.dependencies.held", gone)
        answer = client.get("/roster", headers={"cookie": f"songnuan_session={auditor.cookie}"})
        assert (answer.status_code, answer.json()["code"]) == (503, "database-unavailable")
        assert answer.headers["retry-after"] == "2"
