"""``songnuan simulate``: a ledger with planted frauds, from the command line."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

from api.service.settings import DEMO_MARK
from ledger.crypto.keys import load_key
from tests.commands import run_command

UNPLANTED = {
    "perennial-recipient",
    "prior-year-repeat",
}
"""Rules that read earlier years: nothing is planted for them in one year."""


def simulate(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return run_command("simulate", str(folder), *arguments, env=os.environ)


def test_it_measures_itself_and_keeps_the_truth_aside(server_folder: Path) -> None:
    folder = server_folder / "simulated"
    done = simulate(folder, "--years", "1", "--units", "4", "--share", "1.25", "--json", "--keys")
    assert done.returncode == 0, done.stderr
    measured = {row["rule"]: row for row in json.loads(done.stdout)}
    assert {(row["precision"], row["recall"]) for row in measured.values() if row["due"]} == {(1.0, 1.0)}
    assert {row["rule"] for row in measured.values() if not row["due"]} == UNPLANTED
    truth = json.loads((folder / "ground-truth.json").read_text())
    assert len(truth) == sum(row["due"] for row in measured.values())
    assert load_key(folder / "keys" / "registrar.pem", "")
    assert (folder / DEMO_MARK).exists()
    again = simulate(folder)
    assert again.returncode == 4
    assert "folder-not-empty" in again.stderr


def test_too_few_recipients_are_said_to_be_too_few(tmp_path: Path) -> None:
    assert simulate(tmp_path / "x", "--units", "2", "--recipients", "5").returncode == 2
