"""Having checkpoints timestamped: the authority of the settings asked, its answer verified and kept."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import psycopg
import structlog
from cryptography.x509 import Certificate

from ledger.bounded_http import ask, check_no_page, check_status, connections
from ledger.errors import Explained, SongnuanError
from ledger.log.note import parse_note
from ledger.log.proofs import latest_checkpoint, size_of
from ledger.log.timestamps import request_for, verified_time
from ledger.peer_faults import PeerFailed
from ledger.storage.store import OpenStore
from ledger.supervision import repeat

ANSWER_SECONDS = 20.0
LARGEST_ANSWER_BYTES = 256 * 1024
"""A timestamp with its certificates is a few kilobytes."""
STAMP_SECONDS = 3600.0
"""How often a service has its newest checkpoint stamped."""

_log = structlog.get_logger(__name__)


class AuthorityFailed(Explained):
    """The authority gave no timestamp; ``reason`` is the code of what was wrong."""

    def __init__(self, url: str, failed: PeerFailed) -> None:
        self.reason = failed.code
        super().__init__(
            "timestamp-failed",
            f"时间戳机构 {url} 未答复：{failed.zh}（{failed.code}）",
            f"{url} gave no timestamp: {failed.en} ({failed.code})",
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
        with connections(ANSWER_SECONDS) as client:
            answer = ask(
                client,
                "POST",
                url,
                seconds=ANSWER_SECONDS,
                most_bytes=LARGEST_ANSWER_BYTES,
                content=request.as_bytes(),
                content_type="application/timestamp-query",
            )
        check_status(answer)
        check_no_page(answer)
    except PeerFailed as failed:
        raise AuthorityFailed(url, failed) from failed
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
