"""A replay asked for over HTTP (重新计算比对): one at a time, in a thread, with its progress and what it found."""

from __future__ import annotations

import threading
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal

import structlog

from ledger.clock import utc_now
from ledger.errors import SongnuanError
from ledger.postgres.connection import datastore
from ledger.supervision import Task
from projections.following.runner import Followers
from projections.replaying.replay import Replayed, replay

MOST_DIFFERENCES = 200

_log = structlog.get_logger(__name__)


class Stopped(Exception):
    """The service ends, and the replay with it; it changes nothing that it did not begin anew."""


@dataclass
class ReplayState:
    """How far a replay is, and once done, what differs between the views and their events."""

    state: Literal["none", "running", "done", "failed"] = "none"
    to: int = 0
    position: int = 0
    rows: int = 0
    started_at: str | None = None
    ended_at: str | None = None
    by: str | None = None
    problem: str | None = None
    differences: list[dict[str, Any]] = field(default_factory=list)
    left_out: int = 0


class Replays:
    """The last replay, or the one that runs."""

    def __init__(self, url: str, live: Followers, stopping: threading.Event) -> None:
        self._url = url
        self._live = live
        self._stopping = stopping
        self._lock = threading.Lock()
        self._task = Task("replay", daemon=False)
        self.last = ReplayState()

    def start(self, to: int, by: str) -> ReplayState:
        """Start one up to a position, unless one runs; return its state."""
        with self._lock:
            if self.last.state != "running":
                # The thread of the one before may have a moment left once its state is final.
                self._task.join()
                self.last = ReplayState("running", to, started_at=utc_now().isoformat(), by=by)
                self._task.start(partial(self._run, self.last))
            return self.last

    def wait(self) -> None:
        """Wait until the one that runs has ended."""
        self._task.join()

    def _run(self, mine: ReplayState) -> None:
        def progress(position: int) -> None:
            if self._stopping.is_set():
                raise Stopped
            mine.position = position

        try:
            with closing(datastore(self._url)) as connections:
                found = replay(connections, self._live, to=mine.to, progress=progress)
            self._ended(mine, found)
        except Stopped:
            self._failed(mine, "服务停止，重新计算比对中断 / the service was stopped, and the replay with it")
        except SongnuanError as error:
            _log.exception("a replay failed")
            self._failed(mine, f"{error.message('zh')} / {error.message('en')}")
        except Exception:  # whatever it is, who asked must hear of it, and of no statement's values
            _log.exception("a replay failed")
            self._failed(
                mine, "重新计算比对出错，详见服务日志 / the replay failed: the service's log says why"
            )

    @staticmethod
    def _failed(mine: ReplayState, problem: str) -> None:
        mine.problem, mine.ended_at = problem, utc_now().isoformat()
        mine.state = "failed"

    @staticmethod
    def _ended(mine: ReplayState, found: Replayed) -> None:
        mine.position, mine.rows = found.position, found.rows
        mine.differences = [each._asdict() for each in found.differences[:MOST_DIFFERENCES]]
        mine.left_out = found.left_out + max(0, len(found.differences) - MOST_DIFFERENCES)
        mine.ended_at = utc_now().isoformat()
        mine.state = "done"
