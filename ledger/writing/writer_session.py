"""The writer's session (登记会话): its own connection, elected, fenced and known to be writable.

A session that is opened has proved all that a batch relies on: it keeps its state from one
transaction to the next, the database takes writes, no other process writes, and the epoch taken was
confirmed by whoever confirms commits, so that all that stood before is durable too.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Literal

import psycopg
from psycopg.errors import Diagnostic

from ledger.log.proofs import head
from ledger.postgres.connection import connect
from ledger.postgres.entries import APPEND_LOCK
from ledger.postgres.epoch import Seal, check_not_superseded, read_epoch, take_epoch
from ledger.postgres.failures import (
    WriterElsewhere,
    database_unreachable,
    read_only,
    tells_of_a_standby,
)
from ledger.postgres.interrupting import Interrupt
from ledger.postgres.session_check import backend_of, check_session

OPEN_BATCH = "SELECT * FROM ledger.open_batch(%s, %s, %s, %s, %s, %s, %s, %s)"
WRITER_LOCK = 0x736F6E67_00000003

Durability = Literal["standby", "flushed", "unflushed"]
"""What a receipt rests on: a standby confirmed it; this server's disk has it; or, where the server runs
without fsync, no more than its memory."""


class NotConfirmed(Exception):
    """A commit went through here, but whoever should confirm it did not."""


class WriterSession:
    """One elected writer's connection. Not safe for threads, but for ``interrupt``.

    ``head`` is the last position that this session knows of; a batch that finds another one was
    overtaken. ``durability`` is what the last confirmed commit proved.
    """

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection = connection
        self.epoch = 0
        self.backend = 0
        self.head = 0
        self.durability: Durability = "flushed"
        self.interrupt = Interrupt(connection)
        """Stops what the connection waits for; from any thread."""
        self._unconfirmed = False
        connection.add_notice_handler(self._hear)

    def _hear(self, notice: Diagnostic) -> None:
        if tells_of_a_standby(notice):
            self._unconfirmed = True

    def check_confirmed(self) -> None:
        """Raise ``NotConfirmed`` where a commit since the last call may not be on the standby."""
        unconfirmed, self._unconfirmed = self._unconfirmed, False
        if unconfirmed:
            raise NotConfirmed

    def confirm(self) -> None:
        """Commit something small and wait until it is confirmed, and all before it with it.

        Raises:
            NotConfirmed: this one was not confirmed either.
            psycopg.Error: the connection broke.
        """
        self._unconfirmed = False
        self.connection.execute("UPDATE ledger.writer SET beat_at = clock_timestamp()")
        self.check_confirmed()

    def rehearse(self) -> None:
        """Do all that a batch does, without a statement: lock, checks, a write, a confirmed commit.

        Raises:
            NotConfirmed, psycopg.Error: as a batch would fail.
        """
        self._unconfirmed = False
        with self.connection.transaction():
            self.connection.execute(OPEN_BATCH, (APPEND_LOCK, self.epoch, self.backend, *[""] * 5))
            self.connection.execute("UPDATE ledger.writer SET beat_at = clock_timestamp()")
        self.check_confirmed()

    def close(self) -> None:
        """Give up the election and close the connection."""
        # The server ends a session some time after it is closed; the next writer may come sooner.
        with suppress(psycopg.Error):
            self.connection.execute("SELECT pg_advisory_unlock(%s)", (WRITER_LOCK,))
        self.connection.close()
        self.interrupt.close()


def elect(
    url: str,
    lock_timeout_seconds: int,
    *,
    is_checked: bool = False,
    seal: Seal,
    opened: Callable[[WriterSession], None] = lambda session: None,
) -> WriterSession:
    """Open the writer's session: check it, elect it, take the next epoch.

    ``is_checked`` says that this URL was found to give sessions of their own. ``opened`` hears of the
    session before it is elected, since that may wait, too; ``seal`` is that of the epoch's row.

    Raises:
        Misconfigured: ``pooler-refused`` or ``superseded``.
        Unavailable: ``writer-elsewhere``, ``database-standby``, ``database-read-only`` or
            ``database-unavailable``.
        psycopg.Error, NotConfirmed: the connection broke while it was made ready.
    """
    try:
        connection = connect(url, prepare_threshold=None)
    except psycopg.OperationalError as error:
        raise database_unreachable() from error
    session = WriterSession(connection)
    opened(session)
    try:
        if not is_checked:
            check_session(url, connection)
        _prepare(connection, lock_timeout_seconds)
        check_writable(connection)
        last = read_epoch(connection)
        check_not_superseded(last)
        session.backend = backend_of(connection)
        row = connection.execute("SELECT pg_try_advisory_lock(%s)", (WRITER_LOCK,)).fetchone()
        if row is None or not row[0]:
            raise WriterElsewhere(last.holder, last.since)
        session.epoch = take_epoch(connection, f"{socket.gethostname()}/{os.getpid()}", seal)
        session.check_confirmed()
        session.head = head(connection)
    except BaseException:
        session.close()
        raise
    return session


def _prepare(connection: psycopg.Connection[Any], lock_timeout_seconds: int) -> None:
    # The same few statements over and over: planned once, while the tables are small, and
    # still right when they are large, since all go by index.
    connection.execute(
        "SET enable_seqscan = off; SET plan_cache_mode = force_generic_plan; SET jit = off;"
        f" SET lock_timeout = '{lock_timeout_seconds}s';"
        # A receipt that nothing flushed would be no receipt.
        " SELECT set_config('synchronous_commit', 'on', false)"
        " WHERE current_setting('synchronous_commit') = 'off'"
    )
    connection.prepare_threshold = 1


def check_writable(connection: psycopg.Connection[Any]) -> None:
    """Refuse a database that takes no writes at present.

    Raises:
        Unavailable: ``database-standby`` or ``database-read-only``.
    """
    row = connection.execute(
        "SELECT pg_is_in_recovery(), current_setting('transaction_read_only')"
    ).fetchone()
    assert row is not None
    if row[0] or row[1] == "on":
        raise read_only(in_recovery=bool(row[0]))
