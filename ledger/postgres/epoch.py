"""The epoch (任期): which writer, and which database, may record (fencing).

A database holds one epoch; whoever is elected takes the next. Each batch says under which epoch it
writes, and one of an earlier epoch is refused by the database itself. Where a standby takes over,
the old database is fenced with the newer epoch, and the new one assumes it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

import psycopg

from ledger.errors import Misconfigured
from ledger.postgres.entries import APPEND_LOCK

ELECTED_SINCE = "SN001"
SUPERSEDED = "SN002"
SESSION_DIFFERS = "SN003"
"""What ``ledger.open_batch`` raises, as SQLSTATE."""


Seal = Callable[[int, str, datetime], bytes]
"""Seals an epoch, its holder, and since when."""


class Epoch(NamedTuple):
    """The epoch of a database, who took it, and the one that goes on elsewhere, if any."""

    number: int
    holder: str
    since: datetime
    superseded_by: int | None


def read_epoch(connection: psycopg.Connection[Any]) -> Epoch:
    """Read the database's epoch."""
    row = connection.execute("SELECT epoch, holder, since, superseded_by FROM ledger.writer").fetchone()
    if row is None:
        raise _missing()
    return Epoch(*row)


def _missing() -> Misconfigured:
    return Misconfigured(
        "epoch-missing",
        "数据库中没有登记任期：ledger.writer 表是空的",
        "the database holds no epoch: the table ledger.writer is empty",
    )


def check_not_superseded(epoch: Epoch) -> None:
    """Refuse a database in whose place another one records.

    Raises:
        Misconfigured: ``superseded``.
    """
    if epoch.superseded_by is not None:
        raise superseded(epoch.superseded_by)


def superseded(epoch: int | str) -> Misconfigured:
    """The error of a database that another one has taken the place of."""
    return Misconfigured(
        "superseded",
        f"此数据库已被另一数据库接替（任期 {epoch}），不得再登记：请连接新的主库，或把此库重新建为备机",
        f"another database has taken this one's place (epoch {epoch}) and nothing is recorded here any more:"
        " connect to the new primary, or make this one its standby",
    )


def take_epoch(connection: psycopg.Connection[Any], holder: str, seal: Seal) -> int:
    """Take the next epoch, once no batch is under way, and seal its row; durable when this returns.

    Raises:
        Misconfigured: ``superseded``.
    """
    # In two round trips: an elected writer must come to its first batch soon.
    with connection.transaction():
        with connection.pipeline():
            _wait_for_batch(connection)
            found = connection.execute(
                "SELECT epoch + 1, clock_timestamp(), superseded_by FROM ledger.writer"
            )
        row = found.fetchone()
        if row is None:
            raise _missing()
        number, since, superseded_by = row
        if superseded_by is not None:
            raise superseded(superseded_by)
        connection.execute(
            "UPDATE ledger.writer SET epoch = %(epoch)s, holder = %(holder)s, since = %(since)s, beat_at = %(since)s,"
            " seal = %(seal)s",
            {"epoch": number, "holder": holder, "since": since, "seal": seal(number, holder, since)},
        )
    return int(number)


def fence(connection: psycopg.Connection[Any], epoch: int) -> None:
    """Mark this database as superseded by a newer epoch, which another database goes on under.

    Returns once no batch is under way, so that no receipt of this database comes after it. An epoch
    that is not newer than the database's own is a mistake of the caller.
    """
    with connection.transaction():
        _wait_for_batch(connection)
        current = read_epoch(connection)
        if epoch <= current.number:
            raise RuntimeError(f"epoch {epoch} is not after {current.number}")
        connection.execute("UPDATE ledger.writer SET superseded_by = greatest(superseded_by, %s)", (epoch,))


def assume_epoch(connection: psycopg.Connection[Any], epoch: int) -> int:
    """Make this database the one that records from that epoch on, and return the epoch it has now."""
    with connection.transaction():
        _wait_for_batch(connection)
        row = connection.execute(
            "UPDATE ledger.writer SET epoch = greatest(epoch, superseded_by, %s), superseded_by = NULL,"
            " holder = '', seal = NULL, since = clock_timestamp() RETURNING epoch",
            (epoch,),
        ).fetchone()
    assert row is not None
    return int(row[0])


def _wait_for_batch(connection: psycopg.Connection[Any]) -> None:
    connection.execute("SELECT pg_advisory_xact_lock(%s)", (APPEND_LOCK,))
