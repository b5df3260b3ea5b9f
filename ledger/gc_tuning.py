"""Python's garbage collector kept quiet while many plain values pass through.

Statements, records and entries hold no cycles, so reference counts free them. The collector would only
walk the many that are alive, again and again as they grow.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

SELDOM = (50_000, 50, 1000)


@contextmanager
def seldom_collected() -> Iterator[None]:
    """Sets what is alive aside, and lets the collector run seldom; as before afterwards."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(*SELDOM)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
