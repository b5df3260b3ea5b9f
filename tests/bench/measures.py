"""The measures of the write path, each against a baseline of the same run."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import psutil
import psycopg

from ledger.domain.admission import fold
from ledger.domain.entry import act_of, write_entry
from ledger.domain.event import VerifiedEvent, parse_event
from ledger.domain.state import State
from ledger.events.funds import FundAllocated
from ledger.events.nomination import Confirmed, Nominated
from ledger.gc_tuning import seldom_collected
from ledger.interop.recorder import Row
from ledger.statements.statement import parse_envelope, parse_statement
from ledger.storage.embedded import EmbeddedServer
from ledger.storage.store import OpenStore, Store
from ledger.writing.batch import Receipt
from ledger.writing.intake import Submission
from ledger.writing.writer import Writer
from tests.bench import baselines
from tests.founding import Founded, prepare


@dataclass(frozen=True)
class Sizes:
    """How much of everything."""

    clients: int = 8
    each: int = 400
    roster: int = 100_000
    early: int = 1_000
    memory_early: int = 10_000
    late: int = 1_000_000
    latency: int = 400
    fold: int = 100_000

    @classmethod
    def quick(cls) -> Sizes:
        """A tenth and less."""
        return cls(each=100, roster=20_000, memory_early=3_000, late=20_000, latency=100, fold=10_000)


class Measure(NamedTuple):
    """A line of the table."""

    title: str
    ours: str
    baseline: str
    ratio: str
    must: str
    reached: bool


Say = Callable[[str], None]


GROUPS = ("clients", "rosters", "million")


def run_all(
    folder: Path, sizes: Sizes, rounds: int, say: Say, groups: Sequence[str] = GROUPS
) -> list[Measure]:
    """The measures of these groups, on embedded servers with fsync on."""
    measures: list[Measure] = []
    with EmbeddedServer(folder / "server") as server:
        if "clients" in groups:
            measures += concurrent_clients(server, folder, sizes, rounds, say)
        if "rosters" in groups:
            measures += rosters(server, folder, sizes, rounds, say)
        if "million" in groups:
            measures += a_million(server, folder, sizes, say)
    return measures


def _database(server: EmbeddedServer, name: str) -> str:
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {name}")
    return server.url.replace("/songnuan?", f"/{name}?")


def _drop(server: EmbeddedServer, name: str) -> None:
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
        connection.execute("CHECKPOINT")


def _ratio(say: Say, title: str, ours: list[float], baseline: list[float], least: float, aim: str) -> Measure:
    here, there = statistics.median(ours), statistics.median(baseline)
    say(f"  {title}: {here:,.0f}/s against {there:,.0f}/s")
    ratio = statistics.median([a / b for a, b in zip(ours, baseline, strict=True)])
    return Measure(
        title, f"{here:,.0f}/s", f"{there:,.0f}/s", f"{ratio:.2f} ×", f"≥ {least} × {aim}", ratio >= least
    )


def concurrent_clients(
    server: EmbeddedServer, folder: Path, sizes: Sizes, rounds: int, say: Say
) -> list[Measure]:
    """Single signed statements, verified, decided, durable, from several clients at once."""
    ours, raw, library = [], [], []
    for number in range(rounds):
        say(f"clients, round {number + 1} of {rounds}")
        with _ledger(server, folder, f"clients_{number}") as (store, founded, writer):
            cases = _nominated(founded, writer, sizes.clients * sizes.each)
            signed = [
                founded.sign("tea-confirmer", Confirmed(campaign="b2026", unit="tea", case=case))
                for case in cases
            ]
            data = signed[0].envelope
            tags = ["unit:tea", f"case:{cases[0]}"]
            raw.append(baselines.raw_inserts(store.url, sizes.clients, sizes.each, data, tags))
            library.append(baselines.saves(store.url, sizes.clients, sizes.each // 2, data))

            def work(index: int, signed: list[Submission] = signed, writer: Writer = writer) -> None:
                for submission in signed[index :: sizes.clients]:
                    writer.record(submission)

            ours.append(len(signed) / baselines.in_threads(sizes.clients, work))
    title = f"{sizes.clients} clients, one signed statement each"
    return [
        _ratio(say, f"{title} / raw INSERT+COMMIT", ours, raw, 0.3, "(aim 0.5)"),
        _ratio(say, f"{title} / Application.save", ours, library, 2.5, ""),
    ]


@contextmanager
def _ledger(server: EmbeddedServer, folder: Path, name: str) -> Iterator[tuple[OpenStore, Founded, Writer]]:
    """A founded ledger in a database of its own, dropped afterwards."""
    with OpenStore(Store(folder / name, _database(server, name))) as store:
        founded = prepare(store)
        with store.writer() as writer:
            founded.found(writer)
            yield store, founded, writer
    _drop(server, name)


def _nominated(founded: Founded, writer: Writer, count: int) -> list[str]:
    """Files dossiers and nominates their persons; the cases."""
    receipts = founded.record_all(writer, founded.dossiers(count))
    return [
        receipt.id for receipt in founded.record_all(writer, _nominations(founded, [r.id for r in receipts]))
    ]


def _nominations(founded: Founded, dossiers: list[str]) -> list[Submission]:
    clerk = founded.signer("tea-clerk")
    made = [
        clerk.statement(
            Nominated(campaign="b2026", unit="tea", dossier=dossier, category="worker", amount_fen=50_000)
        )
        for dossier in dossiers
    ]
    return clerk.sign_together(made, [None] * len(made))


def rosters(server: EmbeddedServer, folder: Path, sizes: Sizes, rounds: int, say: Say) -> list[Measure]:
    """A roster of nominations under one batch signature, verified, decided, durable; and its fold."""
    ours, copy, library, folds, applications = [], [], [], [], []
    spent: list[float] = []
    saved: list[float] = []
    for number in range(rounds):
        say(f"roster, round {number + 1} of {rounds}")
        with _ledger(server, folder, f"roster_{number}") as (store, founded, writer):
            receipts = founded.record_all(writer, founded.dossiers(sizes.roster))
            submissions = _nominations(founded, [receipt.id for receipt in receipts])
            before = processor_seconds(server)
            library.append(
                baselines.saves_of_many(store.url, sizes.roster // 5, 100, submissions[0].envelope)
            )
            saved.append((processor_seconds(server) - before) / (sizes.roster // 5))
            copy.append(baselines.copied(store.url, _rows(submissions)))
            before, started = processor_seconds(server), time.perf_counter()
            outcomes = writer.record_all(submissions)
            ours.append(len(outcomes) / (time.perf_counter() - started))
            spent.append((processor_seconds(server) - before) / len(outcomes))
            assert all(isinstance(outcome, Receipt) for outcome in outcomes)
            decoded, applied = _folded(store, sizes.fold)
            folds.append(decoded)
            applications.append(applied)
    here, alone = statistics.median(folds), statistics.median(applications)
    say(f"  fold: {here:,.0f}/s, of decoded events {alone:,.0f}/s")
    title = f"roster of {sizes.roster:,} nominations"
    return [
        _ratio(say, f"{title} / COPY", ours, copy, 0.15, "(aim 0.5)"),
        _ratio(say, f"{title} / Application.save of 100", ours, library, 1.5, ""),
        _processor_time(spent, saved),
        Measure("fold of stored entries", f"{here:,.0f}/s", "—", "—", "≥ 50,000/s", here >= 50_000),
        Measure("fold of entries once decoded", f"{alone:,.0f}/s", "—", "—", "≥ 50,000/s", alone >= 50_000),
    ]


def _processor_time(spent: list[float], saved: list[float]) -> Measure:
    """What a nomination takes of all processors, which varies less from hour to hour than what it takes of a clock."""
    here, there = statistics.median(spent), statistics.median(saved)
    return Measure(
        "processor time of a nomination / of an event by Application.save",
        f"{here * 1e6:,.0f} µs",
        f"{there * 1e6:,.0f} µs",
        f"{here / there:.2f} ×",
        "—",
        True,
    )


def processor_seconds(server: EmbeddedServer) -> float:
    """The processor time so far of this process, the server, and all that they started, ended or not."""
    total = 0.0
    for parent in (psutil.Process(), psutil.Process(server.pid())):
        for process in (parent, *parent.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):
                times = process.cpu_times()
                total += times.user + times.system + times.children_user + times.children_system
    return total


def _rows(submissions: list[Submission]) -> list[Row]:
    """The rows that the ledger itself will write for these statements."""
    rows = []
    for position, submission in enumerate(submissions, start=1):
        statement = parse_statement(parse_envelope(submission.envelope).payload)
        recorded_at = "2026-01-10T00:00:00.000000Z"
        event = parse_event(statement.type, statement.body)
        tags = event.tags(VerifiedEvent(statement, event, (statement.by,), {}, recorded_at))
        entry = write_entry(submission.envelope, {}, recorded_at)
        rows.append(Row(position, bytes.fromhex(statement.id.replace("-", "")), statement.type, entry, tags))
    return rows


def _folded(store: OpenStore, most: int) -> tuple[float, float]:
    """Entries a second: decoded and folded, and folded once decoded."""
    with store.connect() as connection:
        rows = connection.execute("SELECT data FROM ledger.entries ORDER BY position").fetchall()
    entries = [bytes(row[0]) for row in rows][: 2 * most]
    started = time.perf_counter()
    fold(entries)
    decoded = len(entries) / (time.perf_counter() - started)
    acts = [act_of(entry) for entry in entries]
    state = State()
    with seldom_collected():
        started = time.perf_counter()
        for act in acts:
            act.event.apply(act, state)
        return decoded, len(acts) / (time.perf_counter() - started)


def a_million(server: EmbeddedServer, folder: Path, sizes: Sizes, say: Say) -> list[Measure]:
    """Latency and the writer's memory as the ledger grows; the writer in a process of its own."""
    say(f"growing to {sizes.late:,} events (takes some minutes)")
    name = "million"
    url = _database(server, name)
    command = [
        sys.executable,
        "-m",
        "tests.bench.growing",
        str(folder / name),
        url,
        *(str(n) for n in (sizes.early, sizes.memory_early, sizes.late, sizes.latency)),
    ]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    early_ms, late_ms, early_bytes, late_bytes = (float(text) for text in done.stdout.split())
    _drop(server, name)
    ratio, grown = late_ms / early_ms, (late_bytes - early_bytes) / 2**20
    return [
        Measure(
            f"latency with {sizes.late:,} events",
            f"{late_ms:.2f} ms",
            f"{early_ms:.2f} ms with {sizes.early:,}",
            f"{ratio:.2f} ×",
            "≤ 1.25 ×",
            ratio <= 1.25,
        ),
        Measure(
            f"writer's memory after {sizes.late:,} events",
            f"{late_bytes / 2**20:.0f} MiB",
            f"{early_bytes / 2**20:.0f} MiB after {sizes.memory_early:,}",
            f"{grown:+.0f} MiB",
            "≤ +64 MiB",
            grown <= 64,
        ),
    ]


def memory_bytes() -> int:
    """This process's resident memory."""
    return int(psutil.Process().memory_info().rss)


def latency_ms(founded: Founded, writer: Writer, times: int) -> float:
    """The median time from handing one statement in to its receipt."""
    taken = []
    for _ in range(times):
        submission = founded.sign("finance", FundAllocated(campaign="b2026", line="workers", amount_fen=1))
        started = time.perf_counter()
        writer.record(submission)
        taken.append((time.perf_counter() - started) * 1000)
    return statistics.median(taken)
