"""Heavy work takes turns (大件排队): what needs much memory for one who asks is done for few at a time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from ledger.errors import Unavailable

MOST_AT_ONCE = 2
WAIT_SECONDS = 30.0


class Turns:
    """So many at once; the others wait, and are sent away when it takes too long."""

    def __init__(self, most: int = MOST_AT_ONCE, wait_seconds: float = WAIT_SECONDS) -> None:
        self._free = threading.BoundedSemaphore(most)
        self._wait_seconds = wait_seconds

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Waits for a turn and holds it. For threads that may wait, not for the event loop's.

        Raises:
            Unavailable: ``turns-full``.
        """
        if not self._free.acquire(timeout=self._wait_seconds):
            raise Unavailable(
                "turns-full",
                "正在处理的文件过多，请稍后再试",
                "too many files are being worked on, try again later",
                10,
            )
        try:
            yield
        finally:
            self._free.release()
