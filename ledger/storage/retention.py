"""Schedules and retention of backups (备份计划与保留): when the next one is due, what may go. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, time, timedelta
from typing import NamedTuple

from ledger.clock import CHINA
from ledger.storage.wal import Base, Segment


class Schedule(NamedTuple):
    """A base every so often, or daily at a time of day in China; a rehearsal every so often, or never."""

    every: timedelta = timedelta(days=1)
    at: time | None = None
    rehearse: timedelta | None = timedelta(days=7)


class Retention(NamedTuple):
    """Any moment of the last ``days`` can be restored, and there are always ``bases`` of them."""

    days: int = 35
    bases: int = 2


class KeptBase(NamedTuple):
    """A whole base in the depot; everything from ``finished_at`` on can be restored from it."""

    name: str
    finished_at: datetime
    size: int
    base: Base


def base_due(last: datetime | None, now: datetime, schedule: Schedule) -> bool:
    """Whether a new base is due, the last one having been begun then."""
    if last is None:
        return True
    if schedule.at is None:
        return now - last >= schedule.every
    today = now.astimezone(CHINA)
    latest = datetime.combine(today.date(), schedule.at, CHINA)
    if latest > today:
        latest -= timedelta(days=1)
    return last < latest


def rehearsal_due(
    last: datetime | None, first_base: datetime | None, now: datetime, schedule: Schedule
) -> bool:
    """Whether a restore is to be rehearsed: once there is a base, then every so often."""
    if schedule.rehearse is None or first_base is None:
        return False
    return last is None or now - last >= schedule.rehearse


def expired_bases(bases: Iterable[KeptBase], now: datetime, retention: Retention) -> list[KeptBase]:
    """The bases that no moment within the retention needs."""
    ordered = sorted(bases, key=lambda each: each.finished_at)
    cutoff = now - timedelta(days=retention.days)
    before = [each for each in ordered if each.finished_at <= cutoff]
    # The newest one before the cutoff is what the first moments after it are restored from.
    spare = len(ordered) - max(1, retention.bases)
    return before[:-1][: max(0, spare)]


def expired_segments(
    segments: Iterable[Segment], kept: Sequence[KeptBase], segment_bytes: int
) -> list[Segment]:
    """The segments before all that the kept bases begin with; none where no base is kept."""
    if not kept:
        return []
    first = min(each.base.start for each in kept) // segment_bytes
    return sorted(each for each in segments if each.number < first)


def base_for(
    bases: Iterable[KeptBase], position: int | None = None, moment: datetime | None = None
) -> KeptBase | None:
    """The newest base from which a position or a moment can be reached; the newest of all for neither."""
    reaching = [
        each
        for each in bases
        if (position is None or each.size <= position) and (moment is None or each.finished_at <= moment)
    ]
    return max(reaching, key=lambda each: each.finished_at, default=None)
