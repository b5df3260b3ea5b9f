"""From a position or a time to a position (截至)."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

import psycopg

from api.queries import LATEST, rows
from ledger.errors import Rule

CHINA = timezone(timedelta(hours=8))

MOMENT_MALFORMED = Rule(
    "moment-malformed",
    zh="截至时点应为第几号、日期或时间（如 1200、2026-01-12、2026-01-12T09:30），实为 {found}",
    en="a moment is a position, a date or a time, like 1200, 2026-01-12 or 2026-01-12T09:30; got {found}",
)


def position_at(connection: psycopg.Connection, text: str | None) -> int:
    """The position as of which to answer: one given, or the last one recorded by a time.

    A date means the end of that day in China; a time without an offset is China's.

    Raises:
        Refused: ``moment-malformed``.
    """
    if text is None:
        return LATEST
    if re.fullmatch(r"\d{1,18}", text):
        return int(text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise MOMENT_MALFORMED.refused(found=text) from None
    if re.fullmatch(r"\d{4}-?\d\d-?\d\d", text):
        moment += timedelta(days=1, microseconds=-1)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=CHINA)
    found = rows(
        connection,
        "SELECT coalesce(max(position), 0) AS position FROM views.timeline WHERE recorded_at <= %(moment)s",
        moment=moment,
    )
    return int(found[0]["position"])
