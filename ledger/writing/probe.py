"""The probe (探测): proof that a commit would work now, in a connection of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime

import psycopg
import structlog

from ledger.errors import Explained
from ledger.postgres.connection import ANSWER_SECONDS, connect
from ledger.postgres.epoch import check_not_superseded, read_epoch
from ledger.postgres.failures import database_unreachable, explained, standby_missing, tells_of_a_standby
from ledger.postgres.interrupting import Interrupt
from ledger.supervision import Task
from ledger.writing.clocks import read_clocks
from ledger.writing.writer_session import check_writable

_log = structlog.get_logger(__name__)


NEEDS_ROOM = (
    "SET work_mem = '64kB'; SET temp_tablespaces = '';"
    " SELECT count(*) FROM (SELECT md5(n::text) AS line FROM generate_series(1, 20000) n ORDER BY 1 OFFSET 1) s"
)
"""Sorts about a megabyte on the database's disk, where it is in nobody's way and gone at once: a heartbeat takes
the place of the one before, and would be committed on a disk that has no room for a single entry."""


class CommitProbe:
    """Commits the writer's heartbeat, and says what keeps it from being committed and confirmed.

    Where there is a ``clock`` to guard, it is held against the database's and the last recorded time as before a batch.

    A commit may wait without end, for a lock or for a standby; so each is a task, and one that has not come
    back is asked about again and not started twice.
    """

    def __init__(self, url: str, clock: Callable[[], datetime] | None = None) -> None:
        self._url = url
        self._clock = clock
        self._task = Task("commit probe")
        self._interrupt: Interrupt | None = None
        self._found: Explained | None = None

    def cause(self, wait_seconds: float) -> Explained | None:
        """Try a commit; None where it was confirmed within the time given."""
        self._task.start(self._run)
        return self._found if self._task.join(wait_seconds) else standby_missing()

    def close(self) -> None:
        """Stop waiting for a commit that does not come back."""
        interrupt = self._interrupt
        if interrupt is not None:
            interrupt()

    def _run(self) -> None:
        try:
            self._found = self._try()
        except psycopg.OperationalError as error:
            self._found = explained(error) if error.sqlstate else database_unreachable()
        except psycopg.Error as error:
            self._found = explained(error)
            _log.warning("a commit would fail", error=error)
        except Explained as error:
            self._found = error

    def _try(self) -> Explained | None:
        warned = threading.Event()
        with connect(
            self._url, "lock_timeout=2s", prepare_threshold=None, answer_seconds=ANSWER_SECONDS
        ) as connection:
            connection.add_notice_handler(lambda notice: warned.set() if tells_of_a_standby(notice) else None)
            self._interrupt = Interrupt(connection)
            try:
                check_writable(connection)
                check_not_superseded(read_epoch(connection))
                stepped = None if self._clock is None else read_clocks(connection, self._clock).stepped()
                if stepped is not None:
                    return stepped
                connection.execute("UPDATE ledger.writer SET beat_at = clock_timestamp()")
                connection.execute(NEEDS_ROOM)
            finally:
                interrupt, self._interrupt = self._interrupt, None
                interrupt.close()
        return standby_missing() if warned.is_set() else None
