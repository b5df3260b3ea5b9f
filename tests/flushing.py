"""The tests' server while it waits: for the disk, as one at work does; for a standby that never comes."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, LiteralString

import psycopg

from tests.waiting import wait_until


@contextmanager
def flushing(url: str) -> Iterator[None]:
    """Verify in here what should be found sound."""
    configure(url, "fsync", "on", "ALTER SYSTEM SET fsync = on")
    try:
        yield
    finally:
        configure(url, "fsync", "off", "ALTER SYSTEM SET fsync = off")


@contextmanager
def waiting_for_a_standby(url: str) -> Iterator[psycopg.Connection[Any]]:
    """No commit is confirmed in here, but those of the connection that this gives."""
    with psycopg.connect(url, autocommit=True) as apart:
        apart.execute("SET synchronous_commit = local")
        try:
            apart.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
            apart.execute("SELECT pg_reload_conf()")
            wait_until(lambda: _a_commit_waits(url))
            yield apart
        finally:
            apart.execute("ALTER SYSTEM RESET synchronous_standby_names")
            apart.execute("SELECT pg_reload_conf()")


def _a_commit_waits(url: str) -> bool:
    with psycopg.connect(url, autocommit=True) as connection:
        written = "SELECT pg_logical_emit_message(true, 'test', '')"
        thread = threading.Thread(target=connection.execute, args=(written,))
        thread.start()
        thread.join(0.3)
        waits = thread.is_alive()
        connection.cancel_safe()
        thread.join(20)
    return waits


def configure(url: str, name: str, value: str, statement: LiteralString) -> None:
    """Change a setting of the server, and wait until new sessions have it."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)
        connection.execute("SELECT pg_reload_conf()")
    deadline = time.monotonic() + 30
    while True:
        with psycopg.connect(url) as connection:
            if connection.execute("SELECT current_setting(%s)", (name,)).fetchone() == (value,):
                return
        assert time.monotonic() < deadline
        time.sleep(0.01)
