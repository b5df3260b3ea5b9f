"""Comparing marks between ledgers (跨台账比对): one definition in SQL, run by DuckDB or by Spark with the same answers.

The marks of what was paid are gathered from the mirrors into Parquet files by the mark's first byte, which is uniform,
and grouped some of these at a time. A match names two ledgers, a dossier and a position in each, and opens nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple, Protocol

import duckdb
import orjson

from ledger.domain.matches import MatchRule
from ledger.federation.columns import Part, quoted, source_of
from ledger.federation.kept_files import Folder

LEDGERS_AT_ONCE = 200
"""How many ledgers' marks are gathered in one go."""
ROWS_AT_ONCE = 1_000_000
"""How many rows are grouped together."""
MEMORY = "512MB"

SHARED = """
    SELECT m.* FROM m JOIN (
        SELECT kind, key_year, mark FROM m GROUP BY kind, key_year, mark HAVING min(ledger) <> max(ledger)
    ) s ON s.kind = m.kind AND s.key_year = m.key_year AND s.mark = m.mark
"""
"""The rows of ``m`` whose mark stands in two ledgers at least."""

_BOTH = """
    a.ledger AS first_ledger, a.dossier AS first_dossier, a.position AS first_position,
    b.ledger AS second_ledger, b.dossier AS second_dossier, b.position AS second_position
"""
_SAME = "a.kind = b.kind AND a.key_year = b.key_year AND a.mark = b.mark"

FOUND = f"""
    SELECT rule, first_ledger, first_dossier, min(first_position) AS first_position,
        second_ledger, second_dossier, min(second_position) AS second_position, year
    FROM (
        SELECT 'person-paid-twice' AS rule, {_BOTH}, a.paid_year AS year
        FROM shared a JOIN shared b ON {_SAME} AND a.paid_year = b.paid_year
        WHERE a.kind = 'person' AND a.ledger < b.ledger
        UNION ALL
        SELECT 'person-paid-before' AS rule, {_BOTH}, b.paid_year AS year
        FROM shared a JOIN shared b ON {_SAME} AND a.paid_year + 1 = b.paid_year
        WHERE a.kind = 'person' AND a.ledger <> b.ledger
        UNION ALL
        SELECT 'household-paid-twice' AS rule, {_BOTH}, a.paid_year AS year
        FROM shared a JOIN shared b ON {_SAME} AND a.paid_year = b.paid_year
        WHERE a.kind = 'household' AND a.ledger < b.ledger AND a.person <> b.person
        UNION ALL
        SELECT 'on-register' AS rule, {_BOTH}, a.paid_year AS year
        FROM shared a JOIN shared b ON {_SAME}
        WHERE a.kind = 'person' AND a.paid_on IS NOT NULL AND b.paid_on IS NULL AND a.ledger <> b.ledger
            AND (b.since IS NULL OR a.paid_on >= b.since) AND (b.until IS NULL OR a.paid_on <= b.until)
        UNION ALL
        SELECT 'account-shared' AS rule, a.ledger, a.dossier, min(a.position), b.ledger, b.dossier, min(b.position),
            max(greatest(a.paid_year, b.paid_year)) AS year
        FROM shared a JOIN shared b ON {_SAME}
        WHERE a.kind = 'account' AND a.ledger < b.ledger AND a.person <> b.person
        GROUP BY a.ledger, a.dossier, b.ledger, b.dossier
    ) found
    GROUP BY rule, first_ledger, first_dossier, second_ledger, second_dossier, year
"""
"""The matches among ``shared``: the rules, each a part of the union. Two keys' marks of one pair are one match.

A row that is no payment is a list's: it has the days from which and to which help meets it, and no day of payment.
"""


class Hit(NamedTuple):
    """A match: by which rule, between which dossiers, marked at which positions, and of which year.

    ``on-register`` has the payment first, and for a second dossier the list.
    """

    rule: MatchRule
    first_ledger: str
    first_dossier: str
    first_position: int
    second_ledger: str
    second_dossier: str
    second_position: int
    year: int

    def digest(self) -> str:
        """The match's number: the same whoever compares, and also once a dossier is marked anew."""
        pair = [[self.first_ledger, self.first_dossier], [self.second_ledger, self.second_dossier]]
        if self.rule not in ("person-paid-before", "on-register"):
            pair.sort()
        return sha256(orjson.dumps([self.rule, *pair, self.year])).hexdigest()


class Compared(NamedTuple):
    """A ledger whose marks are compared: its id, its mirror's folder, and the parts of its columns."""

    ledger: str
    folder: Folder
    parts: Sequence[Part]


class Engine(Protocol):
    """What runs the comparison over gathered marks."""

    name: str

    def hits(self, work: Path) -> list[Hit]:
        """The matches in a folder of gathered marks, in order."""


def gathered(ledgers: Iterable[Compared], work: Path) -> int:
    """Gather the marks of what was paid into a folder, by their first byte; answers how many rows there are."""
    given = [each for each in ledgers if any(part.relation in ("marks", "listed") for part in each.parts)]
    with duckdb.connect() as engine:
        _bound(engine, work)
        for start in range(0, len(given), LEDGERS_AT_ONCE):
            some = given[start : start + LEDGERS_AT_ONCE]
            query = " UNION ALL ".join(query for each in some for query in _marks_of(each))
            engine.execute(
                f"COPY ({query}) TO '{quoted(work)}' (FORMAT parquet, COMPRESSION zstd, PARTITION_BY (first_byte),"
                f" FILENAME_PATTERN 'marks-{start:06}-{{i}}', OVERWRITE_OR_IGNORE)"
            )
        files = sorted(work.glob("*/*.parquet"))
        if not files:
            return 0
        row = engine.execute(f"SELECT count(*) FROM read_parquet({_listed(files)})").fetchone()
        return 0 if row is None else int(row[0])


def _marks_of(each: Compared) -> Iterable[str]:
    """The queries for one ledger's marks: of what was paid, and of its lists."""
    parts = {
        relation: [part for part in each.parts if part.relation == relation]
        for relation in ("marks", "listed")
    }
    if parts["marks"]:
        yield _paid_marks(each)
    if parts["listed"]:
        yield f"""(
            SELECT '{each.ledger}' AS ledger, position, dossier, 'person' AS kind, key_year, mark, mark AS person,
                CAST(NULL AS INTEGER) AS paid_year, CAST(NULL AS VARCHAR) AS paid_on, since, until,
                left(mark, 2) AS first_byte
            FROM {source_of(each.folder, parts["listed"])}
        )"""


def _paid_marks(each: Compared) -> str:
    """One ledger's marks of dossiers with kept money or delivered goods, a row for each year in which that began.

    Of a dossier that was marked more than once under a key, its newest marks count.
    """
    marks = source_of(each.folder, [part for part in each.parts if part.relation == "marks"])
    cases = [part for part in each.parts if part.relation == "cases"]
    paid = f"""
        SELECT case_id, arg_max(dossier, position) AS who, min(day) FILTER (paid_fen + delivered_fen > 0) AS since
        FROM {source_of(each.folder, cases)} GROUP BY case_id HAVING arg_max(paid_fen + delivered_fen, position) > 0
    """ if cases else "SELECT '' AS case_id, '' AS who, '' AS since WHERE false"  # fmt: skip
    return f"""(
        WITH newest AS (
            SELECT * FROM {marks} QUALIFY position = max(position) OVER (PARTITION BY dossier, key_year)
        ),
        named AS (SELECT dossier AS id, dossier FROM newest UNION SELECT version AS id, dossier FROM newest),
        paid AS (
            SELECT DISTINCT n.dossier, CAST(left(p.since, 4) AS INTEGER) AS paid_year, p.since AS paid_on
            FROM ({paid}) p JOIN named n ON n.id = p.who
        )
        SELECT '{each.ledger}' AS ledger, m.position, m.dossier, m.kind, m.key_year, m.mark, m.person, p.paid_year,
            p.paid_on, CAST(NULL AS VARCHAR) AS since, CAST(NULL AS VARCHAR) AS until, left(m.mark, 2) AS first_byte
        FROM newest m JOIN paid p ON p.dossier = m.dossier
    )"""


class DuckDb:
    """DuckDB in this process: two threads, and memory that stays below a gigabyte."""

    name = "duckdb"

    def hits(self, work: Path) -> list[Hit]:
        """The matches, some first bytes at a time."""
        with duckdb.connect() as engine:
            _bound(engine, work)
            engine.execute(
                "CREATE TABLE shared (ledger VARCHAR, position BIGINT, dossier VARCHAR, kind VARCHAR, key_year INTEGER,"
                " mark VARCHAR, person VARCHAR, paid_year INTEGER, paid_on VARCHAR, since VARCHAR, until VARCHAR)"
            )
            for files in self._passes(engine, work):
                engine.execute(
                    "CREATE OR REPLACE TEMP VIEW m AS SELECT ledger, position, dossier, kind, key_year, mark, person,"
                    f" paid_year, paid_on, since, until FROM read_parquet({_listed(files)}, hive_partitioning = false)"
                )
                engine.execute(f"INSERT INTO shared {SHARED}")
            return sorted(Hit(*row) for row in engine.execute(FOUND).fetchall())

    def _passes(self, engine: duckdb.DuckDBPyConnection, work: Path) -> Iterable[list[Path]]:
        """The files of as many first bytes as are grouped together."""
        files, rows = list[Path](), 0
        for folder in sorted(work.iterdir()):
            own = sorted(folder.glob("*.parquet"))
            row = engine.execute(f"SELECT count(*) FROM read_parquet({_listed(own)})").fetchone()
            files, rows = files + own, rows + (0 if row is None else int(row[0]))
            if rows >= ROWS_AT_ONCE:
                yield files
                files, rows = [], 0
        if files:
            yield files


def _bound(engine: duckdb.DuckDBPyConnection, work: Path) -> None:
    """Two threads and half a gigabyte; what is more goes beside the marks, not where the process was started."""
    engine.execute(
        f"SET threads = 2; SET memory_limit = '{MEMORY}'; SET preserve_insertion_order = false;"
        f" SET enable_progress_bar = false; SET temp_directory = '{quoted(work.with_name(work.name + '-spill'))}'"
    )


def _listed(files: Sequence[Path]) -> str:
    return "[" + ", ".join(f"'{quoted(file)}'" for file in files) + "]"
