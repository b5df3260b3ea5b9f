"""As of when: the moment that a text means."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from api.gate import every_view
from api.gate.moments import moment_of, position_at
from ledger.domain.entry import read_entry
from ledger.errors import Refused
from ledger.postgres.connection import datastore
from projections.following.runner import Followers
from tests.database.test_clock import accepted, stray
from tests.database.test_writer import entries, fund
from tests.founding import Founded


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("2026-01-12", "2026-01-12T23:59:59.999999+08:00"),
        ("2026-W03-1", "2026-01-12T23:59:59.999999+08:00"),
        ("2026W031", "2026-01-12T23:59:59.999999+08:00"),
        ("2026-01-12T09:30", "2026-01-12T09:30:00+08:00"),
        ("2026-01-12 09:30", "2026-01-12T09:30:00+08:00"),
        ("2026-W03-1T09:30", "2026-01-12T09:30:00+08:00"),
        ("20260112T093000Z", "2026-01-12T09:30:00+00:00"),
        ("9999-12-31", "9999-12-31T23:59:59.999999+08:00"),
    ],
)
def test_a_day_means_its_end_and_a_time_is_chinas(text: str, means: str) -> None:
    assert moment_of(text).isoformat() == means


@pytest.mark.parametrize(
    "text",
    [
        "2026-W03",
        "2026-01",
        "2026-012",
        "2026-02-30",
        "2026-W54-1",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-12:00",
        "today",
        "",
        "2026-01-12T",
        "٢٠٢٦-٠١-١٢",
    ],
)
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(Refused) as caught:
        moment_of(text)
    assert caught.value.code == "moment-malformed"


def test_a_time_is_answered_by_the_last_stretch_that_had_begun_by_then(founded: Founded) -> None:
    """Recorded time goes back where a registrar accepted the clock, and nowhere else."""
    for ahead in (timedelta(days=3650), timedelta(days=400)):
        stray(founded, ahead)
        assert accepted(founded) is None
        with founded.store.writer() as writer:
            writer.record(fund(founded))
    connections = datastore(founded.store.url)
    followers = Followers(connections)
    followers.prepare()
    followers.catch_up()
    connections.close()
    recorded = [read_entry(entry) for _, entry in entries(founded.store)]
    times = [datetime.fromisoformat(each["recorded_at"]) for each in recorded]
    steps = [number for number in range(1, len(times)) if times[number] < times[number - 1]]
    assert len(steps) == 2
    with founded.store.connect() as connection:
        accepting = connection.execute(
            "SELECT position FROM ledger.entries WHERE type LIKE 'ClockAccepted.%' ORDER BY position"
        ).fetchall()
        assert [position - 1 for (position,) in accepting] == steps
        views = every_view(connection)
        for asked in (*times, *(each - timedelta(microseconds=1) for each in times)):
            assert position_at(views, asked.isoformat()) == by_definition(times, [0, *steps], asked)
        # What was recorded under the stray time is part of all that is after the acceptance …
        assert position_at(views, times[-1].isoformat()) == len(times)
        assert position_at(views, (times[steps[0] - 1] - timedelta(days=1)).isoformat()) == len(times)
        # … and of nothing before it.
        sound = [each for each in times[: steps[0]] if each < times[steps[0]]]
        assert position_at(views, sound[-1].isoformat()) == len(sound) < steps[0]


def by_definition(times: list[datetime], starts: list[int], asked: datetime) -> int:
    """The last stretch that holds an entry recorded by then, and in it the last such entry."""
    for start, end in reversed([*zip(starts, [*starts[1:], len(times)], strict=True)]):
        by_then = [number + 1 for number in range(start, end) if times[number] <= asked]
        if by_then:
            return by_then[-1]
    return 0
