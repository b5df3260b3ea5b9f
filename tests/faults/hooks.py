"""Faults at exact points of the service's processes, installed by tests alone.

``TEST_FAULTS`` names a folder: its ``plan.json`` says at which point, when it comes by for the
n-th time, to do what; ``clock`` holds by how many seconds the service's clock is wrong. Each fault of a
plan happens once, however often the service is started again.
"""

from __future__ import annotations

import functools
import json
import os
import signal
import socket
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from multiprocessing import parent_process
from pathlib import Path
from typing import Any

BETWEEN_PARTS = "writer between two parts"
WRITER_POINTS = ("writer before a commit", "writer after a commit", BETWEEN_PARTS)
VIEWS_POINTS = ("views before a commit", "views after a commit")
PUBLISHER_POINTS = ("publisher before a commit", "publisher after a commit")
ACTIONS = ("kill", "kill postgres", "cut", "pause")

VARIABLE = "TEST_FAULTS"


class Plan:
    """The faults that are still to come in this process."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._faults: list[dict[str, Any]] = json.loads((folder / "plan.json").read_text())
        self._passed: Counter[str] = Counter()
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """The time as the service is to believe it."""
        return datetime.now(UTC) + timedelta(seconds=float((self._folder / "clock").read_text() or 0))

    def reach(self, point: str, connection: Any) -> None:
        """Come by at a point; do what is planned for this time."""
        with self._lock:
            self._passed[point] += 1
            passed = self._passed[point]
        for number, fault in enumerate(self._faults):
            if fault["at"] == point and passed >= fault["nth"] and self._first(number):
                self._do(fault["do"], connection)

    def _first(self, number: int) -> bool:
        try:
            (self._folder / f"done-{number}").open("x").close()
        except FileExistsError:
            return False
        return True

    def _do(self, action: str, connection: Any) -> None:
        if action == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        elif action == "pause":
            os.kill(os.getpid(), signal.SIGSTOP)
        elif action == "cut":
            with socket.socket(fileno=os.dup(connection.fileno())) as cut:
                cut.shutdown(socket.SHUT_RDWR)
        else:
            from tests.faults.postgres import kill_postmaster

            kill_postmaster(int((self._folder / "postmaster").read_text()))


@functools.cache
def plan() -> Plan | None:
    """The plan of this process, which is named once it is what it is to be; None where no fault is to come."""
    return Plan(Path(os.environ[VARIABLE])) if VARIABLE in os.environ else None


def reach(point: str, connection: Any) -> None:
    """Come by at a point of the plan, if there is one."""
    found = plan()
    if found is not None:
        found.reach(point, connection)


def now() -> datetime:
    """The time as this process is to believe it."""
    found = plan()
    return datetime.now(UTC) if found is None else found.now()


def install() -> None:
    """Put the faults of the plan in the way of this process, and of those that are forked from it."""
    import ledger.clock

    # Before anybody has taken it from there.
    ledger.clock.utc_now = now
    _on_transactions()
    _on_batches()


def _who() -> str:
    """Whose transactions these are; a process that is only beginning knows of no parent yet."""
    return "publisher" if parent_process() is None else "views"


def _on_transactions() -> None:
    import psycopg

    leave = psycopg.Transaction.__exit__

    @functools.wraps(leave)
    def watched(self: Any, *error: Any) -> Any:
        if error[0] is None:
            reach(f"{_who()} before a commit", self.connection)
        left = leave(self, *error)
        if error[0] is None:
            reach(f"{_who()} after a commit", self.connection)
        return left

    psycopg.Transaction.__exit__ = watched  # type: ignore[method-assign]


def _on_batches() -> None:
    import psycopg

    from ledger.writing.batch import Batch

    execute, commit = psycopg.Connection.execute, Batch.commit

    @functools.wraps(execute)
    def watched(self: Any, query: Any, *parameters: Any, **options: Any) -> Any:
        if query == "COMMIT":
            reach("writer before a commit", self)
        answer = execute(self, query, *parameters, **options)
        if isinstance(query, str) and query.startswith("SELECT ledger.write_batch"):
            reach(BETWEEN_PARTS, self)
        return answer

    @functools.wraps(commit)
    def committed(self: Batch, items: Any, recorded_at: str) -> Any:
        outcomes = commit(self, items, recorded_at)
        if self.leaf_hashes:
            reach("writer after a commit", self._connection)
        return outcomes

    psycopg.Connection.execute = watched  # type: ignore[method-assign]
    Batch.commit = committed  # type: ignore[method-assign]
