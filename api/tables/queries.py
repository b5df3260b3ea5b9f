"""Questions to tables (列表查询): a page, counts and sums, as they stood."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from api.gate import Row, ScopedViews
from api.tables.asked import Asked, Value, missing, write_cursor
from api.tables.names import MaskedNames
from api.tables.sql import Found, Sql, page_of, totals_of
from api.tables.table import Table
from api.tables.titles import Titled
from ledger.identity.vault import Vault


class Question(NamedTuple):
    """What is asked of a table within whose scope, as of when, with what its words stand for."""

    table: Table
    asked: Asked
    views: ScopedViews
    vault: Vault
    as_of: int
    bounds: Mapping[str, Any]
    titled: Titled
    found: tuple[Found, ...]

    def rows(self, sql: Sql) -> list[Row]:
        """The rows of one of its statements."""
        return self.views.rows(sql.text, **sql.parameters, **self.bounds, as_of=self.as_of)


class TablePart(NamedTuple):
    """A page of rows; ``next`` is the cursor of the one after it, None on the last."""

    rows: list[Row]
    next: str | None


class Totals(NamedTuple):
    """How many rows, and their sums in fen by column."""

    rows: int
    sums: dict[str, int]


class Span(NamedTuple):
    """What some tables are asked beside: since which position, of which campaign's month, up to which row."""

    since: int | None = None
    campaign: str | None = None
    month: str | None = None
    upto: int | None = None


NO_SPAN = Span()


def bounds(table: Table, span: Span, views: ScopedViews, as_of: int) -> dict[str, Any]:
    """What a table's source is bounded by beside the position.

    Raises:
        Refused: ``parameter-invalid`` where the table cannot do without what was not asked.
    """
    if table.since:
        if span.since is None:
            raise missing("since", "本列表须指明起始时点", "this list takes an earlier moment")
        return {"since": span.since}
    if table.newest is not None:
        return {"upto": views.rows(table.newest)[0]["newest"] if span.upto is None else span.upto}
    if table.drawn_up is not None:
        if span.campaign is None or span.month is None:
            raise missing("month", "本列表须指明活动和会计期间", "this list takes a campaign and a month")
        rows = table.drawn_up(views, span.campaign, span.month, as_of)
        return {"drawn_up": orjson.dumps(rows, default=str).decode()}
    return {}


def question(
    table: Table,
    asked: Asked,
    views: ScopedViews,
    vault: Vault,
    names: MaskedNames,
    as_of: int,
    span: Span = NO_SPAN,
) -> Question:
    """A question, whose words are looked up among titles and masked names."""
    titled = Titled(views)
    found = tuple(
        Found(
            {
                column: meant
                for column, family in table.families.items()
                if (meant := titled.meant(family, word))
            },
            [] if table.named_by is None else names.dossiers(views, vault, word),
        )
        for word in asked.words
    )
    return Question(table, asked, views, vault, as_of, bounds(table, span, views, as_of), titled, found)


def page(of: Question, *, after: Sequence[Value] | None = None, skip: int = 0, limit: int = 100) -> TablePart:
    """A page of the rows that are asked for, in their order."""
    table = of.table
    sql = page_of(table, of.asked, of.found, after=after, skip=skip, limit=limit + 1)
    rows = of.rows(sql)
    more = len(rows) > limit
    rows = rows[:limit]
    if table.finish is not None:
        table.finish(rows, of.views, of.vault)
    return TablePart(rows, write_cursor(rows[-1], of.asked.order) if more else None)


def totals(of: Question) -> Totals:
    """How many rows there are in all, and their sums."""
    (row,) = of.rows(totals_of(of.table, of.asked, of.found, None))
    return _totals(row)


def groups(of: Question, by: str) -> list[tuple[str | None, Totals]]:
    """The same of each group of rows that have the same in a column, the largest first."""
    rows = of.rows(totals_of(of.table, of.asked, of.found, by))
    return [(row.pop("key"), _totals(row)) for row in rows]


def _totals(row: dict[str, Any]) -> Totals:
    return Totals(int(row.pop("rows")), row)
