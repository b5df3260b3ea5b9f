"""Comparing two schemas of views, row by row, as they stood at a position."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, NamedTuple

import orjson
import psycopg

from projections.frame.view import View, table_names


class Difference(NamedTuple):
    """A row that the two sides do not have alike.

    ``kind`` is ``changed``, ``missing`` (only the second has it), ``added`` (only the first has it),
    ``beyond`` (true or ended only after the last entry) or ``shape`` (the tables have other columns);
    ``columns`` are those that differ. Of a whole view: ``outdated``, ``ahead`` of the last entry, or
    ``unknown``.
    """

    view: str
    table: str
    kind: str
    key: str
    columns: list[str]
    found: dict[str, Any] | None
    expected: dict[str, Any] | None


class Comparison:
    """Compares the tables of views in two schemas: what is found in one, what is expected by the other."""

    MOST_NAMED: ClassVar[int] = 1000

    def __init__(self, cursor: psycopg.Cursor[Any], found: str, expected: str, position: int) -> None:
        self._cursor = cursor
        self._found = found
        self._expected = expected
        self._position = position
        self.rows = 0
        self.left_out = 0

    def of(self, view: View) -> list[Difference]:
        """Every row of the view's tables that differs; at most so many are named, the rest counted."""
        differences: list[Difference] = []
        for table in table_names(view):
            for difference in self._of_table(view, table):
                if len(differences) < self.MOST_NAMED:
                    differences.append(difference)
                else:
                    self.left_out += 1
        return differences

    def _of_table(self, view: View, table: str) -> Iterator[Difference]:
        columns, others = self._columns(self._expected, table), self._columns(self._found, table)
        if columns != others:
            differing = sorted(set(columns) ^ set(others))
            yield Difference(view.name, table, "shape", "", differing, None, None)
            return
        key = self._key(table)
        yield from self._beyond(view, table, key, columns)
        queries = [self._as_of(schema, table, columns) for schema in (self._found, self._expected)]
        count = self._cursor.execute(f"SELECT count(*) FROM ({queries[1]}) t").fetchone()
        self.rows += count[0] if count is not None else 0
        sides = []
        for one, other in (queries, reversed(queries)):
            rows = self._cursor.execute(
                f"SELECT to_jsonb(d)::text FROM ({one} EXCEPT ALL {other}) d"
            ).fetchall()
            found = [orjson.loads(row[0]) for row in rows]
            sides.append({_said(row, key): row for row in found})
        found_rows, expected_rows = sides
        for name in sorted(found_rows.keys() | expected_rows.keys()):
            here, there = found_rows.get(name), expected_rows.get(name)
            if here is not None and there is not None:
                differing = [column for column in columns if here[column] != there[column]]
                yield Difference(view.name, table, "changed", name, differing, here, there)
            else:
                kind = "missing" if here is None else "added"
                yield Difference(view.name, table, kind, name, [], here, there)

    def _beyond(self, view: View, table: str, key: list[str], columns: list[str]) -> Iterator[Difference]:
        """Rows of the found side that begin or end after the last entry that there is: none can."""
        places: list[str] = [name for name in ("position", "from_position", "to_position") if name in columns]
        self._cursor.execute(
            f"SELECT to_jsonb(t)::text FROM {self._found}.{table} t WHERE greatest({', '.join(places)})"
            " > (SELECT coalesce(max(position), 0) FROM ledger.entries)"
        )
        for (text,) in self._cursor.fetchall():
            row = orjson.loads(text)
            yield Difference(view.name, table, "beyond", _said(row, key), places, row, None)

    def _as_of(self, schema: str, table: str, columns: list[str]) -> str:
        """The rows that were there at the position, and as they stood then."""
        selected = ", ".join(
            f"CASE WHEN to_position <= {self._position} THEN to_position END AS to_position"
            if column == "to_position"
            else f'"{column}"'
            for column in columns
        )
        since = "from_position" if "from_position" in columns else "position"
        return f"SELECT {selected} FROM {schema}.{table} WHERE {since} <= {self._position}"

    def _columns(self, schema: str, table: str) -> list[str]:
        rows = self._cursor.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = to_regclass(%s) AND attnum > 0"
            " AND NOT attisdropped ORDER BY attnum",
            (f"{schema}.{table}",),
        ).fetchall()
        columns = [row[0] for row in rows]
        if columns and not {"position", "from_position"} & set(columns):
            raise RuntimeError(f"{table} has no position, so it cannot be compared as of one")
        return columns

    def _key(self, table: str) -> list[str]:
        rows = self._cursor.execute(
            "SELECT a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid"
            " AND a.attnum = ANY(i.indkey) WHERE i.indrelid = %s::regclass AND i.indisprimary"
            " ORDER BY array_position(i.indkey::int[], a.attnum::int)",
            (f"{self._expected}.{table}",),
        ).fetchall()
        return [row[0] for row in rows]


def _said(row: dict[str, Any], key: list[str]) -> str:
    return " ".join(str(row[column]) for column in key)
