"""Replay (重放): all views again from the events alone, in a fresh schema, compared with the live ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from eventsourcing.postgres import PostgresDatastore
from psycopg.rows import tuple_row

from projections.comparing import Comparison, Difference
from projections.follower import remove
from projections.runner import Followers

REPLAY = "replay"
"""The schema in which views are replayed."""


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

    Never further than the live views have come.
    """
    position = live.position() if to is None else min(to, live.position())
    remove(datastore, REPLAY)
    again = Followers(datastore, schema=REPLAY)
    again.prepare()
    try:
        again.catch_up(progress, to=position)
        with datastore.get_connection() as connection, connection.cursor(row_factory=tuple_row) as cursor:
            comparison = Comparison(cursor, live.schema, REPLAY, position)
            differences = [
                difference
                for follower in again.followers.values()
                for difference in comparison.of(follower.view)
            ]
        return Replayed(position, comparison.rows, differences, comparison.left_out)
    finally:
        remove(datastore, REPLAY)
