"""The writer's queue (待记队列): statements handed in, waiting in order for the next batch."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future

from ledger.errors import Refused, Unavailable
from ledger.writing.batch import Outcome
from ledger.writing.intake import Received, Submission

MOST_EXPECTED = 64
"""For how many statements that may come back a batch waits at most."""


class Ticket:
    """Statements of one caller, answered together. They are verified while they wait."""

    __slots__ = ("came_at", "future", "items", "verified")

    def __init__(self, items: Sequence[Submission | Received | Refused]) -> None:
        self.items = items
        self.verified: list[Future[list[Received | Refused]]] = []
        self.future: Future[list[Outcome]] = Future()
        # Nobody can take it back: what is handed in is recorded or refused.
        self.future.set_running_or_notify_cancel()
        self.came_at = time.perf_counter()


class TicketQueue:
    """Tickets in the order they came, at most so many statements; safe for threads."""

    def __init__(self, most_statements: int) -> None:
        self._most = most_statements
        self._tickets: deque[Ticket] = deque()
        self._changed = threading.Condition()
        self._expected = 0
        self._awaited = 0
        self.statements = 0
        self.stopping = False

    def __len__(self) -> int:
        return len(self._tickets)

    def put(self, ticket: Ticket, wait_seconds: float, verify: Callable[[Ticket], None]) -> None:
        """Add a ticket, and begin to verify it, once there is room.

        Raises:
            Unavailable: ``queue-full`` where there is none in time, ``stopping``.
        """
        size = len(ticket.items)
        with self._changed:
            room = self._changed.wait_for(
                lambda: self.stopping or self.statements + size <= self._most, wait_seconds
            )
            if self.stopping:
                raise Unavailable("stopping", "台账正在停止", "the writer is stopping", 5)
            if not room:
                raise Unavailable(
                    "queue-full", "待处理签署件过多，请稍后再提交", "the queue is full, try again later"
                )
            verify(ticket)
            self._tickets.append(ticket)
            self.statements += size
            if self.statements >= self._awaited:
                self._changed.notify_all()

    def take(
        self, limit: int, idle_seconds: Callable[[], float | None], gather_seconds: float
    ) -> list[Ticket] | None:
        """The tickets of the next batch; None once the queue is to stop and empty.

        An empty list says that nothing came for so long. Where many were just answered, it waits a
        little for those who come back.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._tickets or self.stopping, idle_seconds())
            if not self._tickets:
                return None if self.stopping else []
            if self._expected > 1:
                self._awaited = min(self._expected, limit)
                self._changed.wait_for(lambda: self.statements >= self._awaited, gather_seconds)
                self._awaited = 0
            tickets: list[Ticket] = []
            size = 0
            while self._tickets and (not tickets or size + len(self._tickets[0].items) <= limit):
                tickets.append(self._tickets.popleft())
                size += len(tickets[-1].items)
            self.statements -= size
            self._changed.notify_all()
            return tickets

    def expect(self, answered: int) -> None:
        """Expect those who are about to be answered to come back, with those who wait already."""
        self._expected = min(answered, MOST_EXPECTED) + self.statements

    def stop(self) -> None:
        """Take no more tickets; those that are here are still to be answered."""
        with self._changed:
            self.stopping = True
            self._changed.notify_all()
