"""Marks and matches, measured: ``python -m tests.bench.federation [MARKS]``, a line for each measure.

An evaluator's points a second on one core; the comparer on DuckDB over so many made-up marks of a hundred ledgers,
ten million by default, with planted pairs that it must find to the row; its memory in a process of its own.
"""

from __future__ import annotations

import multiprocessing
import resource
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import duckdb

from ledger.crypto.oprf import Blinding, EvaluationKey
from ledger.federation.comparing import DuckDb

POINTS = 20_000
MARKS = 10_000_000
LEDGERS = 100
PLANTED = 1_000


class Compared(NamedTuple):
    """A comparison: rows a second, peak memory, and what of the planted pairs was found, and what else."""

    rows_a_second: float
    memory_mib: float
    found: int
    wrong: int


def evaluated_a_second() -> float:
    """Points of one batch that an evaluator answers in a second of one processor."""
    key = EvaluationKey(bytes(32), b"bench")
    points = Blinding([b"%d" % number for number in range(POINTS)]).points
    started = time.process_time()
    key.evaluate(points)
    return POINTS / (time.process_time() - started)


def gather(work: Path, marks: int) -> None:
    """Made-up marks of persons paid once, and ``PLANTED`` of them paid by the next ledger too."""
    with duckdb.connect() as engine:
        engine.execute(
            "SET threads = 2; SET memory_limit = '2GB'; SET preserve_insertion_order = false; SET enable_progress_bar = false"
        )
        engine.execute(
            f"""
            COPY (
                SELECT printf('county-%03d', ((i + (i > {marks - PLANTED})::INTEGER) % {LEDGERS})::INTEGER) AS ledger, i AS position,
                    'dossier ' || i AS dossier, 'person' AS kind, 2026 AS key_year, mark, mark AS person,
                    2026 AS paid_year, left(mark, 2) AS first_byte
                FROM (
                    SELECT i, sha256(CASE WHEN i > {marks - PLANTED} THEN i - {marks - PLANTED} ELSE i END::VARCHAR) AS mark
                    FROM range(1, {marks + 1}) r(i)
                )
            ) TO '{work}' (FORMAT parquet, PARTITION_BY (first_byte))
            """
        )


def compared(work: Path, marks: int) -> Compared:
    """The comparison over what was gathered."""
    started = time.perf_counter()
    hits = DuckDb().hits(work)
    seconds = time.perf_counter() - started
    expected = {
        frozenset((f"dossier {number}", f"dossier {marks - PLANTED + number}"))
        for number in range(1, PLANTED + 1)
    }
    right = sum(frozenset((hit.first_dossier, hit.second_dossier)) in expected for hit in hits)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Compared(marks / seconds, memory, right, len(hits) - right)


def main(marks: int) -> None:
    """Print a line a measure."""
    print(f"evaluator, points a second on one core: {evaluated_a_second():,.0f}")
    with TemporaryDirectory(prefix="songnuan-bench-") as scratch:
        work = Path(scratch) / "marks"
        gather(work, marks)
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            found = pool.apply(compared, (work, marks))
    print(
        f"comparer on DuckDB, {marks:,} marks: {found.rows_a_second:,.0f} a second, {found.memory_mib:,.0f} MiB"
    )
    print(f"planted pairs found: {found.found:,} of {PLANTED:,}, wrong: {found.wrong:,}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else MARKS)
