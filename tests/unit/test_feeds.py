"""Feeds: bounded for each session and in all, dropped where nobody reads, ended with the service."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import orjson
import pytest
from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive, Scope, Send

from api.service.feeds import MOST_OF_A_SESSION, MOST_TOGETHER, Feeds


class Principal:
    """Who asks for a feed by a session, and what they are sent."""

    def __init__(self, session: str, *, reads: bool = True) -> None:
        self.scope: Scope = {
            "type": "http",
            "path": "/events/live",
            "headers": [(b"cookie", f"songnuan_session={session}".encode())],
        }
        self.messages: list[Message] = []
        self._reads = reads

    async def send(self, message: Message) -> None:
        if not self._reads and message.get("more_body"):
            await asyncio.sleep(3600)
        self.messages.append(message)

    @property
    def status(self) -> int:
        status: int = self.messages[0]["status"]
        return status

    @property
    def code(self) -> str:
        code: str = orjson.loads(self.messages[1]["body"])["code"]
        return code


async def endless(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    while True:
        await send({"type": "http.response.body", "body": b": here\n\n", "more_body": True})
        await asyncio.sleep(0.01)


async def nothing() -> Message:
    await asyncio.sleep(3600)
    raise AssertionError


async def asked(feeds: Feeds, readers: list[Principal]) -> list[asyncio.Task[Any]]:
    tasks = [asyncio.create_task(feeds(each.scope, nothing, each.send)) for each in readers]
    await asyncio.sleep(0.1)
    return tasks


def run(scene: Any) -> None:
    asyncio.run(asyncio.wait_for(scene, 30))


def test_a_session_has_so_many_and_no_more() -> None:
    async def scene() -> None:
        stopping = threading.Event()
        feeds = Feeds(endless, stopping, "songnuan_session")
        readers = [Principal("a") for _ in range(MOST_OF_A_SESSION + 1)] + [Principal("b")]
        tasks = await asked(feeds, readers)
        assert [each.status for each in readers] == [200] * MOST_OF_A_SESSION + [429, 200]
        assert readers[-2].code == "too-many-feeds"
        stopping.set()
        await asyncio.gather(*tasks)
        assert feeds.open == 0
        assert readers[0].messages[-1] == {"type": "http.response.body", "body": b"", "more_body": False}

    run(scene())


def test_all_sessions_together_have_so_many() -> None:
    async def scene() -> None:
        stopping = threading.Event()
        feeds = Feeds(endless, stopping, "songnuan_session")
        readers = [Principal(str(n)) for n in range(MOST_TOGETHER + 1)]
        tasks = await asked(feeds, readers)
        assert [each.status for each in readers] == [200] * MOST_TOGETHER + [429]
        stopping.set()
        await asyncio.gather(*tasks)

    run(scene())


def test_who_does_not_read_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.service.feeds.SLOW_READER_SECONDS", 0.1)

    async def scene() -> None:
        feeds = Feeds(endless, threading.Event(), "songnuan_session")
        (task,) = await asked(feeds, [Principal("a", reads=False)])
        with pytest.raises(ClientDisconnect):
            await task
        assert feeds.open == 0

    run(scene())


def test_a_client_that_goes_gives_its_place_back() -> None:
    async def scene() -> None:
        feeds = Feeds(endless, threading.Event(), "songnuan_session")
        (task,) = await asked(feeds, [Principal("a")])
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert feeds.open == 0

    run(scene())
