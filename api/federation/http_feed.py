"""A followed ledger's log over HTTP (在线读取): each request signed, bounded in time and bytes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from urllib.parse import urlsplit

import httpx2
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from api.service.signed_requests import signed_headers
from ledger.bounded_http import ask, check_no_page
from ledger.bounded_http import connections as bounded_connections
from ledger.federation.faults import FeedFailed
from ledger.federation.feeds import MOST_PART_BYTES
from ledger.peer_faults import PeerFailed

ANSWER_SECONDS = 30.0
MOST_CHECKPOINT_BYTES = 64 * 1024
WITHHELD = frozenset({401, 403, 404, 410, 451})
"""How a ledger answers that does not give what its checkpoint says there is."""


class HttpFeed:
    """The log of a service at an address, asked by a reader's key."""

    def __init__(
        self, url: str, key: Ed25519PrivateKey, client: httpx2.Client, now: Callable[[], datetime]
    ) -> None:
        self._url = url.rstrip("/")
        self._key = key
        self._client = client
        self._now = now

    def read(self, name: str) -> bytes:
        """What the service answers for a name of its log."""
        url = f"{self._url}/{name}"
        if urlsplit(url).scheme not in ("http", "https"):
            raise _failed("peer-unreachable", "地址不合格式", "the address is malformed")
        try:
            answer = ask(
                self._client,
                "GET",
                url,
                seconds=ANSWER_SECONDS,
                most_bytes=MOST_PART_BYTES,
                headers=signed_headers(self._key, "GET", url, self._now),
            )
            check_no_page(answer)
        except PeerFailed as failed:
            raise _failed(failed.code, failed.zh, failed.en) from failed
        if answer.status != 200:
            withheld = answer.status in WITHHELD
            raise _failed(
                "peer-status",
                f"读取 {name} 的应答为 {answer.status}",
                f"it answered {answer.status} for {name}",
                withheld=withheld,
            )
        return answer.content


class HttpFellow:
    """A fellow reader at an address: an upper ledger's ``/federation``, or a witness."""

    def __init__(self, url: str, client: httpx2.Client) -> None:
        self._url = url.rstrip("/")
        self._client = client

    def checkpoint(self, origin: str) -> bytes | None:
        """What it shows of a log; None where it shows nothing of it."""
        try:
            answer = ask(
                self._client,
                "GET",
                f"{self._url}/{origin}/checkpoint",
                seconds=ANSWER_SECONDS,
                most_bytes=MOST_CHECKPOINT_BYTES,
            )
            check_no_page(answer)
        except PeerFailed as failed:
            raise _failed(failed.code, failed.zh, failed.en) from failed
        if answer.status == 404:
            return None
        if answer.status != 200:
            raise _failed(
                "peer-status",
                f"询问检查点的应答为 {answer.status}",
                f"it answered {answer.status} for a checkpoint",
            )
        return answer.content


def _failed(code: str, zh: str, en: str, *, withheld: bool = False) -> FeedFailed:
    return FeedFailed(code, zh, en, withheld=withheld)


def connections() -> httpx2.Client:
    """Connections to the services that are read."""
    return bounded_connections(ANSWER_SECONDS)
