"""The access log as who may read it sees it: lines of officers of the own units, the newest first."""

from __future__ import annotations

from typing import NamedTuple

from api.access_log.rows import AccessRow
from api.gate import LATEST, Row, ScopedViews
from ledger.domain.event import utc
from ledger.errors import Refused
from projections.frame.column import names

_PAGE = """
    SELECT a.number, a.line FROM access_log a
    WHERE a.number < %(before)s
        AND (%(kind)s::text IS NULL OR a.kind = %(kind)s)
        AND (%(officer)s::text IS NULL OR a.officer = %(officer)s)
        AND (%(since)s::text IS NULL OR a.at >= %(since)s)
        AND (%(until)s::text IS NULL OR a.at < %(until)s)
        AND (%(address)s::text IS NULL OR a.line ->> 'address' = %(address)s)
    ORDER BY a.number DESC LIMIT %(limit)s
"""
_MEMBERS = [name for name in names(AccessRow) if name != "number"]


class AccessFilter(NamedTuple):
    """Which lines are asked for; times in the one form that is stored, None for all."""

    kind: str | None = None
    officer: str | None = None
    since: str | None = None
    until: str | None = None
    address: str | None = None


def line_moment(text: str | None) -> str | None:
    """A time in the form that lines have; a day is its beginning in China.

    Raises:
        ValueError: where it is neither a day nor a time with its offset.
    """
    if text is None:
        return None
    try:
        return utc(f"{text}T00:00:00+08:00" if len(text) == 10 else text)
    except (Refused, OverflowError):
        raise ValueError(f"no day, and no time with its offset: {text}") from None


def newest_line(views: ScopedViews) -> int:
    """The number of the newest line that the reader may see; 0 where there is none."""
    return int(views.rows("SELECT coalesce(max(a.number), 0) AS newest FROM access_log a")[0]["newest"])


def access_lines(
    views: ScopedViews, asked: AccessFilter, *, before: int = LATEST, limit: int = 100
) -> list[Row]:
    """A page of the log, the newest first.

    Lines belong to their officer's unit; one for certain campaigns alone is seen by whoever sees these.
    """
    found = views.rows(_PAGE, **asked._asdict(), before=before, limit=limit)
    return [{"number": row["number"], **{name: row["line"].get(name) for name in _MEMBERS}} for row in found]


def count_lines(views: ScopedViews, asked: AccessFilter) -> int:
    """How many lines a question has on all its pages."""
    return int(views.counting().rows(_PAGE, **asked._asdict(), before=LATEST, limit=None)[0]["rows"])
