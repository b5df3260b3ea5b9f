"""The whole history (全部记录), for who may read that of every unit and campaign: entries, bundles."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import psycopg
from psycopg.rows import dict_row

from api.gate import LATEST, Row, ScopedViews
from ledger.log.proofs import entry_bundle, published
from ledger.postgres.connection import connect_async
from ledger.postgres.entries import CHANNEL
from ledger.storage.store import OpenStore

PAGE_EVENTS = 500

_PAGE = """
    SELECT position, type, statement_id::text AS id, convert_from(data, 'UTF8') AS entry
    FROM ledger.entries WHERE position > %(after)s AND position <= %(to)s AND statement_id IS NOT NULL
        AND (%(types)s::text[] IS NULL OR type = ANY(%(types)s))
        AND (%(tag)s::text IS NULL OR tags @> array[%(tag)s])
    ORDER BY position LIMIT %(limit)s
"""


class History:
    """The history without a scope. Made from views of everything alone: whoever has one may read all."""

    def __init__(self, views: ScopedViews) -> None:
        self.views = views
        self.connection = views.unlimited()
        """For what reads the whole history by itself, as an export does."""

    def published(self, upto: int | None = None) -> int:
        """How many entries the last checkpoint up to a position covers."""
        return published(self.connection, upto)

    def entry_bundle(self, index: int, width: int) -> bytes | None:
        """Entries in a row, as C2SP tlog-tiles serves them."""
        return entry_bundle(self.connection, index, width)


class Feed:
    """Recorded events in order, to be read after the request that asked for them was checked."""

    def __init__(
        self, history: History, store: OpenStore, types: Sequence[str] | None, tag: str | None
    ) -> None:
        assert history.views.scope.is_everything
        self._store = store
        self._types = None if types is None else list(types)
        self._tag = tag

    def pages(self, after: int, to: int, limit: int) -> Iterator[list[Row]]:
        """Events after a position and up to another, at most so many, some hundreds at a time."""
        at, left = after, limit
        with self._store.connect() as connection:
            while left > 0:
                found = self._page(connection, at, to, min(PAGE_EVENTS, left))
                if not found:
                    return
                yield found
                at, left = found[-1]["position"], left - len(found)

    def next_page(self, after: int) -> list[Row]:
        """The events that were recorded after a position."""
        with self._store.connect() as connection:
            return self._page(connection, after, LATEST, PAGE_EVENTS)

    @asynccontextmanager
    async def announced(self) -> AsyncIterator[Callable[[float], Awaitable[bool]]]:
        """Gives what waits for the next announcement of new events, so many seconds; whether one came."""
        async with await connect_async(self._store.url) as told:
            await told.execute(f"LISTEN {CHANNEL}")

            async def wait(seconds: float) -> bool:
                async for _ in told.notifies(timeout=seconds, stop_after=1):
                    return True
                return False

            yield wait

    def _page(self, connection: psycopg.Connection[Any], after: int, to: int, limit: int) -> list[Row]:
        with connection.cursor(row_factory=dict_row) as cursor:
            named = {"after": after, "to": to, "types": self._types, "tag": self._tag, "limit": limit}
            return cursor.execute(_PAGE, named).fetchall()
