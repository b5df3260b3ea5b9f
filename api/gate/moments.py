"""From a position or a time to a position (截至)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from api.gate import LATEST, ScopedViews
from ledger.clock import CHINA
from ledger.errors import Rule

MOMENT_MALFORMED = Rule(
    "moment-malformed",
    zh="截至时点应为登记序号、日期或时间（如 1200、2026-01-12、2026-W03-1、2026-01-12T09:30），实为 {found}",
    en="a moment is a position, a date or a time, like 1200, 2026-01-12, 2026-W03-1 or 2026-01-12T09:30;"
    " got {found}",
)

POSITION_UNKNOWN = Rule(
    "position-unknown",
    zh="没有第 {found} 号：最新为第 {expected} 号",
    en="there is no position {found}: the newest is {expected}",
)


_DAY = re.compile(r"\d{4}-\d\d-\d\d|\d{4}-?W\d\d-?[1-7]", re.ASCII)


def moment_of(text: str) -> datetime:
    """The moment that a date or a time means (ISO 8601).

    A date, also a week's (``2026-W03-1``), means the end of that day in China; a time without an offset
    is China's. A month, a week or a year alone is no moment, nor is a day of the year.

    Raises:
        Refused: ``moment-malformed``.
    """
    is_day = _DAY.fullmatch(text) is not None
    try:
        if not is_day and not re.match(r"[0-9W-]{8,10}[T ]", text):
            raise ValueError
        moment = datetime.fromisoformat(text)
        if is_day:
            moment += timedelta(days=1, microseconds=-1)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=CHINA)
        # What UTC cannot hold cannot be compared with what is recorded.
        moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise MOMENT_MALFORMED.refused(found=text) from None
    return moment


def position_at(views: ScopedViews, text: str | None) -> int:
    """The position as of which to answer: one given, or the last one recorded by a time.

    Digits alone are a position, so that a date has its hyphens.

    Raises:
        Refused: ``moment-malformed``, or ``position-unknown`` for one that is not recorded yet.
    """
    if text is None:
        return LATEST
    if re.fullmatch(r"\d{1,18}", text):
        return _recorded(views, int(text))
    return _last_by(views, moment_of(text))


def _recorded(views: ScopedViews, position: int) -> int:
    head = _last(views)
    if position > head:
        raise POSITION_UNKNOWN.refused(expected=head, found=position)
    return position


def _last_by(views: ScopedViews, moment: datetime) -> int:
    """The last position recorded by a moment.

    Times go on with positions, but where a registrar accepted the clock after it had run ahead: the
    last stretch between two such entries that holds one recorded by then counts, which is the last
    whose first entry was.
    """
    found = views.rows(
        "SELECT max(position) AS position FROM moments WHERE restarts AND recorded_at <= %(moment)s",
        moment=moment,
    )
    start = int(found[0]["position"] or 0)
    after = views.rows(
        "SELECT min(position) AS position FROM moments WHERE restarts AND position > %(start)s", start=start
    )
    end = _last(views) if after[0]["position"] is None else int(after[0]["position"]) - 1
    return _last_between(views, max(0, start - 1), end, moment)


def _last_between(views: ScopedViews, low: int, high: int, moment: datetime) -> int:
    """The last position recorded by a moment in a stretch where times only go on: halve and halve."""
    floor = low
    while low < high:
        middle = (low + high + 1) // 2
        found = views.rows(
            "SELECT recorded_at FROM moments WHERE position <= %(position)s AND position > %(floor)s"
            " ORDER BY position DESC LIMIT 1",
            position=middle,
            floor=floor,
        )
        if not found or found[0]["recorded_at"] <= moment:
            low = middle
        else:
            high = middle - 1
    return low


def _last(views: ScopedViews) -> int:
    found = views.rows("SELECT coalesce(max(position), 0) AS head FROM moments")
    return int(found[0]["head"])


def day_at(views: ScopedViews, as_of: int) -> str:
    """The day in China on which the newest entry up to a position was recorded."""
    found = views.rows(
        "SELECT (m.recorded_at AT TIME ZONE 'Asia/Shanghai')::date::text AS day FROM moments m"
        " WHERE m.position <= %(as_of)s ORDER BY m.position DESC LIMIT 1",
        as_of=as_of,
    )
    return str(found[0]["day"])
