"""The quota of look-ups (查询限额): how often a day an officer is told that somebody is on another list.

A clerk who has a roster read learns of persons on lists elsewhere that they are there. That is needed
now and then; who asks it of many asks for something else. The access log is the memory, so that a
restart forgets nothing; what is refused counts too.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
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


class Lookups:
    """Counts by officer and day, in China."""

    def __init__(self, told_since: Callable[[str, str], int], today: Callable[[], str] = china_today) -> None:
        self._told_since = told_since
        self._today = today
        self._lock = threading.Lock()
        self._day = ""
        self._counts: dict[str, int] = {}

    def take(self, officer: str, elsewhere: int) -> None:
        """Counts what an officer is about to be told.

        Once the quota is used up nothing more is answered on that day, whoever is asked about: an answer for
        some and a refusal for others would say who is on another list.

        Raises:
            Refused: ``lookups-too-many``.
        """
        with self._lock:
            before = self._told(officer)
            self._counts[officer] = before + elsewhere
            if before >= MOST_ELSEWHERE_A_DAY or before + elsewhere > MOST_ELSEWHERE_A_DAY:
                raise LOOKUPS_TOO_MANY.refused(expected=MOST_ELSEWHERE_A_DAY)

    def note(self, officer: str, elsewhere: int) -> None:
        """Counts what an officer was told already."""
        with self._lock:
            self._counts[officer] = self._told(officer) + elsewhere

    def is_used_up(self, officer: str) -> bool:
        """Whether nothing more is answered to an officer today."""
        with self._lock:
            return self._told(officer) >= MOST_ELSEWHERE_A_DAY

    def _told(self, officer: str) -> int:
        day = self._today()
        if day != self._day:
            self._day, self._counts = day, {}
        if officer not in self._counts:
            self._counts[officer] = self._told_since(officer, utc(f"{day}T00:00:00+08:00"))
        return self._counts[officer]


def told_since(connection: psycopg.Connection[Any], officer: str, since: str) -> int:
    """How many persons an officer was told of since a time, by the access log."""
    row = connection.execute(
        "SELECT coalesce(sum((line ->> 'elsewhere')::bigint), 0)::bigint FROM ledger.access_log"
        " WHERE officer = %s AND kind IN ('look-up', 'refused') AND at >= %s",
        (officer, since),
    ).fetchone()
    assert row is not None
    return int(row[0])
