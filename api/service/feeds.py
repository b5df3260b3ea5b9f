"""Feeds (实时推送) that stay open: bounded for each session and in all, ended with the service.

Every answer that is sent in parts is dropped where its reader takes none for too long: whoever does
not read must not hold a connection, a page of events and a place.
"""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from contextlib import suppress

from starlette.requests import ClientDisconnect, cookie_parser
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.service.problems import TOO_MANY_FEEDS, refuse

PATHS = ("/events/live",)
MOST_OF_A_SESSION = 4
MOST_TOGETHER = 32
SLOW_READER_SECONDS = 20.0
LOOK_SECONDS = 0.25


class Feeds:
    """The ASGI layer around feeds and other answers in parts."""

    def __init__(self, app: ASGIApp, stopping: threading.Event, cookie: str) -> None:
        self._app = app
        self._stopping = stopping
        self._cookie = cookie
        self._open: Counter[str] = Counter()

    @property
    def open(self) -> int:
        """How many feeds are open."""
        return self._open.total()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request on; where it asks for a feed, as far as there is room for one more."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif scope["path"] not in PATHS:
            await self._app(scope, receive, _sent_in_time(send))
        else:
            await self._feed(scope, receive, _sent_in_time(send))

    async def _feed(self, scope: Scope, receive: Receive, send: Send) -> None:
        session = self._session(scope)
        if self.open >= MOST_TOGETHER or self._open[session] >= MOST_OF_A_SESSION:
            most = MOST_TOGETHER if self.open >= MOST_TOGETHER else MOST_OF_A_SESSION
            await refuse(scope, receive, send, TOO_MANY_FEEDS.refused(expected=most))
            return
        self._open[session] += 1
        try:
            await self._until_stopped(scope, receive, send)
        finally:
            self._open[session] -= 1
            if self._open[session] <= 0:
                del self._open[session]

    async def _until_stopped(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run a feed until it ends, or the service does; then its answer ends as it should."""
        ended = False

        async def noting(message: Message) -> None:
            nonlocal ended
            ended = message["type"] == "http.response.body" and not message.get("more_body", False)
            await send(message)

        feed = asyncio.ensure_future(self._app(scope, receive, noting))
        try:
            while not feed.done() and not self._stopping.is_set():
                await asyncio.wait({feed}, timeout=LOOK_SECONDS)
        finally:
            if not feed.done():
                feed.cancel()
                await asyncio.wait({feed})
        if not feed.cancelled():
            feed.result()
        elif not ended:
            with suppress(RuntimeError):
                await send({"type": "http.response.body", "body": b"", "more_body": False})

    def _session(self, scope: Scope) -> str:
        cookies = b"; ".join(value for name, value in scope["headers"] if name == b"cookie")
        return cookie_parser(cookies.decode("latin-1")).get(self._cookie, "")


def _sent_in_time(send: Send) -> Send:
    """A way to send whose parts are taken in time, or the client is taken for gone."""

    async def in_time(message: Message) -> None:
        if not message.get("more_body", False):
            await send(message)
            return
        try:
            async with asyncio.timeout(SLOW_READER_SECONDS):
                await send(message)
        except TimeoutError:
            raise ClientDisconnect from None

    return in_time
