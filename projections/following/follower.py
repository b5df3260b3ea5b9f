"""A follower (跟随者): one view, kept up to date in batches, each in one transaction with its position.

A restart resumes exactly where the last transaction ended. An event that the view cannot take stops
this follower alone, with the position and the reason; nothing is skipped.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

import psycopg
from eventsourcing.postgres import PostgresDatastore
from psycopg.rows import tuple_row

from ledger.errors import SongnuanError
from projections.following.source import Source
from projections.frame.recorded import Recorded
from projections.frame.view import View, table_names
from projections.views.functions import make_functions

TRACKING = "views_tracking"
SCHEMA = "views"
"""Where the live views are."""

FAULTS = (
    SongnuanError,
    psycopg.DataError,
    psycopg.IntegrityError,
    psycopg.ProgrammingError,
    RuntimeError,
    LookupError,
    TypeError,
    ValueError,
)
"""What an event can do to a view. A lost connection is none of these: it is tried again."""


class ViewFailed(SongnuanError):
    """A view could not take an event; its follower stands before it."""

    code = "view-failed"

    def __init__(self, view: str, position: int, reason: str) -> None:
        self.view = view
        self.position = position
        self.reason = reason
        super().__init__(f"the view {view} stopped before position {position}: {reason}")

    def message(self, language: str = "zh") -> str:
        """Which, where and why, in ``zh`` or ``en``."""
        if language.startswith("zh"):
            return f"视图 {self.view} 停在第 {self.position} 号之前：{self.reason}"
        return str(self)


class Step(NamedTuple):
    """Where a view stands after a step.

    ``waits_for`` names the view that it needs and that has not come further: nothing was applied.
    """

    position: int
    waits_for: str | None = None


class _CannotTake(Exception):
    """The view cannot take the events of a batch that begins and ends at these positions."""

    def __init__(self, first: int, last: int, reason: str) -> None:
        super().__init__(reason)
        self.first = first
        self.last = last
        self.reason = reason


class Follower:
    """Keeps one view up to date, in a schema.

    ``needed`` are the names under which the positions of the views are kept whose tables this one
    reads; ``reads`` the schemas where those tables are found, after its own.
    """

    BATCH_EVENTS: ClassVar[int] = 2000

    def __init__(
        self,
        datastore: PostgresDatastore,
        view: View,
        source: Source,
        *,
        schema: str = "views",
        reads: Sequence[str] = (),
        needed: Mapping[str, str] | None = None,
    ) -> None:
        self.view = view
        self._datastore = datastore
        self._source = source
        self._schema = schema
        self._path = ", ".join([schema, *reads])
        self._needed = dict(needed or {})

    @property
    def tracked_as(self) -> str:
        """The name under which the view's position is kept."""
        return tracked_as(self._schema, self.view.name)

    def position(self) -> int:
        """The last position that the view holds at this moment; nothing may be computed from it."""
        with self._datastore.get_connection() as connection:
            return positions(connection, [self.tracked_as])[self.tracked_as]

    def failure(self) -> ViewFailed | None:
        """What stopped the view, where something did."""
        with self._datastore.get_connection() as connection:
            failed = failures(connection, self._schema).get(self.view.name)
        return None if failed is None else ViewFailed(self.view.name, *failed)

    def step(self, upto: int) -> Step:
        """Apply one batch of events up to that position.

        Where no event is left up to there, the view stands there.

        Raises:
            ViewFailed: with the position before which the view stands.
        """
        try:
            return self._apply(upto, self.BATCH_EVENTS)
        except _CannotTake as batch:
            # Something in the batch cannot be taken: go one by one up to it, so that it is named.
            last = batch.last
        while (stepped := self._apply_alone(last)).position < last and stepped.waits_for is None:
            pass
        return stepped

    def _apply_alone(self, upto: int) -> Step:
        try:
            return self._apply(upto, 1)
        except _CannotTake as event:
            with self._datastore.transaction(commit=True) as cursor:
                cursor.execute(
                    f"INSERT INTO {self._schema}.failures VALUES (%s, %s, %s)"
                    " ON CONFLICT (view) DO UPDATE SET position = excluded.position,"
                    " reason = excluded.reason",
                    (self.view.name, event.first, event.reason),
                )
            raise ViewFailed(self.view.name, event.first, event.reason) from event.__cause__

    def _apply(self, upto: int, limit: int) -> Step:
        """Apply the next events in one transaction, which itself asks where all stand.

        Its own position, those of the views that it reads, and the events come from the server that it
        commits to, so that a crash, which takes the last transactions away, never leaves this view
        with what another one has lost: the log of transactions keeps their order.
        """
        with (
            self._datastore.get_connection() as connection,
            connection.transaction(),
            connection.cursor(row_factory=tuple_row) as cursor,
        ):
            at, version = lock_view(cursor, self._schema, self.view.name)
            if at >= upto:
                return Step(at)
            if version != str(self.view.version):
                raise _CannotTake(at + 1, at + 1, f"another version of the view is in place: {version}")
            # Before anything is read of them: they may go on meanwhile, but never back.
            held = positions(connection, self._needed.values())
            until = min([upto, *held.values()])
            events = self._source.read(connection, at, until, limit)
            if not events:
                ahead = until < upto and self._source.read(connection, max(at, until), upto, 1)
                return Step(at, waits_for=self._last(held)) if ahead else Step(upto)
            self._project(connection, cursor, at, events)
        return Step(events[-1].position)

    def _last(self, held: Mapping[str, int]) -> str:
        """Which of the views that are read has come least far."""
        return min(self._needed, key=lambda name: held[self._needed[name]])

    def _project(
        self,
        connection: psycopg.Connection[Any],
        cursor: psycopg.Cursor[Any],
        at: int,
        events: Sequence[Recorded],
    ) -> None:
        # Every query asks for the few rows that a batch touches: always by index, so that it
        # costs the same however long the history is. What a crash takes from a view is computed
        # again, so that its commits need not wait for the disk.
        connection.execute(
            f"SET LOCAL search_path TO {self._path};"
            " SET LOCAL enable_seqscan = off; SET LOCAL jit = off;"
            " SET LOCAL synchronous_commit = off"
        )
        last = events[-1].position
        try:
            self.view.project(cursor, events)
        except FAULTS as error:
            raise _CannotTake(events[0].position, last, " ".join(repr(error).split())) from error
        if _steps_up(at, last):
            self._analyse_grown_tables(cursor)
        set_position(cursor, self.tracked_as, last)

    def _analyse_grown_tables(self, cursor: psycopg.Cursor[Any]) -> None:
        """Lets plans that were made while a table was small be made again once it has doubled.

        The same few queries run over and over, prepared; the planner looks again after an ANALYZE.
        """
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = %s::regnamespace AND relname = ANY(%s)"
            " AND pg_relation_size(oid) > 8192 * (2 + 2 * relpages)",
            (self._schema, table_names(self.view)),
        )
        grown = cursor.fetchall()
        if grown:
            cursor.execute("SET LOCAL default_statistics_target = 10")
        for (table,) in grown:
            cursor.execute(f"ANALYZE {self._schema}.{table}")


def _steps_up(before: int, now: int) -> bool:
    """Whether a count has passed one of the eight steps into which each doubling of it is cut."""
    step = max(0, now.bit_length() - 4)
    return before >> step != now >> step


def tracked_as(schema: str, view: str) -> str:
    """The name under which a view's position is kept in the tracking table."""
    return f"{schema}:{view}"


def lock_view(cursor: psycopg.Cursor[Any], schema: str, view: str) -> tuple[int, str | None]:
    """Lets nobody else apply events to a view in this transaction; its position and version.

    The version is None where the view is not made yet.
    """
    name = tracked_as(schema, view)
    cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (name,))
    found: Any = cursor.execute(
        f"SELECT coalesce((SELECT notification_id FROM ledger.{TRACKING} WHERE application_name = %s), 0)"
        f" AS at, (SELECT version FROM {schema}.made WHERE view = %s) AS version",
        (name, view),
    ).fetchone()
    at, version = found.values() if isinstance(found, dict) else found
    return at, version


def positions(connection: psycopg.Connection[Any], names: Iterable[str]) -> dict[str, int]:
    """The position kept under each of these names; 0 where none is."""
    wanted = list(names)
    if not wanted:
        return {}
    with connection.cursor(row_factory=tuple_row) as cursor:
        found = cursor.execute(
            f"SELECT application_name, notification_id FROM ledger.{TRACKING} WHERE application_name = ANY(%s)",
            (wanted,),
        ).fetchall()
    return dict.fromkeys(wanted, 0) | dict(found)


def set_position(cursor: psycopg.Cursor[Any], name: str, position: int) -> None:
    """Keep a position under a name, in the transaction that brings the view there."""
    cursor.execute(
        f"INSERT INTO ledger.{TRACKING} VALUES (%s, %s)"
        " ON CONFLICT (application_name) DO UPDATE SET notification_id = excluded.notification_id",
        (name, position),
    )


def make_schema(cursor: psycopg.Cursor[Any], schema: str) -> None:
    """Makes the schema of views, and the tables that say which are made and which failed."""
    cursor.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
    cursor.execute(
        f"CREATE TABLE IF NOT EXISTS {schema}.made"
        " (view text PRIMARY KEY, version text NOT NULL, tables text[] NOT NULL)"
    )
    cursor.execute(
        f"CREATE TABLE IF NOT EXISTS {schema}.failures"
        " (view text PRIMARY KEY, position bigint NOT NULL, reason text NOT NULL)"
    )


def make_tables(cursor: psycopg.Cursor[Any], schema: str, view: View) -> None:
    """Makes a view's tables, empty, in the place of those that may be there."""
    _drop_tables(cursor, schema, view)
    cursor.execute(f"SET LOCAL search_path TO {schema}")
    cursor.execute(view.tables)
    _note_made(cursor, schema, view)


def take_over(cursor: psycopg.Cursor[Any], beside: str, schema: str, view: View) -> None:
    """Puts a view's tables from the schema beside in the place of the live ones, with their position.

    The functions over them are made for the columns that they have now.
    """
    at, _ = lock_view(cursor, beside, view.name)
    _drop_tables(cursor, schema, view)
    for table in table_names(view):
        cursor.execute(f"ALTER TABLE {beside}.{table} SET SCHEMA {schema}")
    make_functions(cursor, schema)
    _note_made(cursor, schema, view)
    set_position(cursor, tracked_as(schema, view.name), at)


def _drop_tables(cursor: psycopg.Cursor[Any], schema: str, view: View) -> None:
    made: Any = cursor.execute(f"SELECT tables FROM {schema}.made WHERE view = %s", (view.name,)).fetchone()
    for table in next(iter(made.values() if isinstance(made, dict) else made)) if made else ():
        cursor.execute(f"DROP TABLE IF EXISTS {schema}.{table}")
    cursor.execute(f"DELETE FROM {schema}.failures WHERE view = %s", (view.name,))
    cursor.execute(
        f"DELETE FROM ledger.{TRACKING} WHERE application_name = %s",
        (tracked_as(schema, view.name),),
    )


def _note_made(cursor: psycopg.Cursor[Any], schema: str, view: View) -> None:
    cursor.execute(
        f"INSERT INTO {schema}.made VALUES (%s, %s, %s) ON CONFLICT (view) DO UPDATE"
        " SET version = excluded.version, tables = excluded.tables",
        (view.name, str(view.version), table_names(view)),
    )


def failures(connection: psycopg.Connection[Any], schema: str) -> dict[str, tuple[int, str]]:
    """Before which position, and why, each view stopped that could not take an event."""
    with connection.cursor(row_factory=tuple_row) as cursor:
        cursor.execute(f"SELECT view, position, reason FROM {schema}.failures")
        return {view: (position, reason) for view, position, reason in cursor.fetchall()}


def held(connection: psycopg.Connection[Any], schema: str) -> int:
    """The last position that all views hold that are made."""
    with connection.cursor(row_factory=tuple_row) as cursor:
        found = cursor.execute(
            f"SELECT coalesce(min(coalesce(t.notification_id, 0)), 0) FROM {schema}.made m"
            f" LEFT JOIN ledger.{TRACKING} t ON t.application_name = %s || m.view",
            (tracked_as(schema, ""),),
        ).fetchone()
    return int(found[0]) if found else 0


def versions(connection: psycopg.Connection[Any], schema: str) -> dict[str, str]:
    """The version in which each view was made."""
    with connection.cursor(row_factory=tuple_row) as cursor:
        return dict(cursor.execute(f"SELECT view, version FROM {schema}.made").fetchall())


def remove(datastore: PostgresDatastore, schema: str) -> None:
    """Drops a schema of views with all that is in it, and forgets its positions."""
    with datastore.transaction(commit=True) as cursor:
        cursor.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE")
        cursor.execute(
            f"DELETE FROM ledger.{TRACKING} WHERE application_name LIKE %s",
            (f"{schema}:%",),
        )
