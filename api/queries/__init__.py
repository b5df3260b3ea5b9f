"""The questions that commands and pages ask of the views; each answers as of a position.

Every answer is rows of plain values: sums in fen, dates as dates, positions as integers.
"""

from __future__ import annotations

from api.queries.gate import Row, ScopedViews, every_view, public_views
from api.queries.scope import EVERYTHING, NOTHING, AccessScope

__all__ = [
    "EVERYTHING",
    "LATEST",
    "NOTHING",
    "AccessScope",
    "Row",
    "ScopedViews",
    "every_view",
    "given",
    "public_views",
]

LATEST = 2**62
"""A position after all others: as things stand now."""


def given(table: str, **filters: str | None) -> str:
    """The conditions for those filters that are given; a plan then fits every value of theirs."""
    return "".join(
        f" AND {table}.{name} = %({name})s" for name, value in filters.items() if value is not None
    )
