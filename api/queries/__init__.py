"""The questions that commands and pages ask of the views; each answers as of a position.

Every answer is rows of plain values: sums in fen, dates as dates, positions as integers.
"""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg.rows import dict_row

LATEST = 2**62
"""A position after all others: as things stand now."""

Row = dict[str, Any]


def given(table: str, **filters: str | None) -> str:
    """The conditions for those filters that are given; a plan then fits every value of theirs."""
    return "".join(
        f" AND {table}.{name} = %({name})s" for name, value in filters.items() if value is not None
    )


def rows(connection: psycopg.Connection, query: str, **parameters: Any) -> list[Row]:
    """The rows of a query with named parameters."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query, parameters).fetchall()
