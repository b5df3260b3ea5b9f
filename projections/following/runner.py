"""The followers of all views: each for itself, those that read others never ahead of them."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Collection, Sequence
from contextlib import closing
from multiprocessing import get_context, parent_process
from multiprocessing.process import BaseProcess
from typing import NamedTuple

import orjson
import structlog
from eventsourcing.postgres import PostgresDatastore, PostgresTrackingRecorder
from psycopg.conninfo import make_conninfo
from psycopg.types.json import set_json_loads

from ledger.gc_tuning import seldom_collected
from ledger.postgres.connection import datastore
from projections.flags.engine import Flags
from projections.following.catching_up import WAIT_SECONDS, CatchingUp
from projections.following.follower import (
    SCHEMA,
    TRACKING,
    Follower,
    ViewFailed,
    failures,
    lock_view,
    make_schema,
    make_tables,
    tracked_as,
    versions,
)
from projections.following.pulse import OF_THE_SESSION, STARTING, VIEW_FAILED, Pulse, wait_for
from projections.following.source import Source
from projections.frame.view import View
from projections.views.balances import Balances
from projections.views.bank import Bank
from projections.views.collective import Collective
from projections.views.federation import Federation
from projections.views.functions import make_functions
from projections.views.households import Households
from projections.views.links import Links
from projections.views.notices import Notices
from projections.views.oversight import Oversight
from projections.views.rectifications import Rectifications
from projections.views.registers import Registers
from projections.views.registry import Registry
from projections.views.roster import Roster
from projections.views.steps import Steps
from projections.views.timeline import Timeline
from projections.views.voices import Voices

HEAVY = ("flags",)
"""Views that compute so much that a process of their own pays when they are far behind."""

AFTER_FAILURE_SECONDS = 5.0
AFTER_LOSS_SECONDS = 0.5
"""How long to wait before a lost, read-only or full database is tried again."""

_log = structlog.get_logger(__name__)


def standard_views() -> list[View]:
    """All views; one stands after those that it reads."""
    return [
        Registry(),
        Roster(),
        Steps(),
        Timeline(),
        Notices(),
        Balances(),
        Bank(),
        Oversight(),
        Rectifications(),
        Federation(),
        Links(),
        Registers(),
        Households(),
        Collective(),
        Voices(),
        Flags(),
    ]


class _Halted(Exception):
    """Told to stop in the middle of a round: each view stands where its last transaction brought it."""


class ViewStatus(NamedTuple):
    """How a view is: its position, how many events it is behind, and why it stopped if it did.

    ``outdated`` says that its tables were made by another version of it, which are read but not
    followed until the view is rebuilt.
    """

    view: str
    title: tuple[str, str]
    position: int
    behind: int
    outdated: bool
    failed_before: int | None
    reason: str | None


def _check_order(views: Sequence[View]) -> None:
    """Refuses views of which one stands before another that it reads: it would wait for it for ever."""
    names = [view.name for view in views]
    for place, view in enumerate(views):
        later = set(view.needs).intersection(names[place:])
        if later:
            raise RuntimeError(
                f"the view {view.name} stands before what it reads: {', '.join(sorted(later))}"
            )


class Followers:
    """Keeps views up to date with the ledger, in a schema of their own."""

    def __init__(
        self,
        datastore: PostgresDatastore,
        views: Sequence[View] | None = None,
        *,
        schema: str = SCHEMA,
        reads: Sequence[str] = (),
    ) -> None:
        set_json_loads(orjson.loads)
        self._datastore = datastore
        self.schema = schema
        self._reads = tuple(reads)
        self._source = Source(datastore)
        followed = standard_views() if views is None else views
        _check_order(followed)
        names = {view.name for view in followed}
        self.followers = {
            view.name: Follower(
                datastore,
                view,
                self._source,
                schema=schema,
                reads=reads,
                needed={
                    need: tracked_as(schema if need in names else reads[0], need)
                    for need in view.needs
                    if need in names or reads
                },
            )
            for view in followed
        }

    def prepare(self) -> None:
        """Makes the tables of views that have none yet, or none that hold anything, and the functions over all.

        A view that holds something in another version is left as it is, outdated, until it is rebuilt.
        """
        PostgresTrackingRecorder(self._datastore, tracking_table_name=TRACKING).create_table()
        with self._datastore.transaction(commit=True) as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", (self.schema,))
            make_schema(cursor, self.schema)
            for follower in self.followers.values():
                at, version = lock_view(cursor, self.schema, follower.view.name)
                if at == 0 and version != str(follower.view.version):
                    make_tables(cursor, self.schema, follower.view)
            make_functions(cursor, self.schema)

    def outdated(self) -> list[str]:
        """The views that were made in another version, in the order in which to rebuild them."""
        with self._datastore.get_connection() as connection:
            made = versions(connection, self.schema)
        return [
            name for name, follower in self.followers.items() if made.get(name) != str(follower.view.version)
        ]

    def head(self) -> int:
        """The last recorded position."""
        return self._source.head()

    def position(self) -> int:
        """The last position that all views hold."""
        return min(follower.position() for follower in self.followers.values())

    def catch_up(self, progress: Callable[[int], None] = lambda position: None, to: int | None = None) -> int:
        """Brings every view up to the head, or up to ``to``; returns the position that all reached.

        ``progress`` hears the least position of all views. An outdated view stays where it is.

        Raises:
            ViewFailed: of the first view that failed, after all others have gone on to the end.
        """
        while True:
            head = self._source.head()
            way = CatchingUp(self.followers, head if to is None else min(head, to), progress)
            if way.behind:
                way.stop(self.outdated())
                way.go(self._apart)
                self._forget_failures(way.failed.keys())
            if way.failed:
                raise next(iter(way.failed.values()))
            if not way.set_back:
                return min(way.reached.values(), default=0)
            _log.warning("views were set back by the database and go their way again", views=way.set_back)

    def _apart(self, name: str, head: int) -> BaseProcess | None:
        """A process of its own for a view that computes much, where one can make it."""
        standard = {view.name: str(view.version) for view in standard_views() if view.name in HEAVY}
        if standard.get(name) != str(self.followers[name].view.version):
            return None
        with self._datastore.get_connection() as connection:
            info = connection.info
            dsn = make_conninfo("", **info.get_parameters(), password=info.password or None)
        args = (dsn, self.schema, self._reads, name, head)
        return get_context("spawn").Process(target=follow_apart, args=args, daemon=True)

    def _forget_failures(self, failed: Collection[str]) -> None:
        """What stands in the list of failures and goes on again is taken off it."""
        with self._datastore.transaction(commit=True) as cursor:
            cursor.execute(
                f"DELETE FROM {self.schema}.failures WHERE view <> ALL(%s)",
                (sorted(failed),),
            )

    def follow(self, stop: threading.Event, *, poll_seconds: float = 0.1, pulse: Pulse | None = None) -> None:
        """Go on catching up until told to stop; ``pulse`` hears how it goes.

        A lost, read-only or full database is waited for, a failed view tried again from time to time.
        While statements keep coming it works a third of the time: what came meanwhile is followed at
        once, for less, and what is recorded finds the processors and the database free.

        Raises:
            Exception: whatever waiting does not mend; the views are then followed no longer.
        """
        pulse = Pulse() if pulse is None else pulse
        told: set[str] = set()
        while not stop.is_set():
            started = time.monotonic()
            try:
                self._follow_once(stop, pulse, told)
                patience = rest(time.monotonic() - started, poll_seconds)
            except _Halted:
                return
            except ViewFailed as failure:
                patience = max(poll_seconds, AFTER_FAILURE_SECONDS)
                if f"stopped {failure.view}" not in told:
                    _log.error("a view stopped", view=failure.view, error=failure)
                    told.add(f"stopped {failure.view}")
                pulse.wait(VIEW_FAILED)
            except Exception as error:
                wait = wait_for(error)
                if wait is None:
                    raise
                patience = max(poll_seconds, AFTER_LOSS_SECONDS)
                if pulse.read().waits_for != wait:
                    _log.warning("the views wait", code=wait.code, error=error)
                pulse.wait(wait)
                if wait in OF_THE_SESSION:
                    self._datastore.pool.drain()
            stop.wait(patience)

    def _follow_once(self, stop: threading.Event, pulse: Pulse, told: set[str]) -> None:
        """One round; what was waited for before is over with its first step. It ends early when told to stop."""
        before = pulse.read().waits_for
        for name in self.outdated():
            if f"outdated {name}" not in told:
                _log.warning("a view is outdated: rebuild it", view=name)
                told.add(f"outdated {name}")
        head = self._source.head()

        def beat(position: int) -> None:
            pulse.beat(position, head)
            if stop.is_set():
                raise _Halted

        position = self.catch_up(beat, to=head)
        pulse.beat(position, head)
        if before not in (None, STARTING):
            _log.info("the views follow again", position=position)

    def status(self) -> list[ViewStatus]:
        """How each view is."""
        try:
            return self._status()
        except Exception:
            self._datastore.pool.check()  # of the other sessions some may be dead too, each good for one failure
            raise

    def _status(self) -> list[ViewStatus]:
        head = self._source.head()
        outdated = self.outdated()
        with self._datastore.get_connection() as connection:
            failed = failures(connection, self.schema)
        return [
            ViewStatus(
                name,
                follower.view.title,
                position := follower.position(),
                max(0, head - position),
                name in outdated,
                *failed.get(name, (None, None)),
            )
            for name, follower in self.followers.items()
        ]


def follow_apart(dsn: str, schema: str, reads: Sequence[str], name: str, head: int) -> None:
    """Bring one view to the head, never ahead of those that it reads: the work of a process.

    What stops it stands in the list of failures. It ends with the process that started it, and waits as
    that one does for a database that is lost.
    """
    parent = parent_process()
    with closing(datastore(dsn)) as connections, seldom_collected():
        follower = Followers(connections, schema=schema, reads=reads).followers[name]
        at = 0
        while at < head and parent is not None and parent.is_alive():
            try:
                stepped = follower.step(head)
            except ViewFailed:
                return
            except Exception as error:
                wait = wait_for(error)
                if wait is None:
                    raise
                if wait in OF_THE_SESSION:
                    connections.pool.drain()
                time.sleep(AFTER_LOSS_SECONDS)
                continue
            if stepped.waits_for is not None:
                time.sleep(WAIT_SECONDS)
            at = stepped.position


RESTS = 2.0
"""How many times as long as a round of following took the next one waits."""
LONGEST_REST_SECONDS = 0.5


def rest(worked_seconds: float, least_seconds: float) -> float:
    """How long to wait after a round of following; never long after one that had much to catch up."""
    return max(least_seconds, min(RESTS * worked_seconds, LONGEST_REST_SECONDS))


VIEWS_NICENESS = 10
PARENT_SECONDS = 0.2
"""How often a follower's process looks whether it is told to stop, and its service still lives."""


def follow_in_process(dsn: str, pulse: Pulse) -> None:
    """Keep all views up to date until told to stop, or until the service is gone: a process's work.

    A service so answers and records on one core while its views are computed on another, and goes
    before them where there are not enough: what is recorded cannot wait, what follows from it can.
    It outlives whatever the database does and tells by ``pulse`` what it waits for. Anything else is
    logged and ends it with exit code 1, for the service to start it again.
    """
    os.nice(VIEWS_NICENESS)
    # Ctrl-C goes to every process of the terminal; when to stop is the service's to say.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = parent_process()
    with closing(datastore(dsn)) as connections:
        followers = Followers(connections)
        ended = threading.Event()

        def watch() -> None:
            while not ended.is_set():
                time.sleep(PARENT_SECONDS)
                if pulse.stopped or parent is None or not parent.is_alive():
                    ended.set()

        threading.Thread(target=watch, daemon=True).start()
        try:
            followers.follow(ended, pulse=pulse)
        except Exception as error:
            _log.critical("the views' process ends", error=error, exc_info=True)
            raise SystemExit(1) from None
