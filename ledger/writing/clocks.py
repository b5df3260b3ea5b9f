"""The clocks as they stand (时钟现状): this machine's, the database's and the last time that was recorded.

For who only looks: the writer holds them against each other itself, before each batch.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple

import psycopg

from ledger.clock import utc_now
from ledger.domain.entry import read_entry
from ledger.domain.event import utc_text
from ledger.writing.clock_guard import STEP, ClockGuard, ClockStepped


class Clocks(NamedTuple):
    """The three times, the last one as it was recorded (empty where nothing was), and until when ours is accepted."""

    here: datetime
    database: datetime
    recorded: str
    accepted_until: str

    @property
    def agree(self) -> bool:
        """Whether the clocks are together, and no time was recorded that is still to come."""
        return abs(self.database - self.here) <= STEP and self.recorded <= utc_text(self.here + STEP)

    def stepped(self) -> ClockStepped | None:
        """What the writer's guard would refuse to record with; None where it would record."""
        try:
            ClockGuard().check(self.here, 0.0, self.recorded, self.accepted_until, lambda: self.database)
        except ClockStepped as error:
            return error
        return None


def read_clocks(connection: psycopg.Connection[Any], clock: Callable[[], datetime] = utc_now) -> Clocks:
    """All of them, now; ``clock`` is the one here."""
    row = connection.execute(
        "SELECT clock_timestamp(),"
        " (SELECT data FROM ledger.entries WHERE statement_id IS NOT NULL ORDER BY position DESC LIMIT 1),"
        " (SELECT value ->> 'until' FROM ledger.standing WHERE key = 'clock/ledger')"
    ).fetchone()
    assert row is not None
    theirs, last, until = row
    recorded = "" if last is None else read_entry(bytes(last))["recorded_at"]
    return Clocks(clock(), theirs.astimezone(UTC), recorded, until or "")
