"""The gate (查看闸口): the only way from a question to the views, with the scope of who asks in every query.

What a question may name and as of when it is asked stand here too. Questions themselves are in their
topics, beside the routes that ask them.
"""

from __future__ import annotations

from api.gate.access_scope import EVERYTHING, NOTHING, AccessScope
from api.gate.scoped_views import Row, ScopedViews, every_view, public_views, views_within

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
    "views_within",
]

LATEST = 2**62
"""A position after all others: as things stand now."""


def given(table: str, **filters: str | None) -> str:
    """The conditions for those filters that are given; a plan then fits every value of theirs."""
    return "".join(
        f" AND {table}.{name} = %({name})s" for name, value in filters.items() if value is not None
    )
