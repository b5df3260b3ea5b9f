"""Connections (连接) that say or take nothing: bounded in number, closed in time.

A connection that waits for the head of a request costs a file descriptor, and there is an end to
those. So there is a cap, below the process's own limit; where it is reached the one that has waited
longest for a head makes room, never one whose request is being answered and whose client reads.

An answer on its way is waited for as long as its client takes some of it, however slowly; one that takes
nothing is closed, and where the cap is reached sooner.
"""

from __future__ import annotations

import asyncio
import resource
from typing import NamedTuple, Protocol

import structlog

from api.service.delivery import Delivery

HEAD_SECONDS = 10.0
"""How long the head of a request may take, from the first moment of a connection on."""
READING_SECONDS = 30.0
"""Within which time a client that is owed an answer has to take ``LEAST_TAKEN_BYTES`` of it, or all."""
LEAST_TAKEN_BYTES = 16 * 1024
STALLED_SECONDS = 5.0
"""After which time one that has taken nothing makes room for a new one."""
KEPT_FREE = 256
"""File descriptors that are left for the database, files and pipes."""
MOST_CONNECTIONS = 4096
WANTED_DESCRIPTORS = 8192

_log = structlog.get_logger(__name__)


def most_connections() -> int:
    """How many connections to hold at most; raises the process's own limit where it may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = WANTED_DESCRIPTORS if hard == resource.RLIM_INFINITY else min(WANTED_DESCRIPTORS, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft = wanted
    descriptors = WANTED_DESCRIPTORS if soft == resource.RLIM_INFINITY else soft
    return max(16, min(MOST_CONNECTIONS, descriptors - KEPT_FREE))


class Reading(NamedTuple):
    """Since when a client is owed an answer, or has taken enough of it, and how much it had taken then."""

    since: float
    taken: int


class Guarded(Protocol):
    """A connection as far as the cap sees it."""

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The loop that it lives in."""

    def abort(self) -> None:
        """Close it at once."""

    def delivery(self) -> Delivery:
        """How far its answers have come."""


class Connections:
    """All connections of the server, in the event loop's thread alone."""

    def __init__(
        self, most: int, head_seconds: float = HEAD_SECONDS, reading_seconds: float = READING_SECONDS
    ) -> None:
        self.most = most
        self.head_seconds = head_seconds
        self.reading_seconds = reading_seconds
        self.open: set[Guarded] = set()
        self.closed_early: dict[str, int] = {}
        self._waiting: dict[Guarded, float] = {}
        self._lingering: dict[Guarded, None] = {}
        self._reading: dict[Guarded, Reading] = {}
        """Those that are owed an answer, in the order in which they last took enough of it."""
        self._timer: asyncio.TimerHandle | None = None

    def opened(self, protocol: Guarded, now: float) -> None:
        """Take a new connection in, which waits for its first head."""
        if len(self.open) >= self.most:
            left = self._first_to_leave(now)
            self.close(left or protocol, "connections")
            if left is None:
                return
        self.open.add(protocol)
        self.waits(protocol, now)
        if self._timer is None:
            self._timer = protocol.loop.call_later(1.0, self._sweep, protocol.loop)

    def _first_to_leave(self, now: float) -> Guarded | None:
        """Who makes room: who has its answer, who waits for nothing but its own next head, who takes nothing."""
        for protocol in self._lingering:
            return protocol
        for protocol in self._waiting:
            if protocol not in self._reading:
                return protocol
        for protocol, reading in self._reading.items():
            if now - reading.since >= STALLED_SECONDS:
                return protocol
            break  # the others took something since
        return None

    def waits(self, protocol: Guarded, now: float) -> None:
        """Note that a connection waits for a head from now on."""
        self._waiting.pop(protocol, None)
        self._waiting[protocol] = now

    def asks(self, protocol: Guarded) -> None:
        """Note that a connection's head is whole."""
        self._waiting.pop(protocol, None)

    def lingers(self, protocol: Guarded) -> None:
        """Note that a connection has its answer and only waits for the client to close."""
        self._waiting.pop(protocol, None)
        self._lingering[protocol] = None

    def refused(self, code: str) -> None:
        """Count a request whose head was refused."""
        self.closed_early[code] = self.closed_early.get(code, 0) + 1

    def lost(self, protocol: Guarded) -> None:
        """Forget a connection that is closed."""
        self.open.discard(protocol)
        self._waiting.pop(protocol, None)
        self._lingering.pop(protocol, None)
        self._reading.pop(protocol, None)

    def _sweep(self, loop: asyncio.AbstractEventLoop) -> None:
        """Close what has waited too long, and what takes nothing; the oldest stand first."""
        now = loop.time()
        for protocol in list(self.open):
            self._look_at_reader(protocol, now)
        for protocol, since in list(self._waiting.items()):
            if since > now - self.head_seconds:
                break
            if protocol not in self._reading:
                self.close(protocol, "head-seconds")
        self._timer = loop.call_later(1.0, self._sweep, loop) if self.open else None

    def _look_at_reader(self, protocol: Guarded, now: float) -> None:
        taken, owed = protocol.delivery()
        before = self._reading.get(protocol)
        if owed == 0:
            if self._reading.pop(protocol, None) is not None and protocol in self._waiting:
                # For its next head there is time from now on.
                self.waits(protocol, now)
        elif before is None or taken - before.taken >= LEAST_TAKEN_BYTES:
            self._reading.pop(protocol, None)
            self._reading[protocol] = Reading(now, taken)
        elif now - before.since > self.reading_seconds:
            self.close(protocol, "reading-seconds")

    def close(self, protocol: Guarded, limit: str) -> None:
        """Close a connection for a limit that it met."""
        self.closed_early[limit] = self.closed_early.get(limit, 0) + 1
        self.lost(protocol)
        _log.info("a connection was closed", limit=limit, connections=len(self.open))
        protocol.abort()
