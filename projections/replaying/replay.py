"""Replay (重新计算): all views again from the events alone, in a fresh schema, compared with the live ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from secrets import token_hex
from typing import NamedTuple

import psycopg
from eventsourcing.postgres import PostgresDatastore
from psycopg.rows import tuple_row

from projections.following.follower import remove
from projections.following.runner import Followers
from projections.replaying.comparing import Comparison, Difference
from projections.replaying.positions import Positions, check_positions

PREFIX = "replay"
"""How the schemas begin in which views are replayed; each run has its own."""


class Replayed(NamedTuple):
    """What a replay found: up to which position, over how many rows, and every row that differs."""

    position: int
    rows: int
    differences: list[Difference]
    left_out: int


def replay(
    datastore: PostgresDatastore,
    live: Followers,
    *,
    to: int | None = None,
    progress: Callable[[int], None] = lambda position: None,
) -> Replayed:
    """Rebuilds every view from the events up to a position, and compares row by row with the live ones.

    Never further than the live views have come. A view of another version is named, not compared.
    """
    views = {name: follower.view for name, follower in live.followers.items()}
    with datastore.get_connection() as connection, connection.cursor(row_factory=tuple_row) as cursor:
        stand = check_positions(cursor, live.schema, views)
    position = stand.common if to is None else min(to, stand.common)
    with own_schema(datastore) as schema:
        again = Followers(datastore, schema=schema)
        again.prepare()
        again.catch_up(progress, to=position)
        return _compared(datastore, live, again, position, stand)


def _compared(
    datastore: PostgresDatastore, live: Followers, again: Followers, position: int, stand: Positions
) -> Replayed:
    with datastore.get_connection() as connection, connection.cursor(row_factory=tuple_row) as cursor:
        comparison = Comparison(cursor, live.schema, again.schema, position)
        differences = stand.differences + [
            difference
            for name, follower in again.followers.items()
            if name not in stand.outdated
            for difference in comparison.of(follower.view)
        ]
    return Replayed(position, comparison.rows, differences, comparison.left_out)


@contextmanager
def own_schema(datastore: PostgresDatastore) -> Iterator[str]:
    """A schema's name for one run alone; what the run made in it is dropped at the end.

    While the run lives its session holds a lock under that name; schemas whose lock nobody holds were
    left by runs that died, and are dropped first.
    """
    name = f"{PREFIX}_{token_hex(6)}"
    with datastore.get_connection() as connection:
        connection.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", (name,))
        connection.commit()
        try:
            remove_leftovers(datastore)
            yield name
        finally:
            remove(datastore, name)
            with suppress(psycopg.OperationalError):  # a session that was lost holds no lock
                connection.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", (name,))
                connection.commit()


def remove_leftovers(datastore: PostgresDatastore) -> None:
    """Drop the schemas of replays that died."""
    with datastore.get_connection() as connection, connection.cursor(row_factory=tuple_row) as cursor:
        cursor.execute(
            "SELECT nspname FROM pg_namespace WHERE nspname ~ %s", (f"^{PREFIX}(_[0-9a-f]{{12}})?$",)
        )
        for (name,) in cursor.fetchall():
            cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", (name,))
            free = cursor.fetchone()
            connection.commit()
            if free is not None and free[0]:
                remove(datastore, name)
                cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", (name,))
                connection.commit()
