"""Whether a database URL gives sessions of their own (会话检查): a pooler by transaction does not."""

from __future__ import annotations

import secrets
from typing import Any

import psycopg

from ledger.postgres.connection import ANSWER_SECONDS, connect
from ledger.postgres.failures import pooler_refused


def check_session(url: str, connection: psycopg.Connection[Any]) -> None:
    """Refuse a connection that is not a session of its own.

    A pooler by transaction gives each transaction any of its servers. One that always gives the same
    gives it to a second client, too; one that goes round gives the first client two.

    Raises:
        Misconfigured: ``pooler-refused``.
    """
    mark = secrets.token_hex(8)
    connection.execute("SELECT set_config('songnuan.session', %s, false)", (mark,))
    first = backend_of(connection)
    with connect(url, prepare_threshold=None, answer_seconds=ANSWER_SECONDS) as other:
        for _ in range(2):
            theirs = other.execute(
                "SELECT pg_backend_pid(), current_setting('songnuan.session', true)"
            ).fetchone()
            if theirs is None or theirs[0] == first or theirs[1] == mark:
                raise pooler_refused()
            for _ in range(2):
                ours = connection.execute(
                    "SELECT pg_backend_pid(), current_setting('songnuan.session', true)"
                ).fetchone()
                if ours != (first, mark):
                    raise pooler_refused()


def backend_of(connection: psycopg.Connection[Any]) -> int:
    """The process that serves a connection."""
    row = connection.execute("SELECT pg_backend_pid()").fetchone()
    assert row is not None
    return int(row[0])
