"""A linkage run asked for in the pages (人员比对的后台计算): one at a time, in a thread, with its progress and its outcome.

The run itself is on record, signed with its purpose, before anything is read; what it found waits here for the
signature of who started it. It names dossiers, weights and levels, and no identity.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal

import structlog

from api.linkage.runs import Run
from api.service.statuses import answered_with
from ledger.clock import utc_now
from ledger.errors import Rule, SongnuanError, Unavailable
from ledger.storage.store import OpenStore
from ledger.supervision import Task

LINKAGE_BUSY = answered_with(
    409,
    Rule(
        "linkage-busy",
        zh="正在进行另一次人员比对，请待其结束后再开始",
        en="another linkage run is going on: start this one when it has ended",
    ),
)
VIEWS_WITHIN_SECONDS = 120.0
"""So long a run waits for the views to hold what was recorded before it."""
_LOOK_EVERY_SECONDS = 0.1

_log = structlog.get_logger(__name__)


class Stopped(Exception):
    """The service ends, and the run with it; what it would have found is found by the next."""


@dataclass
class RunState:
    """How far a run is, and once done, what is to be signed: bodies of ``PersonsLinked``."""

    run: str
    state: Literal["running", "done", "failed"] = "running"
    step: str = "reading"
    dossiers: int = 0
    fresh: int = 0
    set_aside: int = 0
    pairs: int = 0
    not_found: int = 0
    started_at: str = ""
    ended_at: str | None = None
    problem: str | None = None
    bodies: list[dict[str, Any]] = field(default_factory=list)


class LinkageRuns:
    """The last run, or the one that goes on; ``views_at`` says which position the views hold."""

    def __init__(self, store: OpenStore, views_at: Callable[[], int], stopping: threading.Event) -> None:
        self._store, self._views_at, self._stopping = store, views_at, stopping
        self._lock = threading.Lock()
        self._task = Task("linkage", daemon=False)
        self._last: RunState | None = None

    def start(self, run: Run, position: int) -> RunState:
        """Start a run that is on record at a position; one that goes on already is said to.

        Raises:
            Refused: ``linkage-busy``.
        """
        with self._lock:
            last = self._last
            if last is not None and last.state == "running":
                if last.run != run.id:
                    raise LINKAGE_BUSY.refused()
                return last
            # The thread of the one before may have a moment left once its state is final.
            self._task.join()
            self._last = RunState(run.id, started_at=utc_now().isoformat())
            self._task.start(partial(self._run, run, position, self._last))
            return self._last

    @property
    def is_going_on(self) -> bool:
        """Whether a run is being computed."""
        return self._last is not None and self._last.state == "running"

    def of(self, run: str) -> RunState | None:
        """How a run stands; None where another was started since, or the service."""
        return self._last if self._last is not None and self._last.run == run else None

    def wait(self) -> None:
        """Wait until the one that goes on has ended."""
        self._task.join()

    def _run(self, run: Run, position: int, mine: RunState) -> None:
        try:
            self._compare(run, position, mine)
            mine.state = "done"
        except Stopped:
            mine.problem, mine.state = (
                "服务停止，比对中断 / the service was stopped, and the run with it",
                "failed",
            )
        except SongnuanError as error:
            _log.exception("a linkage run failed")
            mine.problem, mine.state = f"{error.message('zh')} / {error.message('en')}", "failed"
        except Exception:  # whatever it is, who asked must hear of it, and of nobody's identity
            _log.exception("a linkage run failed")
            mine.problem = "人员比对出错，详见服务日志 / the run failed: the service's log says why"
            mine.state = "failed"
        finally:
            mine.ended_at = utc_now().isoformat()

    def _compare(self, run: Run, position: int, mine: RunState) -> None:
        # DuckDB and Splink are only for this: loading them would slow every start.
        from api.linkage.comparing import compare

        def say(step: str) -> None:
            if self._stopping.is_set():
                raise Stopped
            mine.step = step

        self._wait_for_views(position)
        with self._store.connect() as connection:
            compared = compare(connection, self._store.vault(), run, say)
        found = compared.found
        mine.dossiers, mine.fresh = compared.dossiers, compared.fresh
        mine.set_aside, mine.pairs = found.set_aside, len(found.pairs)
        mine.not_found = len(found.not_found)
        mine.bodies = [each.model_dump(mode="json", exclude_none=True) for each in compared.statements(run)]

    def _wait_for_views(self, position: int) -> None:
        deadline = time.monotonic() + VIEWS_WITHIN_SECONDS
        while self._views_at() < position:
            if self._stopping.wait(_LOOK_EVERY_SECONDS):
                raise Stopped
            if time.monotonic() > deadline:
                raise Unavailable(
                    "views-behind",
                    "视图尚未跟上，比对未开始，请稍后再试",
                    "the views are behind, and the run did not begin: try again",
                    2,
                )
