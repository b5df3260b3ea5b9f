"""Whose turn it is (轮次): ledgers read by some readers at once, each every so many seconds, none by two."""

from __future__ import annotations

import heapq
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

LOOK_SECONDS = 0.5
SLOW_SECONDS = 5.0
"""A name whose turn took longer, as one that does not answer, is slow until it is quicker again."""


class Rota:
    """Turns of names. A turn that was long puts off the next one of its own name, by as long as it took.

    Names that were slow are left to half of the readers: however many there are, the others are read in time.
    """

    def __init__(
        self, names: Sequence[str], every_seconds: float, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._every = every_seconds
        self._monotonic = monotonic
        self._lock = threading.Lock()
        now = monotonic()
        # Not all at once, every time.
        self._quick = [(now + every_seconds * number / len(names), name) for number, name in enumerate(names)]
        self._slow: list[tuple[float, str]] = []
        self._begun: dict[str, float] = {}

    def take(self, *, slow_too: bool = True) -> tuple[str | None, float]:
        """The name whose turn it is, or None and the seconds until the next; of the slow ones only where asked."""
        with self._lock:
            lanes = [lane for lane in (self._quick, self._slow if slow_too else []) if lane]
            if not lanes:
                return None, self._every
            first = min(lanes, key=lambda lane: lane[0])
            now = self._monotonic()
            if first[0][0] > now:
                return None, min(first[0][0] - now, self._every)
            name = heapq.heappop(first)[1]
            self._begun[name] = now
            return name, 0.0

    def give_back(self, name: str) -> None:
        """Its turn is over; the next one comes."""
        with self._lock:
            now = self._monotonic()
            took = now - self._begun.pop(name)
            lane = self._slow if took > SLOW_SECONDS else self._quick
            heapq.heappush(lane, (now + max(self._every, took), name))

    def work(self, turn: Callable[[str], object], stop: threading.Event, *, slow_too: bool = True) -> None:
        """Take turns until told to stop: a reader's work."""
        while not stop.is_set():
            name, wait = self.take(slow_too=slow_too)
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
        working = [
            # One alone reads all of them.
            pool.submit(rota.work, turn, over, slow_too=readers == 1 or number % 2 == 1)
            for number in range(readers)
        ]
        try:
            while not stop.wait(LOOK_SECONDS) and not any(each.done() for each in working):
                pass
        finally:
            over.set()
    for each in working:
        each.result()
