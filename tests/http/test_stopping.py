"""A stop while a command is at work: it ends in time, leaves nothing half done, and is given again."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest

from ledger.storage.depot import open_depot
from ledger.storage.embedded import EmbeddedServer
from ledger.storage.holdings import Holdings
from tests.commands import COMMAND, run_command
from tests.founding import Founded

STOP_SECONDS = 10.0
EXIT_BY_SIGTERM = 143
EXIT_BY_CTRL_C = 130


def eventually(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def environment(folder: Path) -> dict[str, str]:
    return {"PATH": "/usr/bin:/bin", "SONGNUAN_DATA_DIR": str(folder / "data"), "SONGNUAN_LANG": "en"}


@contextmanager
def at_work(folder: Path, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """A command in a process of its own; what it says is in ``said``."""
    with (folder / "said").open("wb") as said:
        process = subprocess.Popen([COMMAND, *arguments], env=environment(folder), stdout=said, stderr=said)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def end(process: subprocess.Popen[bytes], by: signal.Signals = signal.SIGTERM) -> int:
    process.send_signal(by)
    return process.wait(STOP_SECONDS)


def one(connection: psycopg.Connection[Any], question: str) -> Any:
    row = connection.execute(question).fetchone()
    assert row is not None
    return row[0]


WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted"
SCHEMAS = "SELECT count(*) FROM pg_namespace WHERE nspname ~ '^(replay|rebuild)'"
OTHERS = (
    "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"
    " AND application_name <> 'test' AND pid <> pg_backend_pid()"
)


@pytest.mark.parametrize(
    ("arguments", "table"),
    [
        (("replay",), "ledger.entries"),
        (("rebuild", "flags", "--yes"), "ledger.entries"),
        (("export", "bundle", "out.bundle"), "ledger.entries"),
        (("export", "tiles", "log.out"), "ledger.entries"),
        (("verify", "ledger"), "ledger.entries"),
    ],
    ids=lambda each: " ".join(each) if isinstance(each, tuple) else "",
)
@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGINT])
def test_work_that_is_broken_off_leaves_nothing_and_is_given_again(
    ledger: Founded, folder: Path, arguments: tuple[str, ...], table: str, by: signal.Signals
) -> None:
    if by == signal.SIGINT and arguments[0] != "replay":
        pytest.skip("one command is enough")
    arguments = tuple(str(folder / each) if each in ("out.bundle", "log.out") else each for each in arguments)
    first = run_command(*arguments, env=environment(folder))
    assert first.returncode == 0, first.stderr
    (folder / "out.bundle").unlink(missing_ok=True)
    shutil.rmtree(folder / "log.out", ignore_errors=True)
    files = sorted(path for path in folder.rglob("*") if "data" not in path.parts)
    with psycopg.connect(ledger.store.url, autocommit=True, application_name="test") as watching:
        before = one(watching, OTHERS)
        with (
            psycopg.connect(ledger.store.url, application_name="test") as holding,
            at_work(folder, *arguments) as process,
        ):
            holding.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
            eventually(lambda: one(watching, WAITING) > 0 or process.poll() is not None)
            assert process.poll() is None, (folder / "said").read_text()
            code = end(process, by)
            assert code == (EXIT_BY_SIGTERM if by == signal.SIGTERM else EXIT_BY_CTRL_C)
            assert "stopped as asked" in (folder / "said").read_text()
            assert "Traceback" not in (folder / "said").read_text()
        eventually(lambda: one(watching, OTHERS) <= before)
        assert one(watching, SCHEMAS) == 0
    (folder / "said").unlink()
    assert sorted(path for path in folder.rglob("*") if "data" not in path.parts) == files
    again = run_command(*arguments, env=environment(folder))
    assert again.returncode == 0, again.stderr


def test_the_embedded_server_is_stopped_with_the_only_command(
    ledger_pattern: Founded, server_folder: Path, folder: Path
) -> None:
    subprocess.run(["cp", "-a", server_folder / "pattern", folder / "data"], check=True)
    server = EmbeddedServer(folder / "data")
    assert not server.is_running()
    with at_work(folder, "replay") as process:
        eventually(server.is_running)
        time.sleep(0.5)
        assert end(process) in (0, EXIT_BY_SIGTERM)
    assert not server.is_running()
    assert server.was_shut_down()
    assert run_command("replay", env=environment(folder)).returncode == 0


class TestBackups:
    def test_a_stop_in_the_middle_of_a_base_leaves_no_program_and_the_next_makes_it_anew(
        self, ledger: Founded, folder: Path
    ) -> None:
        _fill(ledger)
        arguments = ("backup", "keep", str(folder / "backups"), "--rehearse", "never")
        with at_work(folder, *arguments) as process:
            copying = _paused_copy(folder)
            assert end(process) == 0, (folder / "said").read_text()
            assert not copying.is_running()
        assert "keeping backups failed" not in (folder / "said").read_text()
        holdings = Holdings(open_depot(str(folder / "backups")))
        assert holdings.summary().base is None
        with at_work(folder, *arguments) as process:
            eventually(lambda: holdings.summary().base is not None)
            assert end(process) == 0

    def test_taken_by_hand_it_is_broken_off_and_taken_again(self, ledger: Founded, folder: Path) -> None:
        _fill(ledger)
        arguments = ("backup", "take", str(folder / "taken"))
        with at_work(folder, *arguments) as process:
            copying = _paused_copy(folder)
            assert end(process) == EXIT_BY_SIGTERM
            assert not copying.is_running()
        assert not (folder / "taken").exists()
        done = run_command(*arguments, env=environment(folder))
        assert done.returncode == 0, done.stderr


def _fill(ledger: Founded) -> None:
    """Something that takes a moment to copy."""
    with ledger.store.connect() as connection:
        connection.execute(
            "CREATE TABLE public.ballast AS SELECT repeat(md5(n::text), 60) FROM generate_series(1, 60000) n"
        )


def _paused_copy(folder: Path) -> psutil.Process:
    """The program that copies, held in the middle."""
    found: list[psutil.Process] = []

    def look() -> bool:
        for each in psutil.process_iter(["name", "cmdline"]):
            named = each.info["name"] == "pg_basebackup"
            if named and any(str(folder) in word for word in each.info["cmdline"] or ()):
                os.kill(each.pid, signal.SIGSTOP)
                found.append(each)
                return True
        return False

    eventually(look)
    return found[0]
