"""The access log of the command line: what a command shows has a line before it is printed."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

import openpyxl
import orjson
import pytest
from typer.testing import CliRunner

from api.cli import build
from api.cli.act_commands import ACT_COMMANDS
from api.cli.answers import Shape, answer
from api.cli.commands import COMMANDS
from api.cli.exit_codes import Misused
from api.cli.output import console, print_json, print_line, print_table
from api.cli.recording import record_shown
from api.cli.running import recording
from api.statements.submissions import write_submission
from ledger.audit.access_log_checks import check_access_log
from ledger.crypto.keys import key_id_of, save_key
from ledger.domain.entry import act_of
from ledger.domain.event import Grant
from ledger.errors import Refused, Unavailable
from ledger.events.funds import FundAllocated
from ledger.log.proofs import head
from tests.database.test_writer import entries
from tests.founding import Founded
from tests.http.serving import (
    Officer,
    service,
)
from tests.http.test_access import NOBODY, lines


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
            "register load", "register matches", "register show", "campaign try", "export vouchers",
            "callback draw", "callback list", "callback record", "slips", "handover list", "household show", "outside-case list", "rectification list", "step list",
            "federation pack", "household reveal", *ACT_COMMANDS.keys() & elsewhere,
            "report working-paper", "report case", "report annex", "report notice", "report receipt",
            "report slips", "report reconciliation", "report payment-form", "report cash-receipts", "report signing-list",
            "report evidence-sheet", "report problem-list", "report rectification-list", "report handover-letter",
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

    def test_a_run_for_which_the_engine_is_missing_is_not_signed(
        self,
        ask: Callable[..., Any],
        founded: Founded,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr("ledger.spark.find_spec", lambda name: None)
        before = len(entries(founded.store))
        inspector = key_file(founded, tmp_path, "inspector")
        done = ask("link", "--engine", "spark", "--unit", "county", "--purpose", "查重", *inspector)
        assert done.exception.code == "spark-missing"
        assert len(entries(founded.store)) == before and not lines(founded.store)

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
            "flag show": (["flag", "show", "no-such|thing"], "reference-unknown"),
            "roster": (["roster", "--campaign", "nowhere"], "reference-unknown"),
            "campaign show": (["campaign", "show", "nowhere"], "usage"),
            "show receipt": (["show", "receipt", NOBODY], "reference-unknown"),
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
