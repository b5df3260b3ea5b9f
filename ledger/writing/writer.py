"""The one writer (登记): queue → verify → decide → append, many statements a transaction.

Nothing is told accepted before its commit. A statement's id makes submitting idempotent: the same
bytes again get the first receipt again, so a client whose answer was lost asks once more.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.clock import CHINA, utc_now
from ledger.crypto.keys import public_hex
from ledger.domain.state import Book, Key, State
from ledger.errors import Explained, Refused, Unavailable
from ledger.events.calendar import ClockAccepted, DayPassed
from ledger.gc_tuning import seldom_collected
from ledger.identity.blind_index import Marker
from ledger.identity.vault import Vault
from ledger.log.high_water import CheckpointMemory
from ledger.log.publisher import Publisher
from ledger.postgres.interrupting import join
from ledger.writing.batch import Outcome, Receipt
from ledger.writing.clock_guard import ClockGuard, ClockStepped
from ledger.writing.committer import Committer
from ledger.writing.condition import Cause, Condition
from ledger.writing.intake import (
    Intake,
    IntakePool,
    Received,
    Submission,
    widened,
)
from ledger.writing.probe import CommitProbe
from ledger.writing.signing import Signer
from ledger.writing.tickets import Ticket, TicketQueue
from ledger.writing.writer_session import Durability

_log = structlog.get_logger(__name__)

VERIFIED_TOGETHER = 64
"""How many statements of one caller a worker verifies at a time."""
RECOVER_SECONDS = 1.0
"""How often the writer tries to get back what it lost, while nothing comes."""
STOP_SECONDS = 5.0
"""How long a stop waits for what is under way before it interrupts it."""
LATELY_SECONDS = 5.0
"""How long a commit shows that the next one would work."""
PROBE_SECONDS = 2.0
STALLED_SECONDS = 10.0
"""From when on a batch that is not committed yet is said to be stalled."""

_STALLED = Unavailable(
    "recording-stalled",
    "一批签署件久未记完：数据库被占用或没有响应",
    "a batch has not been committed for long: the database is occupied or does not answer",
    10,
)


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


def unobserved(what: str, seconds: float) -> None:
    """Observe nothing."""


class Writer:
    """Admits statements to one database. A context manager; any thread may submit.

    ``guards_clock`` holds the clock against the database's and against what was recorded last;
    ``memory`` refuses a database that was set back.

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
        guards_clock: bool = False,
        memory: CheckpointMemory | None = None,
    ) -> None:
        self._marker = marker
        self._vault = vault
        self._clock = clock
        self._settings = settings or WriterSettings()
        self._ledger_keys = {public_hex(key): key for key in (*former_keys, ledger_key)}
        self._intake = Intake(marker, vault, self._public_key_of, self._ledger_keys)
        self._workers = ThreadPoolExecutor(os.cpu_count() or 2, "verifier")
        self._pool: IntakePool | None = None
        self._queue = TicketQueue(self._settings.queue_statements)
        self._condition = Condition()
        self._probe = CommitProbe(url, clock if guards_clock else None)
        self._committer = Committer(
            url,
            intake=self._intake,
            publisher=Publisher(ledger_key, former_keys, memory=memory),
            condition=self._condition,
            clock=clock,
            lock_timeout_seconds=self._settings.lock_timeout_seconds,
            reconnect_seconds=self._settings.reconnect_seconds,
            seal=partial(marker.row_seals().seal, "writer"),
            guard=ClockGuard() if guards_clock else None,
        )
        self._batch_since: float | None = None
        self._paused: dict[str, Unavailable] = {}
        self.observe: Callable[[str, float], None] = unobserved
        """Hears ``admission`` (from handing in to answering, of each call) and ``commit``, in seconds."""
        self._committer.observe = self._observed
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)

    def __enter__(self) -> Writer:
        self._committer.connect()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._queue.stop()
        self._committer.stopping = True
        # What it could not finish, waiting for a lock or a standby, is answered as unknown.
        join(self._thread, STOP_SECONDS, self._committer.interrupt)
        self._workers.shutdown()
        if self._pool is not None:
            self._pool.close()
        self._probe.close()
        self._committer.disconnect()

    def pause(self, source: str, error: Explained) -> None:
        """Record nothing more, for a reason that ``source`` found; any thread may call it."""
        self._paused[source] = Unavailable(error.code, error.zh, error.en, 60)
        self._condition.set(f"paused by {source}", error)

    def resume(self, source: str) -> None:
        """Record again, unless another source has paused it, too."""
        self._paused.pop(source, None)
        self._condition.clear(f"paused by {source}")

    def condition(self) -> list[Cause]:
        """What keeps it from recording, as causes; empty while a statement could be recorded now.

        Where nothing was committed lately, a commit is tried on a connection of its own, which waits
        two seconds at most. Any thread may ask, as often as it likes.
        """
        if self._queue.stopping:
            self._condition.set("stop", Unavailable("stopping", "台账正在停止", "the writer is stopping", 5))
        since = self._batch_since
        if since is not None and time.monotonic() - since > STALLED_SECONDS:
            self._condition.set("batch", _STALLED)
        else:
            self._condition.clear("batch")
        causes = self._condition.causes()
        if causes and not self._condition.has("probe"):
            return causes
        if time.monotonic() - self._committer.committed_at > LATELY_SECONDS:
            error = self._probe.cause(PROBE_SECONDS)
            if error is None:
                self._committer.committed_at = time.monotonic()
                self._condition.clear("probe")
            else:
                self._condition.set("probe", error)
        return self._condition.causes()

    @property
    def state(self) -> State:
        """The resident records: book, units, officers, keys, campaigns. For reading only."""
        return self._committer.state

    def durability_of(self, position: int) -> Durability:
        """What an entry rests on: what the last confirmed commit does, if it was recorded by then."""
        return self._committer.durability_of(position)

    @property
    def queued(self) -> int:
        """How many statements wait to be recorded."""
        return self._queue.statements

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
        return self._enqueue(Ticket(submissions), wait_seconds)

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

    def _tickets(self, chunks: list[Sequence[Submission]], total: int) -> Iterator[Ticket]:
        if total < self._settings.pool_from_statements:
            yield from map(Ticket, chunks)
            return
        if self._pool is None:
            self._pool = IntakePool(
                self._marker, self._vault, self._settings.intake_processes, self._ledger_keys
            )
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
            try:
                yield Ticket(widened(answers.result(), chunk, self._intake, today))
            except BrokenExecutor:
                # A worker was killed, and the pool with it: received here, and the next roster has a new one.
                _log.warning("a process that verifies statements was killed")
                self._pool = None
                yield Ticket(chunk)
                for chunk, _ in ahead:
                    yield Ticket(chunk)
                yield from map(Ticket, rest)
                return

    def _enqueue(self, ticket: Ticket, wait_seconds: float) -> Future[list[Outcome]]:
        self._queue.put(ticket, wait_seconds, self._verify)
        return ticket.future

    def _verify(self, ticket: Ticket) -> None:
        """Begin to verify a ticket's statements, unless that was done elsewhere."""
        items = ticket.items
        if items and isinstance(items[0], Submission):
            today = self._today()
            ticket.verified = [
                self._workers.submit(self._receive, items[start : start + VERIFIED_TOGETHER], today)
                for start in range(0, len(items), VERIFIED_TOGETHER)
            ]

    def _receive(
        self, items: Sequence[Submission | Received | Refused], today: date
    ) -> list[Received | Refused]:
        return [self._intake.receive(item, today) if isinstance(item, Submission) else item for item in items]

    # --- The writer's thread --------------------------------------------------------------------

    def _run(self) -> None:
        """Answer tickets until told to stop; nothing that a statement does ends this thread."""
        while True:
            try:
                tickets = self._queue.take(
                    self._settings.batch_statements, self._idle_seconds, self._settings.gather_seconds
                )
                if tickets is None:
                    break
                if tickets:
                    self._batch_since = time.monotonic()
                    self._answer_surely(tickets)
                    self._batch_since = None
                else:
                    self._committer.recover()
                if self._committer.publish_seconds() == 0.0:
                    self._committer.publish()
            except BaseException:
                _log.critical("the writer goes on after an unexpected error", exc_info=True)
                time.sleep(RECOVER_SECONDS)
        # Where the session is lost, the next writer publishes.
        if not self._committer.is_impaired():
            with suppress(Exception):
                self._committer.publish()

    def _answer_surely(self, tickets: list[Ticket]) -> None:
        """Set the outcome of every ticket, whatever happens."""
        try:
            self._answer(tickets)
        except BaseException as error:
            failure = self._failure(error)
            self._condition.set("writer", failure)
            for ticket in tickets:
                if not ticket.future.done():
                    ticket.future.set_exception(failure)

    def _answer(self, tickets: list[Ticket]) -> None:
        for paused in list(self._paused.values())[:1]:
            for ticket in tickets:
                ticket.future.set_exception(paused)
            return
        try:
            self._record(tickets)
        except ClockStepped as stepped:
            self._condition.set("clock", stepped)
            accepting = [ticket for ticket in tickets if self._accepts_clock(ticket)]
            for ticket in tickets:
                if ticket not in accepting:
                    ticket.future.set_exception(stepped)
            if accepting:
                with self._committer.time_restarted():
                    self._record(accepting)
        else:
            self._condition.clear("clock")

    def _accepts_clock(self, ticket: Ticket) -> bool:
        """Whether a caller's statements do nothing but accept the clock."""
        items = self._verified(ticket)
        return bool(items) and all(
            isinstance(item, Received) and isinstance(item.event, ClockAccepted) for item in items
        )

    def _record(self, tickets: list[Ticket]) -> None:
        items = [item for ticket in tickets for item in self._verified(ticket)]
        ended = self._day_ended() if not self._condition.has("clock") else []
        outcomes = self._committer.commit([*ended, *items])[len(ended) :]
        # Those who are answered now come back soon; with those who wait already they make one batch.
        self._queue.expect(len(items))
        start = 0
        for ticket in tickets:
            end = start + len(ticket.items)
            ticket.future.set_result(outcomes[start:end])
            self._observed("admission", time.perf_counter() - ticket.came_at)
            start = end

    def _failure(self, error: BaseException) -> Unavailable:
        """What is said to those whose statements could not be recorded at all."""
        if isinstance(error, Unavailable):
            return error
        if isinstance(error, Explained):
            return Unavailable(error.code, error.zh, error.en, 60)
        _log.critical("a batch failed", exc_info=(type(error), error, error.__traceback__))
        return Unavailable(
            "not-recorded",
            "系统出错，未登记：详情见日志",
            "the program failed and nothing was recorded: the log says why",
            30,
        )

    def _day_ended(self) -> list[Received | Refused]:
        """The ledger's own statement that a day ended, where one did since the last."""
        book = self._committer.state.find(Book, "ledger")
        today = self._today()
        yesterday = (today - timedelta(days=1)).isoformat()
        if book is None or book.day_passed >= yesterday:
            return []
        signer = Signer(self._ledger_keys[book.ledger_key], book.ledger, self._clock)
        return [self._intake.receive(signer.sign(DayPassed(day=yesterday), on=yesterday), today)]

    def _idle_seconds(self) -> float | None:
        """How long to wait for statements before other work is due."""
        due = self._committer.publish_seconds()
        if self._committer.is_impaired():
            return RECOVER_SECONDS if due is None else min(due, RECOVER_SECONDS)
        return due

    def _verified(self, ticket: Ticket) -> list[Received | Refused]:
        """The ticket's statements, once they are verified."""
        if ticket.verified:
            return [item for part in ticket.verified for item in part.result()]
        return self._receive(ticket.items, self._today())

    def _observed(self, what: str, seconds: float) -> None:
        try:
            self.observe(what, seconds)
        except Exception:
            _log.warning("an observer failed", exc_info=True)

    def _public_key_of(self, keyid: str) -> bytes | None:
        key = self._committer.state.find(Key, keyid)
        return None if key is None else bytes.fromhex(key.public_key)

    def _keys(self) -> dict[str, bytes]:
        return {key.id: bytes.fromhex(key.public_key) for key in self._committer.state.records(Key)}

    def _today(self) -> date:
        return self._clock().astimezone(CHINA).date()
