"""Whether each index holds what its table does: a poisoned one hides rows from whoever asks by it.

An index that was kept from rows, or built while its order meant something else, is as valid to the
catalogue as any other. So each B-tree is read from end to end, and the table without it, and both must
give the same keys. Inverted indexes cannot be read so; their size alone says nothing (docs/verify.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import orjson
import psycopg
from psycopg import sql

from ledger.errors import Rule
from ledger.findings import Finding, Report

INDEX_DIFFERS = Rule(
    "index-differs",
    zh="索引 {object} 与其表 {table} 的内容不符：索引中 {found} 行，表中 {expected} 行",
    en="the index {object} does not hold what its table {table} does: {found} rows by it, {expected} without",
)

_INDEXES = """
SELECT i.indexrelid::regclass::text, i.indrelid::regclass::text, c.relname,
    (SELECT array_agg(a.attname ORDER BY k.place) FROM unnest(i.indkey[0:i.indnkeyatts - 1])
        WITH ORDINALITY AS k (number, place) JOIN pg_attribute a ON a.attrelid = i.indrelid
        AND a.attnum = k.number), pg_get_expr(i.indpred, i.indrelid), i.indnkeyatts
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
JOIN pg_namespace n ON n.oid = t.relnamespace JOIN pg_am m ON m.oid = c.relam
WHERE n.nspname = ANY(%s) AND m.amname = 'btree' AND t.relkind = 'r' AND i.indisvalid AND i.indexprs IS NULL
ORDER BY 1
"""


class _Index(NamedTuple):
    name: str
    table: str
    short: str
    columns: list[str]
    where: str | None

    def query(self) -> str:
        """Count and hash of the keys, in the index's order so that the planner can go along it."""
        keys = ", ".join(sql.Identifier(name).as_string() for name in self.columns)
        where = "" if self.where is None else f" WHERE {self.where}"
        return (
            "SELECT count(*), coalesce(sum(hashtextextended(k::text, 0)::numeric), 0)"  # noqa: S608 # the catalogue's own names
            f" FROM (SELECT ROW({keys}) AS k FROM {self.table}{where} ORDER BY {keys}) AS rows"
        )


def check_indexes(connection: psycopg.Connection[Any], schemas: Sequence[str], report: Report) -> None:
    """Read every B-tree and its table, in the caller's transaction."""
    with connection.transaction(force_rollback=True):
        connection.execute(
            "SET LOCAL search_path TO ''; SET LOCAL jit = off; SET LOCAL enable_bitmapscan = off"
        )
        rows = connection.execute(_INDEXES, (list(schemas),)).fetchall()
        for name, table, short, columns, where, count in rows:
            if columns is not None and len(columns) == count:
                _check(connection, _Index(name, table, short, columns, where), report)


def _check(connection: psycopg.Connection[Any], index: _Index, report: Report) -> None:
    connection.execute(
        "SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off; SET LOCAL enable_indexscan = on"
    )
    connection.execute("SET LOCAL enable_indexonlyscan = on")
    if not _goes_by(connection, index):
        return
    found = connection.execute(index.query()).fetchone()
    connection.execute(
        "SET LOCAL enable_seqscan = on; SET LOCAL enable_sort = on;"
        " SET LOCAL enable_indexscan = off; SET LOCAL enable_indexonlyscan = off"
    )
    expected = connection.execute(index.query()).fetchone()
    if found != expected:
        assert found is not None
        assert expected is not None
        fault = INDEX_DIFFERS.refused(
            object=index.name, table=index.table, found=found[0], expected=expected[0]
        )
        report(Finding(None, fault))


def _goes_by(connection: psycopg.Connection[Any], index: _Index) -> bool:
    """Whether the planner takes this index and no other: several can serve the same order."""
    row = connection.execute(f"EXPLAIN (FORMAT JSON) {index.query()}").fetchone()
    assert row is not None
    return f'"Index Name":"{index.short}"' in orjson.dumps(row[0]).decode()
