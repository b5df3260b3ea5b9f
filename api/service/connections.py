"""Connections (连接) that say nothing: bounded in number, closed in time.

A connection that waits for the head of a request costs a file descriptor, and there is an end to
those. So there is a cap, below the process's own limit; where it is reached the one that has waited
longest for a head makes room, never one whose request is being answered.
"""

from __future__ import annotations

import asyncio
import resource

import structlog
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_SECONDS = 10.0
"""How long the head of a request may take, from the first moment of a connection on."""
LARGEST_HEAD_BYTES = 64 * 1024
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


class Connections:
    """All connections of the server, in the event loop's thread alone."""

    def __init__(self, most: int, head_seconds: float = HEAD_SECONDS) -> None:
        self.most = most
        self.head_seconds = head_seconds
        self.open: set[GuardedProtocol] = set()
        self.closed_early: dict[str, int] = {}
        self._waiting: dict[GuardedProtocol, float] = {}
        self._timer: asyncio.TimerHandle | None = None

    def opened(self, protocol: GuardedProtocol, now: float) -> None:
        """Take a new connection in, which waits for its first head."""
        if len(self.open) >= self.most:
            oldest = next(iter(self._waiting), protocol)
            self.close(oldest, "connections")
            if oldest is protocol:
                return
        self.open.add(protocol)
        self.waits(protocol, now)

    def waits(self, protocol: GuardedProtocol, now: float) -> None:
        """Note that a connection waits for a head from now on."""
        self._waiting.pop(protocol, None)
        self._waiting[protocol] = now
        if self._timer is None:
            self._timer = protocol.loop.call_later(1.0, self._sweep, protocol.loop)

    def asks(self, protocol: GuardedProtocol) -> None:
        """Note that a connection's head is whole."""
        self._waiting.pop(protocol, None)

    def lost(self, protocol: GuardedProtocol) -> None:
        """Forget a connection that is closed."""
        self.open.discard(protocol)
        self._waiting.pop(protocol, None)

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

    def close(self, protocol: GuardedProtocol, limit: str) -> None:
        """Close a connection for a limit that it met."""
        self.closed_early[limit] = self.closed_early.get(limit, 0) + 1
        self.lost(protocol)
        if protocol.transport is not None and not protocol.transport.is_closing():
            _log.info("a connection was closed", limit=limit, connections=len(self.open))
            protocol.transport.abort()


class GuardedProtocol(HttpToolsProtocol):
    """uvicorn's protocol, whose connections are counted and must say what they want in time."""

    connections_guard: Connections
    _head_bytes = 0
    _in_head = True

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Count a new connection."""
        super().connection_made(transport)
        self.connections_guard.opened(self, self.loop.time())

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget a closed one."""
        self.connections_guard.lost(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what came, unless a head grows without end."""
        if self._in_head:
            if self._head_bytes > LARGEST_HEAD_BYTES:
                self.connections_guard.close(self, "head-bytes")
                return
            self._head_bytes += len(data)
        super().data_received(data)

    def on_message_begin(self) -> None:
        """Begin a head."""
        self._in_head, self._head_bytes = True, 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Note that the head is whole."""
        self._in_head = False
        self.connections_guard.asks(self)
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        """Wait for the next head of the same connection."""
        super().on_response_complete()
        if not self.transport.is_closing() and not self.pipeline:
            self._in_head, self._head_bytes = True, 0
            self.connections_guard.waits(self, self.loop.time())


def guarded(connections: Connections) -> type[GuardedProtocol]:
    """The protocol class of one server."""
    return type("Guarded", (GuardedProtocol,), {"connections_guard": connections})
