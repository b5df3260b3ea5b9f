"""Memory that is given back (内存归还): what a large body took goes to the system once it is answered.

The C library keeps what was freed, in as many heaps as there are threads, and the more so the larger
what was freed is. A service that runs for months must not grow by its largest body.
"""

from __future__ import annotations

import ctypes
import os

_M_TRIM_THRESHOLD = -1
_M_MMAP_THRESHOLD = -3
_M_ARENA_MAX = -8
LARGE_BYTES = 256 * 1024
"""What is as large as this is taken from the system by itself, and given back when it is freed."""
MOST_HEAPS = 2


_FOR_CHILDREN = {
    "MALLOC_ARENA_MAX": MOST_HEAPS,
    "MALLOC_MMAP_THRESHOLD_": LARGE_BYTES,
    "MALLOC_TRIM_THRESHOLD_": LARGE_BYTES,
}


def give_back_freed_memory() -> None:
    """Have this process and those it starts give back what they free; nothing without GNU's C library."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return
    mallopt(_M_ARENA_MAX, MOST_HEAPS)
    mallopt(_M_MMAP_THRESHOLD, LARGE_BYTES)
    mallopt(_M_TRIM_THRESHOLD, LARGE_BYTES)
    for name, value in _FOR_CHILDREN.items():
        os.environ.setdefault(name, str(value))
