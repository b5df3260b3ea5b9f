"""A roster's whole way by the command: checked, filed, killed halfway and resumed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from openpyxl import load_workbook

from ledger.crypto.keys import load_key, save_key
from tests.commands import COMMAND
from tests.http.command_line import Result, entries, environment, founded, import_, roster

__all__ = ["environment", "founded"]


def test_a_rosters_whole_way(founded: Callable[..., Result], tmp_path: Path) -> None:
    numbers = roster(tmp_path / "roster.xlsx", 20, 1, faulty=True)
    workbook = load_workbook(tmp_path / "roster.xlsx")
    workbook.worksheets[0].append({3: "赵六", 4: "困难职工"})
    workbook.save(tmp_path / "roster.xlsx")
    before = entries(founded)
    dry = import_(founded, "--dry-run", "--json")
    assert (dry.code, dry.json["good"], [f["code"] for f in dry.json["faults"]]) == (
        5,
        20,
        ["number-damaged", "cell-missing"],
    )
    said_no = import_(founded, input="n\n")
    assert said_no.code == 5
    assert "B25" in said_no.out
    assert entries(founded) == before
    yes = import_(founded, input="y\n")
    assert yes.code == 5, yes.err
    assert entries(founded) == before + 40
    assert "已导入" in import_(founded, "--accept").out
    assert entries(founded) == before + 40
    listed = founded("roster", "--unit", "tea", "--json").json
    assert len(listed) == 20
    assert all(row["state"] == "nominated" and "*" in row["masked_name"] for row in listed)
    assert not any(number in founded("roster", "--json").out for number in numbers)
    signatures = {
        json.loads(line)["entry"]["envelope"]["signatures"][0]["sig"]
        for line in founded("events", "--after", str(before), "--json").out.splitlines()
    }
    assert len(signatures) == 1


def test_a_longer_roster_files_only_what_is_new(founded: Callable[..., Result], tmp_path: Path) -> None:
    roster(tmp_path / "roster.xlsx", 5, 2)
    assert import_(founded, "--accept").code == 0
    before = entries(founded)
    roster(tmp_path / "roster.xlsx", 8, 2)
    # With a key that is not encrypted, too, whether or not a passphrase is given.
    save_key(load_key(tmp_path / "clerk.pem", "口令 secret"), tmp_path / "bare.pem", "")
    (tmp_path / "bare.pem").replace(tmp_path / "clerk.pem")
    dry = import_(founded, "--dry-run", "--json")
    assert dry.code == 0, dry.err
    report = dry.json
    assert (report["good"], len(report["listed"])) == (3, 5)
    assert import_(founded, "--accept").code == 0
    assert entries(founded) == before + 6


@pytest.mark.parametrize("by", [signal.SIGKILL, signal.SIGTERM])
def test_an_import_ended_in_the_middle_is_resumed_and_doubles_nothing(
    founded: Callable[..., Result],
    environment: dict[str, str],
    tmp_path: Path,
    database_url: str,
    by: signal.Signals,
) -> None:
    roster(tmp_path / "roster.xlsx", 1500, 3)
    before = entries(founded)
    process = subprocess.Popen(
        [
            COMMAND,
            "import",
            "roster.xlsx",
            "--campaign",
            "b2026",
            "--unit",
            "tea",
            "--key",
            "clerk.pem",
            "--accept",
        ],
        env=environment,
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    with psycopg.connect(database_url, autocommit=True) as watch:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            row = watch.execute("SELECT coalesce(max(position), 0) FROM ledger.entries").fetchone()
            if row is not None and row[0] > before:
                break
            time.sleep(0.005)
    os.killpg(process.pid, by)
    ended = process.wait(10)
    assert ended == (-signal.SIGKILL if by == signal.SIGKILL else 143)
    time.sleep(0.5)
    halfway = entries(founded)
    assert before < halfway
    (journal,) = (tmp_path / "data" / "imports").glob("*.jsonl")
    assert journal.stat().st_mode & 0o077 == 0
    assert b'"number"' not in journal.read_bytes()
    resumed = import_(founded)
    assert resumed.code == 0, resumed.err
    assert entries(founded) == before + 3000
    assert not journal.exists()
    listed = founded("roster", "--limit", "5000", "--json").json
    assert len({row["person"] for row in listed}) == len(listed) == 1500


def test_what_is_no_roster(founded: Callable[..., Result], tmp_path: Path) -> None:
    (tmp_path / "roster.xlsx").write_text("no")
    result = import_(founded, "--accept")
    assert result.code == 1
    assert "roster-file" in result.err
