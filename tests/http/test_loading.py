"""Commands are declared in one table, and their modules imported when they are named."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
import typer

from api.cli import build
from api.cli.commands import COMMANDS, GROUPS, named
from api.cli.loading import Listed
from api.cli.output import console, print_table
from tests.commands import run_command

TOP = typer.main.get_command(build())
_IMPORTED = """
import json, sys
from api.cli import main
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
print(json.dumps(sorted(sys.modules)), file=sys.stderr)
"""
HEAVY = {
    "duckdb",
    "eventsourcing",
    "fastapi",
    "openpyxl",
    "psycopg",
    "pydantic_settings",
    "splink",
    "structlog",
}


def modules_after(*arguments: str) -> set[str]:
    """The modules that are imported by a command, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", _IMPORTED, *arguments], capture_output=True, text=True, check=True
    )
    return set(json.loads(done.stderr))


def test_two_words_are_a_group_and_a_command_of_it() -> None:
    assert {name.split()[0] for name in COMMANDS if " " in name} == GROUPS.keys()
    assert not GROUPS.keys() & COMMANDS.keys()
    functions = Counter(said.function for said in COMMANDS.values())
    assert [name for name, count in functions.items() if count > 1] == []


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_that_is_declared_is_there(name: str) -> None:
    assert Listed(name, COMMANDS[name]).load().name == name.split()[-1]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_help_lists_all_that_is_declared_in_the_language_asked_for(language: str) -> None:
    env = os.environ | {"SONGNUAN_LANG": language, "COLUMNS": "200", "TERMINAL_WIDTH": "200"}
    for group in ("", *GROUPS):
        told = run_command(*group.split(), "--help", env=env)
        assert told.returncode == 0
        rows = [row.strip("│ ").split(maxsplit=1) for row in told.stdout.splitlines()]
        listed = [row[0] for row in rows if len(row) == 2]
        declared = [name for name in COMMANDS if name.rpartition(" ")[0] == group]
        assert [name for name in listed if f"{group} {name}".strip() in declared] == [
            name.rpartition(" ")[2] for name in declared
        ]
        for name in declared:
            said = COMMANDS[name].zh if language == "zh" else COMMANDS[name].en
            assert said in told.stdout


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["verify", "--help"], ["key", "--help"]])
def test_help_imports_no_command(arguments: list[str]) -> None:
    imported = modules_after(*arguments)
    assert not imported & {said.function.partition(":")[0] for said in COMMANDS.values()}
    assert not imported & (HEAVY | {"cryptography"})


@pytest.mark.parametrize("name", [name for name, said in COMMANDS.items() if said.offline])
def test_what_works_on_files_alone_imports_no_database_and_no_framework(name: str) -> None:
    assert not modules_after(*name.split(), "--help") & HEAVY


def test_a_key_is_made_and_shown_without_what_a_ledger_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SONGNUAN_PASSPHRASE", "a passphrase")
    # A setting that is not as it should be stands in the way of commands on a ledger alone.
    monkeypatch.setenv("SONGNUAN_DATABASE_URL", "no-url://")
    file = str(tmp_path / "key.pem")
    assert not modules_after("key", "new", file, "--json") & (HEAVY | {"ledger.domain.event"})
    assert not modules_after("key", "show", file) & (HEAVY | {"ledger.domain.event", "rich"})
    told = run_command("status", env=os.environ)
    assert (told.returncode, "setting-invalid" in told.stderr) == (4, True)


def test_a_command_is_found_by_the_words_that_name_it() -> None:
    assert named(["verify", "bundle", "b.zip"]) is COMMANDS["verify bundle"]
    assert named(["status", "--json"]) is COMMANDS["status"]
    assert named(["verify"]) is named(["no-such-command"]) is named([]) is None


def test_a_name_that_is_near_another_is_told() -> None:
    told = run_command("verify", "bundel", env=os.environ)
    assert told.returncode == 2
    assert "是否为 bundle" in told.stderr


def test_brackets_in_an_errors_text_are_shown(tmp_path: Path) -> None:
    missing = tmp_path / "a [bold]key[/bold].pem"
    told = run_command("key", "show", str(missing), env=os.environ | {"SONGNUAN_PASSPHRASE": "x"})
    assert told.returncode == 4
    assert str(missing) in told.stderr.replace("\n", "")


def test_names_are_never_read_as_markup(capsys: pytest.CaptureFixture[str]) -> None:
    print_table("units", [("name", "left")], [["[bold]tea[/bold]"]])
    console.print("✓ [red]silk[/red]")
    told = capsys.readouterr().out
    assert "[bold]tea[/bold]" in told
    assert "✓ [red]silk[/red]" in told
