"""Days passing (日终): the ledger's own key says that a day has ended.

A rule that waits for days, such as money drawn and not handed out within fifteen of them, works from
these events and never from a clock, so that a replay comes to the same answers.
"""

from __future__ import annotations

from typing import ClassVar

from ledger.errors import Rule
from ledger.event import Act, Event
from ledger.fields import Day
from ledger.standing import Book, Key, Standing

DAY_NOT_NEXT = Rule(
    "day-not-next",
    zh="日终的日期不对：应晚于 {expected} 且早于记账日，实为 {found}",
    en="not a day that just ended: expected one after {expected} and before the day of recording, got {found}",
)
NOT_THE_LEDGER = Rule(
    "not-the-ledger",
    zh="此事件只能由账本自己的密钥签署：应为 {expected}，实为 {found}",
    en="only the ledger's own key may sign this: expected {expected}, found {found}",
)


class DayPassed(Event):
    """A day has ended (日终), and with it every day since the last such event.

    The writer records it with the first statement of a later day; nobody else can sign it.
    """

    TITLE_ZH: ClassVar[str] = "日终"
    TITLE_EN: ClassVar[str] = "Day passed"

    day: Day

    def decide(self, act: Act, standing: Standing) -> None:
        """By the ledger itself, and each day once."""
        book = standing.get(Book, "ledger")
        signer = standing.get(Key, act.statement.by)
        if act.signers != (book.key_id,):
            raise NOT_THE_LEDGER.refused(expected=book.key_id, found=signer.officer)
        if not book.day_passed < self.day < act.recorded_on:
            raise DAY_NOT_NEXT.refused(expected=book.day_passed, found=self.day)

    def apply(self, act: Act, standing: Standing) -> None:
        """The book knows the day as past."""
        book = standing.get(Book, "ledger")
        book.day_passed = self.day
        standing.put(book)
