"""The access log over HTTP: what is shown to whom has a line before it is answered."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import openpyxl
import orjson
import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from api.cli import build
from api.cli.answers import Shape, answer
from api.cli.commands import COMMANDS
from api.cli.exit_codes import Misused
from api.cli.output import console, print_json, print_line, print_table
from api.cli.recording import record_shown
from api.cli.running import recording
from api.service.access_recording import ATTEMPTS_OF_A_KEY, STRANGERS_REFUSED
from api.service.operations import OPERATIONS
from api.statements.submissions import write_submission
from ledger.audit.access_log_checks import check_access_log
from ledger.crypto.keys import key_id_of, save_key
from ledger.domain.entry import act_of
from ledger.domain.event import Grant
from ledger.errors import Refused, Unavailable
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
WITHOUT_EXAMPLE = {"GET /events/live", "GET /bundle", "GET /tile/entries/{path}", "DELETE /session"}
"""Recorded operations that the examples do not ask: bytes, a stream without end, and the sign-out."""


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


def test_the_command_lists_it_too(founded: Founded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with service(founded, tmp_path) as client:
        Officer(client, founded, "tea-clerk").sign_in().get("/roster", campaign="b2026")
        Officer(client, founded, "auditor").sign_in()
    monkeypatch.setenv("SONGNUAN_DATABASE_URL", founded.store.url)
    monkeypatch.setenv("SONGNUAN_DATA_DIR", str(tmp_path / "data"))

    def access(*arguments: str) -> Any:
        return CliRunner().invoke(build(), ["access", *arguments])

    found = json.loads(access("--officer", "tea-clerk", "--json").output)
    assert [(row["kind"], row["campaigns"]) for row in found] == [("persons", ["b2026"]), ("sign-in", None)]
    everything = json.loads(access("--address", "testclient", "--json").output)
    assert len(everything) == 3
    assert json.loads(access("--address", "192.0.2.1", "--json").output) == []
    assert "查看人员" in access("--kind", "persons").output
    assert isinstance(access("--kind", "everything").exception, Misused)
    assert isinstance(access("--since", "yesterday").exception, Misused)


def key_file(founded: Founded, folder: Path, officer: str) -> list[str]:
    """The options that sign with an officer's key."""
    file = folder / f"{officer}.pem"
    if not file.exists():
        save_key(founded.key(officer), file, "")
    return ["--key", str(file)]


class TestEveryCommand:
    def test_says_what_it_shows(self) -> None:
        shown = [said.shows for said in COMMANDS.values()]
        assert all((said.kind is None) == bool(said.because) for said in shown)

    def test_a_new_one_is_none_before_it_does(self) -> None:
        with pytest.raises(RuntimeError, match=r"commands\.py"):
            recording("everything", print)

    @pytest.mark.parametrize(
        "shown",
        [
            lambda: print_json([]),
            lambda: print_line({}),
            lambda: print_table("", [], []),
            lambda: console.print("everything"),
            lambda: answer("", [], [], Shape(xlsx=Path("everything.xlsx"))),
            lambda: answer("", [], [], Shape(as_csv=True)),
        ],
    )
    def test_prints_nothing_before_its_line_stands(
        self, shown: Callable[[], None], capsys: pytest.CaptureFixture[str]
    ) -> None:
        with pytest.raises(RuntimeError, match="before its line"):
            recording("roster", shown)()
        assert capsys.readouterr().out == ""

    def test_one_that_is_not_to_be_recorded_has_no_line(self, founded: Founded) -> None:
        with pytest.raises(RuntimeError, match="not recorded"):
            recording("summary", lambda: record_shown(founded.store))()
        assert lines(founded.store) == []


class TestTheCommandLine:
    @pytest.fixture
    def paid(self, founded: Founded) -> tuple[str, str]:
        """A paid case and its dossier."""
        with founded.store.writer() as writer:
            case, dossier, _ = founded.paid(writer)
        return case, dossier

    @pytest.fixture
    def ask(
        self, founded: Founded, paid: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> Callable[..., Any]:
        monkeypatch.setenv("SONGNUAN_DATABASE_URL", founded.store.url)
        monkeypatch.setenv("SONGNUAN_DATA_DIR", str(tmp_path / "data"))
        return lambda *arguments: CliRunner().invoke(build(), list(arguments))

    def test_records_what_it_shows_as_the_service_does(
        self, ask: Callable[..., Any], founded: Founded, paid: tuple[str, str], tmp_path: Path
    ) -> None:
        inspector = key_file(founded, tmp_path, "inspector")
        case, dossier = paid
        flag = json.loads(ask("flags", "--json").output)[0]["flag"]
        asked = {
            "roster": ["roster", "--campaign", "b2026", "--unit", "tea"],
            "flags": ["flags"],
            "flag show": ["flag", "show", flag],
            "timeline": ["timeline", "unit:tea"],
            "balance": ["balance", "--account", "line/b2026/workers"],
            "diff": ["diff", "1"],
            "events": ["events", "--limit", "1"],
            "export bundle": ["export", "bundle", str(tmp_path / "b.zip")],
            "export tiles": ["export", "tiles", str(tmp_path / "tiles")],
            "access": ["access"],
            "show receipt": ["show", "receipt", case],
            "replay": ["replay"],
            "rebuild": ["rebuild"],
            "identity kept": ["identity", "kept", "--unit", "tea"],
            "identity show": ["identity", "show", dossier, "--purpose", "核对", *inspector],
            "link": ["link", "--unit", "county", "--purpose", "查重", *inspector],
        }
        for arguments in asked.values():
            done = ask(*arguments)
            assert done.exit_code == 0, (arguments, done.output, done.exception)
        recorded = {line["what"]: line for line in lines(founded.store)}
        for command in asked:
            assert recorded[f"songnuan {command}"]["kind"] == COMMANDS[command].shows.kind
        # Each of these is tried where its own tests are, or below.
        elsewhere = {name for name, said in COMMANDS.items() if said.shows.kind is not None} - asked.keys()
        assert elsewhere == {
            "import", "objection", "demo", "backup take", "bank pay", "bank answer", "bank statement",
            "register load", "register matches", "register show",
            "callback draw", "callback list", "callback record", "handover list", "household show", "outside-case list", "rectification list", "step list",
        }  # fmt: skip
        roster = recorded["songnuan roster"]
        assert (roster["campaigns"], roster["units"], roster["rows"]) == (["b2026"], ["tea"], 1)
        assert len({line["address"] for line in recorded.values()}) == 1
        for command in ("identity show", "link"):
            signed = recorded[f"songnuan {command}"]
            assert (signed["officer"], signed["unit"], signed["rows"]) == ("inspector", "county", 1)
            assert signed["key"] == key_id_of(founded.signer("inspector").key)
        with founded.store.connect() as connection:
            findings: list[Any] = []
            check_access_log(connection, head(connection), findings.append)
        assert findings == []

    def test_a_bundle_with_an_identity_leaves_a_line_of_that_too(
        self, ask: Callable[..., Any], founded: Founded, paid: tuple[str, str], tmp_path: Path
    ) -> None:
        _, dossier = paid
        inspector = key_file(founded, tmp_path, "inspector")
        bundle = ["export", "bundle", str(tmp_path / "b.zip"), "--identity-of", dossier, "--purpose", "审计"]
        done = ask(*bundle, *inspector)
        assert done.exit_code == 0, done.exception
        assert [(line["kind"], line["what"]) for line in lines(founded.store)] == [
            ("identities", "songnuan export bundle"),
            ("export", "songnuan export bundle"),
        ]

    def test_a_run_reads_the_persons_of_its_unit_alone(
        self, ask: Callable[..., Any], founded: Founded, tmp_path: Path
    ) -> None:
        with founded.store.writer() as writer:
            founded.nominated(writer, unit="sugar")
            founded.enrol(writer, "sugar-inspector", "sugar", [Grant(role="inspector", unit="sugar")])
        done = ask(
            "link", "--unit", "sugar", "--purpose", "查重", *key_file(founded, tmp_path, "sugar-inspector")
        )
        assert done.exit_code == 0, (done.output, done.exception)
        [line] = lines(founded.store)
        assert (line["officer"], line["units"], line["rows"]) == ("sugar-inspector", ["sugar"], 1)
        assert [act_of(data).event.model_dump()["compared"] for _, data in entries(founded.store)[-1:]] == [1]

    def test_a_roster_that_is_checked_filed_and_named_again(
        self, ask: Callable[..., Any], founded: Founded, tmp_path: Path
    ) -> None:
        roster = tmp_path / "roster.xlsx"
        book = openpyxl.Workbook()
        assert book.active is not None
        person = founded.people.person()
        for row in (
            ("姓名", "公民身份号码", "对象类别", "金额（元）"),
            (person.name, person.number, "困难职工", "500"),
        ):
            book.active.append(row)
        book.save(roster)
        filing = ["import", str(roster), "--campaign", "b2026", "--unit", "tea"]
        filing += key_file(founded, tmp_path, "tea-clerk")
        done = ask(*filing, "--dry-run")
        assert done.exit_code == 0, (done.output, done.exception)
        for _ in range(2):
            done = ask(*filing, "--accept")
            assert done.exit_code == 0, (done.output, done.exception)
        written = lines(founded.store)
        assert [(line["kind"], line["what"], line["rows"]) for line in written] == [
            ("look-up", "songnuan import", rows) for rows in (1, 1, 0)
        ]
        assert all((line["campaigns"], line["units"]) == (["b2026"], ["tea"]) for line in written)
        assert person.number not in str(written)

    def test_what_became_of_an_objection(self, ask: Callable[..., Any], founded: Founded) -> None:
        done = ask("objection", "NOSUCHNUMBER")
        assert isinstance(done.exception, Refused)
        assert [(line["kind"], line["code"]) for line in lines(founded.store)] == [
            ("refused", "reference-unknown")
        ]

    def test_records_what_is_refused_and_whom(
        self, ask: Callable[..., Any], founded: Founded, paid: tuple[str, str], tmp_path: Path
    ) -> None:
        _, dossier = paid
        clerk = key_file(founded, tmp_path, "sugar-clerk")
        refused = {
            "identity show": (["identity", "show", dossier, "--purpose", "好奇", *clerk], "role-not-held"),
            "link": (["link", "--purpose", "好奇", *clerk], "role-not-held"),
            "fund allocate": (
                ["fund", "allocate", "b2026", "--line", "workers", "--amount", "1", *clerk],
                "role-not-held",
            ),
            "flag show": (["flag", "show", "no-such|thing"], "usage"),
            "roster": (["roster", "--campaign", "nowhere"], "reference-unknown"),
            "campaign show": (["campaign", "show", "nowhere"], "usage"),
            "show receipt": (["show", "receipt", NOBODY], "usage"),
        }
        for command, (arguments, code) in refused.items():
            done = ask(*arguments)
            assert isinstance(done.exception, Refused | Misused), (command, done.output, done.exception)
            line = lines(founded.store)[-1]
            assert (line["kind"], line["what"], line["code"]) == ("refused", f"songnuan {command}", code)
            officer = "sugar-clerk" if "--key" in arguments else None
            assert (line.get("officer"), line.get("unit")) == (officer, officer and "sugar")
        assert len(lines(founded.store)) == len(refused)

    def test_records_which_of_many_were_refused(
        self, ask: Callable[..., Any], founded: Founded, tmp_path: Path
    ) -> None:
        file = tmp_path / "statements.ndjson"
        made = [
            founded.sign(officer, FundAllocated(campaign="b2026", line="workers", amount_fen=100))
            for officer in ("finance", "tea-clerk", "sugar-clerk")
        ]
        file.write_bytes(b"".join(orjson.dumps(write_submission(each)) + b"\n" for each in made))
        assert ask("submit", str(file)).exit_code == 5
        assert [(line["kind"], line["code"], line["rows"]) for line in lines(founded.store)] == [
            ("refused", "role-not-held", 2)
        ]

    def test_nothing_is_said_of_a_refusal_that_cannot_be_recorded(
        self, ask: Callable[..., Any], founded: Founded
    ) -> None:
        with founded.store.connect() as connection:
            connection.execute("ALTER TABLE ledger.access_log RENAME TO access_log_gone")
        assert isinstance(ask("roster", "--campaign", "nowhere").exception, Unavailable)

    def test_shows_nothing_that_cannot_be_recorded(self, ask: Callable[..., Any], founded: Founded) -> None:
        with founded.store.connect() as connection:
            connection.execute("ALTER TABLE ledger.access_log RENAME TO access_log_gone")
        done = ask("roster", "--json")
        assert isinstance(done.exception, Unavailable)
        assert done.exception.code == "access-log-unavailable"
        assert "case_id" not in done.output

    def test_says_its_version(self, ask: Callable[..., Any]) -> None:
        done = ask("--version")
        assert (done.exit_code, done.output) == (0, f"songnuan {metadata.version('songnuan')}\n")
