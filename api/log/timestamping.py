"""Having checkpoints timestamped: the authority of the settings asked, its answer verified and kept."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import httpx2
import psycopg
import structlog
from cryptography.x509 import Certificate

from api.log.http_words import reason_of_http
from ledger.errors import Explained, SongnuanError
from ledger.log.note import parse_note
from ledger.log.proofs import latest_checkpoint, size_of
from ledger.log.timestamps import request_for, verified_time
from ledger.storage.store import OpenStore
from ledger.supervision import repeat

ANSWER_SECONDS = 20.0
STAMP_SECONDS = 3600.0
"""How often a service has its newest checkpoint stamped."""

_log = structlog.get_logger(__name__)


class AuthorityFailed(Explained):
    """The authority gave no timestamp."""

    def __init__(self, url: str, zh: str, en: str) -> None:
        super().__init__(
            "timestamp-failed", f"时间戳机构 {url} 未答复：{zh}", f"{url} gave no timestamp: {en}"
        )


def stamp(
    connection: psycopg.Connection[Any], url: str, roots: Sequence[Certificate]
) -> tuple[int, str] | None:
    """Has the newest checkpoint stamped; its size and the time. None where there is none to stamp.

    Raises:
        AuthorityFailed: no answer.
        NotVerified: ``timestamp-invalid``; nothing is kept then.
    """
    raw = latest_checkpoint(connection)
    if raw is None:
        return None
    text = parse_note(raw).text
    size = size_of(raw)
    request = request_for(text)
    try:
        answer = httpx2.post(
            url,
            content=request.as_bytes(),
            headers={"Content-Type": "application/timestamp-query"},
            timeout=ANSWER_SECONDS,
        )
        answer.raise_for_status()
    except httpx2.HTTPError as error:
        raise AuthorityFailed(url, *reason_of_http(error)) from None
    stamped = verified_time(answer.content, text, size, roots, request)
    connection.execute(
        "INSERT INTO ledger.timestamps VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
        (size, url, answer.content),
    )
    return size, stamped


def keep_stamped(store: OpenStore, url: str, roots: Sequence[Certificate], stop: threading.Event) -> None:
    """Have the newest checkpoint stamped now and every hour, until told to stop."""

    def stamp_newest() -> None:
        with store.connect() as connection:
            stamp(connection, url, roots)

    repeat(
        stamp_newest,
        stop,
        every_seconds=STAMP_SECONDS,
        tolerate=(SongnuanError, psycopg.Error),
        failure="no timestamp",
        authority=url,
    )
