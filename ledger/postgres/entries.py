"""What all who append to the table of entries, or wait for it, have in common: one lock, one channel."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import psycopg

APPEND_LOCK = 0x736F6E67_00000002
"""The advisory lock that every appender takes in its transaction: positions are given under it alone."""
CHANNEL = "songnuan_entries"
"""The channel on which each transaction that appended is announced (``NOTIFY``)."""


def recorded_since(connection: psycopg.Connection[Any], position: int, types: Collection[str]) -> bool:
    """Whether an entry of one of these types was recorded after a position."""
    found = connection.execute(
        "SELECT EXISTS (SELECT FROM ledger.entries WHERE position > %s AND type = ANY(%s))",
        (position, list(types)),
    ).fetchone()
    return found is not None and bool(found[0])
