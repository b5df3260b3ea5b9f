"""How much memory a service takes, with all its processes, while something is asked of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psutil

LOOK_SECONDS = 0.02


YOUNG_SECONDS = 2.0


def is_on_its_way(process: psutil.Process) -> bool:
    """Whether it is between fork and exec, where it seems to have all that the one that started it has.

    On a busy machine that takes longer than from one look to the next.
    """
    if time.time() - process.create_time() > YOUNG_SECONDS:
        return False
    parent = process.parent()
    return parent is not None and parent.cmdline() == process.cmdline()


class Peak:
    """Bytes in RAM of a process with all below it: at rest, and at most since."""

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
            try:
                if not is_on_its_way(each):
                    total += each.memory_info().rss
            except psutil.NoSuchProcess:
                continue
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
