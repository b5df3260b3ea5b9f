"""Clients that read an answer slowly, or never: the slow ones get all of it, the others hold nothing for ever."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest
from starlette.types import Receive, Scope, Send

from api.service.connections import Connections
from tests.http.service.test_protocol import GET, rest, running
from tests.waiting import wait_until

LONG = 4 * 1024 * 1024
"""More than the buffers of both sides' sockets hold."""
ANSWER_BYTES = b"x" * LONG


async def long(scope: Scope, receive: Receive, send: Send) -> None:
    """A long answer in one part, or in many."""
    if scope["type"] != "http":
        return
    parts = 64 if scope["path"] == "/parts" else 1
    head = [(b"content-length", str(LONG if scope["path"] != "/short" else parts).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": head})
    if scope["path"] == "/short":
        await send({"type": "http.response.body", "body": b"x"})
        return
    size = LONG // parts
    for number in range(parts):
        body = ANSWER_BYTES[number * size : (number + 1) * size]
        await send({"type": "http.response.body", "body": body, "more_body": number < parts - 1})


@contextmanager
def asking(port: int, path: bytes) -> Iterator[socket.socket]:
    with socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        one.settimeout(20)
        one.connect(("127.0.0.1", port))
        one.sendall(GET.replace(b" / ", b" " + path + b" ") + b"\r\n")
        yield one


@pytest.mark.parametrize("path", [b"/whole", b"/parts"])
def test_who_reads_slowly_gets_the_whole_answer(path: bytes) -> None:
    guard = Connections(10, head_seconds=0.2)
    with running(long, guard) as port, asking(port, path) as one:
        # Longer than the next head is waited for, which is no matter while this answer is on its way.
        time.sleep(2.5)
        assert len(rest(one).partition(b"\r\n\r\n")[2]) == LONG


@pytest.mark.parametrize("path", [b"/whole", b"/parts"])
def test_who_never_reads_makes_room_for_others(path: bytes) -> None:
    guard = Connections(5, reading_seconds=0.5)
    with running(long, guard) as port, ExitStack() as stack:
        for _ in range(5):
            stack.enter_context(asking(port, path))
        wait_until(lambda: guard.closed_early == {"reading-seconds": 5}, seconds=20)
        assert not guard.open
        with asking(port, b"/short") as one:
            assert one.recv(4096).startswith(b"HTTP/1.1 200")
