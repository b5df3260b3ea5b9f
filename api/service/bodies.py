"""Bodies (请求正文) are taken in before anything else is: within a size, at a pace, for a time.

Until its body is there, a request holds no connection to the database, no thread and no place in a
pool: half-sent bodies cost memory within a budget, and nobody else's answer.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from typing import NamedTuple

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.service.begun import within
from api.service.problems import (
    BODY_TOO_LARGE,
    BODY_TOO_SLOW,
    CONTENT_ENCODED,
    refuse,
)
from ledger.errors import Refused, Unavailable
from ledger.statements.json_limits import Limits, check_limits, check_text

QUIET_SECONDS = 10.0
"""How long nothing of a body may come."""
LOOK_SECONDS = 0.5
"""How often it is seen, while nothing comes, whether the service stops: then the body is not waited for."""
GRACE_SECONDS = 10.0
LEAST_BYTES_PER_SECOND = 4096
"""The pace that a body must hold on the whole, after a time of grace."""


class BodyLimit(NamedTuple):
    """What a body of one kind of route may be, and all of that kind that are coming in together."""

    largest_bytes: int
    longest_seconds: float
    most_bytes_together: int
    json: Limits | None = None
    """What is held against the body before anything decodes it; None where the route takes it apart itself."""


SMALL = BodyLimit(64 * 1024, 20.0, 16 * 1024 * 1024, Limits(size=64 * 1024, depth=8, values=1_000))


class Bodies:
    """The ASGI layer that takes a request's body in, then hands the request on with all of it.

    Once ``stopping`` is set, a body that does not come is waited for no more (``stopping``, 503).
    """

    def __init__(
        self, app: ASGIApp, limits: Mapping[str, BodyLimit], stopping: threading.Event | None = None
    ) -> None:
        self._app = app
        self._stopping = stopping or threading.Event()
        self._limits = dict(limits)
        self._coming_bytes: dict[BodyLimit, int] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand on what has no body at once, everything else with its body."""
        if scope["type"] != "http" or not (framing := _framing(scope)).has_body:
            await self._app(scope, receive, send)
            return
        limit = self._limits.get(scope["path"], SMALL)
        try:
            body = await self._taken_in(framing, receive, limit)
            if limit.json is not None:
                check_limits(body, limit.json)
                check_text(body)
        except (Refused, Unavailable) as refusal:
            await refuse(scope, receive, send, refusal, close=True)
            return
        replayed = _Replayed(body, receive)
        # So that who takes it may let go of it.
        del body
        await self._app(scope, replayed, send)

    async def _taken_in(self, framing: _Framing, receive: Receive, limit: BodyLimit) -> bytes:
        if framing.encoding != "identity":
            raise CONTENT_ENCODED.refused(found=framing.encoding)
        if framing.announced_bytes > limit.largest_bytes:
            raise BODY_TOO_LARGE.refused(expected=limit.largest_bytes)
        parts: list[bytes] = []
        size = 0
        started = time.monotonic()
        try:
            while True:
                message = await self._next(receive, started, size, limit)
                if message["type"] == "http.disconnect":
                    raise ClientDisconnect
                part: bytes = message.get("body", b"")
                if not parts and not message.get("more_body", False):
                    if len(part) > limit.largest_bytes:
                        raise BODY_TOO_LARGE.refused(expected=limit.largest_bytes)
                    return part
                size += len(part)
                parts.append(part)
                self._reserve(limit, len(part))
                if size > limit.largest_bytes:
                    raise BODY_TOO_LARGE.refused(expected=limit.largest_bytes)
                if not message.get("more_body", False):
                    return b"".join(parts)
        finally:
            self._coming_bytes[limit] = self._coming_bytes.get(limit, 0) - size

    def _reserve(self, limit: BodyLimit, count: int) -> None:
        """Count bytes that are held while their body still comes; they are given back in any case."""
        self._coming_bytes[limit] = self._coming_bytes.get(limit, 0) + count
        if self._coming_bytes[limit] > limit.most_bytes_together:
            raise Unavailable(
                "bodies-full",
                "同时上传的内容过多，请稍后再试",
                "too much is being sent at the same time, try again later",
                5,
            )

    async def _next(self, receive: Receive, started: float, size: int, limit: BodyLimit) -> Message:
        elapsed = time.monotonic() - started
        if elapsed > GRACE_SECONDS and size < (elapsed - GRACE_SECONDS) * LEAST_BYTES_PER_SECOND:
            raise BODY_TOO_SLOW.refused(expected=limit.longest_seconds)
        left = min(QUIET_SECONDS, limit.longest_seconds - elapsed)
        while True:
            try:
                # The server's receive is a coroutine, and what ASGI asks for is no more than an awaitable.
                return await within(min(left, LOOK_SECONDS), receive())
            except TimeoutError:
                left -= LOOK_SECONDS
                if self._stopping.is_set():
                    raise _stops() from None
                if left <= 0:
                    raise BODY_TOO_SLOW.refused(expected=limit.longest_seconds) from None


def _stops() -> Unavailable:
    return Unavailable(
        "stopping",
        "服务正在停止，没有收完正文，未作任何处理",
        "the service is stopping; the body had not come yet, and nothing was done",
        5,
    )


class _Framing(NamedTuple):
    """What a request's head says of its body: whether there is one, of how many bytes, packed how."""

    has_body: bool
    announced_bytes: int
    """0 where the head does not say."""
    encoding: str
    """``identity`` where it is not packed (RFC 9110, 8.4)."""


def _framing(scope: Scope) -> _Framing:
    has_body, announced, encoding = False, 0, "identity"
    for name, value in scope["headers"]:
        if name == b"content-length":
            has_body = has_body or value != b"0"
            if value.isdigit() and len(value) < 19:
                announced = int(value)
        elif name == b"transfer-encoding":
            has_body = True
        elif name == b"content-encoding" and value.strip():
            encoding = value.decode("latin-1").strip().lower()[:40]
    return _Framing(has_body, announced, encoding)


class _Replayed:
    """A request's messages once its body is there: the whole of it, then whatever comes."""

    __slots__ = ("_body", "_receive")

    def __init__(self, body: bytes, receive: Receive) -> None:
        self._body: bytes | None = body
        self._receive = receive

    async def __call__(self) -> Message:
        """The next message."""
        if self._body is None:
            return await self._receive()
        body, self._body = self._body, None
        return {"type": "http.request", "body": body, "more_body": False}
