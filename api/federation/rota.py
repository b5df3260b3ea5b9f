"""Whose turn it is (轮次): ledgers read by some readers at once, each every so many seconds, none by two."""

from __future__ import annotations

import heapq
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

LOOK_SECONDS = 0.5


class Rota:
    """Turns of names. A turn that was long puts off the next one of its own name alone."""

    def __init__(
        self, names: Sequence[str], every_seconds: float, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._every = every_seconds
        self._monotonic = monotonic
        self._lock = threading.Lock()
        now = monotonic()
        # Not all at once, every time.
        self._due = [(now + every_seconds * number / len(names), name) for number, name in enumerate(names)]

    def take(self) -> tuple[str | None, float]:
        """The name whose turn it is, or None and the seconds until the next."""
        with self._lock:
            if not self._due:
                return None, self._every
            wait = self._due[0][0] - self._monotonic()
            if wait > 0:
                return None, wait
            return heapq.heappop(self._due)[1], 0.0

    def give_back(self, name: str) -> None:
        """Its turn is over; the next one comes."""
        with self._lock:
            heapq.heappush(self._due, (self._monotonic() + self._every, name))

    def work(self, turn: Callable[[str], object], stop: threading.Event) -> None:
        """Take turns until told to stop: a reader's work."""
        while not stop.is_set():
            name, wait = self.take()
            if name is None:
                stop.wait(wait)
                continue
            try:
                turn(name)
            finally:
                self.give_back(name)


def take_turns(rota: Rota, turn: Callable[[str], object], readers: int, stop: threading.Event) -> None:
    """Let some readers take turns until told to stop; what one of them fails with ends them all, and is raised."""
    over = threading.Event()
    with ThreadPoolExecutor(readers, thread_name_prefix="reader") as pool:
        working = [pool.submit(rota.work, turn, over) for _ in range(readers)]
        try:
            while not stop.wait(LOOK_SECONDS) and not any(each.done() for each in working):
                pass
        finally:
            over.set()
    for each in working:
        each.result()
