"""Waiting for what another thread, process or server does."""

from __future__ import annotations

import time
from collections.abc import Callable

LOOK_SECONDS = 0.05


def wait_until(true: Callable[[], bool], seconds: float = 90.0) -> None:
    """Wait until it is true; the time is what a busy machine may need, and nobody waits it out."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(LOOK_SECONDS)
