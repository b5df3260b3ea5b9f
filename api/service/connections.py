"""Connections (连接) that say nothing: bounded in number, closed in time.

A connection that waits for the head of a request costs a file descriptor, and there is an end to
those. So there is a cap, below the process's own limit; where it is reached the one that has waited
longest for a head makes room, never one whose request is being answered.
"""

from __future__ import annotations

import asyncio
import resource
from typing import Protocol

import structlog

HEAD_SECONDS = 10.0
"""How long the head of a request may take, from the first moment of a connection on."""
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


class Guarded(Protocol):
    """A connection as far as the cap sees it."""

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The loop that it lives in."""

    def abort(self) -> None:
        """Close it at once."""


class Connections:
    """All connections of the server, in the event loop's thread alone."""

    def __init__(self, most: int, head_seconds: float = HEAD_SECONDS) -> None:
        self.most = most
        self.head_seconds = head_seconds
        self.open: set[Guarded] = set()
        self.closed_early: dict[str, int] = {}
        self._waiting: dict[Guarded, float] = {}
        self._lingering: dict[Guarded, None] = {}
        self._timer: asyncio.TimerHandle | None = None

    def opened(self, protocol: Guarded, now: float) -> None:
        """Take a new connection in, which waits for its first head."""
        if len(self.open) >= self.most:
            oldest = next(iter(self._lingering), next(iter(self._waiting), protocol))
            self.close(oldest, "connections")
            if oldest is protocol:
                return
        self.open.add(protocol)
        self.waits(protocol, now)

    def waits(self, protocol: Guarded, now: float) -> None:
        """Note that a connection waits for a head from now on."""
        self._waiting.pop(protocol, None)
        self._waiting[protocol] = now
        if self._timer is None:
            self._timer = protocol.loop.call_later(1.0, self._sweep, protocol.loop)

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

    def _sweep(self, loop: asyncio.AbstractEventLoop) -> None:
        """Close what has waited too long; the oldest stand first."""
        self._timer = None
        late = loop.time() - self.head_seconds
        for protocol, since in list(self._waiting.items()):
            if since > late:
                break
            self.close(protocol, "head-seconds")
        if self._waiting:
            self._timer = loop.call_later(1.0, self._sweep, loop)

    def close(self, protocol: Guarded, limit: str) -> None:
        """Close a connection for a limit that it met."""
        self.closed_early[limit] = self.closed_early.get(limit, 0) + 1
        self.lost(protocol)
        _log.info("a connection was closed", limit=limit, connections=len(self.open))
        protocol.abort()
