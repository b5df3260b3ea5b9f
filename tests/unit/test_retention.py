"""When a base is due, and what no moment within the retention needs."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ledger.storage.retention import (
    KeptBase,
    Retention,
    Schedule,
    base_due,
    base_for,
    expired_bases,
    expired_segments,
    rehearsal_due,
)
from ledger.storage.wal import DEFAULT_SEGMENT_BYTES, Base, Segment

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


def kept(days_ago: float, number: int = 0) -> KeptBase:
    start = number * DEFAULT_SEGMENT_BYTES
    return KeptBase(f"{days_ago}", NOW - timedelta(days=days_ago), number, Base(1, start, start + 1))


class TestABase:
    def test_is_due_at_first_and_then_every_so_often(self) -> None:
        schedule = Schedule(every=timedelta(hours=6))
        assert base_due(None, NOW, schedule)
        assert not base_due(NOW - timedelta(hours=5), NOW, schedule)
        assert base_due(NOW - timedelta(hours=6), NOW, schedule)

    def test_is_due_once_after_its_time_of_day_in_china(self) -> None:
        schedule = Schedule(at=time(19, 30))  # 11:30 UTC
        assert base_due(NOW - timedelta(hours=1), NOW, schedule)
        assert not base_due(NOW - timedelta(minutes=20), NOW, schedule)
        assert not base_due(NOW - timedelta(minutes=20), NOW + timedelta(hours=23), schedule)
        assert base_due(NOW - timedelta(minutes=20), NOW + timedelta(hours=24), schedule)


def test_a_rehearsal_needs_a_base() -> None:
    assert not rehearsal_due(None, None, NOW, Schedule())
    assert rehearsal_due(None, NOW, NOW, Schedule())
    assert not rehearsal_due(NOW - timedelta(days=6), NOW, NOW, Schedule())
    assert not rehearsal_due(None, NOW, NOW, Schedule(rehearse=None))


def test_a_base_is_chosen_from_which_the_target_can_be_reached() -> None:
    bases = [kept(9, 10), kept(5, 20), kept(1, 30)]
    assert base_for(bases) == bases[2]
    assert base_for(bases, position=25) == bases[1]
    assert base_for(bases, moment=NOW - timedelta(days=6)) == bases[0]
    assert base_for(bases, position=3) is None


@given(
    st.lists(st.integers(0, 100), min_size=1, max_size=20, unique=True), st.integers(1, 40), st.integers(1, 5)
)
def test_every_moment_within_the_retention_stays_restorable(ages: list[int], days: int, least: int) -> None:
    bases = [kept(age, 100 - age) for age in ages]
    gone = expired_bases(bases, NOW, Retention(days, least))
    left = [each for each in bases if each not in gone]
    assert len(left) >= min(least, len(bases))
    cutoff = NOW - timedelta(days=days)
    if any(each.finished_at <= cutoff for each in bases):
        assert any(each.finished_at <= cutoff for each in left)
    assert all(each in left for each in bases if each.finished_at > cutoff)
    # No segment goes that a base that is left begins with or needs after.
    segments = [Segment(1, number) for number in range(100)]
    dropped = expired_segments(segments, left, DEFAULT_SEGMENT_BYTES)
    first = min(each.base.start for each in left) // DEFAULT_SEGMENT_BYTES
    assert {each.number for each in dropped} == set(range(min(first, 100)))
