"""Failures of the database (数据库故障): from what PostgreSQL raises to what the writer says of it.

The texts hold no SQL, host or file name: they reach whoever submitted a statement. What the
database said in full goes to the log.
"""

from __future__ import annotations

from datetime import datetime

import psycopg
from psycopg.errors import Diagnostic

from ledger.errors import Explained, Misconfigured, Unavailable
from ledger.postgres.epoch import (
    ELECTED_SINCE,
    SESSION_DIFFERS,
    SUPERSEDED,
    superseded,
)

LOST_CONNECTION = (psycopg.OperationalError, psycopg.InterfaceError)


class WriterElsewhere(Unavailable):
    """Another process is this database's writer.

    ``holder`` is the machine and process that was elected last, ``since`` when: for whoever runs the
    ledger alone, so that neither stands in the texts.
    """

    def __init__(self, holder: str = "", since: datetime | None = None) -> None:
        super().__init__(
            "writer-elsewhere",
            "另一进程正在登记，本进程不能写入",
            "another process is this database's writer",
            5,
        )
        self.holder = holder
        self.since = since


def pooler_refused() -> Misconfigured:
    """The connection is shared among clients, so that nothing that a session holds is held."""
    return Misconfigured(
        "pooler-refused",
        "数据库连接经过按事务复用的连接池，会话不固定，不能登记：请直接连接 PostgreSQL，或让连接池按会话分配",
        "the connection goes through a pooler that gives each transaction another session, so that no lock"
        " holds: connect to PostgreSQL itself, or let the pooler work by session",
    )


def read_only(in_recovery: bool) -> Unavailable:
    """The database takes no writes: it is set so, or is a standby."""
    if in_recovery:
        return Unavailable(
            "database-standby",
            "数据库是备机，不能登记：升为主库后自动恢复",
            "the database is a standby and takes no statements; recording resumes once it is the primary",
            30,
        )
    return Unavailable(
        "database-read-only",
        "数据库处于只读状态，不能登记：恢复可写后自动继续",
        "the database is read-only; recording resumes once it can be written",
        30,
    )


def outcome_unknown() -> Unavailable:
    """The connection broke in the middle, or nobody confirmed what was committed."""
    return Unavailable(
        "outcome-unknown",
        "与数据库的连接中断，结果未知：请用同一签署件再次提交",
        "the database was lost and the outcome is unknown: submit the same statement again",
        10,
    )


_WAITS_FOR_STANDBY = "syncrep.c"


def tells_of_a_standby(notice: Diagnostic) -> bool:
    """Whether a notice says that a commit was not waited for, and may be on this machine alone.

    Such a commit succeeds, with nothing but a warning beside it. The warning's words go by the server's
    language; the file of PostgreSQL's source that it comes from does not (9.1 and later).
    """
    return notice.severity_nonlocalized == "WARNING" and notice.source_file in (_WAITS_FOR_STANDBY, None)


def standby_missing() -> Unavailable:
    """A commit waits for a standby that does not confirm it."""
    return Unavailable(
        "standby-missing",
        "备机没有确认，登记等待中：请检查备机",
        "no standby confirms what is committed, so recording waits: see to the standby",
        10,
    )


def database_unreachable() -> Unavailable:
    """No connection is to be had."""
    return Unavailable(
        "database-unavailable",
        "连不上数据库，请稍后再试",
        "the database cannot be reached, try again later",
        5,
    )


_BY_STATE: dict[str, tuple[str, str, str, int]] = {
    "53100": ("disk-full", "磁盘空间不足，未登记", "the disk is full, nothing was recorded", 60),
    "55P03": (
        "append-locked",
        "台账被其他进程占用，请稍后再提交",
        "another process holds the append lock",
        5,
    ),
    ELECTED_SINCE: (
        "writer-elsewhere",
        "另一进程已接替登记，本进程不再写入",
        "another writer was elected since",
        5,
    ),
}
_CONFLICT = (
    "write-conflict",
    "数据库约束拒绝了本批签署件，未登记",
    "a constraint of the database refused the batch, nothing was recorded",
    5,
)
_FAILED = (
    "database-failed",
    "数据库拒绝写入，未登记：详情见日志",
    "the database refused to write, nothing was recorded: the log says why",
    30,
)


def explained(error: psycopg.Error) -> Explained:
    """What a database's error means to who wanted to record something."""
    state = error.sqlstate or ""
    if state == SUPERSEDED:
        return superseded((error.diag.message_primary or "").rpartition(" ")[2])
    if state == SESSION_DIFFERS:
        return pooler_refused()
    if state == "25006":
        return read_only(in_recovery=False)
    if state in _BY_STATE:
        return Unavailable(*_BY_STATE[state])
    if isinstance(error, psycopg.IntegrityError):
        return Unavailable(*_CONFLICT)
    if isinstance(error, LOST_CONNECTION):
        return outcome_unknown()
    return Unavailable(*_FAILED)


def is_lost(error: psycopg.Error) -> bool:
    """Whether the connection broke, so that the outcome is unknown."""
    return isinstance(error, LOST_CONNECTION) and (error.sqlstate or "") not in _BY_STATE
