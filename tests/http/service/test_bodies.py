"""Bodies and connections that come slowly, never, or without end: everybody else is answered."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx2
import pytest

from tests.founding import Founded
from tests.http.processes import Service, serving
from tests.http.serving import Officer


@pytest.fixture
def running(founded: Founded, tmp_path: Path) -> Iterator[Service]:
    with serving(founded.store.url, tmp_path / "data") as service:
        service.wait_until([])
        yield service


def signed_in(service: Service, founded: Founded, name: str) -> Officer:
    with httpx2.Client(base_url=service.url) as client:
        return Officer(client, founded, name).sign_in()


@contextmanager
def connections(service: Service, count: int, said: bytes) -> Iterator[list[socket.socket]]:
    """So many connections that say so much and then nothing."""
    with ExitStack() as stack:
        opened = []
        for _ in range(count):
            each = stack.enter_context(socket.create_connection(("127.0.0.1", service.port)))
            each.sendall(said)
            opened.append(each)
        yield opened


def answered(each: socket.socket, seconds: float) -> bytes:
    """What a connection answers until it is closed; it must be within the time."""
    each.settimeout(seconds)
    found = b""
    while part := each.recv(65536):
        found += part
    return found


def seconds_of_answers(service: Service, cookie: str, count: int = 10) -> float:
    started = time.monotonic()
    with httpx2.Client(base_url=service.url, timeout=20) as client:
        for _ in range(count):
            answer = client.get("/units", headers={"cookie": f"songnuan_session={cookie}"})
            assert answer.status_code == 200, answer.text
    return time.monotonic() - started


def test_half_sent_uploads_leave_everybody_elses_answers(running: Service, founded: Founded) -> None:
    clerk = signed_in(running, founded, "tea-clerk")
    head = (
        "POST /rosters/read?campaign=b2026&unit=tea&name=a.xlsx HTTP/1.1\r\nHost: x\r\n"
        f"Cookie: songnuan_session={clerk.cookie}\r\nX-CSRF-Token: {clerk.csrf}\r\n"
        "Content-Length: 1000000\r\n\r\nhalf"
    ).encode()
    alone = seconds_of_answers(running, clerk.cookie)
    with connections(running, 40, head) as slow:
        time.sleep(0.5)
        assert seconds_of_answers(running, clerk.cookie) < 10 * alone + 5
        # One that is quiet for too long is told so, and closed.
        answer = answered(slow[0], 40)
    assert b"408" in answer.split(b"\r\n")[0]
    assert b"body-too-slow" in answer


def test_a_client_that_goes_away_in_the_middle_is_a_line_of_the_log(running: Service) -> None:
    with connections(running, 3, b"POST /statements HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf"):
        pass
    deadline = time.monotonic() + 10
    while running.log.count("the client went away") < 3:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert "Traceback" not in running.log


def test_half_open_connections_do_not_stop_answers_and_are_closed(running: Service, founded: Founded) -> None:
    auditor = signed_in(running, founded, "auditor")
    with connections(running, 1100, b"GET /units HTTP/1.1\r\nHost: ") as silent:
        assert seconds_of_answers(running, auditor.cookie) < 30
        assert answered(silent[-1], 30) == b""
    figures = running.get("/metrics").text
    assert 'songnuan_connections_closed_early_total{limit="head-seconds"}' in figures
