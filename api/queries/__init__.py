"""The questions that commands and pages ask of the views; each answers as of a position.

Every answer is rows of plain values: sums in fen, dates as dates, positions as integers.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import psycopg
from psycopg.rows import dict_row

LATEST = 2**62
"""A position after all others: as things stand now."""

Row = dict[str, Any]


class Within(NamedTuple):
    """What an answer is limited to: these campaigns, these units with all below them; None is all."""

    campaigns: tuple[str, ...] | None = None
    units: tuple[str, ...] | None = None

    def campaign_in(self, table: str) -> str:
        """The condition on a table's campaign."""
        return "" if self.campaigns is None else f" AND {table}.campaign = ANY(%(within_campaigns)s)"

    def unit_in(self, unit: str) -> str:
        """The condition on an expression that names a unit."""
        if self.units is None:
            return ""
        return (
            f" AND {unit} IN (SELECT w.unit FROM views.units w"
            " WHERE w.unit = ANY(%(within_units)s) OR w.ancestors && %(within_units)s)"
        )

    def parameters(self) -> dict[str, list[str]]:
        """The values that the conditions name."""
        return {
            "within_campaigns": list(self.campaigns or ()),
            "within_units": list(self.units or ()),
        }


EVERYTHING = Within()


def given(table: str, **filters: str | None) -> str:
    """The conditions for those filters that are given; a plan then fits every value of theirs."""
    return "".join(
        f" AND {table}.{name} = %({name})s" for name, value in filters.items() if value is not None
    )


def rows(connection: psycopg.Connection, query: str, **parameters: Any) -> list[Row]:
    """The rows of a query with named parameters."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query, parameters).fetchall()
