"""A question to a table as SQL (查询语句): conditions, order, pages and totals over its source; pure.

Values are parameters, and names are those of declared columns: nothing that was typed stands in a statement.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from api.tables.asked import Asked, Filter, Value
from api.tables.table import Order, Table

FenOf = re.compile(r"-?\d{1,12}(?:\.\d{1,2})?")
_CASTS = {"number": "bigint", "position": "bigint", "fen": "bigint", "day": "date", "truth": "boolean"}


class Sql(NamedTuple):
    """A statement with its parameters."""

    text: str
    parameters: dict[str, Any]


class Found(NamedTuple):
    """What a word that is searched for stands for: codes by column, and dossiers by masked name."""

    codes: Mapping[str, Sequence[str]]
    dossiers: Sequence[str]


class _Writer:
    """Writes conditions, and collects their values as parameters."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.parameters: dict[str, Any] = {}

    def value(self, value: Any) -> str:
        """A parameter of this value."""
        name = f"v{len(self.parameters)}"
        self.parameters[name] = value
        return f"%({name})s"

    def typed(self, column: str, value: Any) -> str:
        """The same, of a column's type."""
        declared = self.table.declared[column].kind.name
        cast = _CASTS.get(declared, "timestamptz" if declared == "moment" else "text")
        return f"{self.value(value)}::{cast}"

    def filter(self, of: Filter) -> str:
        """The condition of a filter."""
        column = f"l.{of.column}"
        if self.table.declared[of.column].kind.name == "moment":
            # The days of China, whatever the database's own zone is.
            column = f"({column} AT TIME ZONE 'Asia/Shanghai')::date"
        if of.comparison != "=":
            kind = "date" if column.endswith("::date") else _CASTS[self.table.declared[of.column].kind.name]
            return " AND ".join(
                f"{column} {of.comparison} {self.value(value)}::{kind}" for value in of.values
            )
        return "(" + " OR ".join(self._equal(column, of.column, value) for value in of.values) + ")"

    def _equal(self, column: str, name: str, value: Value) -> str:
        if value is None:
            return f"{column} IS NULL"
        if column.endswith("::date"):
            return f"{column} = {self.value(value)}::date"
        if self.table.declared[name].kind.name == "texts":
            return f"{self.value(value)}::text = ANY({column})"
        return f"{column} = {self.typed(name, value)}"

    def word(self, word: str, found: Found) -> str:
        """That a row has a word somewhere: in a text, a title, a masked name, or as its number, sum or day."""
        either = []
        text = self.value(word.lower())
        fen = _fen(word)
        for name, column in self.table.asked.items():
            if name in self.table.derived and name not in found.codes:
                continue
            kind = column.kind.name
            if name in self.table.families:
                if found.codes.get(name):
                    codes = f"{self.value(list(found.codes[name]))}::text[]"
                    either.append(f"l.{name} && {codes}" if kind == "texts" else f"l.{name} = ANY({codes})")
            elif kind == "texts":
                either.append(f"strpos(lower(array_to_string(l.{name}, ' ')), {text}) > 0")
            elif kind == "text":
                either.append(f"strpos(lower(l.{name}), {text}) > 0")
            elif kind in ("number", "position") and word.isdecimal() and len(word) < 18:
                either.append(f"l.{name} = {self.value(int(word))}::bigint")
            elif kind == "fen" and fen is not None:
                either.append(f"l.{name} = {self.value(fen)}::bigint")
            elif kind == "day" and re.fullmatch(r"[\d-]{4,10}", word):
                either.append(f"starts_with(l.{name}::text, {text})")
        if self.table.named_by is not None and found.dossiers:
            either.append(f"l.{self.table.named_by} = ANY({self.value(list(found.dossiers))}::text[])")
        return "(" + " OR ".join(either) + ")" if either else "false"

    def after(self, order: Sequence[Order], place: Sequence[Value]) -> str:
        """That a row comes after a place in an order; what is null comes last."""
        either = []
        for index, (each, value) in enumerate(zip(order, place, strict=True)):
            if value is None:
                continue  # nothing comes after null but what the next column says
            equal = [
                f"l.{before.column} IS NOT DISTINCT FROM {self.typed(before.column, at)}"
                for before, at in zip(order[:index], place[:index], strict=True)
            ]
            sign = "<" if each.descending else ">"
            beyond = f"(l.{each.column} {sign} {self.typed(each.column, value)} OR l.{each.column} IS NULL)"
            either.append("(" + " AND ".join([*equal, beyond]) + ")")
        return "(" + " OR ".join(either) + ")" if either else "false"


def _fen(word: str) -> int | None:
    """A sum in yuan as it is typed, in fen."""
    plain = word.replace(",", "").replace("，", "")
    if not FenOf.fullmatch(plain):
        return None
    whole, _, rest = plain.partition(".")
    return int(whole + (rest + "00")[:2])


def _needs_derived(table: Table, asked: Asked, found: Sequence[Found], group: str | None = None) -> bool:
    of_words = {name for each in found for name in each.codes if each.codes[name]}
    return bool(table.derived & (asked.columns | of_words | ({group} if group else set())))


def _selected(writer: _Writer, asked: Asked, found: Sequence[Found], *, whole: bool) -> str:
    """The rows that are asked for, as ``l``; ``whole`` has every column computed before the conditions."""
    table = writer.table
    source = f"({table.rows_from})"
    if whole and table.beside is not None:
        source = "(" + table.beside.replace("{rows}", table.rows_from) + ")"
    conditions = [writer.filter(each) for each in asked.filters]
    conditions += [writer.word(word, each) for word, each in zip(asked.words, found, strict=True)]
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    return f"{source} l{where}"


def order_by(order: Sequence[Order]) -> str:
    """The order, with what is null last."""
    said = [f"l.{each.column}{' DESC' if each.descending else ''} NULLS LAST" for each in order]
    return f" ORDER BY {', '.join(said)}"


def page_of(
    table: Table,
    asked: Asked,
    found: Sequence[Found],
    *,
    after: Sequence[Value] | None,
    skip: int,
    limit: int,
) -> Sql:
    """A page of rows: after a place, or so many rows down."""
    writer = _Writer(table)
    whole = _needs_derived(table, asked, found)
    selected = _selected(writer, asked, found, whole=whole)
    if after is not None:
        joint = " AND " if " l WHERE " in selected else " WHERE "
        selected += joint + writer.after(asked.order, after)
    text = (
        f"SELECT l.* FROM {selected}{order_by(asked.order)} LIMIT {writer.value(limit)}"
        f" OFFSET {writer.value(skip)}"
    )
    if table.beside is not None and not whole:
        beside = table.beside.replace("{rows}", text)
        text = f"SELECT l.* FROM ({beside}) l{order_by(asked.order)}"
    return Sql(text, writer.parameters)


def totals_of(table: Table, asked: Asked, found: Sequence[Found], by: str | None) -> Sql:
    """How many rows there are and their sums, of all or of each group, the largest first."""
    writer = _Writer(table)
    selected = _selected(writer, asked, found, whole=_needs_derived(table, asked, found, by))
    key = "NULL" if by is None else f"l.{by}::text"
    count = "count(*)"
    sums = [f"coalesce(sum(l.{name}), 0)::bigint AS {name}" for name in table.sums]
    if table.sums_once_by is not None:
        largest = "".join(f", max(l.{name}) AS {name}" for name in table.sums)
        selected = (
            f"(SELECT {key} AS key, count(*) AS rows{largest} FROM {selected}"
            f" GROUP BY 1, l.{table.sums_once_by}) l"
        )
        key, count = "l.key", "coalesce(sum(l.rows), 0)::bigint"
    columns = ", ".join([f"{count} AS rows", *sums])
    if by is None:
        return Sql(f"SELECT {columns} FROM {selected}", writer.parameters)
    return Sql(
        f"SELECT {key} AS key, {columns} FROM {selected} GROUP BY 1 ORDER BY 2 DESC, 1", writer.parameters
    )
