"""Passwords of databases are for no other user of the machine to see."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ledger.postgres.connection import Database
from ledger.storage.backup import take_backup
from ledger.storage.embedded import EmbeddedServer
from ledger.storage.receiving import WalReceiver
from ledger.storage.standby import make_standby
from tests.database.test_backup import server_of
from tests.founding import Founded

PASSWORD = "not-to-be-shown"
SEEN = """#!/bin/sh
{ tr '\\0' ' ' </proc/$$/cmdline; echo; } >>"{log}"
printf 'password %s\\n' "$PGPASSWORD" >>"{log}"
exec "{program}" "$@"
"""


@pytest.fixture
def watched(ledger: Founded, folder: Path) -> Path:
    """Programs of PostgreSQL that note how they stand among the machine's processes, and are run then."""
    programs = folder / "programs"
    programs.mkdir(mode=0o755)
    log = folder / "seen"
    log.touch()
    log.chmod(0o666)
    for program in server_of(ledger).programs.iterdir():
        beside = programs / program.name
        if program.name in ("pg_basebackup", "pg_receivewal"):
            beside.write_text(SEEN.replace("{log}", str(log)).replace("{program}", str(program)))
            beside.chmod(0o755)
        else:
            beside.symlink_to(program)
    return programs


def test_no_program_has_a_password_among_its_arguments(
    ledger: Founded, folder: Path, watched: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    url = ledger.store.url.replace("songnuan@", f"songnuan:{PASSWORD}@")
    assert PASSWORD in url
    server = EmbeddedServer(folder / "data", programs=watched)
    take_backup(url, ledger.ledger, server, folder / "backup")
    standby = EmbeddedServer(folder / "standby", programs=watched)
    make_standby(url, standby)
    # The standby itself has to know it; the file is its own.
    own = standby.data / "postgresql.auto.conf"
    assert PASSWORD in own.read_text()
    assert own.stat().st_mode & 0o077 == 0
    receiver = WalReceiver(url, server, folder / "wal")
    receiver.prepare()
    receiver.step()
    assert receiver._program is not None
    shown = Path(f"/proc/{receiver._program.pid}/cmdline").read_bytes()
    receiver.close()
    assert b"pg_receivewal" in shown
    assert PASSWORD.encode() not in shown
    seen = (folder / "seen").read_text().splitlines()
    commands = [line for line in seen if not line.startswith("password ")]
    assert sorted({Path(line.split()[1]).name for line in commands}) >= ["pg_basebackup"]
    assert not any(PASSWORD in line for line in commands)
    assert {line for line in seen if line.startswith("password ")} == {f"password {PASSWORD}"}
    assert PASSWORD not in "".join(capfd.readouterr())


def test_a_password_goes_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PGPASSWORD", raising=False)
    there = Database(f"postgresql://me:{PASSWORD}@db.example/ledger?sslmode=verify-full", "--source-server")
    assert there.argument().startswith("--source-server=connect_timeout=10 ")
    assert there.argument().endswith(" user=me dbname=ledger host=db.example sslmode=verify-full")
    assert there.environment() == {"PGPASSWORD": PASSWORD}
    assert Database("postgresql://db.example").environment() == {}
    # The operator's own environment says it where the URL does not.
    monkeypatch.setitem(os.environ, "PGPASSWORD", "theirs")
    assert Database("postgresql://db.example").environment() == {"PGPASSWORD": "theirs"}
