"""The clock's guard (时钟守护): nothing is recorded under a time that the database does not confirm.

A clock that steps takes every later time with it, since recorded time goes on and not back. So the
service's clock is held against the database's, and against the last time that was recorded; what
does not agree stops recording until a registrar accepts a time as true (``ClockAccepted``).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from ledger.clock import china_time
from ledger.domain.event import utc_text
from ledger.errors import Unavailable

STEP = timedelta(minutes=1)
"""How far two clocks may be apart."""
EARLIEST = datetime(2026, 1, 1, tzinfo=UTC)
"""Before which nothing is recorded. A machine whose clock has no battery begins in 1970 or 2000, its database with
it; a ledger founded then would later record the end of every day that has passed since."""
COMPARE_SECONDS = 5.0
"""How long a comparison with the database's clock counts while the service's own goes on evenly."""


class ClockStepped(Unavailable):
    """A clock is not where it should be: nothing is recorded under its time."""


def clock_stepped(found: datetime | str, expected: datetime | str) -> ClockStepped:
    """The error of a clock that is not where it should be; says both times and the way out."""
    here, there = (
        china_time(moment if isinstance(moment, datetime) else datetime.fromisoformat(moment))
        for moment in (found, expected)
    )
    return ClockStepped(
        "clock-stepped",
        f"时钟不一致，已停止登记：本机 {here}，应为 {there}。请校准时钟；"
        "若确认本机时间无误，请停止服务，由授权管理员执行 songnuan clock accept，再启动",
        f"the clocks disagree and recording has stopped: here it is {here}, expected {there}. Set the clocks"
        " right; if the time here is the true one, stop the service, let a registrar run songnuan clock accept, and"
        " start it again",
        60,
    )


def clock_before_program(found: datetime) -> ClockStepped:
    """The error of a clock that is back before this program was written."""
    here = china_time(found)
    return ClockStepped(
        "clock-stepped",
        f"本机时间 {here} 早于本程序写成之时，必有错误，已停止登记：请校准时钟（NTP）",
        f"here it is {here}, when this program was not yet written: the clock is wrong and recording has stopped. Set"
        " it by NTP",
        60,
    )


class ClockGuard:
    """Compares clocks, the database's only now and then. Not safe for threads."""

    def __init__(self) -> None:
        self._compared_at = -COMPARE_SECONDS
        self._last: tuple[datetime, float] | None = None

    def check(
        self,
        now: datetime,
        monotonic: float,
        last_recorded_at: str,
        accepted_until: str,
        database_time: Callable[[], datetime],
    ) -> None:
        """Refuse to record at ``now`` where the clocks disagree.

        ``accepted_until`` is until when a registrar has accepted this clock although the database's
        says another time. ``monotonic`` goes on evenly, whatever is done to the clock.

        Raises:
            ClockStepped: ``clock-stepped``.
        """
        if now < EARLIEST:
            raise clock_before_program(now)
        if last_recorded_at > utc_text(now + STEP):
            raise clock_stepped(now, last_recorded_at)
        if self._is_even(now, monotonic) and monotonic - self._compared_at < COMPARE_SECONDS:
            self._last = now, monotonic
            return
        theirs = database_time().astimezone(UTC)
        if abs(theirs - now) > STEP and utc_text(now) > accepted_until:
            raise clock_stepped(now, theirs)
        self._compared_at = monotonic
        self._last = now, monotonic

    def _is_even(self, now: datetime, monotonic: float) -> bool:
        """Whether the clock has gone on since the last time as the monotonic one has."""
        if self._last is None:
            return False
        then, at = self._last
        return abs((now - then) - timedelta(seconds=monotonic - at)) < STEP / 2
