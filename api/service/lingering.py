"""Closing so that the answer arrives (RFC 9112, 9.6): half at first, whole once the client has read.

To close a connection whose client still sends makes the kernel reset it, and the reset takes the answer
with it. So where a request was answered before all of it had come, only our side is closed; what comes
is read and thrown away, for a while, until the client closes too.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from api.service.delivery import Delivery, delivery_of

LINGER_SECONDS = 30.0
"""How long what nobody needs is read at most."""
QUIET_SECONDS = 5.0
"""How long nothing may come of it."""
STOP_SECONDS = 0.5
"""How long a server that stops reads what nobody needs."""


class LingeringTransport(asyncio.Transport):
    """A transport whose :meth:`close` lets the client read the answer where it still sends."""

    def __init__(
        self,
        transport: asyncio.Transport,
        loop: asyncio.AbstractEventLoop,
        *,
        still_sends: Callable[[], bool],
        lingers: Callable[[], None],
    ) -> None:
        super().__init__()
        self._transport = transport
        self._loop = loop
        self._still_sends = still_sends
        self._lingers = lingers
        self._until: float | None = None
        self._last = 0.0
        self._stops = False
        self._written = 0
        self._timer: asyncio.TimerHandle | None = None

    @property
    def lingering(self) -> bool:
        """Whether our side is closed, and what comes is thrown away."""
        return self._until is not None

    def discard(self) -> None:
        """Note that something came that nobody needs."""
        self._last = self._loop.time()

    def close(self) -> None:
        """Close our side, and the whole where nothing more is to come, or when called again."""
        if self.lingering or self._transport.is_closing() or not self._still_sends():
            self.forget()
            self._transport.close()
            return
        self._last = self._loop.time()
        self._until = self._last + (STOP_SECONDS if self._stops else LINGER_SECONDS)
        self._transport.write_eof()
        self._transport.resume_reading()
        self._look()
        self._lingers()

    def hurry(self) -> None:
        """Linger no longer than a server that stops has time for."""
        self._stops = True
        if self._until is not None:
            self._until = min(self._until, self._loop.time() + STOP_SECONDS)
            self.forget()
            self._look()

    def _look(self) -> None:
        now = self._loop.time()
        assert self._until is not None
        due = min(self._until, self._last + QUIET_SECONDS)
        if now < due:
            self._timer = self._loop.call_later(due - now, self._look)
        else:
            self._transport.abort()

    def forget(self) -> None:
        """End the clock of a connection that is closed."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def is_closing(self) -> bool:
        """Whether nothing more can be written."""
        return self.lingering or self._transport.is_closing()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Write, unless our side is closed, or the client went away while others of its requests waited."""
        if not self.is_closing():
            self._written += len(data)
            self._transport.write(data)

    def delivery(self) -> Delivery:
        """How much of all that was written the client's machine has taken."""
        return delivery_of(self._transport, self._written)

    def abort(self) -> None:
        """Close at once."""
        self.forget()
        self._transport.abort()

    def get_extra_info(self, name: str, default: object = None) -> object:
        """What the connection's socket says of itself."""
        return self._transport.get_extra_info(name, default)

    def pause_reading(self) -> None:
        """Take no more for now; what is thrown away is always taken."""
        if not self.lingering:
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Take more."""
        self._transport.resume_reading()
