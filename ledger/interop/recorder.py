"""The recorder: entries in PostgreSQL, behind the library's ``DCBRecorder`` interface.

What it appends is no statement: nobody signed it, and verifying names it. It is for tests, and for measuring
the writer against it. Positions are dense from 1: they are given under a lock that every appender takes, in the
transaction that inserts, so that a reader who tails the table never passes one that appears later.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import Any, NamedTuple, cast

from eventsourcing.dcb.api import (
    DCBAppendCondition,
    DCBEvent,
    DCBQuery,
    DCBReadResponse,
    DCBRecorder,
    DCBSequencedEvent,
    DCBSubscription,
)
from eventsourcing.persistence import IntegrityError
from eventsourcing.postgres import PostgresRecorder
from psycopg import Connection, Cursor

from ledger.postgres import pg_copy
from ledger.postgres.entries import APPEND_LOCK, CHANNEL

PAGE_ROWS = 1000
LISTEN_SECONDS = 0.2

COPY_ENTRIES = "COPY ledger.entries (position, statement_id, type, data, tags) FROM STDIN (FORMAT binary)"
SELECT_HEAD = "SELECT coalesce(max(position), 0) FROM ledger.entries"


class Row(NamedTuple):
    """One entry's row; ``statement_id`` is the UUID's 16 bytes, or None for a foreign event."""

    position: int
    statement_id: bytes | None
    type: str
    data: bytes
    tags: Sequence[str]


def copy_entries(cursor: Cursor[Any], entries: Sequence[Row]) -> None:
    """Inserts rows in one statement. The caller holds the append lock and has given positions."""
    stream = pg_copy.rows(
        5,
        [
            (
                pg_copy.int8(row.position),
                pg_copy.raw(row.statement_id),
                pg_copy.text(row.type),
                pg_copy.raw(row.data),
                pg_copy.texts(row.tags),
            )
            for row in entries
        ],
    )
    with cursor.copy(COPY_ENTRIES) as copy:
        copy.write(stream)


class PostgresLedgerRecorder(DCBRecorder, PostgresRecorder):
    """Appends and reads entries. The tables come from :mod:`ledger.postgres.migrations`."""

    def append(self, events: Sequence[DCBEvent], condition: DCBAppendCondition | None = None) -> int:
        """Appends events under the lock, all or none; returns the last position.

        Raises:
            IntegrityError: events that match the condition are recorded.
        """
        if not events:
            raise RuntimeError("nothing to append")
        with self.datastore.transaction(commit=True) as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", (APPEND_LOCK,))
            if condition is not None:
                found = self._page(cursor, condition.fail_if_events_match, condition.after or 0, None, 1)
                if found:
                    raise IntegrityError(f"position {found[0].position} matches the condition")
            head = self._head(cursor)
            copy_entries(
                cursor,
                [
                    Row(position, None, event.type, event.data, event.tags)
                    for position, event in enumerate(events, start=head + 1)
                ],
            )
            cursor.execute(f"NOTIFY {CHANNEL}")
            return head + len(events)

    def read(
        self,
        query: DCBQuery | None = None,
        *,
        after: int | None = None,
        limit: int | None = None,
    ) -> DCBReadResponse:
        """Events in order, read page by page up to the head at the time of the call."""
        with self.datastore.cursor() as cursor:
            head = self._head(cursor)
        return _Pages(self, query, after or 0, head, limit)

    def head(self) -> int:
        """The last position; 0 where nothing is recorded."""
        with self.datastore.cursor() as cursor:
            return self._head(cursor)

    def page(
        self, query: DCBQuery | None, after: int, until: int | None, limit: int
    ) -> list[DCBSequencedEvent]:
        """At most ``limit`` matching events after one position and up to another."""
        with self.datastore.cursor() as cursor:
            return self._page(cursor, query, after, until, limit)

    def subscribe(
        self, query: DCBQuery | None = None, *, after: int | None = None
    ) -> DCBSubscription[PostgresLedgerRecorder]:
        """Recorded events, then new ones as they are committed."""
        return PostgresLedgerSubscription(self, query, after)

    @staticmethod
    def _head(cursor: Cursor[Any]) -> int:
        row = cursor.execute(f"{SELECT_HEAD.replace(' FROM', ' AS head FROM')}").fetchone()
        return int(cast(dict[str, Any], row)["head"])

    @staticmethod
    def _page(
        cursor: Cursor[Any], query: DCBQuery | None, after: int, until: int | None, limit: int
    ) -> list[DCBSequencedEvent]:
        where = ["position > %s"]
        parameters: list[Any] = [after]
        if until is not None:
            where.append("position <= %s")
            parameters.append(until)
        items = query.items if query is not None else []
        matches = []
        for item in items:
            parts = []
            if item.types:
                parts.append("type = ANY(%s)")
                parameters.append(list(item.types))
            if item.tags:
                parts.append("tags @> %s::text[]")
                parameters.append(list(item.tags))
            matches.append(" AND ".join(parts) or "true")
        if matches:
            where.append("(" + " OR ".join(f"({match})" for match in matches) + ")")
        cursor.execute(
            "SELECT position, type, data, tags FROM ledger.entries WHERE "  # noqa: S608 # fixed parts
            + " AND ".join(where)
            + " ORDER BY position LIMIT %s",
            [*parameters, limit],
        )
        return [
            DCBSequencedEvent(
                DCBEvent(type=row["type"], data=bytes(row["data"]), tags=row["tags"]),
                row["position"],
            )
            for row in cursor.fetchall()
        ]


class _Pages(DCBReadResponse):
    """A read's answer, one bounded page at a time."""

    def __init__(
        self,
        recorder: PostgresLedgerRecorder,
        query: DCBQuery | None,
        after: int,
        head: int,
        limit: int | None,
    ) -> None:
        self._recorder = recorder
        self._query = query
        self._after = after
        self._until = head
        self._left = limit
        self._head = head or None if limit is None else None
        self._events = self._read()

    @property
    def head(self) -> int | None:
        """The last position of all; where a limit was given, of what was read so far."""
        return self._head

    def __next__(self) -> DCBSequencedEvent:
        event = next(self._events)
        if self._left is not None:
            self._head = event.position
        return event

    def _read(self) -> Iterator[DCBSequencedEvent]:
        while self._left is None or self._left > 0:
            size = PAGE_ROWS if self._left is None else min(PAGE_ROWS, self._left)
            page = self._recorder.page(self._query, self._after, self._until, size)
            for event in page:
                if self._left is not None:
                    self._left -= 1
                self._after = event.position
                yield event
                if self._left is not None and self._left == 0:
                    return
            if len(page) < size:
                return


class PostgresLedgerSubscription(DCBSubscription[PostgresLedgerRecorder]):
    """Reads page by page, then waits for the commits' notifications, all in the thread that iterates.

    Whoever iterates alone holds a connection. ``stop`` may come from any thread; it is seen within
    ``LISTEN_SECONDS``.
    """

    def __init__(self, recorder: PostgresLedgerRecorder, query: DCBQuery | None, after: int | None) -> None:
        super().__init__(recorder, query, after)
        self._entries = recorder
        self._asked = query
        self._at = after or 0
        self._page: deque[DCBSequencedEvent] = deque()
        self._stopped = threading.Event()
        self._iterating = threading.Lock()
        self._held = ExitStack()
        self._listening: Connection[Any] | None = None

    def __exit__(self, *args: object, **kwargs: Any) -> None:
        super().__exit__(*args, **kwargs)
        with self._iterating:
            self._held.close()

    def stop(self) -> None:
        """End the iteration; never waits."""
        super().stop()
        self._stopped.set()

    def __next__(self) -> DCBSequencedEvent:
        """The next event, once it is recorded."""
        with self._iterating:
            while not self._stopped.is_set():
                if self._page:
                    event = self._page.popleft()
                    self._at = event.position
                    return event
                listening = self._listen()
                self._page.extend(self._entries.page(self._asked, self._at, None, PAGE_ROWS))
                if not self._page:
                    # What was committed since LISTEN is announced, so that nothing is slept through.
                    for _ in listening.notifies(timeout=LISTEN_SECONDS, stop_after=1):
                        pass
            self._held.close()
            raise StopIteration

    def _listen(self) -> Connection[Any]:
        if self._listening is None:
            self._listening = self._held.enter_context(self._entries.datastore.get_connection())
            self._held.callback(self._listening.close)  # the pool opens one that listens to nothing
            self._listening.execute(f"LISTEN {CHANNEL}")
        return self._listening
