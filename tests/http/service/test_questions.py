"""Questions in turn: within the bounds of all and of a session, and nobody waits for one who has gone."""

from __future__ import annotations

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
from starlette.types import Message, Receive, Scope, Send

from api.service.dependencies import COOKIE
from api.service.questions import Questions
from tests.founding import Founded
from tests.http.serving import Officer, served

ASKED_AT_ONCE = 100


def scope_of(path: str = "/roster", session: str | None = None, address: str = "192.0.2.1") -> Scope:
    cookies = [] if session is None else [(b"cookie", f"{COOKIE}={session}".encode())]
    return {"type": "http", "method": "GET", "path": path, "headers": cookies, "client": (address, 1)}


class Worked:
    """An application that works until it is told to go on, and counts."""

    def __init__(self) -> None:
        self.at_once = 0
        self.most = 0
        self.done = 0
        self.received: list[str] = []
        self.go_on = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        self.received.append((await receive())["type"])
        await self.go_on.wait()
        self.at_once -= 1
        self.done += 1


class Client:
    """One who asks: still there, or gone."""

    def __init__(self, gone: bool = False) -> None:
        self.gone = gone
        self.status: int | None = None

    async def receive(self) -> Message:
        return {"type": "http.disconnect"} if self.gone else {"type": "http.request", "body": b""}

    async def send(self, message: Message) -> None:
        self.status = message.get("status", self.status)


def asked(
    scopes: list[Scope], clients: list[Client], *, goes_on: bool = True, **bounds: Any
) -> tuple[Worked, Questions]:
    """Ask all at the same time; what the application came to."""

    async def main() -> tuple[Worked, Questions]:
        worked = Worked()
        layer = Questions(worked, cookie=COOKIE, apart=("/readyz",), **{"most": 4, **bounds})
        asking = [
            asyncio.ensure_future(layer(scope, client.receive, client.send))
            for scope, client in zip(scopes, clients, strict=True)
        ]
        await asyncio.sleep(0.1)
        if goes_on:
            worked.go_on.set()
        else:
            asyncio.get_running_loop().call_later(0.2, worked.go_on.set)
        await asyncio.gather(*asking)
        return worked, layer

    return asyncio.run(main())


def test_so_many_are_worked_on_at_once_and_all_in_the_end() -> None:
    scopes = [scope_of(session=f"s{number}") for number in range(10)]
    worked, layer = asked(scopes, [Client() for _ in scopes])
    assert (worked.most, worked.done) == (4, 10)
    assert worked.received == ["http.request"] * 10
    assert layer._askers == {}


def test_one_session_leaves_room_for_the_others() -> None:
    scopes = [*(scope_of(session="greedy") for _ in range(10)), scope_of(session="modest")]
    worked, _ = asked(scopes, [Client() for _ in scopes], most_of_a_session=2)
    assert worked.most == 3


def test_without_a_session_an_address_is_one() -> None:
    scopes = [scope_of(address=f"2001:db8::{number}") for number in range(5)]
    worked, _ = asked(scopes, [Client() for _ in scopes], most_of_a_session=2)
    assert worked.most == 2


def test_what_must_always_answer_waits_for_nobody() -> None:
    scopes = [scope_of(session="s") for _ in range(4)] + [scope_of("/readyz"), scope_of("/app/x.js")]
    worked, _ = asked(scopes, [Client() for _ in scopes])
    assert worked.most == 6


def test_for_one_who_has_gone_nothing_is_worked_on() -> None:
    clients = [*(Client() for _ in range(4)), Client(gone=True), Client()]
    worked, _ = asked([scope_of(session=f"s{number}") for number in range(6)], clients)
    assert worked.done == 5


def test_who_waits_too_long_is_told_so() -> None:
    clients = [Client() for _ in range(6)]
    scopes = [scope_of(session=f"s{number}") for number in range(6)]
    worked, layer = asked(scopes, clients, goes_on=False, wait_seconds=0.1)
    assert (worked.done, [client.status for client in clients].count(503)) == (4, 2)
    assert layer._places._value == 4


def test_a_hundred_questions_of_one_officer_leave_the_service_answering(
    founded: Founded, tmp_path: Path
) -> None:
    with served(founded, tmp_path) as url, httpx2.Client(base_url=url, timeout=60) as client:
        auditor = Officer(client, founded, "auditor").sign_in()
        cookie = {"cookie": f"{COOKIE}={auditor.cookie}"}
        paths = ("/events", "/reports/summary", "/roster", "/bundle")
        begin = threading.Barrier(ASKED_AT_ONCE + 1)

        def ask(number: int) -> int:
            begin.wait()
            return httpx2.get(url + paths[number % len(paths)], headers=cookie, timeout=60).status_code

        with ThreadPoolExecutor(ASKED_AT_ONCE) as many:
            answers = [many.submit(ask, number) for number in range(ASKED_AT_ONCE)]
            begin.wait()
            slowest = 0.0
            while not all(answer.done() for answer in answers):
                started = time.monotonic()
                assert client.get("/readyz").status_code in (204, 503)
                assert client.post("/session/challenge").status_code == 200
                slowest = max(slowest, time.monotonic() - started)
                time.sleep(0.05)
            found = {answer.result() for answer in answers}
        # Whatever the machine's pace, nothing waited for a connection that a waiting one held.
        assert slowest < 15
        assert 200 in found
        assert found <= {200, 422, 429, 503}
        assert client.get("/roster", headers=cookie).status_code in (200, 429)
