"""Committing (落账): batches written surely, over lost connections, with what is held in memory kept right.

It lives in the writer's thread, on the one elected session; the checkpoints go over it too.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from logging import CRITICAL, WARNING
from typing import Any

import psycopg
import structlog

from ledger.domain.entry import read_entry
from ledger.domain.event import utc_text
from ledger.domain.record import Record, record_from
from ledger.domain.state import AcceptedClock, Book, State
from ledger.errors import Explained, Misconfigured, Refused, Rule, SongnuanError, Unavailable
from ledger.log.proofs import head
from ledger.log.publisher import Publisher
from ledger.postgres.epoch import Seal
from ledger.postgres.failures import (
    explained,
    is_lost,
    outcome_unknown,
    standby_missing,
)
from ledger.writing.batch import (
    Batch,
    HalfApplied,
    Outcome,
    Overtaken,
)
from ledger.writing.clock_guard import ClockGuard, ClockStepped
from ledger.writing.condition import Condition
from ledger.writing.intake import Intake, Received
from ledger.writing.undecidable import undecidable
from ledger.writing.writer_session import (
    Durability,
    NotConfirmed,
    WriterSession,
    elect,
)

NOT_STORABLE = Rule(
    "not-storable",
    zh="数据库无法存储此签署件的内容：{problem}",
    en="the database cannot hold what the statement says: {problem}",
)

_FOLDER_UNWRITABLE = Unavailable(
    "data-folder-unwritable",
    "数据目录不可写，检查点无法留底：请检查磁盘空间与权限",
    "the data folder cannot be written, so that no checkpoint is kept there: see to its disk and owner",
    60,
)
RETRY_SECONDS = 0.2
"""How long to wait before a batch is tried again."""

_log = structlog.get_logger(__name__)


class Committer:
    """The elected session and what it holds in memory. Not safe for threads, but for ``interrupt``.

    ``condition`` hears, under ``writer``, why the last attempt failed, until one succeeds.
    """

    def __init__(
        self,
        url: str,
        *,
        intake: Intake,
        publisher: Publisher,
        condition: Condition,
        clock: Callable[[], datetime],
        lock_timeout_seconds: int,
        reconnect_seconds: float,
        seal: Seal,
        guard: ClockGuard | None = None,
    ) -> None:
        self._url = url
        self._intake = intake
        self._publisher = publisher
        self._condition = condition
        self._clock = clock
        self._lock_timeout_seconds = lock_timeout_seconds
        self._reconnect_seconds = reconnect_seconds
        self._seal = seal
        self._guard = guard
        self._session: WriterSession | None = None
        self._opening: WriterSession | None = None
        self._is_checked = False
        self._unreachable = ""
        self._last_recorded_at = ""
        self._restarts_time = False
        self.state = State(complete=False)
        self.committed_at = time.monotonic()
        self.stopping = False
        self.observe: Callable[[str, float], None] = lambda what, seconds: None

    def is_impaired(self) -> bool:
        """Whether the last attempt failed, or there is no session."""
        return self._session is None or self._condition.has("writer")

    def durability_of(self, position: int) -> Durability:
        """What an entry rests on; one whose commit is seen here may still wait for the standby."""
        session = self._session
        if session is None or (position > session.head and session.durability == "standby"):
            return "flushed"
        return session.durability

    def interrupt(self) -> None:
        """Stop what the session waits for, elected or not; from any thread."""
        session = self._opening or self._session
        if session is not None:
            session.interrupt()

    def publish_seconds(self) -> float | None:
        """In how many seconds a checkpoint is due; None where all is published."""
        return self._publisher.due_seconds()

    def recover(self) -> None:
        """With nothing to record: get back what was lost, and see that recording works again."""
        if self._session is not None and not self._condition.has("writer"):
            return
        try:
            session = self._session or self.connect()
            session.rehearse()
        except NotConfirmed:
            self._condition.set("writer", standby_missing())
        except psycopg.Error as error:
            self.disconnect()
            self._condition.set("writer", explained(error))
        except Explained as error:
            self.disconnect()
            self._condition.set("writer", error)
        else:
            self._has_committed()

    def _has_committed(self) -> None:
        self.committed_at = time.monotonic()
        self._condition.clear("writer")
        self._condition.clear("probe")

    def publish(self) -> None:
        """Sign a checkpoint over what was recorded. Where it fails, it is tried again later."""
        book = self.state.find(Book, "ledger")
        if book is None or self._publisher.due_seconds() is None:
            return
        try:
            session = self._session or self.connect()
            self._publisher.publish(session.connection, book.ledger, book.ledger_key)
        except (psycopg.Error, Explained, NotConfirmed) as error:
            self.disconnect()
            self._publisher.postpone()
            _log.warning("no checkpoint yet", error=error)
            if isinstance(error, Explained):
                self._condition.set("writer", error)
        except OSError as error:
            # The checkpoint stands in the database; the data folder could not take it down.
            self._publisher.postpone()
            _log.error("the data folder cannot be written", error=error)
            self._condition.set("folder", _FOLDER_UNWRITABLE)
        else:
            self._condition.clear("folder")

    def commit(self, items: list[Received | Refused]) -> list[Outcome]:
        """Commit a batch, over lost connections too.

        Where the connection broke, the outcome is unknown; going through the same statements again
        reads back what was recorded and records what was not.
        """
        deadline = time.monotonic() + self._reconnect_seconds
        was_lost = False
        while True:
            try:
                return self._commit(items, deadline)
            except HalfApplied as half:
                self._forget_batch()
                items = [half.refusal if item is half.item else item for item in items]
                continue
            except Overtaken as overtaken:
                _log.warning("another writer came between", error=overtaken)
                self._forget_batch()
                if time.monotonic() < deadline:
                    continue
            except psycopg.DataError as error:
                # The database cannot hold what one of them says.
                self._forget_batch()
                problem = str(error).splitlines()[0]
                return self._commit_apart(items, partial(NOT_STORABLE.refused, problem=problem))
            except psycopg.Error as error:
                self._give_up_unless_lost(error, deadline)
                was_lost = True
            except ClockStepped:
                if was_lost:
                    raise outcome_unknown() from None
                raise
            except Unavailable as error:
                # After a lost connection the old one may still hold the writer's lock for a while.
                self.disconnect()
                if self._is_past(deadline):
                    raise (outcome_unknown() if was_lost else error) from None
            except SongnuanError:
                self.disconnect()
                raise
            except Exception as error:
                # A mistake of the program, of one of them or of all.
                self._forget_batch()
                if not any(isinstance(item, Received) for item in items):
                    raise
                return self._commit_apart(items, partial(undecidable, error))
            if self._is_past(deadline):
                raise outcome_unknown()
            time.sleep(RETRY_SECONDS)

    def _commit(self, items: list[Received | Refused], deadline: float) -> list[Outcome]:
        """Commit a batch once, and wait until the commit is confirmed."""
        session = self._session or self.connect()
        batch = Batch(session, self.state, self._intake)
        now = self._now(session)
        outcomes = batch.commit(items, now)
        try:
            session.check_confirmed()
        except NotConfirmed:
            self._wait_confirmed(session, deadline)
        outcomes = batch.settled(outcomes)
        if batch.leaf_hashes:
            self._last_recorded_at = now
            self._publisher.take(batch.head, batch.leaf_hashes)
            self._has_committed()
        self.observe("commit", batch.commit_seconds)
        return outcomes

    def _wait_confirmed(self, session: WriterSession, deadline: float) -> None:
        """Wait for a later commit that is confirmed: what was committed before it is then durable, too."""
        _log.warning("a commit was not confirmed by the standby; waiting for one that is")
        self._condition.set("writer", standby_missing())
        while True:
            if self._is_past(deadline):
                self.disconnect()
                raise outcome_unknown()
            try:
                session.confirm()
            except NotConfirmed:
                time.sleep(RETRY_SECONDS)
            else:
                return

    def _commit_apart(self, items: list[Received | Refused], refusal: Callable[[], Refused]) -> list[Outcome]:
        """Commit a failed batch in halves, so that the one statement at fault is refused alone."""
        if len(items) == 1:
            item = items[0]
            return [item if isinstance(item, Refused) else refusal()]
        middle = len(items) // 2
        first = self.commit(items[:middle])
        try:
            return [*first, *self.commit(items[middle:])]
        except Unavailable as error:
            # Those of the first half are recorded; sent again, all get their answers.
            raise outcome_unknown() from error

    def _give_up_unless_lost(self, error: psycopg.Error, deadline: float) -> None:
        """Raise what a database's error means, unless the connection is lost and there is time to try again."""
        failure = explained(error)
        _log.log(
            CRITICAL if isinstance(error, psycopg.IntegrityError) else WARNING,
            "the database refused a batch",
            code=failure.code,
            sqlstate=error.sqlstate,
            error=error,
        )
        if isinstance(failure, Misconfigured) or failure.code == "writer-elsewhere":
            self.disconnect()
            raise failure from error
        if not is_lost(error):
            self._forget_batch()
            raise failure from error
        self.disconnect()
        if self._is_past(deadline):
            raise failure from error

    def _is_past(self, deadline: float) -> bool:
        return self.stopping or time.monotonic() > deadline

    # --- Connection and residents ---------------------------------------------------------------

    def connect(self) -> WriterSession:
        """Open the elected session and load what every batch needs.

        Raises:
            Misconfigured, Unavailable, psycopg.Error: as :func:`ledger.writing.writer_session.elect`, and
                ``log-inconsistent``.
        """
        try:
            session = elect(
                self._url,
                self._lock_timeout_seconds,
                is_checked=self._is_checked,
                seal=self._seal,
                opened=self._begin_to_open,
            )
        except NotConfirmed:
            raise standby_missing() from None
        except Unavailable as failure:
            self._tell_unreachable(failure.__cause__)
            raise
        finally:
            self._opening = None
        self._unreachable = ""
        try:
            self._load_residents(session.connection)
            book = self.state.find(Book, "ledger")
            ledger, in_force = (None, None) if book is None else (book.ledger, book.ledger_key)
            self._publisher.open(session.connection, ledger, in_force)
        except BaseException:
            session.close()
            raise
        self._session = session
        self._is_checked = True
        return session

    def _tell_unreachable(self, error: BaseException | None) -> None:
        """Say in the log why there is no connection, unless that was said last: it is tried five times a second."""
        if error is not None and self._unreachable != (reason := str(error)):
            self._unreachable = reason
            _log.warning("no connection to the database", error=error)

    def _begin_to_open(self, session: WriterSession) -> None:
        self._opening = session

    def _load_residents(self, connection: psycopg.Connection[Any]) -> None:
        state = State(complete=False)
        with connection.pipeline():
            residents = [
                connection.execute(
                    "SELECT key, value::text FROM ledger.standing WHERE key >= %s AND key < %s",
                    (f"{kind}/", f"{kind}0"),
                )
                for kind, record in Record.kinds.items()
                if record.RESIDENT
            ]
            last = connection.execute(
                "SELECT data FROM ledger.entries WHERE statement_id IS NOT NULL ORDER BY position DESC LIMIT 1"
            )
        for found in residents:
            state.load((), [record_from(key, value) for key, value in found])
        self.state = state
        entry = last.fetchone()
        self._last_recorded_at = read_entry(entry[0])["recorded_at"] if entry is not None else ""

    def _forget_batch(self) -> None:
        """After a failed batch: the residents may have been changed by it, so load them again."""
        session = self._session
        if session is None:
            return
        try:
            session.connection.rollback()
            self._load_residents(session.connection)
            session.head = head(session.connection)
        except psycopg.Error:
            self.disconnect()

    def disconnect(self) -> None:
        """Give up the session; the next batch opens another."""
        if self._session is not None:
            session, self._session = self._session, None
            session.close()

    @contextmanager
    def time_restarted(self) -> Iterator[None]:
        """Let recorded time go on from now for an entry by which a registrar accepts the clock.

        Where none is recorded, recorded time stays where it was.
        """
        self._restarts_time = True
        try:
            yield
        finally:
            self._restarts_time = False

    def _now(self, session: WriterSession) -> str:
        """The time to record under, never before the last one; the very time that the guard let pass.

        Raises:
            ClockStepped: the clocks disagree, and nobody has accepted this one.
        """
        now = self._clock()
        if self._restarts_time:
            return utc_text(now)
        if self._guard is not None:
            self._check_clock(self._guard, session, now)
        return max(utc_text(now), self._last_recorded_at)

    def _check_clock(self, guard: ClockGuard, session: WriterSession, now: datetime) -> None:
        accepted = self.state.find(AcceptedClock, "ledger")

        def database_time() -> datetime:
            row = session.connection.execute("SELECT clock_timestamp()").fetchone()
            assert row is not None
            found: datetime = row[0]
            return found

        until = "" if accepted is None else accepted.until
        guard.check(now, time.monotonic(), self._last_recorded_at, until, database_time)
