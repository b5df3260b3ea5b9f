"""The ledger's events in batches: read in the transaction that applies them, decoded once for all views.

What was read before is never an answer: after a crash or a change of servers the ledger may hold less,
or something else, at a position. Only the decoding is kept, and only for the very bytes it was made of.
"""

from __future__ import annotations

import threading
from typing import Any, ClassVar

import psycopg
from eventsourcing.postgres import PostgresDatastore
from psycopg.rows import tuple_row

from ledger.domain.entry import act_of, batch_root
from projections.frame.recorded import Recorded


class Source:
    """Gives each follower the events after the position where it stands."""

    KEPT_EVENTS: ClassVar[int] = 12_000

    def __init__(self, datastore: PostgresDatastore) -> None:
        self._datastore = datastore
        self._lock = threading.Lock()
        self._kept: dict[int, tuple[bytes, Recorded]] = {}

    def head(self) -> int:
        """The last recorded position; 0 in an empty ledger. Another moment may know another one."""
        with self._datastore.get_connection() as connection:
            row = connection.execute("SELECT max(position) AS head FROM ledger.entries").fetchone()
        return (row["head"] if row is not None else None) or 0

    def read(self, connection: psycopg.Connection[Any], after: int, upto: int, limit: int) -> list[Recorded]:
        """At most ``limit`` events after one position and up to another, in order, as they stand now."""
        with connection.cursor(binary=True, row_factory=tuple_row) as cursor:
            rows: list[tuple[int, bytes]] = cursor.execute(
                "SELECT position, data FROM ledger.entries WHERE position > %s AND position <= %s"
                " AND statement_id IS NOT NULL ORDER BY position LIMIT %s",
                (after, upto, limit),
            ).fetchall()
        # Views come to the same events one after the other: the first decodes them for all.
        with self._lock:
            return [self._decoded(position, data) for position, data in rows]

    def _decoded(self, position: int, data: bytes) -> Recorded:
        kept = self._kept.pop(position, None)
        if kept is None or kept[0] != data:
            kept = data, Recorded(position, act_of(data), batch_root(data))
        self._kept[position] = kept
        if len(self._kept) > self.KEPT_EVENTS:
            del self._kept[next(iter(self._kept))]
        return kept[1]
