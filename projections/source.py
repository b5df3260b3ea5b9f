"""The ledger's events in batches, read and decoded once for all followers of a process."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import ClassVar

from eventsourcing.postgres import PostgresDatastore

from projections.recorded import Recorded, recorded


class Source:
    """Gives each follower the events after the position where it stands."""

    KEPT_BATCHES: ClassVar[int] = 6

    def __init__(self, datastore: PostgresDatastore) -> None:
        self._datastore = datastore
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[int, int], list[Recorded]] = OrderedDict()

    def head(self) -> int:
        """The last recorded position; 0 in an empty ledger."""
        with self._datastore.get_connection() as connection:
            row = connection.execute("SELECT max(position) AS head FROM ledger.entries").fetchone()
        return (row["head"] if row is not None else None) or 0

    def after(self, position: int, limit: int) -> list[Recorded]:
        """At most ``limit`` events after that position, in order.

        A full batch never changes, so it is kept for those who come to it later.
        """
        with self._lock:
            events = self._kept.get((position, limit))
            if events is None:
                events = self._read(position, limit)
                if len(events) == limit:
                    self._kept[position, limit] = events
                    if len(self._kept) > self.KEPT_BATCHES:
                        self._kept.popitem(last=False)
            return events

    def _read(self, position: int, limit: int) -> list[Recorded]:
        with self._datastore.get_connection() as connection:
            rows = connection.execute(
                "SELECT position, data FROM ledger.entries WHERE position > %s"
                " AND statement_id IS NOT NULL ORDER BY position LIMIT %s",
                (position, limit),
            ).fetchall()
        return [recorded(row["position"], bytes(row["data"])) for row in rows]
