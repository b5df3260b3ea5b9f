"""The clock (时钟): moments are UTC, days are China's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

CHINA = timezone(timedelta(hours=8))
"""China has one time zone and no summer time."""


def utc_now() -> datetime:
    """The time, as the machine's clock has it."""
    return datetime.now(UTC)


def china_today() -> str:
    """Today's date in China, like 2026-01-15."""
    return utc_now().astimezone(CHINA).date().isoformat()


def china_time(moment: datetime) -> str:
    """A moment as a clock in China shows it, to the second, like 2026-01-15 09:30:00."""
    return moment.astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S")
