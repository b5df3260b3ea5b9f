"""The measures of ledgers above: a mirror's rate and memory, and a witness of 2,900 logs.

``python -m tests.bench.federation_mirrors [--quick] [--markdown]``; the mirror's rate is against the verification of a
bundle of the same entries in the same run.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import sqlite3
import statistics
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from ledger.crypto.keys import new_key, public_hex
from ledger.crypto.merkle import EMPTY_ROOT, HASH_BYTES, leaf_hash
from ledger.federation.kept_files import Folder
from ledger.federation.mirror import Mirror
from ledger.federation.totals import FILE, Totals
from ledger.log.checkpoint import Checkpoint, origin_of
from ledger.log.note import Note, note_key, sign_text
from ledger.log.tiles import Edge, Tile, parse_index_path
from ledger.log.witness import AddCheckpoint, Witness
from ledger.postgres.connection import datastore
from ledger.storage.embedded import EmbeddedServer
from ledger.storage.store import OpenStore, Store
from projections.following.follower import SCHEMA
from projections.following.runner import Followers
from tests.bench.__main__ import print_measures
from tests.bench.measures import Measure, _database
from tests.bench.proof import LEDGER, History, verified_rate

NOW = "2026-01-10T00:00:00.000000Z"
LOGS = 2_900
LEDGERS = 100
AT_ONCE = 64


class Served:
    """A history as a log to read from, its tiles made once."""

    def __init__(self, history: History, size: int) -> None:
        self._entries = history.lines[:size]
        edge, self._tiles = Edge(), dict[Tile, bytes]()
        for start in range(0, size, 256):
            edge.append([leaf_hash(entry) for entry in self._entries[start : start + 256]])
            self._tiles |= edge.take_changed()
        origin = origin_of(history.ledger)
        text = Checkpoint(origin, edge.size, edge.root()).text
        self._checkpoint = Note(text, (sign_text(text, history.log_key, origin),)).raw

    def read(self, name: str) -> bytes:
        """What lies under a name."""
        if name == "checkpoint":
            return self._checkpoint
        what, _, path = name.removeprefix("tile/").partition("/")
        index, width = parse_index_path(path) or (0, 0)
        if what != "entries":
            return self._tiles[Tile(int(what), index)][: width * HASH_BYTES]
        entries = self._entries[index * 256 : index * 256 + width]
        return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def mirrored(folder: Path, count: int, rounds: int) -> Measure:
    """Entries a second from nothing to a mirror that stands, against a bundle's verification."""
    history = History()
    history.dossiers(count, together=False)
    served, key = Served(history, len(history.lines)), history.write(folder / "bundle.zip")
    rates, baselines = [], []
    for number in range(rounds):
        baselines.append(verified_rate(folder / "bundle.zip", key))
        mirror = Mirror(Folder(folder / f"mirror-{number}"), LEDGER, public_hex(history.log_key))
        started = time.perf_counter()
        mirror.advance(served, NOW, processes=os.cpu_count())
        rates.append(len(history.lines) / (time.perf_counter() - started))
    ratio = statistics.median([a / b for a, b in zip(rates, baselines, strict=True)])
    return Measure(
        f"a mirror of {count:,} entries / their bundle verified",
        f"{statistics.median(rates):,.0f}/s",
        f"{statistics.median(baselines):,.0f}/s",
        f"{ratio:.2f} ×",
        "≥ 0.9 ×",
        ratio >= 0.9,
    )


def memory(folder: Path, count: int) -> Measure:
    """The most memory of this process with a hundred mirrors that stay open and grow."""
    history = History()
    history.dossiers(count, together=True)
    mirrors = [
        Mirror(Folder(folder / f"of-{number}"), LEDGER, public_hex(history.log_key))
        for number in range(LEDGERS)
    ]
    for size in (count - 500, count):
        served = Served(history, size)
        for mirror in mirrors:
            mirror.advance(served, NOW)
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found is not None
    peak = int(found[1]) // 1024
    return Measure(
        f"memory of {LEDGERS} mirrors of {count:,} entries", f"{peak} MiB", "—", "—", "≤ 512 MiB", peak <= 512
    )


def witness(folder: Path, logs: int) -> Measure:
    """Checkpoints a second of a witness's application, each of another log, on the disk before it is answered."""
    from api.log.witness_service import create_witness

    key, roots = new_key(), [(EMPTY_ROOT, b""), (leaf_hash(b"first"), b"")]
    origins = [origin_of(f"01940000-0000-7000-8000-{number:012}") for number in range(logs)]
    app = create_witness(
        Witness(
            folder / "witness", new_key(), "province.example/w", [note_key(key, each) for each in origins]
        )
    )

    def asked(origin: str, size: int) -> bytes:
        text = Checkpoint(origin, size, roots[size][0]).text
        return AddCheckpoint(0, (), Note(text, (sign_text(text, key, origin),)).raw).raw

    bodies = [asked(origin, size) for size in (0, 1) for origin in origins]

    async def post(bodies: list[bytes]) -> None:
        for body in bodies:
            assert await _status(app, body) == 200

    async def together(bodies: list[bytes]) -> None:
        await asyncio.gather(*(post(bodies[number::AT_ONCE]) for number in range(AT_ONCE)))

    # The folders of the logs are there from the second checkpoint on.
    asyncio.run(together(bodies[:logs]))
    started = time.perf_counter()
    asyncio.run(together(bodies[logs:]))
    rate = logs / (time.perf_counter() - started)
    return Measure(
        f"a witness of {logs:,} logs, checkpoints", f"{rate:,.0f}/s", "—", "—", "≥ 1,000/s", rate >= 1_000
    )


def overview(folder: Path, count: int) -> Measure:
    """The overview's page: states, declared, recomputed and differences of all ledgers, out of a real database."""
    from api.federation import queries
    from api.federation.overview import levels, standings, within
    from api.gate import every_view

    ids = {f"c{number}": f"0194f000-0000-4000-8000-{number:012}" for number in range(count)}
    totals = _totals(folder, list(ids.values()))
    with (
        EmbeddedServer(folder / "server") as server,
        OpenStore(Store(folder / "data", _database(server, "overview"))) as store,
        closing(datastore(store.url)) as connections,
        store.connect() as connection,
    ):
        Followers(connections).prepare()
        _followed_and_declared(connection, count)
        views, times = every_view(connection), []
        for _ in range(5):
            started = time.perf_counter()
            followed, taken = queries.followed(views, 9), queries.last_summaries(views, "2026-06-30")
            rows = standings(totals, followed, ids, taken, "2026-06-30")
            assert len(within(rows, "000000", None)) == count
            assert sum(each.ledgers for each in levels(rows, "000000")) == count
            times.append(time.perf_counter() - started)
    slow = max(times)
    return Measure(
        f"overview of {count:,} ledgers as of a day, slowest of 5",
        f"{slow:.2f} s",
        "—",
        "—",
        "≤ 1 s",
        slow <= 1,
    )


def _totals(folder: Path, ledgers: list[str]) -> Totals:
    """What each ledger came to on two hundred days."""
    totals = Totals(folder / "federation")
    totals.note(Mirror(Folder(folder / "none"), LEDGER, public_hex(new_key())), None)
    days = [f"2026-{1 + day // 28:02}-{1 + day % 28:02}" for day in range(200)]
    with closing(sqlite3.connect(folder / "federation" / FILE)) as file, file:
        said = "INSERT OR REPLACE INTO ledgers (ledger, size, seen_at) VALUES (?, 50000, ?)"
        file.executemany(said, [(each, NOW) for each in ledgers])
        said = "INSERT INTO days VALUES (?, ?, 10, 8, 400000, 5000)"
        file.executemany(said, [(each, day) for each in ledgers for day in days])
    return totals


def _followed_and_declared(connection: Any, count: int) -> None:
    """The views' rows of that many ledgers, with three summaries each."""
    connection.execute(
        f"INSERT INTO {SCHEMA}.followed (followed, name, level, region, gives, size, seen_on, from_position)"
        " SELECT 'c' || n, 'county ' || n, 'county', lpad((110000 + n * 180)::text, 6, '0'), 'entries', 50000,"
        " '2026-07-01', 1 FROM generate_series(0, %s) n",
        (count - 1,),
    )
    connection.execute(
        f"INSERT INTO {SCHEMA}.summaries_taken (position, followed, of_campaign, of_unit, filed_on, entry,"
        " declared_persons, declared_fen, recomputed_persons, recomputed_fen, differing)"
        " SELECT n + 1, 'c' || n / 3, 'b2026', 'u' || n %% 3, '2026-03-01', 40000, 8, 400000, 8, 399999, 1"
        " FROM generate_series(0, %s) n",
        (3 * count - 1,),
    )


async def _status(app: Any, body: bytes) -> int:
    """What the application answers a checkpoint, without a network between."""
    status: list[int] = []
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http",
        "path": "/add-checkpoint", "raw_path": b"/add-checkpoint", "query_string": b"", "root_path": "",
        "headers": [(b"content-length", str(len(body)).encode())], "client": ("127.0.0.1", 1), "server": None,
    }  # fmt: skip

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            status.append(message["status"])

    await app(scope, receive, send)
    return status[0]


def main() -> None:
    """Runs the measures and prints them as a table, or for a document with ``--markdown``."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--markdown", action="store_true")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    scale = 10 if arguments.quick else 1
    # On a disk, for a witness and a mirror wait for it.
    with tempfile.TemporaryDirectory(prefix="songnuan-bench-", dir="/var/tmp") as scratch:  # not in memory
        folder = Path(scratch)
        folder.chmod(0o755)  # the embedded server runs as another user
        measures = []
        for title, measure in (
            ("memory", lambda: memory(folder, 30_000 // scale)),
            ("mirror", lambda: mirrored(folder, 100_000 // scale, arguments.rounds)),
            ("overview", lambda: overview(folder, LOGS // scale)),
            ("witness", lambda: witness(folder, LOGS // scale)),
        ):
            print(title, file=sys.stderr, flush=True)
            measures.append(measure())
    print_measures(measures, arguments.markdown)


if __name__ == "__main__":
    main()
