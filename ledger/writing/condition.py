"""The writer's condition (登记状态): what keeps it from recording, as typed causes.

Empty means that a statement handed in now could be recorded. Whoever reports on the service
(readiness, metrics, the log) reads :meth:`ledger.writing.writer.Writer.condition` and nothing else.
"""

from __future__ import annotations

import threading
from typing import NamedTuple

from ledger.clock import utc_now
from ledger.errors import Explained


class Cause(NamedTuple):
    """One reason why nothing can be recorded.

    ``code`` is stable (``disk-full``, ``database-read-only``, ``standby-missing``, …), ``zh`` and
    ``en`` say it to people and hold no SQL, host or file name; ``since`` is UTC, when it began.
    """

    code: str
    zh: str
    en: str
    since: str


class Condition:
    """The causes at present, each from its own source. Safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._causes: dict[str, Cause] = {}

    def set(self, source: str, error: Explained) -> None:
        """Record why a source stops the writer; the same cause again keeps its beginning."""
        with self._lock:
            before = self._causes.get(source)
            since = utc_now().isoformat(timespec="seconds")
            if before is not None and before.code == error.code:
                since = before.since
            self._causes[source] = Cause(error.code, error.zh, error.en, since)

    def clear(self, source: str) -> None:
        """Record that a source no longer stops the writer."""
        with self._lock:
            self._causes.pop(source, None)

    def has(self, source: str) -> bool:
        """Whether a source stops the writer."""
        return source in self._causes

    def causes(self) -> list[Cause]:
        """All causes, the oldest first; one code once."""
        with self._lock:
            found = sorted(self._causes.values(), key=lambda cause: cause.since)
        return list({cause.code: cause for cause in reversed(found)}.values())[::-1]
