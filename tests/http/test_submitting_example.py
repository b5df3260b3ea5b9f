"""The example of another system: it signs statements and submits them to a service behind a real port."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ledger.crypto.keys import save_key
from ledger.crypto.merkle import leaf_hash
from ledger.domain.entry import act_of
from ledger.events.funds import FundAllocated
from tests.database.test_writer import entries
from tests.founding import Founded
from tests.http.serving import served

EXAMPLE = Path(__file__).parent.parent.parent / "examples" / "submit_statements.py"


def submit(url: str, founded: Founded, folder: Path, officer: str) -> subprocess.CompletedProcess[str]:
    """Run the example on ``allocations.csv`` with an officer's key."""
    key = folder / f"{officer}.pem"
    if not key.exists():
        save_key(founded.key(officer), key, "a passphrase")
    options = ["--ledger", founded.ledger, "--key", str(key), "--campaign", "b2026", "--line", "workers"]
    return subprocess.run(
        [sys.executable, str(EXAMPLE), url, str(folder / "allocations.csv"), *options],
        env=os.environ | {"SONGNUAN_PASSPHRASE": "a passphrase"},
        capture_output=True,
        text=True,
    )


@pytest.fixture
def allocations(founded: Founded, tmp_path: Path) -> Path:
    today = founded.clock().date().isoformat()
    file = tmp_path / "allocations.csv"
    file.write_text(f"{today},1000.00\n{today},0.05\n", encoding="utf-8")
    return file


def allocated(founded: Founded) -> list[str]:
    """Position, leaf hash and statement of each allocation that is recorded, as the example prints them."""
    return [
        f"{position} {leaf_hash(entry).hex()} {act_of(entry).id}"
        for position, entry in entries(founded.store)
        if isinstance(act_of(entry).event, FundAllocated)
    ]


def test_what_it_signs_is_recorded_once(founded: Founded, allocations: Path, tmp_path: Path) -> None:
    before = allocated(founded)
    with served(founded, tmp_path) as url:
        first = submit(url, founded, tmp_path, "finance")
        again = submit(url, founded, tmp_path, "finance")
    assert first.returncode == again.returncode == 0, first.stderr + again.stderr
    assert len(first.stdout.splitlines()) == 2
    assert first.stdout.splitlines() == again.stdout.splitlines() == allocated(founded)[len(before) :]


def test_what_is_refused_is_told_by_its_code(founded: Founded, allocations: Path, tmp_path: Path) -> None:
    before = allocated(founded)
    with served(founded, tmp_path) as url:
        refused = submit(url, founded, tmp_path, "tea-clerk")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "role-not-held" in refused.stderr
    assert allocated(founded) == before


def test_a_ledger_that_is_not_there_is_told(founded: Founded, allocations: Path, tmp_path: Path) -> None:
    done = submit("http://127.0.0.1:9", founded, tmp_path, "finance")
    assert done.returncode == 3
    assert "could not be asked" in done.stderr
    assert allocations.with_name("allocations.csv.signed").exists()
