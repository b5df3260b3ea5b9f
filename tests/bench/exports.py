"""What exports take of time and memory, of a small ledger and of a large one: figures, and nothing asserted.

``python -m tests.bench.exports [ENTRIES ...]``; 20,000 and 300,000 by default. Each export runs in a
process of its own; its most memory, with the workbook's writer below it, is given above what it had
when it began.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import orjson

from api.audit.exporting import export_bundle
from api.gate import LATEST, every_view
from api.reports.annexes import MOST_CASES, annex
from api.reports.workbook import workbook
from ledger.events.nomination import Nominated
from ledger.log.proofs import published
from ledger.postgres.connection import datastore
from ledger.storage.embedded import EmbeddedServer
from ledger.storage.store import OpenStore, Store
from ledger.writing.writer import Writer
from projections.following.runner import Followers
from tests.bench.growing import grow
from tests.bench.measures import _database
from tests.founding import Founded, prepare
from tests.memory import watched

AT_ONCE = 5_000
CAMPAIGN = "b2026"


def main() -> None:
    """Measure and print a table."""
    if "--export" in sys.argv:
        _export(*sys.argv[2:])
        return
    sizes = [int(text) for text in sys.argv[1:]] or [20_000, 300_000]
    print("| export | entries | rows | time | memory | file |\n|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory(prefix="songnuan-bench-") as folder:
        Path(folder).chmod(0o755)
        with EmbeddedServer(Path(folder) / "server") as server:
            for size in sizes:
                _measure(server, Path(folder), size)


def _measure(server: EmbeddedServer, folder: Path, size: int) -> None:
    place, url = folder / f"of_{size}", _database(server, f"of_{size}")
    with OpenStore(Store(place, url)) as store:
        founded = prepare(store)
        cases = min(MOST_CASES, size // 4)
        with store.writer() as writer:
            founded.found(writer)
            _nominate(founded, writer, cases)
            grow(founded, writer, size)
        connections = datastore(url)
        followers = Followers(connections)
        followers.prepare()
        followers.catch_up()
        connections.close()
    for name in EXPORTS:
        done = subprocess.run(
            [sys.executable, "-m", "tests.bench.exports", "--export", name, str(place), url],
            check=True,
            capture_output=True,
            text=True,
            env=os.environ,
        )
        found = orjson.loads(done.stdout)
        print(
            f"| {name} | {size:,} | {found['rows']:,} | {found['seconds']:.1f} s | +{found['memory'] >> 20} MiB"
            f" | {found['bytes'] / 1e6:.1f} MB |",
            flush=True,
        )


def _nominate(founded: Founded, writer: Writer, count: int) -> None:
    """So many cases, each of a dossier of its own."""
    signer = founded.signer("tea-clerk")
    while count > 0:
        some = min(AT_ONCE, count)
        dossiers = founded.record_all(writer, founded.dossiers(some))
        made = [
            signer.statement(Nominated(campaign=CAMPAIGN, unit="tea", dossier=each.id, category="worker"))
            for each in dossiers
        ]
        founded.record_all(writer, signer.sign_together(made, [None] * some))
        count -= some


Exporting = Callable[[OpenStore, Path], tuple[int, int]]
"""Exports into a folder; answers how many rows, and the bytes of the file."""


def _bundle(store: OpenStore, folder: Path, campaign: str | None = None) -> tuple[int, int]:
    with store.connect() as connection:
        size = published(connection)
        told = export_bundle(store, connection, folder / "bundle.zip", size, campaign=campaign)
    return size, told["bytes"]


def _annex(store: OpenStore, folder: Path, *, as_workbook: bool) -> tuple[int, int]:
    with store.connect() as connection:
        report = annex(every_view(connection), store.vault(), "person", as_of=LATEST, of="名单")
    raw = workbook(report) if as_workbook else report.model_dump_json().encode()
    return len(report.rows), len(raw)


EXPORTS: dict[str, Exporting] = {
    "bundle": _bundle,
    "bundle of one campaign": lambda store, folder: _bundle(store, folder, CAMPAIGN),
    "annex as JSON": lambda store, folder: _annex(store, folder, as_workbook=False),
    "annex as a workbook": lambda store, folder: _annex(store, folder, as_workbook=True),
}


def _export(name: str, place: str, url: str) -> None:
    with OpenStore(Store(Path(place), url)) as store, tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        with watched(os.getpid()) as peak:
            rows, size = EXPORTS[name](store, Path(folder))
        seconds = time.perf_counter() - started
    found = {"rows": rows, "seconds": seconds, "memory": peak.above, "bytes": size}
    sys.stdout.buffer.write(orjson.dumps(found))


if __name__ == "__main__":
    main()
