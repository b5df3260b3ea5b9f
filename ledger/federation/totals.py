"""What all mirrors add up to, day by day (逐日合计): one file beside them, so that thousands of ledgers are one question.

It is made of the mirrors' columns and says nothing of its own: where it is lost, the next round with each ledger makes
it again. A row of ``days`` is what a ledger's entries come to at the end of that day, there where it changed.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

import orjson

from ledger.errors import Explained
from ledger.federation.columns import bounded, source_of
from ledger.federation.figures import ancestors
from ledger.federation.mirror import Mirror

FILE = "totals.sqlite"
WAIT_SECONDS = 30.0

_TABLES = """
CREATE TABLE IF NOT EXISTS ledgers (
    ledger TEXT PRIMARY KEY, size INTEGER NOT NULL DEFAULT -1, seen_at TEXT NOT NULL DEFAULT '',
    code TEXT NOT NULL DEFAULT '', zh TEXT NOT NULL DEFAULT '', en TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS days (
    ledger TEXT, day TEXT, cases INTEGER NOT NULL, helped INTEGER NOT NULL,
    paid_fen INTEGER NOT NULL, goods_fen INTEGER NOT NULL, PRIMARY KEY (ledger, day)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS units (
    ledger TEXT, unit TEXT, ancestors TEXT NOT NULL, PRIMARY KEY (ledger, unit)
) WITHOUT ROWID;
"""

_DAYS = """
    WITH versions AS (
        SELECT case_id, day, position, paid_fen, delivered_fen,
            lag(position) OVER w IS NULL AS is_new, (paid_fen > 0 OR delivered_fen > 0)::INT AS helped,
            coalesce(lag(paid_fen) OVER w, 0) AS paid_before,
            coalesce(lag(delivered_fen) OVER w, 0) AS delivered_before
        FROM {cases} WINDOW w AS (PARTITION BY case_id ORDER BY position)
    ), changes AS (
        SELECT day, sum(is_new::INT) AS cases,
            sum(helped - (paid_before > 0 OR delivered_before > 0)::INT) AS helped,
            sum(paid_fen - paid_before) AS paid_fen, sum(delivered_fen - delivered_before) AS goods_fen
        FROM versions GROUP BY day
    )
    SELECT day, (sum(cases) OVER d)::BIGINT, (sum(helped) OVER d)::BIGINT, (sum(paid_fen) OVER d)::BIGINT,
        (sum(goods_fen) OVER d)::BIGINT
    FROM changes WINDOW d AS (ORDER BY day)
"""


class Total(NamedTuple):
    """A ledger as its mirror has it: up to where, read when, what was wrong last, what it came to as of a day.

    ``code``, ``zh`` and ``en`` are empty where nothing was wrong; the figures are 0 before the first case.
    """

    ledger: str
    size: int
    seen_at: str
    code: str
    zh: str
    en: str
    cases: int
    helped: int
    paid_fen: int
    goods_fen: int


class Totals:
    """The file of a folder of mirrors; safe for threads and processes, each question opens it by itself."""

    def __init__(self, mirrors: Path) -> None:
        self._path = mirrors / FILE

    def note(self, mirror: Mirror, error: Explained | None) -> None:
        """Note how a round with a ledger ended, and what its entries come to where they became more."""
        said = ("", "", "") if error is None else (error.code, error.zh, error.en)
        with self._opened() as file:
            row = file.execute(
                "SELECT size, seen_at, code FROM ledgers WHERE ledger = ?", (mirror.ledger,)
            ).fetchone()
            if row == (mirror.size, mirror.seen_at, said[0]):
                return
            grown = row is None or row[0] != mirror.size
            days = _days(mirror) if grown else []
            units = ancestors(mirror.folder, mirror.parts) if grown else {}
            file.execute("BEGIN IMMEDIATE")
            file.execute(
                "INSERT OR REPLACE INTO ledgers VALUES (?, ?, ?, ?, ?, ?)",
                (mirror.ledger, mirror.size, mirror.seen_at, *said),
            )
            if grown:
                for table in ("days", "units"):
                    file.execute(f"DELETE FROM {table} WHERE ledger = ?", (mirror.ledger,))
                file.executemany(
                    "INSERT INTO days VALUES (?, ?, ?, ?, ?, ?)", [(mirror.ledger, *day) for day in days]
                )
                file.executemany(
                    "INSERT INTO units VALUES (?, ?, ?)",
                    [(mirror.ledger, unit, orjson.dumps(above)) for unit, above in units.items()],
                )
            file.execute("COMMIT")

    def as_of(self, day: str) -> dict[str, Total]:
        """Each ledger as of the end of a day at the ledgers themselves."""
        if not self._path.exists():
            return {}
        with self._opened() as file:
            found = file.execute(
                "SELECT l.ledger, l.size, l.seen_at, l.code, l.zh, l.en, coalesce(d.cases, 0), coalesce(d.helped, 0),"
                " coalesce(d.paid_fen, 0), coalesce(d.goods_fen, 0) FROM ledgers l"
                " LEFT JOIN days d ON d.ledger = l.ledger AND d.day ="
                " (SELECT max(day) FROM days e WHERE e.ledger = l.ledger AND e.day <= ?)",
                (day,),
            )
            return {row[0]: Total._make(row) for row in found}

    def ancestors(self, ledgers: Sequence[str]) -> Mapping[str, Mapping[str, list[str]]]:
        """The units of some ledgers, each with those above it."""
        above: dict[str, dict[str, list[str]]] = defaultdict(dict)
        if not self._path.exists():
            return above
        with self._opened() as file:
            rows = file.execute(
                "SELECT ledger, unit, ancestors FROM units WHERE ledger IN (SELECT value FROM json_each(?))",
                (orjson.dumps(list(ledgers)).decode(),),
            )
            for ledger, unit, raw in rows:
                above[ledger][unit] = orjson.loads(raw)
        return above

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(self._path, timeout=WAIT_SECONDS, isolation_level=None)) as file:
            # What a crash takes of it is made again.
            file.execute("PRAGMA journal_mode = WAL")
            file.execute("PRAGMA synchronous = OFF")
            file.executescript(_TABLES)
            yield file


def _days(mirror: Mirror) -> list[tuple[str, int, int, int, int]]:
    """What a mirror's entries came to at the end of each day on which that changed."""
    cases = [part for part in mirror.parts if part.relation == "cases"]
    if not cases:
        return []
    with bounded() as engine:
        return engine.execute(_DAYS.format(cases=source_of(mirror.folder, cases))).fetchall()
