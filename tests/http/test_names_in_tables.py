"""Names instead of codes (名称代替代码): what a command prints says what units, campaigns, lines and officers are called."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from api.cli import build, output
from ledger.storage.embedded import EmbeddedServer

UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
TABLES = (
    "roster --limit 400",
    "balance",
    "balance --by source",
    "balance --by unit",
    "balance --by campaign",
    "balance --by account",
    "balance --account line/b2026/workers",
    "summary b2026",
    "timeline unit:cannery",
    "timeline officer:finance",
    "timeline line:b2026/workers",
    "diff 2026-01-12 --limit 40",
    "diff 2026-01-12 --what balance",
    "diff 2026-01-12 --what flags",
    "flags",
    "rectification list",
    "handover list",
    "outside-case list",
    "collective list",
    "events --limit 200",
    "unit list",
    "officer list",
    "confirm --campaign b2026 --dry-run --key none",
)
"""The commands whose tables name something, with what the demonstration has for them."""
OWN_CODES = {"unit list", "officer list", "summary b2026"}
"""Lists of what the codes are of, which have a column of codes beside that of names."""


@pytest.fixture(scope="module")
def demo_server(told: Any, server_folder: Path) -> Iterator[Path]:
    """The demonstration's server, which runs on between the commands."""
    with EmbeddedServer(server_folder / "demo"):
        yield server_folder / "demo"


@pytest.fixture
def shown(demo_server: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """A command on the demonstration, in this process, on a screen wide enough for every table."""
    monkeypatch.setenv("SONGNUAN_DATA_DIR", str(demo_server))
    monkeypatch.setenv("SONGNUAN_PASSPHRASE", "")
    monkeypatch.setattr(output, "PRINTED_WIDTH", 900)
    monkeypatch.setattr(output, "console", output._Answers())

    def run(command: str, language: str) -> str:
        monkeypatch.setenv("SONGNUAN_LANG", language)
        done = CliRunner().invoke(build(), command.split(" "))
        assert done.exit_code == 0, (command, done.output, done.exception)
        return done.stdout

    return run


def _codes(shown: Callable[..., str]) -> set[str]:
    units = {row["id"] for row in json.loads(shown("unit list --json", "zh"))}
    officers = {row["id"] for row in json.loads(shown("officer list --json", "zh"))}
    sums = json.loads(shown("balance --json", "zh"))
    return units | officers | {row["campaign"] for row in sums} | {row["line"] for row in sums}


def test_no_table_says_a_code_where_there_is_a_name(shown: Callable[..., str]) -> None:
    codes = _codes(shown)
    bare: list[tuple[str, str]] = []
    for command in TABLES:
        told = shown(command, "zh")
        bare += [(command, found) for found in UUID.findall(told)]
        if command in OWN_CODES:
            continue
        said = re.sub(r"（[^（）]*）", "", told)
        bare += [(command, found) for found in re.findall(r"[a-z][a-z0-9-]*", said) if found in codes]
        cells = {cell.strip() for cell in re.split(r"[│\n]", shown(command, "en"))}
        bare += [(command, found) for found in sorted(codes & cells)]
    assert bare == []


def test_json_keeps_the_codes_and_adds_the_names(shown: Callable[..., str]) -> None:
    [case, *_] = json.loads(shown("roster --unit tea --json", "zh"))
    assert (case["unit"], case["unit_name"], case["campaign"]) == ("tea", "茶厂工会", "b2026")
    assert case["campaign_name"] == "心系职工情、温暖进万家"
    line = next(row for row in json.loads(shown("balance --json", "zh")) if row["line"] == "workers")
    assert line["line_name"] == "困难职工慰问金"
    posting = json.loads(shown("balance --account line/b2026/workers --json", "zh"))[-1]
    assert posting["officer"] != posting["officer_name"]


def test_a_file_has_names_and_codes_in_columns_of_their_own(shown: Callable[..., str]) -> None:
    [row, *_] = csv.DictReader(io.StringIO(shown("balance --by unit --csv", "zh")))
    assert row["单位代码"] == "bureau" and row["单位"] == "某县人社局"
