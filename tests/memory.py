"""How much memory a service takes, with all its processes, while something is asked of it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psutil

LOOK_SECONDS = 0.02


class Peak:
    """Bytes in RAM of a process with all below it, at rest, and at most since.

    What processes share counts once, each with its part (PSS): a fork has all of the one that started it.
    """

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self.idle = self.now()
        self.most = self.idle
        self._last = self.idle

    @property
    def above(self) -> int:
        """How much more it took than at rest."""
        return self.most - self.idle

    def now(self) -> int:
        """Bytes at this moment."""
        total = 0
        for each in (self._process, *self._process.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):
                total += each.memory_full_info().pss
        return total

    def look(self) -> None:
        """Look once; what is seen twice in a row counts."""
        found = self.now()
        self.most = max(self.most, min(found, self._last))
        self._last = found


@contextmanager
def watched(pid: int) -> Iterator[Peak]:
    """Watches a process until the end of the block."""
    peak, over = Peak(pid), threading.Event()

    def watch() -> None:
        while not over.wait(LOOK_SECONDS):
            peak.look()

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield peak
    finally:
        over.set()
        thread.join()
        peak.look()
