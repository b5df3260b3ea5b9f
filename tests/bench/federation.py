"""Marks and matches, measured: ``python -m tests.bench.federation [MARKS]``, a line for each measure.

An evaluator's points a second; the comparer on DuckDB over so many made-up marks of a hundred ledgers,
ten million by default, with planted pairs that it must find to the row; its memory in a process of its own.
"""

from __future__ import annotations

import multiprocessing
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import duckdb

from api.federation.evaluating import Processes, key_of_year
from ledger.crypto.oprf import Blinding
from ledger.federation.comparing import DuckDb

POINTS = 10_000
BATCHES = 6
MARKS = 10_000_000
LEDGERS = 100
PLANTED = 1_000


class Compared(NamedTuple):
    """A comparison: rows a second, peak memory, and what of the planted pairs was found, and what else."""

    rows_a_second: float
    memory_mib: float
    found: int
    wrong: int


class Evaluated(NamedTuple):
    """Points that an evaluator answers a second: by the clock in its processes, and by one processor's time."""

    a_second: float
    a_processor_second: float


def evaluated() -> Evaluated:
    """Batches of two askers at a time, in two processes; and one batch here."""
    points = Blinding([b"%d" % number for number in range(POINTS)]).points
    processes = Processes({2026: bytes(32)}, 2)
    try:
        with ThreadPoolExecutor(2) as askers:
            list(askers.map(lambda _: processes.evaluate(2026, points[:600]), range(2)))  # they are started
            started = time.perf_counter()
            list(askers.map(lambda _: processes.evaluate(2026, points), range(BATCHES)))
            seconds = time.perf_counter() - started
    finally:
        processes.close()
    key, worked = key_of_year(bytes(32), 2026), time.process_time()
    key.evaluate(points)
    return Evaluated(BATCHES * POINTS / seconds, POINTS / (time.process_time() - worked))


def gather(work: Path, marks: int) -> None:
    """Made-up marks of persons paid once, and ``PLANTED`` of them paid by the next ledger too.

    A file for each first byte, which is drawn from the person's number, so that nothing is held or sorted.
    """
    first_planted = marks - PLANTED
    with duckdb.connect() as engine:
        engine.execute("SET threads = 2; SET memory_limit = '512MB'; SET enable_progress_bar = false")
        for byte in range(256):
            folder = work / f"first_byte={byte:02x}"
            folder.mkdir(parents=True)
            engine.execute(
                f"""
                COPY (
                    SELECT printf('county-%03d', ((i + (i > {first_planted})::INTEGER) % {LEDGERS})::INTEGER) AS ledger,
                        i AS position, 'dossier ' || i AS dossier, 'person' AS kind, 2026 AS key_year, mark,
                        mark AS person, 2026 AS paid_year, '2026-01-20' AS paid_on, CAST(NULL AS VARCHAR) AS since,
                        CAST(NULL AS VARCHAR) AS until
                    FROM (
                        SELECT i, '{byte:02x}' || left(sha256(person::VARCHAR), 62) AS mark FROM (
                            SELECT i, CASE WHEN i > {first_planted} THEN i - {first_planted} ELSE i END AS person
                            FROM (
                                SELECT i FROM range({byte or 256}, {first_planted + 1}, 256) r(i)
                                UNION ALL
                                SELECT i FROM range({first_planted + 1}, {marks + 1}) r(i)
                                WHERE (i - {first_planted}) % 256 = {byte}
                            )
                        )
                    )
                ) TO '{folder}/marks.parquet' (FORMAT parquet)
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
    memory = _peak_mib()
    return Compared(marks / seconds, memory, right, len(hits) - right)


def _peak_mib() -> float:
    """The most memory that this process has had; what it was started from does not count, as in ``ru_maxrss``."""
    [line] = [each for each in Path("/proc/self/status").read_text().splitlines() if each.startswith("VmHWM")]
    return int(line.split()[1]) / 1024


def main(marks: int) -> None:
    """Print a line a measure."""
    rate = evaluated()
    print(
        f"evaluator, points a second on two cores: {rate.a_second:,.0f}; of one processor: {rate.a_processor_second:,.0f}"
    )
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
