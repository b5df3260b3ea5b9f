"""The read side's measures: catching up, questions of the past, replay, and how soon a flag is seen.

``python -m tests.bench.views [SIZE …]`` simulates a ledger of about that many events for each size and
prints a table; each figure stands beside that of the smallest size of the same run.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import psycopg

from api.flags import queries as flags
from api.flags.queries import FlagFilter
from api.gate import every_view
from api.money import queries as balances
from api.roster import queries as roster
from api.roster.queries import RosterFilter
from api.simulation.simulator import Size, simulate
from ledger.events.payout import Disbursed
from ledger.postgres.connection import datastore
from ledger.storage.embedded import EmbeddedServer
from ledger.storage.store import OpenStore, Store
from projections.following.runner import Followers
from projections.replaying.replay import replay
from tests.founding import prepare

EVENTS_PER_RECIPIENT = 6.2
RECIPIENTS = 200
QUESTIONS = 1_000
PAGE = 20
"""Flags on a page: as many as the smallest ledger has, so that all answers are as long."""
STATEMENTS_PER_SECOND = 500
SECONDS = 20
LOADED_AT_ONCE = 25


class Figures(NamedTuple):
    """What was measured at one size. Rates in events a second, times in seconds."""

    events: int
    catching_up: float
    page: dict[str, float]
    replaying: float


def size_for(events: int) -> Size:
    """A simulation of about that many events in three years."""
    units = max(4, round(events / (3 * RECIPIENTS * EVENTS_PER_RECIPIENT)))
    return Size(years=3, units=units, recipients=RECIPIENTS, share=0.0004)


def measured(server: EmbeddedServer, folder: Path, events: int) -> Figures:
    """Simulates, follows, asks, replays."""
    name = f"views_{events}"
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    url = server.url.replace("/songnuan?", f"/{name}?")
    with OpenStore(Store(folder / name, url)) as store:
        simulate(store, size_for(events), say)
        connections = datastore(url)
        followers = Followers(connections)
        followers.prepare()
        started = time.perf_counter()
        head = followers.catch_up()
        caught_up = time.perf_counter() - started
        say("caught up", head)
        with store.connect() as connection:
            page = {name: p95(ask, connection, head) for name, ask in ASKED.items()}
        say("asked", head)
        started = time.perf_counter()
        found = replay(connections, followers)
        replayed = time.perf_counter() - started
        assert found.differences == []
        say("replayed", head)
        connections.close()
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    return Figures(head, head / caught_up, page, replayed / caught_up)


ASKED: dict[str, Callable[[psycopg.Connection, int, int], object]] = {
    "a page of the roster": lambda connection, as_of, n: roster.cases(
        every_view(connection), RosterFilter(campaign=f"b{2024 + n % 3}", unit=f"u{n % 4}"), as_of=as_of
    ),
    "the balances of a campaign": lambda connection, as_of, n: balances.sums(
        every_view(connection), as_of, f"b{2024 + n % 3}"
    ),
    "a list of flags": lambda connection, as_of, n: flags.flags(
        every_view(connection),
        FlagFilter(campaign=f"b{2024 + n % 3}", severity="high"),
        as_of=as_of,
        limit=PAGE,
    ),
}


def p95(
    ask: Callable[[psycopg.Connection, int, int], object], connection: psycopg.Connection, head: int
) -> float:
    """The 95th percentile of asking as of positions all over history, in seconds."""
    times = []
    for n in range(QUESTIONS):
        as_of = 1 + (n * 7919) % head
        started = time.perf_counter()
        ask(connection, as_of, n)
        times.append(time.perf_counter() - started)
    return statistics.quantiles(times, n=20)[-1]


def seen(server: EmbeddedServer, folder: Path) -> float:
    """How long after its receipt a flag is seen, 95th percentile, at 500 statements a second."""
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE seen")
    url = server.url.replace("/songnuan?", "/seen?")
    with OpenStore(Store(folder / "seen", url)) as store:
        founded = prepare(store)
        with store.writer() as writer:
            founded.found(writer)
            cases = [founded.approved(writer, amount_fen=60_000) for _ in range(SECONDS)]
            dossiers = founded.dossiers(STATEMENTS_PER_SECOND * SECONDS)
            connections = datastore(url, pool_size=8)
            followers = Followers(connections)
            followers.prepare()
            stop = threading.Event()
            thread = threading.Thread(target=followers.follow, args=(stop,))
            thread.start()
            with ThreadPoolExecutor(SECONDS) as watchers:
                watched = []
                for number, case in enumerate(cases):
                    began = time.perf_counter()
                    load = dossiers[number * STATEMENTS_PER_SECOND : (number + 1) * STATEMENTS_PER_SECOND]
                    for at in range(0, len(load), LOADED_AT_ONCE):
                        writer.record_all(load[at : at + LOADED_AT_ONCE])
                        if at == 0:
                            receipt = founded.record(writer, "finance", _above_standard(*case))
                            watched.append(watchers.submit(_until_seen, store, receipt.position))
                        due = began + (at + LOADED_AT_ONCE) / STATEMENTS_PER_SECOND
                        time.sleep(max(0.0, due - time.perf_counter()))
                waited = [each.result() for each in watched]
            stop.set()
            thread.join()
            connections.close()
    return statistics.quantiles(waited, n=20)[-1]


def _above_standard(case: str, dossier: str) -> Disbursed:
    return Disbursed(
        campaign="b2026", unit="tea", dossier=dossier, case=case, line="workers", amount_fen=60_000
    )


def _until_seen(store: OpenStore, position: int) -> float:
    """How long from now until the flag that an event raises is there."""
    started = time.perf_counter()
    with store.connect() as connection:
        query = "SELECT FROM views.flags WHERE rule = 'over-standard' AND from_position = %s"
        while connection.execute(query, (position,)).fetchone() is None:
            time.sleep(0.01)
    return time.perf_counter() - started


def say(step: str, recorded: int) -> None:
    """Progress on stderr."""
    print(f"{time.strftime('%H:%M:%S')} {step}: {recorded}", file=sys.stderr)


def main(sizes: list[int]) -> None:
    """Prints the table of docs/speed.md."""
    folder = Path(tempfile.mkdtemp(prefix="songnuan-bench-"))
    folder.chmod(0o755)
    with EmbeddedServer(folder / "server") as server:
        delay = seen(server, folder)
        print("| measure | events | here | against the smallest |\n|---|---|---|---|")
        print(f"| a flag seen after its receipt, at 500 statements a second, p95 | — | {delay:.2f} s | — |")
        least: Figures | None = None
        for size in sizes:
            found = measured(server, folder, size)
            least = least or found
            print_rows(found, least)


def print_rows(each: Figures, least: Figures) -> None:
    """The table's rows of one size."""
    print(
        f"| catching up, all views and flags | {each.events:,} | {each.catching_up:,.0f}/s |"
        f" {each.catching_up / least.catching_up:.2f} × |"
    )
    for name, seconds in each.page.items():
        print(
            f"| {name} as of the past, p95 | {each.events:,} | {seconds * 1000:.1f} ms |"
            f" {seconds / least.page[name]:.2f} × |"
        )
    print(
        f"| replay and comparison, against catching up | {each.events:,} | {each.replaying:.2f} × |"
        f" {each.replaying / least.replaying:.2f} × |",
        flush=True,
    )


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]] or [10_000, 100_000, 1_000_000])
