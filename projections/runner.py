"""The followers of all views: each for itself, those that read others never ahead of them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from multiprocessing import get_context
from typing import ClassVar, NamedTuple

import orjson
import psycopg
import structlog
from eventsourcing.postgres import PostgresDatastore, PostgresTrackingRecorder
from psycopg.conninfo import make_conninfo
from psycopg.types.json import set_json_loads

from ledger.recorder import datastore
from projections.balances import Balances
from projections.flags.engine import Flags
from projections.follower import TRACKING, Follower, ViewFailed, lock_view, make_schema, make_tables
from projections.links import Links
from projections.notices import Notices
from projections.oversight import Oversight
from projections.registry import Registry
from projections.roster import Roster
from projections.source import Source
from projections.timeline import Timeline
from projections.view import View

AHEAD_EVENTS = Follower.BATCH_EVENTS * (Source.KEPT_BATCHES - 2)
"""How far one view may be ahead of the slowest while catching up."""

HEAVY = ("flags",)
FAR_EVENTS = 20_000
"""From how far behind a heavy view is caught up in a process of its own."""

_log = structlog.get_logger(__name__)


def standard_views() -> list[View]:
    """All views; one stands after those that it reads."""
    return [Registry(), Roster(), Notices(), Balances(), Timeline(), Oversight(), Links(), Flags()]


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
        self._reads = tuple(reads)
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
        together = set(self.followers)

        def go(name: str) -> None:
            follower = self.followers[name]
            needs = [other for other in follower.view.needs if other in self.followers]
            while reached[name] < head:
                # Nobody runs far ahead, so that each batch is decoded once for all.
                slowest = min(reached[other] for other in together - stopped)
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
        far = head - min(reached[name] for name in behind)
        if far <= Follower.BATCH_EVENTS:
            for name in behind:
                go(name)
        else:
            apart = self._worth_a_process(behind) if far >= FAR_EVENTS else []
            together.difference_update(apart)
            with ThreadPoolExecutor(len(behind), "follower") as pool:
                working = [pool.submit(go, name) for name in behind if name not in apart]
                working += [pool.submit(self._go_apart, name, head, reached, failed) for name in apart]
                for each in working:
                    each.result()
        self._forget_failures(failed.keys())
        if failed:
            raise next(iter(failed.values()))
        return min(reached.values(), default=0)

    def _worth_a_process(self, behind: Collection[str]) -> list[str]:
        """The views that compute so much that a process of their own pays, where it can make them."""
        standard = {view.name: str(view.version) for view in standard_views() if view.name in HEAVY}
        return [name for name in behind if str(self.followers[name].view.version) == standard.get(name)]

    def _go_apart(self, name: str, head: int, reached: dict[str, int], failed: dict[str, ViewFailed]) -> None:
        """Lets a process of its own bring a view to the head, and tells how far it has come."""
        follower = self.followers[name]
        with self._datastore.get_connection() as connection:
            info = connection.info
            dsn = make_conninfo("", **info.get_parameters(), password=info.password or None)
        process = get_context("spawn").Process(
            target=follow_apart, args=(dsn, self.schema, self._reads, name, head), daemon=True
        )
        process.start()
        while process.is_alive():
            process.join(0.2)
            reached[name] = follower.position()
        reached[name] = follower.position()
        failure = {status.view: status for status in self.status()}[name]
        if failure.reason is not None and failure.failed_before is not None:
            failed[name] = ViewFailed(name, failure.failed_before, failure.reason)
        elif process.exitcode != 0:
            raise RuntimeError(f"the process of the view {name} ended with {process.exitcode}")

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


def follow_apart(dsn: str, schema: str, reads: Sequence[str], name: str, head: int) -> None:
    """Brings one view to the head, never ahead of those that it reads; the work of a process.

    What stops it stands in the list of failures.
    """
    with closing(datastore(dsn)) as connections:
        followers = Followers(connections, schema=schema, reads=reads).followers
        follower = followers[name]
        while (at := follower.position()) < head:
            upto = min([head, *(followers[other].position() for other in follower.view.needs)])
            if upto <= at:
                if any(status.reason for status in _failed(connections, schema, follower.view.needs)):
                    return
                time.sleep(Followers.WAIT_SECONDS)
                continue
            try:
                follower.step(upto)
            except ViewFailed:
                return


def _failed(connections: PostgresDatastore, schema: str, views: Collection[str]) -> list[ViewStatus]:
    with connections.get_connection() as connection:
        rows = connection.execute(
            f"SELECT view, position, reason FROM {schema}.failures WHERE view = ANY(%s)",  # noqa: S608 # our own schema
            (sorted(views),),
        ).fetchall()
    return [ViewStatus(row["view"], "", 0, 0, row["position"], row["reason"]) for row in rows]
