"""What a policy lays down of the public notice (公示要求): whom to reach, what it says, by which calendar days count.

Who takes objections and how they are reached may be the whole campaign's, or be named with each notice. A posted
notice's own contacts come first.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from ledger.domain.fields import Day, OfficePhone, Text
from ledger.domain.policy.part import Part
from ledger.validation_words import ValueProblem

FRIDAY = 5


class NoticeContacts(BaseModel):
    """Who posts a notice, who takes objections, and how both and who supervises them are reached (公示联系方式)."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    issuer: Text
    objections_to: Text
    phone: OfficePhone
    supervising_phone: OfficePhone
    address: Text | None = None


class NoticeRules(Part):
    """What a notice must say (公示要求).

    With ``contacts_required`` no notice is posted that names nobody to turn to, unless ``contacts`` are the policy's
    own. ``text`` is what the notice says of objections, in the office's words.
    """

    contacts_required: bool = True
    contacts: NoticeContacts | None = None
    text: Text | None = None
    source: Text


class WorkCalendar(Part):
    """Which days are worked and which are not (工作日历), as the year's holidays are announced (节假日安排).

    ``days_off`` are off though they are Mondays to Fridays, ``days_worked`` are worked though they are weekends
    (调休). All other days are by the week.
    """

    days_off: Annotated[list[Day], Field(max_length=200)] = []
    days_worked: Annotated[list[Day], Field(max_length=200)] = []
    source: Text

    @model_validator(mode="after")
    def _says_one_thing(self) -> WorkCalendar:
        if both := sorted(set(self.days_off) & set(self.days_worked)):
            raise ValueProblem(
                f"{both[0]} 既列为放假又列为上班", f"{both[0]} is both a day off and a day worked"
            )
        return self


def working_days(calendar: WorkCalendar | None, start: str, end: str) -> int:
    """How many days are worked from one day to another, both included.

    >>> working_days(None, "2026-02-13", "2026-02-16")
    2
    >>> working_days(WorkCalendar(days_off=["2026-02-16"], days_worked=["2026-02-14"], source="国办"),
    ...     "2026-02-13", "2026-02-16")
    2
    """
    day, last, worked = date.fromisoformat(start), date.fromisoformat(end), 0
    off, on = (set(), set()) if calendar is None else (set(calendar.days_off), set(calendar.days_worked))
    while day <= last:
        name = day.isoformat()
        worked += name in on or (day.isoweekday() <= FRIDAY and name not in off)
        day += timedelta(days=1)
    return worked
