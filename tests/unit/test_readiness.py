"""Readiness: since when a cause holds, and how long a start may take."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

import pytest
import structlog
from structlog.testing import capture_logs

from api.service.readiness import SILENT_SECONDS, STARTING_SECONDS, Readiness, ViewsFollow
from ledger.writing.condition import Cause
from projections.following.pulse import Pulse
from tests.waiting import wait_until


class Clock:
    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def codes(follow: ViewsFollow) -> list[str]:
    return [each.code for each in follow()]


def test_a_process_that_starts_has_longer_before_it_is_silent() -> None:
    clock = Clock()
    pulse = Pulse(clock)
    follow = ViewsFollow(pulse.read, clock)
    clock.seconds += STARTING_SECONDS - 1
    assert codes(follow) == ["views-starting"]
    clock.seconds += 2
    assert codes(follow) == ["views-silent"]


def test_a_process_that_followed_is_silent_soon() -> None:
    clock = Clock()
    pulse = Pulse(clock)
    follow = ViewsFollow(pulse.read, clock)
    pulse.beat(5, 5)
    assert codes(follow) == []
    clock.seconds += SILENT_SECONDS + 1
    assert codes(follow) == ["views-silent"]


@pytest.fixture
def utc(monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """The clock's time, to be set on."""
    now = [datetime.fromisoformat("2026-01-15T00:00:00+00:00")]
    monkeypatch.setattr("api.service.readiness.utc_now", lambda: now[0])
    return now


def test_a_look_that_fails_is_unknown_since_then_and_not_since_the_start(utc: list[datetime]) -> None:
    fails = False

    def look() -> Iterable[Cause]:
        if fails:
            raise RuntimeError("broken")
        return []

    readiness = Readiness([look])
    assert readiness.look() == []
    for hour, failing in ((1, True), (2, True), (3, False), (4, True)):
        utc[0] = datetime.fromisoformat(f"2026-01-15T0{hour}:00:00+00:00")
        fails = failing
        readiness.look()
        since = [each.since for each in readiness.causes()]
        began = 1 if hour < 3 else 4
        assert since == ([f"2026-01-15T0{began}:00:00+00:00"] if failing else [])


def test_who_was_not_looked_at_is_unknown_since_the_last_look_grew_old(utc: list[datetime]) -> None:
    clock = Clock()
    readiness = Readiness([], clock)
    readiness.look()
    for later in (SILENT_SECONDS + 1, 300.0):
        clock.seconds = 1000.0 + later
        began = utc[0]
        utc_then = began + timedelta(seconds=SILENT_SECONDS)
        (cause,) = readiness.causes()
        assert (cause.code, cause.since) == ("readiness-unknown", utc_then.isoformat(timespec="seconds"))


@pytest.fixture
def every_level() -> Iterator[None]:
    """The log's own settings, whatever another test of this process has set."""
    before = structlog.get_config()
    structlog.reset_defaults()
    yield
    structlog.configure(**before)


@pytest.mark.usefixtures("every_level")
def test_a_look_that_hangs_is_told_once_and_so_is_its_end(utc: list[datetime]) -> None:
    clock = Clock()
    readiness = Readiness([], clock)
    with capture_logs() as told:
        readiness.look()
        clock.seconds += SILENT_SECONDS + 1
        readiness.causes()
        readiness.causes()
        readiness.look()
        readiness.look()
    assert [(each["event"], each.get("causes")) for each in told] == [
        ("the service is ready", None),
        ("the service is not ready", ["readiness-unknown"]),
        ("the service is ready", None),
    ]


def test_who_asks_is_answered_while_a_look_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.service.readiness.ANSWER_SECONDS", 0.01)
    stopped = threading.Event()

    def look() -> Iterable[Cause]:
        stopped.wait()
        return ()

    ready = Readiness([look])
    assert [each.code for each in ready.asked()] == ["readiness-unknown"]
    stopped.set()
    wait_until(lambda: ready.asked() == [])
