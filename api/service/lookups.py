"""The quota of look-ups (查询限额): how often a day a person is told that somebody is on another list.

A person counts once, under however many officers' codes they ask. A clerk who has a roster read learns of
persons on lists elsewhere that they are there. That is needed now and then; who asks it of many asks for
something else. The access log is the memory, so that a restart forgets nothing; what is refused counts too.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

import psycopg

from api.service.statuses import answered_with
from ledger.clock import china_today
from ledger.domain.event import utc
from ledger.errors import Rule

MOST_ELSEWHERE_A_DAY = 50

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
        self._lock = threading.Lock()
        self._day = ""
        self._counts: dict[Codes, int] = {}

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

    def note(self, officer: str, elsewhere: int) -> None:
        """Counts what an officer was told already."""
        with self._lock:
            who = self._codes_of(officer)
            self._counts[who] = self._told(who) + elsewhere

    def is_used_up(self, officer: str) -> bool:
        """Whether nothing more is answered to an officer today."""
        with self._lock:
            return self._told(self._codes_of(officer)) >= MOST_ELSEWHERE_A_DAY

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
