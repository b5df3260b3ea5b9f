"""The followers of all views: each for itself, those that read others never ahead of them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import ClassVar, NamedTuple

import orjson
import psycopg
import structlog
from eventsourcing.postgres import PostgresDatastore, PostgresTrackingRecorder
from psycopg.types.json import set_json_loads

from projections.balances import Balances
from projections.flags.engine import Flags
from projections.follower import TRACKING, Follower, ViewFailed, lock_view, make_schema, make_tables
from projections.notices import Notices
from projections.oversight import Oversight
from projections.registry import Registry
from projections.roster import Roster
from projections.source import Source
from projections.timeline import Timeline
from projections.view import View

AHEAD_EVENTS = Follower.BATCH_EVENTS * (Source.KEPT_BATCHES - 2)
"""How far one view may be ahead of the slowest while catching up."""

_log = structlog.get_logger(__name__)


def standard_views() -> list[View]:
    """All views; one stands after those that it reads."""
    return [Registry(), Roster(), Notices(), Balances(), Timeline(), Oversight(), Flags()]


class ViewStatus(NamedTuple):
    """How a view is: its position, how many events it is behind, and why it stopped if it did."""

    view: str
    version: str
    position: int
    behind: int
    failed_before: int | None
    reason: str | None


class Followers:
    """Keeps views up to date with the ledger, in a schema of their own."""

    WAIT_SECONDS: ClassVar[float] = 0.005

    def __init__(
        self,
        datastore: PostgresDatastore,
        views: Sequence[View] | None = None,
        *,
        schema: str = "views",
        reads: Sequence[str] = (),
    ) -> None:
        set_json_loads(orjson.loads)
        self._datastore = datastore
        self.schema = schema
        self._source = Source(datastore)
        self.followers = {
            view.name: Follower(datastore, view, self._source, schema=schema, reads=reads)
            for view in (standard_views() if views is None else views)
        }

    def prepare(self) -> None:
        """Makes the views' tables, anew where a view's version is another than the tables'."""
        PostgresTrackingRecorder(self._datastore, tracking_table_name=TRACKING).create_table()
        with self._datastore.transaction(commit=True) as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", (self.schema,))
            make_schema(cursor, self.schema)
            for follower in self.followers.values():
                view = follower.view
                if lock_view(cursor, self.schema, view.name)[1] != str(view.version):
                    make_tables(cursor, self.schema, view)

    def head(self) -> int:
        """The last recorded position."""
        return self._source.head()

    def position(self) -> int:
        """The last position that all views hold."""
        return min(follower.position() for follower in self.followers.values())

    def catch_up(self, progress: Callable[[int], None] = lambda position: None, to: int | None = None) -> int:
        """Brings every view up to the head, or up to ``to``; returns the position reached.

        ``progress`` hears the least position of all views. Each view goes in a thread of its own, for
        one waits for the database while another computes.

        Raises:
            ViewFailed: of the first view that failed, after all others have gone on to the end.
        """
        head = self._source.head()
        head = head if to is None else min(head, to)
        reached = {name: follower.position() for name, follower in self.followers.items()}
        failed: dict[str, ViewFailed] = {}
        stopped: set[str] = set()

        def go(name: str) -> None:
            follower = self.followers[name]
            needs = [other for other in follower.view.needs if other in self.followers]
            while reached[name] < head:
                # Nobody runs far ahead, so that each batch is decoded once for all.
                slowest = min(at for other, at in reached.items() if other not in stopped)
                upto = min([head, slowest + AHEAD_EVENTS, *(reached[other] for other in needs)])
                if upto <= reached[name]:
                    if stopped.intersection(needs):
                        stopped.add(name)
                        return
                    waiting.wait(self.WAIT_SECONDS)
                    continue
                try:
                    stepped = follower.step(upto)
                except ViewFailed as failure:
                    reached[name] = failure.position - 1
                    failed[name] = failure
                    stopped.add(name)
                    return
                # What is left below may hold no events, but only in a recorder that others use too.
                reached[name] = upto if stepped is None else stepped
                progress(min(reached.values()))

        waiting = threading.Event()
        behind = [name for name in self.followers if reached[name] < head]
        if not behind:
            return min(reached.values(), default=0)
        if all(head - reached[name] <= Follower.BATCH_EVENTS for name in behind):
            for name in behind:
                go(name)
        else:
            with ThreadPoolExecutor(len(behind), "follower") as pool:
                list(pool.map(go, behind))
        self._forget_failures(failed.keys())
        if failed:
            raise next(iter(failed.values()))
        return min(reached.values(), default=0)

    def _forget_failures(self, failed: Collection[str]) -> None:
        """What stands in the list of failures and goes on again is taken off it."""
        with self._datastore.transaction(commit=True) as cursor:
            cursor.execute(
                f"DELETE FROM {self.schema}.failures WHERE view <> ALL(%s)",  # noqa: S608 # our own schema
                (sorted(failed),),
            )

    def follow(self, stop: threading.Event, *, poll_seconds: float = 0.1) -> None:
        """Goes on catching up until told to stop. A failed view stops; the others go on."""
        told: set[str] = set()
        while not stop.is_set():
            try:
                self.catch_up()
            except ViewFailed as failure:
                if failure.view not in told:
                    _log.error("a view stopped", view=failure.view, error=str(failure))
                    told.add(failure.view)
            except psycopg.OperationalError as error:
                _log.warning("the views wait for the database", error=str(error))
            stop.wait(poll_seconds)

    def status(self) -> list[ViewStatus]:
        """How each view is."""
        head = self._source.head()
        with self._datastore.get_connection() as connection:
            failures = {
                row["view"]: (row["position"], row["reason"])
                for row in connection.execute(
                    f"SELECT view, position, reason FROM {self.schema}.failures"  # noqa: S608 # our own schema
                )
            }
        return [
            ViewStatus(
                name,
                str(follower.view.version),
                position := follower.position(),
                max(0, head - position),
                *failures.get(name, (None, None)),
            )
            for name, follower in self.followers.items()
        ]
