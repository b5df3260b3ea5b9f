"""Programs left behind (遗留进程): what a process that was killed had started, and what still writes to its folder.

Whoever receives WAL or copies a base into a folder holds a lock on it. The lock goes with its holder,
the program that the holder started does not: it writes on, and keeps the replication slot. So whoever
has the lock may end each such program that writes there, since nobody who lives has started it.
"""

from __future__ import annotations

import fcntl
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import structlog

from ledger.errors import Unavailable

PROGRAMS = ("pg_receivewal", "pg_basebackup")
LOCK = "in-use.lock"
END_SECONDS = 10.0
_PROCESSES = Path("/proc")

_log = structlog.get_logger(__name__)


@contextmanager
def taken_over(folder: Path) -> Iterator[None]:
    """Hold a folder, in which nobody's program writes any more when this begins.

    Raises:
        Unavailable: ``folder-in-use`` where another process writes to it.
    """
    with held(folder, folder / LOCK):
        end_left_behind(folder)
        yield


@contextmanager
def held(folder: Path, lock: Path) -> Iterator[None]:
    """Hold a folder by a lock, which goes with this process.

    Raises:
        Unavailable: ``folder-in-use`` where another process holds it.
    """
    with lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Unavailable(
                "folder-in-use",
                f"另一进程正在使用 {folder}：等它结束或先停止它，或换用另一目录",
                f"another process is at work in {folder}: wait for it or stop it, or choose another folder",
                30,
            ) from None
        yield


def end_left_behind(folder: Path, patience_seconds: float = END_SECONDS) -> int:
    """End PostgreSQL's programs that write to the folder or below it; how many there were.

    Each has ``patience_seconds`` to finish what it writes. Only for who holds the folder. A machine without ``/proc`` shows none.
    """
    left = list(_writing_to(folder.resolve()))
    for process in left:
        _log.warning("a program that a killed process left behind is ended", pid=process)
        _end(process, patience_seconds)
    return len(left)


def _writing_to(folder: Path) -> Iterator[int]:
    if not (_PROCESSES / "self").exists():
        return
    for each in _PROCESSES.iterdir():
        target = _target(each) if each.name.isdigit() else None
        if target is not None and target.resolve().is_relative_to(folder):
            yield int(each.name)


def _target(process: Path) -> Path | None:
    """The folder that one of the programs writes to; None for any other process."""
    try:
        arguments = (process / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return None
    if Path(os.fsdecode(arguments[0])).name not in PROGRAMS or b"-D" not in arguments[:-1]:
        return None
    return Path(os.fsdecode(arguments[arguments.index(b"-D") + 1]))


def _end(process: int, patience_seconds: float) -> None:
    """Ask it to end, which finishes what it writes; then see to it."""
    for each in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.kill(process, each)
        if _has_ended(process, patience_seconds):
            return


def _has_ended(process: int, patience_seconds: float) -> bool:
    deadline = time.monotonic() + patience_seconds
    while time.monotonic() < deadline:
        if _target(_PROCESSES / str(process)) is None:
            return True
        time.sleep(0.02)
    return False
