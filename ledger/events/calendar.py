"""Days passing (日终): the ledger's own key says that a day has ended.

A rule that waits for days, such as money drawn and not handed out within fifteen of them, works from
these events and never from a clock, so that a replay comes to the same answers.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import ClassVar

from ledger.domain.event import (
    Event,
    VerifiedEvent,
    utc,
    utc_text,
)
from ledger.domain.fields import Day, Moment, Text
from ledger.domain.state import AcceptedClock, Book, State
from ledger.domain.who_signs import SignedBy
from ledger.errors import Rule
from ledger.statements.statement import moment

DAY_NOT_NEXT = Rule(
    "day-not-next",
    zh="日终的日期不对：应晚于 {expected} 且早于登记日，实为 {found}",
    en="not a day that just ended: expected one after {expected} and before the day of recording, got {found}",
)


class DayPassed(Event):
    """A day has ended (日终), and with it every day since the last such event.

    The writer records it with the first statement of a later day; nobody else can sign it.
    """

    TITLE_ZH: ClassVar[str] = "日终"
    TITLE_EN: ClassVar[str] = "Day passed"
    SIGNED_BY: ClassVar[SignedBy] = "ledger"

    day: Day

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """Each day once."""
        book = state.get(Book, "ledger")
        if not book.day_passed < self.day < act.recorded_on:
            raise DAY_NOT_NEXT.refused(expected=book.day_passed, found=self.day)

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """The book knows the day as past."""
        book = state.get(Book, "ledger")
        book.day_passed = self.day
        state.put(book)


CLOCK_DIFFERS = Rule(
    "clock-differs",
    zh="所确认的时间与登记时间、签署时间相差过大：应为 {expected} 前后 5 分钟，实为 {found}",
    en="the accepted time is not the one of recording and of the statement: expected {expected} within five"
    " minutes, found {found}",
)
ACCEPTED_TOO_LONG = Rule(
    "accepted-too-long",
    zh="确认的期限应在 {expected} 之前，实为 {found}",
    en="a clock is accepted until {expected} at most, found {found}",
)
CLOCK_TOLERANCE = timedelta(minutes=5)
LONGEST_ACCEPTANCE = timedelta(days=31)


class ClockAccepted(Event):
    """A registrar confirms the time (确认时钟) where clocks disagree or recorded time ran ahead.

    From this entry on, recorded time goes on from its own time, even where it lies before that of the
    entries before it: positions, not times, are the order. ``found`` is the time that the service's
    clock showed and the registrar's confirms; until ``until`` the service may record by it although
    the database's clock says otherwise. Signed by a registrar over everything.
    """

    TITLE_ZH: ClassVar[str] = "确认时钟"
    TITLE_EN: ClassVar[str] = "Clock accepted"
    CORRECTS_TIME: ClassVar[bool] = True
    ROLES: ClassVar[frozenset[str]] = frozenset({"registrar"})

    found: Moment
    until: Moment
    reason: Text

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """Three clocks agree: the one found, the recording's, the registrar's own."""
        found = moment(self.found, "found")
        for other in (act.recorded_at, act.statement.made_at):
            if abs(moment(other, "time") - found) > CLOCK_TOLERANCE:
                raise CLOCK_DIFFERS.refused(expected=other, found=self.found)
        last = found + LONGEST_ACCEPTANCE
        if moment(self.until, "until") > last:
            raise ACCEPTED_TOO_LONG.refused(expected=utc_text(last), found=self.until)

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """The clock is accepted; a day that was said to have ended and has not, will yet."""
        state.put(AcceptedClock("ledger", utc(self.until)))
        book = state.get(Book, "ledger")
        eve = (date.fromisoformat(act.recorded_on) - timedelta(days=1)).isoformat()
        book.day_passed = min(book.day_passed, eve)
        state.put(book)
