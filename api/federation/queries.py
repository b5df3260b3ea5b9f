"""Questions about ledgers of a lower level (下级账本)."""

from __future__ import annotations

from api.gate import Row, ScopedViews


def summaries_taken(views: ScopedViews, day: str) -> list[Row]:
    """The summaries taken that were filed up to a day, in order."""
    return views.rows(
        "SELECT * FROM summaries_taken s WHERE filed_on <= %(day)s::date ORDER BY position", day=day
    )
