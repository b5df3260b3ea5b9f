"""Questions to tables (列表查询): a page, counts and sums, as they stood."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

import orjson

from api.gate import Row, ScopedViews
from api.tables.asked import Asked, Value, missing, write_cursor
from api.tables.names import MaskedNames, dossiers_marked, marks_meant
from api.tables.sql import Found, Sql, page_of, totals_of
from api.tables.table import Span, Table
from api.tables.titles import Titled
from ledger.identity.blind_index import Marker
from ledger.identity.vault import Vault


class Question(NamedTuple):
    """What is asked of a table within whose scope, as of when, with what its words stand for.

    ``looked_up`` says that a word may have been somebody's whole name, number, account or phone.
    """

    table: Table
    asked: Asked
    views: ScopedViews
    vault: Vault
    as_of: int
    bounds: Mapping[str, Any]
    titled: Titled
    found: tuple[Found, ...]
    looked_up: bool = False

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


NO_SPAN = Span()


class Persons(NamedTuple):
    """The dossiers that a word stands for, and whether it may have been somebody's own name or number."""

    dossiers: list[str]
    looked_up: bool


class Finder(NamedTuple):
    """Finds persons by a word: among what is shown of them masked, and by marks."""

    names: MaskedNames
    marker: Marker
    today: date

    def find(self, views: ScopedViews, word: str) -> Persons:
        """Whom a word stands for within the scope."""
        marks = marks_meant(self.marker, word, self.today)
        own = dossiers_marked(views, marks)
        return Persons([*self.names.dossiers(views, word), *own], any(marks))


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
    if table.monthly and (span.campaign is None or span.month is None):
        raise missing("month", "本列表须指明活动和会计期间", "this list takes a campaign and a month")
    if table.drawn_up is not None:
        rows = table.drawn_up(views, span, as_of)
        return {"drawn_up": orjson.dumps(rows, default=str).decode()}
    return {}


def question(
    table: Table,
    asked: Asked,
    views: ScopedViews,
    vault: Vault,
    finder: Finder,
    as_of: int,
    span: Span = NO_SPAN,
) -> Question:
    """A question, whose words are looked up among titles, masked names and numbers, and marks."""
    titled = Titled(views)
    words = asked.words if table.named_by is not None else ()
    persons = {word: finder.find(views, word) for word in words}
    found = tuple(
        Found(
            {
                column: meant
                for column, family in table.families.items()
                if (meant := titled.meant(family, word))
            },
            persons[word].dossiers if word in persons else [],
        )
        for word in asked.words
    )
    looked_up = any(each.looked_up for each in persons.values())
    span_of = bounds(table, span, views, as_of)
    return Question(table, asked, views, vault, as_of, span_of, titled, found, looked_up)


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
