"""Questions (查询) are worked on so many at a time, and so many of one session; the others wait their turn.

A question takes a thread, then a connection, then a thread again. Without a bound before the first of
them, those who hold a connection wait for a thread, and those who hold a thread for a connection.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection

from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.service.begun import within
from api.service.problems import refuse
from api.service.proxies import address_group
from ledger.errors import Unavailable

MOST_OF_A_SESSION = 6
WAIT_SECONDS = 20.0


class _Asker:
    """One session, or one address without a session: how many places it has, and how many ask for one."""

    __slots__ = ("asking", "places")

    def __init__(self, most: int) -> None:
        self.places = asyncio.Semaphore(most)
        self.asking = 0


class Questions:
    """The ASGI layer around the routes that need a connection; it lives in one event loop.

    ``apart`` are the paths that need none, or must answer whatever is asked: they never wait here.
    """

    def __init__(
        self,
        app: ASGIApp,
        most: int,
        cookie: str,
        apart: Collection[str],
        *,
        most_of_a_session: int = MOST_OF_A_SESSION,
        wait_seconds: float = WAIT_SECONDS,
    ) -> None:
        self._app = app
        self._places = asyncio.Semaphore(most)
        self._most_of_a_session = most_of_a_session
        self._wait_seconds = wait_seconds
        self._cookie = cookie
        self._apart = frozenset(apart)
        self._askers: dict[str, _Asker] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a question on in its turn; 503 where that takes too long, nothing where nobody waits any more."""
        if scope["type"] != "http" or scope["path"] in self._apart or scope["path"].startswith("/app/"):
            await self._app(scope, receive, send)
            return
        name = self._name(scope)
        asker = self._askers.setdefault(name, _Asker(self._most_of_a_session))
        asker.asking += 1
        try:
            await self._in_turn(asker, scope, receive, send)
        finally:
            asker.asking -= 1
            if asker.asking == 0:
                del self._askers[name]

    async def _in_turn(self, asker: _Asker, scope: Scope, receive: Receive, send: Send) -> None:
        waits = asker.places.locked() or self._places.locked()
        try:
            await within(self._wait_seconds, self._placed(asker))
        except TimeoutError:
            full = Unavailable(
                "questions-full", "同时查询过多，请稍后再试", "too much is asked at once, try again later", 5
            )
            await refuse(scope, receive, send, full)
            return
        try:
            if waits and scope["method"] == "GET":
                message = await receive()
                if message["type"] == "http.disconnect":
                    return
                receive = _again(message, receive)
            await self._app(scope, receive, send)
        finally:
            self._places.release()
            asker.places.release()

    async def _placed(self, asker: _Asker) -> None:
        await asker.places.acquire()
        try:
            await self._places.acquire()
        except BaseException:
            asker.places.release()
            raise

    def _name(self, scope: Scope) -> str:
        cookies = b"; ".join(value for name, value in scope["headers"] if name == b"cookie")
        session = cookie_parser(cookies.decode("latin-1")).get(self._cookie) if cookies else None
        client = scope.get("client")
        return session or address_group(client[0] if client else "?")


def _again(first: Message, receive: Receive) -> Receive:
    """A way to receive that begins with a message that was taken already."""
    taken: list[Message] = [first]

    async def replayed() -> Message:
        return taken.pop() if taken else await receive()

    return replayed
