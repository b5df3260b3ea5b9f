"""Asking another server (询问对方服务器): bounded in time and in bytes, and every fault with its code.

Whoever answers may be slow, broken or evil: it drips a byte at a time, sends without end, sends a page
where an answer is due, leads elsewhere. The whole of an exchange has one deadline, at which the line is
cut; no more than was allowed is read; nothing is unpacked and no redirect is followed.
"""

from __future__ import annotations

import os
import socket
import ssl
import threading
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, NamedTuple

import httpx2

from ledger.http_words import reason_of_http
from ledger.peer_faults import (
    CONTENT,
    LARGE,
    REDIRECTED,
    SLOW,
    STATUS,
    UNREACHABLE,
    UNTRUSTED,
    PeerFailed,
)


class Answer(NamedTuple):
    """What another server answered; ``content`` as it came, unpacked by nobody."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def content_type(self) -> str:
        """Its media type; empty where it says none."""
        return self.headers.get("content-type", "")


def connections(seconds: float) -> httpx2.Client:
    """Connections for asking; each question has one of its own, so that its line can be cut."""
    return httpx2.Client(timeout=seconds, limits=httpx2.Limits(max_keepalive_connections=0))


def ask(
    client: httpx2.Client,
    method: str,
    url: str,
    *,
    seconds: float,
    most_bytes: int,
    content: bytes | None = None,
    content_type: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Ask and take the whole answer, whatever its status, but for redirects; ``headers`` go with the question.

    Raises:
        PeerFailed: ``peer-unreachable``, ``peer-untrusted`` (its certificate), ``peer-too-slow``,
            ``peer-too-large`` or ``peer-redirects``.
    """
    line = _Line()
    watch = threading.Timer(seconds, line.cut)
    watch.daemon = True
    watch.start()
    sent = {**(headers or {}), "accept-encoding": "identity"}
    if content_type is not None:
        sent["content-type"] = content_type
    try:
        with client.stream(
            method,
            url,
            content=content,
            headers=sent,
            follow_redirects=False,
            extensions={"trace": line.hear},
        ) as answer:
            if answer.is_redirect:
                raise PeerFailed(
                    REDIRECTED,
                    "对方要求转到另一地址，不予跟随",
                    "it leads to another address, which is not followed",
                )
            body = _read(answer, most_bytes)
        if line.is_cut:  # a body without a length ends as the line does
            raise _slow(seconds)
        return Answer(answer.status_code, answer.headers, body)
    except httpx2.HTTPError as error:
        if line.is_cut or isinstance(error, httpx2.TimeoutException):
            raise _slow(seconds) from None
        code = UNTRUSTED if _is_untrusted(error) else UNREACHABLE
        raise PeerFailed(code, *reason_of_http(error)) from None
    except httpx2.InvalidURL:
        raise PeerFailed(UNREACHABLE, "地址不合格式", "the address is malformed") from None
    finally:
        watch.cancel()
        line.close()


def _read(answer: httpx2.Response, most_bytes: int) -> bytes:
    parts, size = [], 0
    for part in answer.iter_raw():
        size += len(part)
        if size > most_bytes:
            raise PeerFailed(
                LARGE,
                f"应答超过 {most_bytes:,} 字节",
                f"it answers with more than {most_bytes:,} bytes",
            )
        parts.append(part)
    return b"".join(parts)


def check_status(answer: Answer, expected: int = 200) -> None:
    """Refuse an answer of another status.

    Raises:
        PeerFailed: ``peer-status``.
    """
    if answer.status != expected:
        raise PeerFailed(STATUS, f"应答为 {answer.status}", f"it answered {answer.status}")


def check_no_page(answer: Answer) -> None:
    """Refuse a page for people, which a proxy or a portal puts where an answer is due.

    Raises:
        PeerFailed: ``peer-content``.
    """
    if answer.content_type.partition(";")[0].strip().lower() == "text/html":
        raise PeerFailed(
            CONTENT,
            "应答的是网页，可能是代理或登录页在应答",
            "it answers with a page: perhaps a proxy or a sign-in page answers in its place",
        )


def _slow(seconds: float) -> PeerFailed:
    return PeerFailed(SLOW, f"{seconds:.0f} 秒内没有答完", f"it did not answer within {seconds:.0f} s")


def _is_untrusted(error: BaseException | None) -> bool:
    """Whether it failed for a certificate."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False


class _Line:
    """The connection of one exchange, which another thread may cut."""

    def __init__(self) -> None:
        self.is_cut = False
        self._lock = threading.Lock()
        self._line: socket.socket | None = None

    def hear(self, event: str, told: Mapping[str, Any]) -> None:
        """Take hold of the connection as soon as it is there (httpx's ``trace``)."""
        if event != "connection.connect_tcp.complete":
            return
        found: socket.socket = told["return_value"].get_extra_info("socket")
        # Its own descriptor of the same line: TLS goes on under another.
        line = socket.socket(fileno=os.dup(found.fileno()))
        with self._lock:
            self._line = line
        if self.is_cut:
            self.cut()

    def cut(self) -> None:
        """End the exchange, wherever it is."""
        self.is_cut = True
        with self._lock:
            if self._line is not None:
                with suppress(OSError):
                    self._line.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Leave the connection alone."""
        with self._lock:
            if self._line is not None:
                self._line.close()
                self._line = None
