"""The tests' server while it waits for the disk, as one at work does: verifying names one that does not."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import LiteralString

import psycopg


@contextmanager
def flushing(url: str) -> Iterator[None]:
    """Verify in here what should be found sound."""
    configure(url, "fsync", "on", "ALTER SYSTEM SET fsync = on")
    try:
        yield
    finally:
        configure(url, "fsync", "off", "ALTER SYSTEM SET fsync = off")


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
