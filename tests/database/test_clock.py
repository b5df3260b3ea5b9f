"""The clock's guard: a clock that steps stops recording, and a registrar's word lets it go on."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest

from ledger.clock import utc_now
from ledger.domain.entry import read_entry
from ledger.domain.event import utc_text
from ledger.errors import Refused, Unavailable
from ledger.events.calendar import ClockAccepted
from ledger.writing.clock_guard import ClockGuard
from ledger.writing.signing import Signer
from ledger.writing.writer import Writer
from tests.database.test_writer import check_whole, entries, fund
from tests.founding import Founded

NOW = datetime(2026, 1, 10, tzinfo=UTC)


def check(
    guard: ClockGuard, now: datetime, monotonic: float, theirs: datetime, last: str = "", until: str = ""
) -> bool:
    """Whether the guard lets it pass."""
    try:
        guard.check(now, monotonic, last, until, lambda: theirs)
    except Unavailable as stepped:
        assert stepped.code == "clock-stepped"
        assert "songnuan clock accept" in stepped.zh
        return False
    return True


class TestTheGuard:
    def test_clocks_within_a_minute_pass(self) -> None:
        assert check(ClockGuard(), NOW, 0.0, NOW + timedelta(seconds=59))
        assert not check(ClockGuard(), NOW, 0.0, NOW + timedelta(seconds=61))
        assert not check(ClockGuard(), NOW, 0.0, NOW - timedelta(seconds=61))

    def test_recorded_time_ahead_of_now_is_found_without_asking(self) -> None:
        assert not check(ClockGuard(), NOW, 0.0, NOW, last=utc_text(NOW + timedelta(minutes=2)))
        assert check(ClockGuard(), NOW, 0.0, NOW, last=utc_text(NOW + timedelta(seconds=30)))

    def test_a_step_is_found_at_once_although_they_were_just_compared(self) -> None:
        guard = ClockGuard()
        assert check(guard, NOW, 0.0, NOW)
        # Not asked again so soon, while the clock goes on evenly …
        assert check(guard, NOW + timedelta(seconds=1), 1.0, NOW + timedelta(hours=1))
        # … but as soon as it does not.
        assert not check(guard, NOW + timedelta(hours=1), 2.0, NOW + timedelta(seconds=2))
        assert not check(guard, NOW + timedelta(seconds=6), 6.0, NOW + timedelta(hours=1))

    @pytest.mark.parametrize("then", [datetime(1999, 3, 1, tzinfo=UTC), datetime(1970, 1, 1, tzinfo=UTC)])
    def test_a_clock_without_a_battery_records_nothing_though_the_database_agrees(
        self, then: datetime
    ) -> None:
        with pytest.raises(Unavailable) as stepped:
            ClockGuard().check(then, 0.0, "", "", lambda: then)
        assert stepped.value.code == "clock-stepped"
        assert "NTP" in stepped.value.zh

    def test_a_clock_that_was_accepted_passes_until_then(self) -> None:
        until = utc_text(NOW + timedelta(hours=1))
        assert check(ClockGuard(), NOW, 0.0, NOW - timedelta(days=1), until=until)
        assert not check(ClockGuard(), NOW + timedelta(hours=2), 0.0, NOW - timedelta(days=1), until=until)


def stray(founded: Founded, ahead: timedelta) -> None:
    """One statement signed and recorded by a clock that nobody guarded."""
    founded.ahead = ahead
    with founded.store.writer(clock=founded.clock) as writer:
        writer.record(fund(founded))
    founded.ahead = timedelta()


def accepted(founded: Founded, officer: str = "registrar", off: timedelta = timedelta()) -> Refused | None:
    found = (utc_now() + off).isoformat(timespec="seconds")
    event = ClockAccepted(found=found, until=found, reason="时钟曾快十年，已校准")
    with founded.store.writer() as writer:
        outcome = writer.submit([Signer(founded.keys[officer], founded.ledger).sign(event)]).result()[0]
    return outcome if isinstance(outcome, Refused) else None


def refused(writer: Writer, founded: Founded) -> str:
    with pytest.raises(Unavailable) as error:
        writer.record(fund(founded))
    return error.value.code


class TestWhileItRecords:
    def test_a_step_while_there_is_no_session_is_met_by_the_next_one(self, founded: Founded) -> None:
        submission = fund(founded)
        with founded.store.writer(clock=founded.clock, guards_clock=True) as writer:
            head = writer.record(fund(founded)).position
            session = writer._committer._session
            assert session is not None
            with founded.store.connect() as other:
                other.execute("SELECT pg_terminate_backend(%s, 20000)", (session.backend,))
            founded.ahead = timedelta(seconds=200_000)
            with pytest.raises(Unavailable) as error:
                writer.record(submission)
            # It was sent over the session that broke, so that its outcome is not known.
            assert error.value.code in ("clock-stepped", "outcome-unknown")
            with pytest.raises(Unavailable) as error:
                writer.record(submission)
            assert error.value.code == "clock-stepped"
            founded.ahead = timedelta()
            receipt = writer.record(submission)
            assert writer.condition() == []
        assert receipt.position == head + 1
        assert receipt.recorded_at < utc_text(utc_now() + timedelta(minutes=1))

    def test_the_time_that_is_recorded_is_the_one_that_was_looked_at(self, founded: Founded) -> None:
        looks: list[datetime] = []

        def steps_after_each_look() -> datetime:
            looks.append(utc_now() + timedelta(days=len(looks) % 2))
            return looks[-1]

        submissions = [fund(founded) for _ in range(6)]
        with founded.store.writer(clock=steps_after_each_look, guards_clock=True) as writer:
            for submission in submissions:
                with suppress(Unavailable):
                    writer.record(submission)
        latest = utc_text(utc_now() + timedelta(minutes=1))
        assert looks
        assert all(read_entry(entry)["recorded_at"] < latest for _, entry in entries(founded.store))


class TestAfterAStrayTime:
    def test_recording_stops_until_a_registrar_accepts_the_time(self, founded: Founded) -> None:
        stray(founded, timedelta(days=3650))
        head = check_whole(founded.store)
        with founded.store.writer() as writer:
            assert refused(writer, founded) == "clock-stepped"
            assert [cause.code for cause in writer.condition()] == ["clock-stepped"]
        assert accepted(founded) is None
        with founded.store.writer() as writer:
            receipt = writer.record(fund(founded))
            assert writer.condition() == []
        assert receipt.position == head + 2
        assert receipt.recorded_at[:4] == utc_text(utc_now())[:4]
        check_whole(founded.store)

    def test_nobody_else_can_and_a_refused_one_changes_nothing(self, founded: Founded) -> None:
        stray(founded, timedelta(days=3650))
        head = check_whole(founded.store)
        found = accepted(founded, "finance")
        assert found is not None
        assert found.code == "role-not-held"
        wrong = accepted(founded, off=-timedelta(hours=1))
        assert wrong is not None
        assert wrong.code == "clock-differs"
        with founded.store.writer() as writer:
            assert refused(writer, founded) == "clock-stepped"
        assert check_whole(founded.store) == head

    def test_an_acceptance_has_an_end(self, founded: Founded) -> None:
        now = utc_now()
        event = ClockAccepted(
            found=now.isoformat(timespec="seconds"),
            until=(now + timedelta(days=400)).isoformat(timespec="seconds"),
            reason="校准",
        )
        with founded.store.writer() as writer, pytest.raises(Refused) as error:
            writer.record(founded.sign("registrar", event))
        assert error.value.code == "accepted-too-long"

    def test_days_go_on_from_the_accepted_time(self, founded: Founded) -> None:
        stray(founded, timedelta(days=3650))
        assert accepted(founded) is None
        with founded.store.writer(clock=lambda: utc_now() + timedelta(days=2)) as writer:
            writer.record(fund(founded))
        said = [read_entry(entry)["recorded_at"] for _, entry in entries(founded.store)]
        assert said[-1] > said[-3]
        assert said[-3] < said[-4]
