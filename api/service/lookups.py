"""The quota of look-ups (查询限额): how often a day a person is told that somebody is on another list.

A person counts once, under however many officers' codes they ask. A clerk who has a roster read learns of
persons on lists elsewhere that they are there. That is needed now and then; who asks it of many asks for
something else. The access log is the memory, so that a restart forgets nothing; what is refused counts too.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import psycopg

from api.service.statuses import answered_with
from ledger.clock import china_today
from ledger.domain.event import utc
from ledger.errors import Rule

MOST_ELSEWHERE_A_DAY = 50

RESERVED_SECONDS = 300.0
"""Longer than any answer takes."""

LOOKUPS_TOO_MANY = answered_with(
    429,
    Rule(
        "lookups-too-many",
        zh="今日查到在其他名单上的人数已达 {expected} 人的限额，今日不再答复：请明日再试，或请上级单位办理",
        en="{expected} persons on other lists were looked up today, which is the most: nothing more is answered; try"
        " again tomorrow, or have it done by the unit above",
    ),
)


Codes = tuple[str, ...]
"""The codes of all officers that are one person, in order."""


class Reserved(NamedTuple):
    """How many answers were set aside for a person, and whether nothing more is answered to them today.

    ``until`` is when it ends by itself (seconds of the monotonic clock), where whoever asked never came back.
    """

    who: Codes
    given: int
    until: float
    is_used_up: bool


class Lookups:
    """Counts by person and day, in China.

    ``codes_of`` gives the codes of the person who an officer is; ``told_since`` how many somebody of these was
    told of since a moment (UTC).
    """

    def __init__(
        self,
        told_since: Callable[[Codes, str], int],
        codes_of: Callable[[str], Codes],
        today: Callable[[], str] = china_today,
    ) -> None:
        self._told_since = told_since
        self._codes_of = codes_of
        self._today = today
        self._lock = threading.Condition()
        self._day = ""
        self._counts: dict[Codes, int] = {}
        self._under_way: list[Reserved] = []

    def take(self, officer: str, elsewhere: int) -> None:
        """Counts what an officer is about to be told.

        Once the quota is used up nothing more is answered on that day, whoever is asked about: an answer for
        some and a refusal for others would say who is on another list.

        Raises:
            Refused: ``lookups-too-many``.
        """
        with self._lock:
            who = self._codes_of(officer)
            before = self._told(who)
            self._counts[who] = before + elsewhere
            if before >= MOST_ELSEWHERE_A_DAY or before + elsewhere > MOST_ELSEWHERE_A_DAY:
                raise LOOKUPS_TOO_MANY.refused(expected=MOST_ELSEWHERE_A_DAY)

    def reserve(self, officer: str, wanted: int, *, waits: bool = True) -> Reserved:
        """Sets so many answers aside, of which each may tell of somebody: what is under way at once stays within.

        Fewer are given where fewer are left; none where nothing more is answered today. Where all that is left is
        under way elsewhere, it waits for that, or gives none and says so.
        """
        with self._lock:
            who = self._codes_of(officer)
            while True:
                now = time.monotonic()
                self._under_way = [each for each in self._under_way if each.until > now]
                left = MOST_ELSEWHERE_A_DAY - self._told(who)
                room = left - sum(each.given for each in self._under_way if each.who == who)
                if left <= 0 or room > 0 or not waits:
                    until = now + RESERVED_SECONDS
                    reserved = Reserved(who, max(0, min(wanted, room)), until, is_used_up=left <= 0)
                    self._under_way.append(reserved)
                    return reserved
                self._lock.wait(1.0)

    def settle(self, reserved: Reserved, elsewhere: int) -> None:
        """Counts of how many these answers told, and gives back what was set aside."""
        with self._lock:
            self._counts[reserved.who] = self._told(reserved.who) + elsewhere
            self._under_way = [each for each in self._under_way if each is not reserved]
            self._lock.notify_all()

    def _told(self, who: Codes) -> int:
        day = self._today()
        if day != self._day:
            self._day, self._counts = day, {}
        if who not in self._counts:
            self._counts[who] = self._told_since(who, utc(f"{day}T00:00:00+08:00"))
        return self._counts[who]


def told_since(connection: psycopg.Connection[Any], officers: Sequence[str], since: str) -> int:
    """How many persons these officers were told of since a time, by the access log."""
    row = connection.execute(
        "SELECT coalesce(sum((line ->> 'elsewhere')::bigint), 0)::bigint FROM ledger.access_log"
        " WHERE officer = ANY(%s) AND kind IN ('look-up', 'refused') AND at >= %s",
        (list(officers), since),
    ).fetchone()
    assert row is not None
    return int(row[0])
