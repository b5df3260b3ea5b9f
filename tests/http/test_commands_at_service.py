"""Commands that show something, or take a file: at a running service they answer as beside the ledger."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from api.cli import build
from api.cli.exit_codes import EXIT_PARTLY, Misused
from api.cli.server_option import take_server
from ledger.clock import china_time
from ledger.crypto.keys import save_key
from ledger.errors import Refused
from ledger.statements.statement import decode64
from tests.founding import Founded
from tests.http.command_line import roster
from tests.http.serving import served

Asked = Callable[..., Any]
_LOGGED = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d .*\n", re.M)
"""What the service in this process says meanwhile, of whose thread the output is the command's."""
OFFICERS = ("auditor", "finance", "finance2", "inspector", "tea-clerk")


@pytest.fixture
def at_service(founded: Founded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Any]:
    """The command away from the ledger's folder, signed in at its service as each officer in turn."""
    monkeypatch.setenv("SONGNUAN_DATA_DIR", str(tmp_path / "nowhere"))
    monkeypatch.setenv("SONGNUAN_PASSPHRASE", "")
    monkeypatch.setenv("SONGNUAN_LANG", "zh")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    for officer in OFFICERS:
        save_key(founded.key(officer), Path(f"{officer}.pem"), "")

    @contextmanager
    def open_it() -> Iterator[Asked]:
        with served(founded, tmp_path) as url:
            signed_in = ""

            def invoke(*arguments: str, by: str, code: int = 0, as_json: bool = True) -> Any:
                nonlocal signed_in
                if by != signed_in:
                    _run("sign-in", "--key", f"{by}.pem", "--server", url, code=0)
                    signed_in = by
                own = [f"{by}.pem" if each == "KEY" else each for each in arguments]
                done = _run(*own, *(["--json"] if as_json else []), "--server", url, code=code)
                if code not in (0, EXIT_PARTLY):
                    return done.exception
                return json.loads(_LOGGED.sub("", done.stdout)) if as_json else done.stdout

            yield invoke
        take_server(["songnuan"])

    return open_it


def _run(*arguments: str, code: int) -> Any:
    done = CliRunner().invoke(build(), take_server(["songnuan", *arguments])[1:])
    assert done.exit_code == code, (arguments, done.output, done.exception)
    return done


def _beside(founded: Founded, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, *arguments: str) -> Any:
    """What the command answers in the ledger's own folder."""
    monkeypatch.setenv("SONGNUAN_DATABASE_URL", founded.store.url)
    monkeypatch.setenv("SONGNUAN_DATA_DIR", str(tmp_path / "data"))
    return json.loads(_run(*arguments, "--json", code=0).stdout)


def test_what_is_shown_is_the_same_as_beside_the_ledger(
    founded: Founded, at_service: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with founded.store.writer() as writer:
        case, dossier, _ = founded.paid(writer)
        founded.nominated(writer)
    questions = [
        ("roster", "--campaign", "b2026", "--recipient", "person"),
        ("summary", "b2026"),
        ("balance", "--by", "account"),
        ("balance", "--account", "line/b2026/workers"),
        ("timeline", "unit:tea"),
        ("timeline", f"case:{case}", "--limit", "1"),
        ("flags",),
        ("step", "list", case),
        ("callback", "draw", "b2026", "--seed", "1"),
        ("household", "show", dossier, "--campaign", "b2026"),
        ("rectification", "list"),
        ("register", "list"),
        ("bank", "outflows", "--campaign", "b2026"),
        ("diff", "12"),
    ]
    with at_service() as ask:
        there = [ask(*arguments, by="auditor") for arguments in questions]
        flag = there[6][0]["flag"]
        shown = ask("flag", "show", flag, by="auditor")
        assert "登记时间" in ask("timeline", "unit:tea", by="auditor", as_json=False)
        campaign = json.loads(_LOGGED.sub("", ask("campaign", "show", "b2026", by="auditor", as_json=False)))
        listed = "".join(_LOGGED.sub("", ask("roster", by="auditor", as_json=False)).split())
        assert f"{campaign['title']}（b2026）" in listed
        assert isinstance(ask("flag", "show", "none|person:x", by="auditor", code=1), Refused)
        assert {"county", "tea"} <= {row["unit"] for row in ask("unit", "list", by="auditor")}
        assert "finance" in ask("officer", "list", by="auditor", as_json=False)
        assert isinstance(ask("identity", "kept", by="auditor", code=1), Misused)
    for arguments, found in zip(questions, there, strict=True):
        here = _beside(founded, monkeypatch, tmp_path, *arguments)
        if isinstance(here, dict):
            assert (
                here.items()
                <= {**found, **({"position": here["position"]} if "position" in here else {})}.items()
            )
            continue
        assert [
            {k: v for k, v in row.items() if k in mine} for mine, row in zip(here, found, strict=True)
        ] == [{k: v for k, v in mine.items() if k in row} for mine, row in zip(here, found, strict=True)], (
            arguments
        )
    here = _beside(founded, monkeypatch, tmp_path, "flag", "show", flag)["events"]
    assert [each["position"] for each in here] == [each["position"] for each in shown["events"]]


def test_the_log_and_single_things_are_asked_of_the_service(
    founded: Founded, at_service: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with founded.store.writer() as writer:
        case, _, _ = founded.paid(writer)
    with at_service() as ask:
        stood = ask("campaign", "show", "b2026", by="auditor", as_json=False)
        Path("policy.json").write_text(json.dumps(json.loads(_LOGGED.sub("", stood))["policy"]))
        at = ask("timeline", f"case:{case}", by="auditor")[0]["position"]
        lines = ask("events", "--after", str(at - 1), "--limit", "1", "--json", by="auditor", as_json=False)
        [entry] = [json.loads(line)["entry"] for line in _LOGGED.sub("", lines).splitlines()]
        statement = json.loads(decode64(entry["envelope"]["payload"], "payload"))["id"]
        receipt = ask("show", "receipt", statement, by="auditor")
        said = ask("show", "receipt", statement, by="auditor", as_json=False)
        assert china_time(datetime.fromisoformat(receipt["recorded_at"])) in said
        proof = ask("proof", statement, by="auditor")
        assert (proof["position"], proof["leaf_hash"]) == (receipt["position"], receipt["leaf_hash"])
        assert ask("proof", str(receipt["position"]), by="auditor")["leaf_hash"] == receipt["leaf_hash"]
        stands = ask("checkpoint", by="auditor")
        assert stands["size"] >= receipt["position"]
        assert ask("export", "tiles", "log", by="auditor")["size"] >= stands["size"]
        assert Path("log/checkpoint").read_bytes()
        assert ask("export", "tiles", "log", by="auditor")["tiles"] == 0
        kinds = {row["kind"] for row in ask("access", "--limit", "3", by="auditor")}
        assert kinds and isinstance(ask("access", "--address", "::1", by="auditor", code=1), Misused)
        assert (
            ask("campaign", "try", "policy.json", "--campaign", "b2026", by="auditor")["counts"]["cases"] == 1
        )
        assert ask("federation", "status", by="auditor") == []
        assert ask("federation", "rollup", by="auditor") == []
        assert ask("federation", "matches", by="auditor") == []
        assert ask("objection", "AAAA-AAAA", by="auditor", code=1).code == "reference-unknown"
        assert ask("show", "receipt", "none", by="auditor", code=1).code == "reference-unknown"
    # What is there under the same name is the same as beside the ledger, which may have grown meanwhile.
    assert _beside(founded, monkeypatch, tmp_path, "export", "tiles", "here")["size"] >= stands["size"]
    same = [
        file for file in Path("log/tile").rglob("*") if (Path("here") / file.relative_to("log")).is_file()
    ]
    assert all(file.read_bytes() == (Path("here") / file.relative_to("log")).read_bytes() for file in same)


def test_files_are_read_by_the_service_and_made_by_it(
    founded: Founded, at_service: Any, tmp_path: Path
) -> None:
    with founded.store.writer() as writer:
        _, dossier, _ = founded.paid(writer)
    roster(tmp_path / "roster.xlsx", 2, seed=5, faulty=True)
    importing = ("import", "roster.xlsx", "--campaign", "b2026", "--unit", "tea", "--key", "KEY")
    with at_service() as ask:
        # A roster is checked, filed, and known again; the line at fault is left out.
        planned = ask(*importing, "--dry-run", by="tea-clerk", code=EXIT_PARTLY)
        assert (planned["good"], planned["rows"]) == (2, 3)
        assert len(ask(*importing, "--accept", by="tea-clerk", code=EXIT_PARTLY)) == 4
        assert ask(*importing, "--dry-run", by="tea-clerk", code=EXIT_PARTLY)["good"] == 0
        # Money goes out by a file of the bank's, which is written once its act is recorded.
        Path("taken").write_text("")
        paying = ("bank", "pay", "--campaign", "b2026", "--unit", "county", "--key", "KEY", "--out")
        assert isinstance(ask(*paying, "taken", by="finance", code=1), Misused)
        sent = ask(*paying, "out", by="finance")
        assert (sent["count"], Path(sent["file"]).stat().st_mode & 0o777) == (1, 0o600)
        assert ask(*paying, "out", by="finance", code=1).code == "payment-nothing"
        Path("a.csv").write_text(
            "户名,账号,金额,结果,失败原因\n无名,6222021234567890128,1.00,成功,\n", encoding="utf-8"
        )
        read = ask(
            "bank",
            "answer",
            "a.csv",
            "--campaign",
            "b2026",
            "--dry-run",
            "--key",
            "KEY",
            by="finance",
            code=EXIT_PARTLY,
        )
        assert [line["payout"] for line in read["lines"]] == [None]
        # Papers and bundles come as files.
        ask("report", "annex", "2", "a.pdf", "--campaign", "b2026", by="finance", as_json=False)
        assert Path("a.pdf").read_bytes()[:4] == b"%PDF"
        ask(
            "slips",
            "b2026",
            "tea",
            "s.html",
            "--address",
            "https://ledger.example",
            "--key",
            "KEY",
            by="finance",
            as_json=False,
        )
        assert "¥" in Path("s.html").read_text() or "元" in Path("s.html").read_text()
        assert ask("export", "bundle", "all.zip", by="auditor")["bytes"] == Path("all.zip").stat().st_size
        # An identity is shown once that is recorded.
        (shown,) = ask("identity", "show", dossier, "--purpose", "核对", "--key", "KEY", by="inspector")
        assert shown["dossier"] == dossier
        assert shown["identity"]["number"]
