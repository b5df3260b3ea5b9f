"""Servers that are slow, broken or evil, each with the code of what is wrong with it."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

Says = Callable[[socket.socket], None]


def at_once(raw: bytes) -> Says:
    return lambda line: line.sendall(raw)


def dripping(raw: bytes) -> Says:
    """A byte at a time, and none of them too late for a limit on each."""

    def says(line: socket.socket) -> None:
        line.sendall(raw)
        while True:
            line.sendall(b"x")
            time.sleep(0.05)

    return says


def without_end(line: socket.socket) -> None:
    line.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        line.sendall(b"x" * 65536)


def nothing(line: socket.socket) -> None:
    """Hear all of it, and say nothing."""
    while line.recv(65536):
        pass


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
PAGE = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: 6\r\n\r\n<html>"
ELSEWHERE = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n"
BOMB = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd"

EVIL: dict[str, tuple[Says, str]] = {
    "silent": (nothing, "peer-too-slow"),
    "a head that drips": (dripping(b"HTTP/1.1 200 OK\r\nX-Drip: "), "peer-too-slow"),
    "a body that drips": (dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n"), "peer-too-slow"),
    "a body that drips without a length": (dripping(b"HTTP/1.1 200 OK\r\n\r\n"), "peer-too-slow"),
    "a body without end": (without_end, "peer-too-large"),
    "a redirect": (at_once(ELSEWHERE), "peer-redirects"),
    "no HTTP": (at_once(b"SSH-2.0-OpenSSH_9.2\r\n"), "peer-unreachable"),
    "half an answer": (at_once(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhalf"), "peer-unreachable"),
    "a page": (at_once(PAGE), "peer-content"),
    "a fault of its own": (at_once(b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"), "peer-status"),
}


@contextmanager
def answering(says: Says, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """A server that takes what comes and says that."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            while True:
                try:
                    line, _ = listening.accept()
                except OSError:
                    return
                threading.Thread(target=answer, args=(line,), daemon=True).start()

        def answer(line: socket.socket) -> None:
            with suppress(OSError), line:
                spoken = line if tls is None else tls.wrap_socket(line, server_side=True)
                spoken.recv(65536)
                says(spoken)

        threading.Thread(target=serve, daemon=True).start()
        scheme = "http" if tls is None else "https"
        yield f"{scheme}://127.0.0.1:{listening.getsockname()[1]}"
        listening.shutdown(socket.SHUT_RDWR)
