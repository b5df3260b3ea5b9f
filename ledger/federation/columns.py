"""The mirror's columns (镜像列式文件): what a roll-up adds up, as Parquet files by month.

Every version of a case and of a fund line, and every summary filed, each with its position and the day of its
recording in China. A part is named by the positions that it covers; which parts count is said by ``mirror.json``.
"""

from __future__ import annotations

import os
import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import Any, NamedTuple

import duckdb
import orjson

from ledger.domain.evaluation import MARKED_FIELDS
from ledger.domain.event import Event, VerifiedEvent
from ledger.domain.record import Record
from ledger.domain.state import Case, Dossier, Line, Payout, State, Unit
from ledger.events.campaign import SummaryFiled
from ledger.events.dossier import DossierErased
from ledger.events.marking import DossierMarked, MatchAnswerFiled, ReferenceMarked
from ledger.events.nomination import Nominated
from ledger.events.register import ReferenceErased, ReferenceListed, ReferenceWithdrawn
from ledger.events.registry import UnitRegistered
from ledger.federation.kept_files import Folder

RELATIONS: Mapping[str, Mapping[str, str]] = {
    "acts": {"position": "BIGINT", "day": "VARCHAR", "type": "VARCHAR", "id": "VARCHAR"},
    "cases": {
        "position": "BIGINT",
        "day": "VARCHAR",
        "case_id": "VARCHAR",
        "dossier": "VARCHAR",
        "campaign": "VARCHAR",
        "unit": "VARCHAR",
        "category": "VARCHAR",
        "line": "VARCHAR",
        "recipient": "VARCHAR",
        "state": "VARCHAR",
        "approved_fen": "BIGINT",
        "paid_fen": "BIGINT",
        "delivered_fen": "BIGINT",
    },
    "lines": {
        "position": "BIGINT",
        "day": "VARCHAR",
        "line_id": "VARCHAR",
        "balance_fen": "BIGINT",
    },
    "units": {
        "position": "BIGINT",
        "day": "VARCHAR",
        "unit": "VARCHAR",
        "ancestors": "VARCHAR[]",
    },
    "summaries": {
        "position": "BIGINT",
        "day": "VARCHAR",
        "campaign": "VARCHAR",
        "unit": "VARCHAR",
        "as_of": "BIGINT",
        "persons": "BIGINT",
        "amount_fen": "BIGINT",
        "figures": "VARCHAR",
    },
    "marks": {
        "position": "BIGINT",
        "day": "VARCHAR",
        "dossier": "VARCHAR",
        "version": "VARCHAR",
        "key_year": "INTEGER",
        "kind": "VARCHAR",
        "mark": "VARCHAR",
        "person": "VARCHAR",
    },
    "listed": {
        "position": "BIGINT",
        "day": "VARCHAR",
        "dossier": "VARCHAR",
        "key_year": "INTEGER",
        "mark": "VARCHAR",
        "since": "VARCHAR",
        "until": "VARCHAR",
    },
    "erasures": {"position": "BIGINT", "day": "VARCHAR", "dossier": "VARCHAR"},
    "answers": {
        "position": "BIGINT",
        "day": "VARCHAR",
        "match": "VARCHAR",
        "answer": "VARCHAR",
    },
}
"""Columns and their types, by relation. A row of a list that was marked names the list where others name a dossier."""

MOST_PARTS = 16
"""How many parts a month has before they become one."""


MOST_HELD = 1_000
"""How many records of one ledger stay in memory: a hundred mirrors are open at once."""


class Part(NamedTuple):
    """A Parquet file: of which relation and month, where it lies, and the least and greatest id in it."""

    relation: str
    month: str
    file: str
    least: str = ""
    greatest: str = ""


class WatchedState(State):
    """A whole state that remembers which cases, payouts and lines were put since it was asked last."""

    def __init__(self) -> None:
        super().__init__(spilled=True, most_held=MOST_HELD)
        self._touched: dict[str, Record] = {}

    def put(self, record: Record) -> None:
        """Record it, and that it was."""
        super().put(record)
        if type(record) in _WATCHED:
            self._touched[record.key] = record

    def take_touched(self) -> list[Record]:
        """Those put since."""
        touched = list(self._touched.values())
        self._touched.clear()
        return touched


_WATCHED = (Case, Payout, Line)

Rows = dict[tuple[str, str], list[dict[str, Any]]]
"""Rows by relation and month."""


class Gathering:
    """The rows of acts that are folded, until they are written."""

    def __init__(self, state: WatchedState) -> None:
        self._state = state
        self.rows: Rows = defaultdict(list)
        self.count = 0

    def take(self, position: int, act: VerifiedEvent) -> None:
        """Take what an act that was just folded changed."""
        day = act.recorded_on
        category = act.event.category if isinstance(act.event, Nominated) else None
        self._add("acts", day, position=position, type=act.statement.type, id=act.id)
        for record in self._state.take_touched():
            if isinstance(record, Case):
                self._add_case(record, position, day, category if record.id == act.id else None)
            elif isinstance(record, Payout) and record.case is None:
                self._add_payout(record, position, day)
            elif isinstance(record, Line):
                self._add("lines", day, position=position, line_id=record.id, balance_fen=record.balance_fen)
        if isinstance(act.event, UnitRegistered):
            ancestors = self._state.get(Unit, act.event.unit).ancestors
            self._add("units", day, position=position, unit=act.event.unit, ancestors=ancestors)
        elif isinstance(act.event, SummaryFiled):
            self._add("summaries", day, **_summary(act.event, position))
        elif isinstance(act.event, DossierMarked):
            self._add_marks(act.event, position, day)
        elif isinstance(act.event, ReferenceMarked):
            said = {"position": position, "dossier": act.event.reference, "key_year": act.event.version}
            for row in act.event.rows:
                self._add("listed", day, **said, mark=row.mark, since=row.since, until=row.until)
        elif (gone := _gone(act.event)) is not None:
            self._add("erasures", day, position=position, dossier=gone)
        elif isinstance(act.event, MatchAnswerFiled):
            answer = {"match": act.event.match, "answer": act.event.answer}
            self._add("answers", day, position=position, **answer)

    def _add(self, relation: str, day: str, **members: Any) -> None:
        self.rows[relation, day[:7]].append({"day": day, **members})
        self.count += 1

    def _add_case(self, case: Case, position: int, day: str, category: str | None) -> None:
        dossier = self._state.find(Dossier, case.dossier)
        self._add(
            "cases",
            day,
            position=position,
            case_id=case.id,
            dossier=case.dossier,
            campaign=case.campaign,
            unit=case.unit,
            category=category,
            line=case.line,
            recipient=None if dossier is None else dossier.recipient,
            state=case.state,
            approved_fen=case.approved_fen,
            paid_fen=case.paid_fen,
            delivered_fen=case.delivered_fen,
        )

    def _add_payout(self, payout: Payout, position: int, day: str) -> None:
        """A payout without a case stands as a case of its own, of no category; its dossier is named by a version."""
        kept_fen = payout.amount_fen - payout.returned_fen
        self._add(
            "cases",
            day,
            position=position,
            case_id=payout.id,
            dossier=payout.version,
            campaign=payout.campaign,
            unit=payout.unit,
            category=None,
            line=payout.line,
            recipient="person",
            state="payout",
            approved_fen=0,
            paid_fen=0 if payout.line is None else kept_fen,
            delivered_fen=kept_fen if payout.line is None else 0,
        )

    def _add_marks(self, event: DossierMarked, position: int, day: str) -> None:
        for kind in MARKED_FIELDS:
            mark = getattr(event, kind)
            if mark is not None:
                self._add(
                    "marks",
                    day,
                    position=position,
                    dossier=event.dossier,
                    version=event.dossier_version,
                    key_year=event.version,
                    kind=kind,
                    mark=mark,
                    person=event.person,
                )


def _gone(event: Event) -> str | None:
    """The dossier or list whose marks count no more: it was erased, withdrawn, or another took its place."""
    match event:
        case DossierErased():
            return event.dossier
        case ReferenceWithdrawn() | ReferenceErased():
            return event.reference
        case ReferenceListed():
            return event.replaces
        case _:
            return None


def _summary(event: SummaryFiled, position: int) -> dict[str, Any]:
    figures = [each.model_dump(mode="json") for each in event.figures]
    return {
        "position": position,
        "campaign": event.campaign,
        "unit": event.unit,
        "as_of": event.as_of or position,
        "persons": event.persons + event.enterprises,
        "amount_fen": event.amount_fen,
        "figures": orjson.dumps(figures).decode(),
    }


def write_parts(folder: Folder, rows: Rows, first: int, last: int) -> list[Part]:
    """Write rows as one part a relation and month, named by the positions that they come from."""
    made = []
    with TemporaryDirectory(prefix="songnuan-columns-") as scratch, bounded() as engine:
        for (relation, month), found in sorted(rows.items()):
            source = Path(scratch) / "rows.ndjson"
            source.write_bytes(b"\n".join(map(orjson.dumps, found)) + b"\n")
            columns = ", ".join(f"'{name}': '{kind}'" for name, kind in RELATIONS[relation].items())
            query = (
                f"SELECT * FROM read_json('{quoted(source)}', format = 'newline_delimited',"
                f" columns = {{{columns}}})"
            )
            file = f"columns/{relation}/{month}/{first:012}-{last:012}.parquet"
            _write(engine, folder, query, file)
            ids = [row["id"] for row in found] if relation == "acts" else [""]
            made.append(Part(relation, month, file, min(ids), max(ids)))
    return made


def merged(folder: Folder, parts: Sequence[Part]) -> list[Part]:
    """The parts, with those of a month that has many made one; the old files are still there."""
    by_month: dict[tuple[str, str], list[Part]] = defaultdict(list)
    for part in parts:
        by_month[part.relation, part.month].append(part)
    result: list[Part] = []
    for (relation, month), found in by_month.items():
        if len(found) <= MOST_PARTS:
            result += found
            continue
        first = Path(found[0].file).name.partition("-")[0]
        last = Path(found[-1].file).name.partition("-")[2]
        file = f"columns/{relation}/{month}/{first}-{last}"
        with bounded() as engine:
            query = f"SELECT * FROM {source_of(folder, found)} ORDER BY position"
            _write(engine, folder, query, file)
        result.append(
            Part(relation, month, file, min(p.least for p in found), max(p.greatest for p in found))
        )
    return result


def without_erased(folder: Folder, parts: Sequence[Part]) -> list[Part]:
    """The parts, without the marks of dossiers and lists that are gone; the old files are still there."""
    erased = [part for part in parts if part.relation == "erasures"]
    if not erased:
        return list(parts)
    gone = f"SELECT dossier FROM {source_of(folder, erased)}"
    last = max(Path(part.file).name.partition("-")[2].removesuffix(".parquet") for part in erased)
    result = []
    with bounded() as engine:
        for part in parts:
            source = source_of(folder, [part])
            if (
                part.relation not in ("marks", "listed")
                or not engine.execute(f"SELECT 1 FROM {source} WHERE dossier IN ({gone}) LIMIT 1").fetchone()
            ):
                result.append(part)
                continue
            file = f"{part.file.partition('.')[0]}.e{last}.parquet"
            _write(engine, folder, f"SELECT * FROM {source} WHERE dossier NOT IN ({gone})", file)
            result.append(part._replace(file=file))
    return result


def source_of(folder: Folder, parts: Iterable[Part]) -> str:
    """The parts as a relation in DuckDB's SQL."""
    files = ", ".join(f"'{quoted(folder.path / part.file)}'" for part in parts)
    return f"read_parquet([{files}])"


def repeated(folder: Folder, parts: Sequence[Part], ids: Sequence[str]) -> set[str]:
    """Those of the statements' ids that stand in the parts already."""
    if not ids:
        return set()
    least, greatest = min(ids), max(ids)
    near = [
        part
        for part in parts
        if part.relation == "acts" and part.least <= greatest and part.greatest >= least
    ]
    if not near:
        return set()
    with bounded() as engine:
        found = engine.execute(
            f"SELECT id FROM {source_of(folder, near)} WHERE id BETWEEN ? AND ? AND id IN"
            " (SELECT unnest(?::VARCHAR[]))",
            [least, greatest, list(ids)],
        ).fetchall()
    return {row[0] for row in found}


def _write(engine: duckdb.DuckDBPyConnection, folder: Folder, query: str, file: str) -> None:
    path = folder.path / file
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(path.name + ".part")
    engine.execute(f"COPY ({query}) TO '{quoted(beside)}' (FORMAT parquet, COMPRESSION zstd)")
    folder.settle(beside, file)


_kept = threading.local()


@contextmanager
def bounded() -> Iterator[duckdb.DuckDBPyConnection]:
    """An engine of one thread and a quarter of a gigabyte at most: the mirrors of many ledgers share one machine.

    Each thread of each process keeps its own between questions: to make one takes more than most questions do. One
    that a process was born with is never closed there, for its threads are not there.
    """
    engines: dict[int, duckdb.DuckDBPyConnection] = _kept.__dict__.setdefault("engines", {})
    engine = engines.get(os.getpid())
    if engine is None:
        engine = engines[os.getpid()] = duckdb.connect()
        spill = Path(gettempdir()) / f"songnuan-columns-{os.getpid()}-{threading.get_ident()}"
        engine.execute(
            "SET threads = 1; SET memory_limit = '256MB'; SET preserve_insertion_order = true;"
            f" SET temp_directory = '{quoted(spill)}'"
        )
    with engine.cursor() as cursor:
        yield cursor


def quoted(path: Path) -> str:
    """A path within quotation marks of SQL."""
    return str(path).replace("'", "''")
