"""What HTTP/1.1 asks of every server (RFC 9112): refusals that arrive, and heads that are none."""

from __future__ import annotations

import http.client
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import httpx2
import orjson
import pytest
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from api.service import lingering
from api.service.bodies import Bodies, BodyLimit
from api.service.connections import Connections
from api.service.heads import LARGEST_HEAD_BYTES, check_head
from api.service.server import configured
from ledger.errors import Refused

LIMIT = BodyLimit(1024 * 1024, 30.0, 8 * 1024 * 1024)


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers with what the application was told of a request."""
    if scope["type"] != "http":
        return
    body = (await receive())["body"]
    fields = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    said = orjson.dumps({"path": scope["path"], "fields": fields, "body": len(body)})
    await send(
        {
            "type": "http.response.start",
            "status": 200,
            "headers": [(b"content-length", str(len(said)).encode())],
        }
    )
    await send({"type": "http.response.body", "body": said})


@contextmanager
def running(app: ASGIApp, connections: Connections) -> Iterator[int]:
    config = configured(app, connections)
    config.port, config.lifespan = 0, "off"
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.005)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="module")
def guard() -> Connections:
    return Connections(100)


@pytest.fixture(scope="module")
def port(guard: Connections) -> Iterator[int]:
    with running(Bodies(echo, {"/big": LIMIT}), guard) as port:
        yield port


def said(port: int, *parts: bytes) -> bytes:
    """All that a connection answers to what it says, until the server closes its side."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as one:
        for part in parts:
            one.sendall(part)
        return rest(one)


def rest(one: socket.socket) -> bytes:
    found = b""
    while part := one.recv(65536):
        found += part
    return found


def answers(raw: bytes) -> list[tuple[int, dict[str, Any]]]:
    """The answers in what came over a connection, each by its length."""
    found = []
    while raw:
        head, _, raw = raw.partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        fields = dict(line.lower().split(": ", 1) for line in lines[1:])
        length = int(fields["content-length"])
        found.append((int(lines[0].split()[1]), orjson.loads(raw[:length])))
        raw = raw[length:]
    return found


def send_without_end(one: socket.socket) -> None:
    one.settimeout(10)
    while True:
        one.sendall(b"x" * 65536)


GET = b"GET / HTTP/1.1\r\nHost: x\r\n"


class TestBodies:
    @pytest.mark.parametrize("size", [2 * 1024 * 1024, 33 * 1024 * 1024])
    def test_who_sends_all_before_reading_sees_the_refusal(self, port: int, size: int) -> None:
        one = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        one.request("POST", "/big", body=b"x" * size)
        answer = one.getresponse()
        assert (answer.status, orjson.loads(answer.read())["code"]) == (413, "body-too-large")

    def test_who_sends_in_chunks_sees_the_refusal(self, port: int) -> None:
        def parts() -> Iterator[bytes]:
            for _ in range(300):
                yield b"x" * 65536

        answer = httpx2.post(f"http://127.0.0.1:{port}/big", content=parts(), timeout=20)
        assert (answer.status_code, answer.json()["code"]) == (413, "body-too-large")

    def test_who_asks_first_is_refused_before_sending(self, port: int) -> None:
        head = b"POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 10000000\r\n\r\n"
        raw = said(port, head)
        assert raw.startswith(b"HTTP/1.1 413")
        assert b"connection: close" in raw.lower()

    def test_who_goes_on_without_end_is_cut_off(
        self, port: int, guard: Connections, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(lingering, "LINGER_SECONDS", 0.5)
        monkeypatch.setattr(lingering, "QUIET_SECONDS", 0.2)
        with socket.create_connection(("127.0.0.1", port), timeout=10) as one:
            one.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999999\r\n\r\n")
            started = time.monotonic()
            with pytest.raises(OSError, match=r"reset|pipe"):
                send_without_end(one)
        assert time.monotonic() - started < 5
        with socket.create_connection(("127.0.0.1", port), timeout=10) as silent:
            silent.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000\r\n\r\n")
            assert rest(silent).startswith(b"HTTP/1.1 413")
            while guard.open:
                assert time.monotonic() - started < 9
                time.sleep(0.01)

    def test_an_answered_request_is_closed_at_once(self, port: int) -> None:
        assert answers(said(port, GET + b"Connection: close\r\n\r\n"))[0][0] == 200


class TestHeads:
    @pytest.mark.parametrize("size", [LARGEST_HEAD_BYTES, 200_000, 5_000_000])
    def test_one_that_is_too_large_is_told_so(self, port: int, guard: Connections, size: int) -> None:
        one = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        one.request("GET", "/", headers={"x-header": "x" * size})
        answer = one.getresponse()
        told = orjson.loads(answer.read())
        assert (answer.status, told["code"]) == (431, "head-too-large")
        assert told["request_id"] == answer.headers["x-request-id"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert guard.closed_early["head-too-large"]

    def test_a_long_address_is_told_so(self, port: int) -> None:
        for size in (20_000, 300_000):
            ((status, told),) = answers(said(port, b"GET /" + b"x" * size + b" HTTP/1.1\r\nHost: x\r\n\r\n"))
            assert (status, told["code"]) == (414, "target-too-long")

    @pytest.mark.parametrize(
        "hosts",
        [b"", b"Host: x\r\nHost: x\r\n", b"Host: a b\r\n", b"Host: a/b\r\n", b"Host: a@b\r\n"],
        ids=["none", "two", "blank", "path", "user"],
    )
    def test_without_its_one_host_it_is_refused(self, port: int, hosts: bytes) -> None:
        ((status, told),) = answers(said(port, b"GET / HTTP/1.1\r\n" + hosts + b"\r\n"))
        assert (status, told["code"]) == (400, "host-not-one")

    @pytest.mark.parametrize("host", [b"x", b"127.0.0.1:8700", b"[::1]:80", b"", b"a.example:"])
    def test_with_its_one_host_it_is_answered(self, port: int, host: bytes) -> None:
        close = b"Connection: close\r\n\r\n"
        assert answers(said(port, b"GET / HTTP/1.1\r\nHost: " + host + b"\r\n" + close))[0][0] == 200

    def test_the_older_version_needs_none(self, port: int) -> None:
        assert answers(said(port, b"GET / HTTP/1.0\r\n\r\n"))[0][0] == 200

    @pytest.mark.parametrize(
        "raw",
        [
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 50,
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            b"GET  HTTP/1.1\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
            b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n",
            b"GET http://[ HTTP/1.1\r\nHost: x\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: x\r\nA\0B: 1\r\n\r\n",
        ],
        ids=["tls", "http2", "target", "negative", "lengths", "both", "folded", "address", "nul"],
    )
    def test_what_is_no_request_is_told_so(self, port: int, raw: bytes) -> None:
        ((status, told),) = answers(said(port, raw))
        assert (status, told["code"]) == (400, "request-malformed")

    def test_a_body_in_another_coding_is_refused(self, port: int) -> None:
        head = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"
        ((status, told),) = answers(said(port, head))
        assert (status, told["code"]) == (501, "transfer-coding-unsupported")

    def test_what_was_asked_before_is_answered_first(self, port: int) -> None:
        found = answers(said(port, GET + b"\r\n" + GET + b"\r\n" + b"GET / HTTP/1.1\r\n\r\n"))
        assert [status for status, _ in found] == [200, 200, 400]

    def test_the_decision_is_by_size_as_written(self) -> None:
        fields = [(b"host", b"x"), (b"a", b"x" * (LARGEST_HEAD_BYTES - 15))]
        check_head("1.1", b"/", fields)
        with pytest.raises(Refused, match="at most 65536 bytes"):
            check_head("1.1", b"/x", fields)


class TestFraming:
    POST = b"POST /big HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"

    def test_a_trailer_is_no_field_of_the_request(self, port: int) -> None:
        body = b"1\r\nx\r\n0\r\nCookie: songnuan_session=stolen\r\n\r\n"
        (first, second) = answers(said(port, self.POST + body, GET + b"Connection: close\r\n\r\n"))
        assert first == (
            200,
            {"path": "/big", "fields": {"host": "x", "transfer-encoding": "chunked"}, "body": 1},
        )
        assert second[0] == 200

    @pytest.mark.parametrize("begun", [b"0\r\nx: ", b"1;x=", b"1\r\nx\r\n0\r\nx: "])
    def test_what_frames_without_end_is_refused(self, port: int, begun: bytes) -> None:
        parts = [self.POST + begun, *[b"x" * 65536] * 20]
        ((status, told),) = answers(said(port, *parts))
        assert (status, told["code"]) == (431, "head-too-large")

    def test_a_body_that_breaks_off_its_form_is_refused(self, port: int) -> None:
        ((status, told),) = answers(said(port, self.POST + b"1\r\nx\r\nzz\r\n"))
        assert (status, told["code"]) == (400, "request-malformed")

    def test_many_small_chunks_are_a_body(self, port: int) -> None:
        body = b"1\r\nx\r\n" * 50_000 + b"0\r\n\r\n"
        one = said(port, self.POST + body + GET + b"Connection: close\r\n\r\n")
        assert [told["body"] for _, told in answers(one)] == [50_000, 0]


class TestStopping:
    @pytest.mark.parametrize(
        "begun",
        [
            b"",
            b"GET / HT",
            GET,
            b"POST /big HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999999\r\n\r\n",
        ],
        ids=["nothing", "half a line", "half a head", "a refused body"],
    )
    def test_a_request_that_does_not_come_is_not_waited_for(
        self, begun: bytes, caplog: pytest.LogCaptureFixture
    ) -> None:
        with socket.socket() as one:
            one.settimeout(10)
            with running(Bodies(echo, {"/big": LIMIT}), Connections(10)) as port:
                one.connect(("127.0.0.1", port))
                one.sendall(begun)
                time.sleep(0.2)
            with suppress(ConnectionResetError):
                rest(one)
        assert "timeout graceful shutdown exceeded" not in caplog.text
