"""The one writer (记账): queue → verify → decide → append, many statements a transaction.

Nothing is told accepted before its commit. A statement's id makes submitting idempotent: the same
bytes again get the first receipt again, so a client whose answer was lost asks once more.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import psycopg
import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.batch import Batch, Outcome, Receipt
from ledger.clock import CHINA, utc_now
from ledger.collecting import seldom_collected
from ledger.entry import read_entry
from ledger.errors import Refused, Rule, SongnuanError, Unavailable
from ledger.event import utc_text
from ledger.events.calendar import DayPassed
from ledger.intake import Intake, IntakePool, Received, Submission, widened
from ledger.marks import Marker
from ledger.publisher import Publisher
from ledger.signing import Signer
from ledger.standing import Book, Key, Record, Standing, record_from
from ledger.vault import Vault

WRITER_LOCK = 0x736F6E67_00000003

NOT_STORABLE = Rule(
    "not-storable",
    zh="数据库无法存储此陈述的内容：{problem}",
    en="the database cannot hold what the statement says: {problem}",
)

_log = structlog.get_logger(__name__)

MOST_EXPECTED = 64
"""For how many statements that may come back a batch waits at most."""
VERIFIED_TOGETHER = 64
"""How many statements of one caller a helper verifies at a time."""


@dataclass(frozen=True)
class WriterSettings:
    """How much at once, and how long to wait.

    ``gather_seconds`` is how long a batch waits at most for as many statements as the last one had and
    had to leave: it lets clients that all wait for their answers come back before the next commit.
    """

    batch_statements: int = 2000
    queue_statements: int = 10_000
    gather_seconds: float = 0.0005
    lock_timeout_seconds: int = 10
    reconnect_seconds: float = 30.0
    pool_from_statements: int = 2000
    intake_processes: int = max(1, (os.cpu_count() or 2) - 1)


class _Ticket:
    """Statements of one caller, answered together. They are verified while they wait."""

    __slots__ = ("future", "items", "verified")

    def __init__(self, items: Sequence[Submission | Received | Refused]) -> None:
        self.items = items
        self.verified: list[Future[list[Received | Refused]]] = []
        self.future: Future[list[Outcome]] = Future()


class Writer:
    """Admits statements to one database. A context manager; any thread may submit.

    Raises on entering:
        Unavailable: ``writer-elsewhere`` where another process is this database's writer.
    """

    def __init__(
        self,
        url: str,
        *,
        marker: Marker,
        vault: Vault,
        ledger_key: Ed25519PrivateKey,
        former_keys: Sequence[Ed25519PrivateKey] = (),
        clock: Callable[[], datetime] = utc_now,
        settings: WriterSettings | None = None,
    ) -> None:
        self._url = url
        self._marker = marker
        self._vault = vault
        self._ledger_key = ledger_key
        self._clock = clock
        self._settings = settings or WriterSettings()
        self._standing = Standing(complete=False)
        self._publisher = Publisher(ledger_key, former_keys)
        self._intake = Intake(marker, vault, self._public_key_of)
        self._helpers = ThreadPoolExecutor(os.cpu_count() or 2, "verifier")
        self._pool: IntakePool | None = None
        self._queue: deque[_Ticket] = deque()
        self._queued = 0
        self._expected = 0
        self._awaited = 0
        self._changed = threading.Condition()
        self._stopping = False
        self._connection: psycopg.Connection[Any] | None = None
        self._last_recorded_at = ""
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)

    def __enter__(self) -> Writer:
        self._connect()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        self._thread.join()
        self._helpers.shutdown()
        if self._pool is not None:
            self._pool.close()
        self._disconnect()

    @property
    def standing(self) -> Standing:
        """The resident records: book, units, officers, keys, campaigns. For reading only."""
        return self._standing

    @property
    def queued(self) -> int:
        """How many statements wait to be recorded."""
        return self._queued

    # --- Submitting -----------------------------------------------------------------------------

    def submit(
        self, submissions: Sequence[Submission], *, wait_seconds: float = 0.0
    ) -> Future[list[Outcome]]:
        """Hands statements in; the future answers after the commit, one outcome each, in order.

        Raises:
            Unavailable: ``queue-full`` where the queue has no room within ``wait_seconds``.
        """
        if len(submissions) > self._settings.batch_statements:
            raise RuntimeError(
                f"{len(submissions)} statements at once, at most {self._settings.batch_statements}"
            )
        return self._enqueue(_Ticket(submissions), wait_seconds)

    def record(self, submission: Submission, *, wait_seconds: float = 60.0) -> Receipt:
        """Hands one statement in and waits for its receipt; raises its refusal."""
        outcome = self.submit([submission], wait_seconds=wait_seconds).result()[0]
        if isinstance(outcome, Refused):
            raise outcome
        return outcome

    def end_day(self) -> None:
        """Records that the days before today have ended, without waiting for a statement."""
        self.submit([]).result()

    def record_all(
        self,
        submissions: Sequence[Submission],
        progress: Callable[[int], None] = lambda recorded: None,
        *,
        wait_seconds: float = 3600.0,
    ) -> list[Outcome]:
        """Hands many statements in and waits; ``progress`` hears how many are durable.

        The statements go through in order, a batch at a time: one is committed while the next waits
        and those after it are verified, in processes of their own where there are many.

        Raises:
            Unavailable: ``queue-full`` where there is no room for the first batch within
                ``wait_seconds``; then none was handed in.
        """
        size = self._settings.batch_statements
        chunks = [submissions[start : start + size] for start in range(0, len(submissions), size)]
        waiting: deque[Future[list[Outcome]]] = deque()
        outcomes: list[Outcome] = []
        with seldom_collected():
            for ticket in self._tickets(chunks, len(submissions)):
                waiting.append(self._enqueue(ticket, wait_seconds))
                wait_seconds = 3600.0
                while len(waiting) > 2:
                    outcomes += waiting.popleft().result()
                    progress(len(outcomes))
            for future in waiting:
                outcomes += future.result()
                progress(len(outcomes))
        return outcomes

    def _tickets(self, chunks: list[Sequence[Submission]], total: int) -> Iterator[_Ticket]:
        if total < self._settings.pool_from_statements:
            yield from map(_Ticket, chunks)
            return
        if self._pool is None:
            self._pool = IntakePool(self._marker, self._vault, self._settings.intake_processes)
        ahead: deque[Any] = deque()
        today = self._today()
        rest = iter(chunks)
        while True:
            while len(ahead) < self._settings.intake_processes + 2:
                chunk = next(rest, None)
                if chunk is None:
                    break
                ahead.append((chunk, self._pool.receive(chunk, self._keys(), today)))
            if not ahead:
                return
            chunk, answers = ahead.popleft()
            yield _Ticket(widened(answers.result(), chunk, self._intake, today))

    def _enqueue(self, ticket: _Ticket, wait_seconds: float) -> Future[list[Outcome]]:
        size = len(ticket.items)
        with self._changed:
            room = self._changed.wait_for(
                lambda: self._stopping or self._queued + size <= self._settings.queue_statements,
                wait_seconds,
            )
            if self._stopping:
                raise Unavailable("stopping", "账本正在停止", "the writer is stopping", 5)
            if not room:
                raise Unavailable(
                    "queue-full", "待处理陈述过多，请稍后再提交", "the queue is full, try again later"
                )
            if size and isinstance(ticket.items[0], Submission):
                today = self._today()
                ticket.verified = [
                    self._helpers.submit(
                        self._receive, ticket.items[start : start + VERIFIED_TOGETHER], today
                    )
                    for start in range(0, size, VERIFIED_TOGETHER)
                ]
            self._queue.append(ticket)
            self._queued += size
            if self._queued >= self._awaited:
                self._changed.notify_all()
        return ticket.future

    def _receive(
        self, items: Sequence[Submission | Received | Refused], today: date
    ) -> list[Received | Refused]:
        return [self._intake.receive(item, today) if isinstance(item, Submission) else item for item in items]

    # --- The writer's thread --------------------------------------------------------------------

    def _run(self) -> None:
        while (tickets := self._next()) is not None:
            if tickets:
                self._answer(tickets)
            if self._publisher.due_seconds() == 0.0:
                self._publish()
        self._publish()

    def _answer(self, tickets: list[_Ticket]) -> None:
        try:
            ended = self._day_ended()
            items = [item for ticket in tickets for item in self._verified(ticket)]
            outcomes = self._commit_surely([*ended, *items])[len(ended) :]
        except SongnuanError as error:
            for ticket in tickets:
                ticket.future.set_exception(error)
        except BaseException as error:
            # A mistake in the program, never a statement's: nothing more may be written.
            _log.critical("the writer stopped", error=repr(error))
            self._fail_all(tickets, error)
            raise
        else:
            # Those who are answered now come back soon; with those who wait already they make one batch.
            self._expected = min(len(items), MOST_EXPECTED) + self._queued
            start = 0
            for ticket in tickets:
                end = start + len(ticket.items)
                ticket.future.set_result(outcomes[start:end])
                start = end

    def _publish(self) -> None:
        """Signs a checkpoint over what was recorded. Where the database is lost, it is tried again later."""
        book = self._standing.find(Book, "ledger")
        if book is None or self._publisher.due_seconds() is None:
            return
        try:
            if self._connection is None:
                self._connect()
            assert self._connection is not None
            self._publisher.publish(self._connection, book.ledger)
        except (psycopg.Error, Unavailable) as error:
            self._disconnect()
            _log.warning("no checkpoint yet", error=str(error))
        except BaseException as error:
            _log.critical("the writer stopped", error=repr(error))
            self._fail_all([], error)
            raise

    def _day_ended(self) -> list[Received | Refused]:
        """The ledger's own statement that a day ended, where one did since the last."""
        book = self._standing.find(Book, "ledger")
        today = self._today()
        yesterday = (today - timedelta(days=1)).isoformat()
        if book is None or book.day_passed >= yesterday:
            return []
        signer = Signer(self._ledger_key, book.ledger, self._clock)
        return [self._intake.receive(signer.sign(DayPassed(day=yesterday), on=yesterday), today)]

    def _next(self) -> list[_Ticket] | None:
        """The tickets of the next batch; None when the writer is to stop and all is done.

        An empty list says that what was recorded is to be published while nothing else comes.
        """
        limit = self._settings.batch_statements
        with self._changed:
            self._changed.wait_for(lambda: self._queue or self._stopping, self._publisher.due_seconds())
            if not self._queue:
                return None if self._stopping else []
            if self._expected > 1:
                self._awaited = min(self._expected, limit)
                self._changed.wait_for(lambda: self._queued >= self._awaited, self._settings.gather_seconds)
                self._awaited = 0
            tickets: list[_Ticket] = []
            size = 0
            while self._queue and (not tickets or size + len(self._queue[0].items) <= limit):
                tickets.append(self._queue.popleft())
                size += len(tickets[-1].items)
            self._queued -= size
            self._changed.notify_all()
            return tickets

    def _verified(self, ticket: _Ticket) -> list[Received | Refused]:
        """The ticket's statements, once they are verified."""
        if ticket.verified:
            return [item for part in ticket.verified for item in part.result()]
        return self._receive(ticket.items, self._today())

    def _fail_all(self, tickets: list[_Ticket], error: BaseException) -> None:
        with self._changed:
            self._stopping = True
            tickets = [*tickets, *self._queue]
            self._queue.clear()
            self._changed.notify_all()
        for ticket in tickets:
            ticket.future.set_exception(error)

    def _commit_surely(self, items: list[Received | Refused]) -> list[Outcome]:
        """Commits a batch, over lost connections too.

        Where the connection broke, the outcome is unknown; going through the same statements again
        reads back what was recorded and records what was not.
        """
        deadline = time.monotonic() + self._settings.reconnect_seconds
        while True:
            try:
                if self._connection is None:
                    self._connect()
                assert self._connection is not None
                batch = Batch(self._connection, self._standing, self._intake)
                outcomes = batch.commit(items, self._now())
                self._publisher.take(batch.head, batch.leaf_hashes)
                return outcomes
            except psycopg.errors.DiskFull as error:
                self._forget_batch()
                raise Unavailable(
                    "disk-full", "磁盘空间不足，未记账", f"the disk is full: {error}", 60
                ) from error
            except psycopg.errors.LockNotAvailable as error:
                self._forget_batch()
                raise Unavailable(
                    "append-locked",
                    "账本被其他进程占用，请稍后再提交",
                    "another process holds the append lock",
                    5,
                ) from error
            except psycopg.DataError as error:
                # The database cannot hold what one of them says: find it, and let its neighbours pass.
                self._forget_batch()
                if len(items) == 1:
                    return [NOT_STORABLE.refused(problem=str(error).splitlines()[0])]
                return [outcome for item in items for outcome in self._commit_surely([item])]
            except psycopg.IntegrityError as error:
                # The fence behind the decisions held: somebody else wrote, or we decided wrongly.
                self._forget_batch()
                _log.critical("the database refused a batch", error=str(error))
                raise Unavailable(
                    "write-conflict",
                    "数据库约束拒绝了本批陈述，未记账",
                    f"the database refused the batch, nothing was recorded: {error}",
                    5,
                ) from error
            except (psycopg.OperationalError, psycopg.InterfaceError) as error:
                self._disconnect()
                if time.monotonic() > deadline:
                    raise Unavailable(
                        "outcome-unknown",
                        "与数据库的连接中断，结果未知：请用同一陈述再次提交",
                        f"the database was lost, submit the same statement again: {error}",
                        10,
                    ) from error
                _log.warning("connection lost, trying again", error=str(error))
            except Unavailable:
                # After a lost connection the old one may still hold the writer's lock for a while.
                self._disconnect()
                if time.monotonic() > deadline:
                    raise
            time.sleep(0.2)

    # --- Connection and residents ---------------------------------------------------------------

    def _connect(self) -> None:
        connection = psycopg.connect(self._url, autocommit=True, prepare_threshold=1)
        try:
            # The same few statements over and over: planned once, while the tables are small, and
            # still right when they are large, since all go by index.
            connection.execute("SET enable_seqscan = off")
            connection.execute("SET plan_cache_mode = force_generic_plan")
            connection.execute("SET jit = off")
            connection.execute(f"SET lock_timeout = '{self._settings.lock_timeout_seconds}s'")
            row = connection.execute("SELECT pg_try_advisory_lock(%s)", (WRITER_LOCK,)).fetchone()
            if row is None or not row[0]:
                raise Unavailable(
                    "writer-elsewhere",
                    "另一进程正在记账，本进程不能写入",
                    "another process is this database's writer",
                    5,
                )
            self._load_residents(connection)
            book = self._standing.find(Book, "ledger")
            self._publisher.open(connection, None if book is None else book.ledger)
        except BaseException:
            connection.close()
            raise
        self._connection = connection

    def _load_residents(self, connection: psycopg.Connection[Any]) -> None:
        standing = Standing(complete=False)
        for kind, record in Record.kinds.items():
            if record.RESIDENT:
                found = connection.execute(
                    "SELECT key, value::text FROM ledger.standing WHERE key >= %s AND key < %s",
                    (f"{kind}/", f"{kind}0"),
                )
                standing.load((), [record_from(key, value) for key, value in found])
        self._standing = standing
        last = connection.execute(
            "SELECT data FROM ledger.entries WHERE statement_id IS NOT NULL ORDER BY position DESC LIMIT 1"
        ).fetchone()
        self._last_recorded_at = read_entry(last[0])["recorded_at"] if last is not None else ""

    def _forget_batch(self) -> None:
        """After a failed batch: the residents may have been changed by it, so load them again."""
        connection = self._connection
        try:
            if connection is not None:
                connection.rollback()
                self._load_residents(connection)
        except psycopg.Error:
            self._disconnect()

    def _disconnect(self) -> None:
        if self._connection is not None:
            # The server ends a session some time after it is closed; the next writer may come sooner.
            with suppress(psycopg.Error):
                self._connection.execute("SELECT pg_advisory_unlock(%s)", (WRITER_LOCK,))
            self._connection.close()
            self._connection = None

    def _public_key_of(self, keyid: str) -> bytes | None:
        key = self._standing.find(Key, keyid)
        return None if key is None else bytes.fromhex(key.public_key)

    def _keys(self) -> dict[str, bytes]:
        return {key.id: bytes.fromhex(key.public_key) for key in self._standing.records(Key)}

    def _today(self) -> date:
        return self._clock().astimezone(CHINA).date()

    def _now(self) -> str:
        """The time of recording, never before the last one."""
        self._last_recorded_at = max(utc_text(self._clock()), self._last_recorded_at)
        return self._last_recorded_at
