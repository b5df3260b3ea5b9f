"""Rebuilding a view (重建): its new version beside the old one, which serves until the new takes over."""

from __future__ import annotations

from collections.abc import Callable

from eventsourcing.postgres import PostgresDatastore
from psycopg.rows import tuple_row

from projections.following.follower import lock_view, remove, take_over
from projections.following.runner import Followers
from projections.replaying.comparing import Comparison, Difference

BESIDE = "rebuild"
"""The schema in which a view is made beside the live one."""


def rebuild(
    datastore: PostgresDatastore,
    live: Followers,
    name: str,
    *,
    agree: Callable[[list[Difference]], bool],
    progress: Callable[[int], None] = lambda position: None,
) -> bool:
    """Makes one view anew beside the live one and, if ``agree`` says so, puts it in its place.

    ``agree`` gets the rows that the old version (found) and the new one (expected) do not have alike.
    Readers are served throughout; the change-over is one short transaction. Returns whether it was
    done.
    """
    follower = live.followers[name]
    remove(datastore, BESIDE)
    beside = Followers(datastore, [follower.view], schema=BESIDE, reads=(live.schema,))
    beside.prepare()
    try:
        beside.catch_up(progress, to=_readable(live, name))
        position = min(beside.position(), follower.position())
        with datastore.get_connection() as connection, connection.cursor(row_factory=tuple_row) as cursor:
            differences = Comparison(cursor, live.schema, BESIDE, position).of(follower.view)
        if not agree(differences):
            return False
        with datastore.transaction(commit=True) as cursor:
            lock_view(cursor, live.schema, name)
            # Nobody else can apply events to the live view meanwhile, so the new one comes as far as it.
            beside.catch_up(progress, to=_readable(live, name))
            take_over(cursor, BESIDE, live.schema, follower.view)
        return True
    finally:
        remove(datastore, BESIDE)


def _readable(live: Followers, name: str) -> int:
    """How far the views have come that this one reads; for one that reads none, the head."""
    needs = live.followers[name].view.needs
    return min([live.head(), *(live.followers[other].position() for other in needs)])
