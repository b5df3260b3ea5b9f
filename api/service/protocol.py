"""HTTP/1.1 on one connection (连接上的协议): uvicorn's, whose heads are checked and whose answers arrive.

What is refused before the application is asked, is refused as everywhere: as problem details, with a
stable code and the request's id; and then the connection is closed so that the client sees them.
"""

from __future__ import annotations

import asyncio
import contextvars

import structlog
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from api.service.connections import Connections
from api.service.delivery import Delivery
from api.service.heads import REQUEST_MALFORMED, check_head, oversized
from api.service.lingering import LingeringTransport
from api.service.problems import problem
from api.service.request_context import HEADER, begin_request
from api.service.security import SECURITY_HEADERS
from ledger.errors import Refused

_log = structlog.get_logger(__name__)


class GuardedProtocol(HttpToolsProtocol):
    """uvicorn's protocol, whose connections are counted, bounded, and closed so that the answer arrives."""

    connections_guard: Connections
    url = b""
    _lingering: LingeringTransport
    _in_head = True
    _in_message = False
    _framing_bytes = 0
    """What came since the last part of a body, or since a head began: all that is no content."""
    _refusal: Refused | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn's own
        """Count a new connection."""
        self._lingering = LingeringTransport(
            transport,
            self.loop,
            still_sends=lambda: self._in_message or self._refusal is not None,
            lingers=lambda: self.connections_guard.lingers(self),
        )
        super().connection_made(self._lingering)
        self.connections_guard.opened(self, self.loop.time())

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget a closed one."""
        self._lingering.forget()
        self.connections_guard.lost(self)
        super().connection_lost(exc)

    def abort(self) -> None:
        """Close at once."""
        self._lingering.abort()

    def delivery(self) -> Delivery:
        """How far its answers have come."""
        return self._lingering.delivery()

    def shutdown(self) -> None:
        """Begin to stop: what is asked is still answered, a head or a body that comes is not waited for."""
        self._lingering.hurry()
        super().shutdown()

    def data_received(self, data: bytes) -> None:
        """Take what came, unless it frames or heads without end, or nobody needs it any more."""
        if self._lingering.lingering or self._refusal is not None:
            self._lingering.discard()
            return
        too_large = oversized(len(self.url) if self._in_head else 0, self._framing_bytes)
        if too_large is not None:
            self._refusal = too_large
            self._refuse()
            return
        self._framing_bytes += len(data)
        super().data_received(data)

    def send_400_response(self, msg: str) -> None:
        """Refuse what the parser, or one of the methods below that it calls, does not take."""
        self._refusal = self._refusal or REQUEST_MALFORMED.refused()
        self._refuse()

    def _refuse(self) -> None:
        """Answer the refusal once all that was asked before it is answered."""
        asked = self.cycle
        if asked is not None and not asked.response_complete:
            if not asked.more_body:
                return  # on_response_complete comes back to it
            # It is this request's body that cannot be read on.
            asked.disconnected = True
            asked.message_event.set()
            if asked.response_started:
                self.transport.close()
                return
        contextvars.copy_context().run(self._write_refusal)

    def _write_refusal(self) -> None:
        assert self._refusal is not None
        request_id = begin_request()
        answer = problem(self._refusal)
        fields = [
            *answer.raw_headers,
            *((name.lower().encode(), value.encode()) for name, value in SECURITY_HEADERS.items()),
            *self.server_state.default_headers,
            (HEADER, request_id.encode()),
            (b"connection", b"close"),
        ]
        lines = b"".join(name + b": " + value + b"\r\n" for name, value in fields)
        self.transport.write(STATUS_LINE[answer.status_code] + lines + b"\r\n" + bytes(answer.body))
        self.connections_guard.refused(self._refusal.code)
        _log.info(
            "a request was refused",
            status=answer.status_code,
            code=self._refusal.code,
            request_id=request_id,
            address=self.client[0] if self.client else None,
        )
        self.transport.close()

    def on_message_begin(self) -> None:
        """Begin a head."""
        self._in_head, self._in_message, self._framing_bytes = True, True, 0
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a field of the head; a trailer's is no field of the request (RFC 9110, 6.5.1)."""
        if self._in_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Check the head, which is whole, and ask the application."""
        self._in_head, self._framing_bytes = False, 0
        try:
            check_head(self.parser.get_http_version(), self.url, self.headers)
        except Refused as refusal:
            self._refusal = refusal
            raise  # to the parser, which goes no further
        self.connections_guard.asks(self)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Take a part of the body."""
        self._framing_bytes = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """End a request; what comes next is another's head."""
        self._in_head, self._in_message, self._framing_bytes = True, False, 0
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Wait for the next head of the same connection, or refuse what came of it already."""
        super().on_response_complete()
        if self.transport.is_closing() or self.pipeline:
            return
        if self._refusal is not None:
            if self.cycle.response_complete:
                self._refuse()
            return
        self.connections_guard.waits(self, self.loop.time())


def guarded(connections: Connections) -> type[GuardedProtocol]:
    """The protocol class of one server."""
    return type("Guarded", (GuardedProtocol,), {"connections_guard": connections})
