"""The service over loopback HTTP, against the writer in the same process: ``python -m tests.bench.http``.

The clients are a process of their own with plain sockets, so that they cost the two cores little.
"""

from __future__ import annotations

import argparse
import gzip
import multiprocessing
import os
import selectors
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import orjson
from playwright.sync_api import sync_playwright

from api.service.pages import BUILT
from api.statements.submissions import write_submission
from ledger.events.nomination import Confirmed
from ledger.storage.embedded import EmbeddedServer
from ledger.storage.store import OpenStore, Store
from ledger.writing.writer import Writer
from tests.bench import baselines
from tests.bench.__main__ import print_measures
from tests.bench.measures import Measure, Say, _database, _drop, _nominated, _nominations
from tests.browser.conftest import FLAGS, chromium_program
from tests.founding import Founded, prepare
from tests.http.serving import Officer

COMMAND = str(Path(sys.executable).parent / "songnuan")
CONNECTIONS = 32
GROWN_AT_ONCE = 40_000


@dataclass(frozen=True)
class Sizes:
    """How much of everything."""

    singles: int = 3_200
    batch: int = 40_000
    events: int = 1_000_000
    reads: int = 400

    @classmethod
    def quick(cls) -> Sizes:
        """A tenth and less."""
        return cls(singles=640, batch=4_000, events=12_000, reads=60)


@contextmanager
def _served(store: OpenStore, folder: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        **os.environ,
        "SONGNUAN_DATABASE_URL": store.url,
        "SONGNUAN_DATA_DIR": str(folder),
    }
    process = subprocess.Popen([COMMAND, "serve", "--port", str(port)], env=environment)
    url = f"http://127.0.0.1:{port}"
    try:
        while True:
            try:
                httpx2.get(f"{url}/healthz", timeout=5)
                break
            except httpx2.HTTPError:
                time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait()


class _Connection:
    """One of many connections of a client: its requests one after the other, each once the last is answered."""

    def __init__(self, port: int, bodies: Sequence[bytes]) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._requests = iter(
            [
                b"POST /statements HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
                b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
                for body in bodies
            ]
        )
        self._answer = b""
        self.recorded = 0

    def ask(self) -> bool:
        """Sends the next request; whether there was one."""
        request = next(self._requests, None)
        if request is not None:
            self.socket.sendall(request)
        return request is not None

    def take(self) -> bool:
        """Takes what has come; whether that makes the answer whole."""
        self._answer += self.socket.recv(65536)
        headers, ended, rest = self._answer.partition(b"\r\n\r\n")
        if not ended:
            return False
        found = headers.lower().split(b"content-length: ")[1]
        if len(rest) < int(found.split(b"\r\n")[0]):
            return False
        self.recorded += headers[9:12] == b"201"
        self._answer = b""
        return True


def _clients(port: int, bodies: list[bytes], done: Any) -> None:
    connections = [_Connection(port, bodies[start::CONNECTIONS]) for start in range(CONNECTIONS)]
    with selectors.DefaultSelector() as waiting:
        for connection in connections:
            waiting.register(connection.socket, selectors.EVENT_READ, connection)
        started = time.perf_counter()
        busy = sum(connection.ask() for connection in connections)
        while busy:
            for key, _ in waiting.select():
                if key.data.take() and not key.data.ask():
                    busy -= 1
        seconds = time.perf_counter() - started
    done.put((seconds, sum(connection.recorded for connection in connections)))


def singles(server: EmbeddedServer, folder: Path, sizes: Sizes, rounds: int, say: Say) -> Measure:
    """Single signed statements from 32 connections, against 32 threads in the writer's own process."""
    inside, outside = [], []
    for number in range(rounds):
        say(f"single statements, round {number + 1} of {rounds}")
        name = f"singles_{number}"
        with OpenStore(Store(folder / name, _database(server, name))) as store:
            founded = prepare(store)
            with store.writer() as writer:
                founded.found(writer)
                cases = _nominated(founded, writer, 2 * sizes.singles)
                signed = [
                    founded.sign("tea-confirmer", Confirmed(campaign="b2026", unit="tea", case=case))
                    for case in cases
                ]
                first, second = signed[: sizes.singles], signed[sizes.singles :]

                def work(index: int, first: Any = first, writer: Any = writer) -> None:
                    for submission in first[index::CONNECTIONS]:
                        writer.record(submission)

                inside.append(len(first) / baselines.in_threads(CONNECTIONS, work))
            with _served(store, folder / name) as url:
                _followed(url)
                bodies = [orjson.dumps(write_submission(each)) for each in second]
                context = multiprocessing.get_context("spawn")
                done = context.Queue()
                port = int(url.rsplit(":", 1)[1])
                process = context.Process(target=_clients, args=(port, bodies, done))
                process.start()
                seconds, recorded = done.get()
                process.join()
                assert recorded == len(bodies), recorded
                outside.append(recorded / seconds)
        _drop(server, name)
    ratio = statistics.median([o / i for o, i in zip(outside, inside, strict=True)])
    return Measure(
        f"single statements, {CONNECTIONS} connections / in the process",
        f"{statistics.median(outside):,.0f}/s",
        f"{statistics.median(inside):,.0f}/s",
        f"{ratio:.2f} ×",
        "≥ 0.5 ×",
        ratio >= 0.5,
    )


def many_and_reads(server: EmbeddedServer, folder: Path, sizes: Sizes, say: Say) -> list[Measure]:
    """NDJSON batches under one signature; then questions over many more events."""
    with OpenStore(Store(folder / "many", _database(server, "many"))) as store:
        founded = prepare(store)
        with store.writer() as writer:
            founded.found(writer)
            dossiers = [r.id for r in founded.record_all(writer, founded.dossiers(sizes.batch))]
        lines = [orjson.dumps(write_submission(each)) for each in _nominations(founded, dossiers)]
        with _served(store, folder / "many") as url, httpx2.Client(base_url=url, timeout=600) as client:
            say(f"{sizes.batch:,} statements in NDJSON batches")
            started = time.perf_counter()
            for start in range(0, len(lines), 10_000):
                answer = client.post(
                    "/statements",
                    content=b"\n".join(lines[start : start + 10_000]),
                    headers={"content-type": "application/x-ndjson"},
                )
                assert answer.status_code == 200
            rate = len(lines) / (time.perf_counter() - started)
        with store.writer() as writer:
            _grow(founded, writer, sizes.events - 2 * sizes.batch, say)
        with _served(store, folder / "many") as url, httpx2.Client(base_url=url, timeout=600) as client:
            times = _questions(client, founded, sizes, say)
    _drop(server, "many")
    slow = statistics.quantiles(times, n=20)[-1] * 1000
    return [
        Measure("NDJSON, batch-signed", f"{rate:,.0f}/s", "—", "—", "≥ 8,000/s", rate >= 8_000),
        Measure(
            f"questions at {sizes.events:,} events, p95",
            f"{slow:.1f} ms",
            "—",
            "—",
            "< 100 ms",
            slow < 100,
        ),
    ]


def _grow(founded: Founded, writer: Writer, events: int, say: Say) -> None:
    """Dossiers and their nominations in the writer's process, some ten thousand at a time."""
    for start in range(0, events, 2 * GROWN_AT_ONCE):
        say(f"{start:,} of {events:,} events before")
        count = min(GROWN_AT_ONCE, (events - start) // 2)
        dossiers = [r.id for r in founded.record_all(writer, founded.dossiers(count))]
        founded.record_all(writer, _nominations(founded, dossiers))


def _followed(url: str) -> None:
    """Waits until the views hold what was recorded before: a service at work, not one that starts."""
    while any(view["behind"] for view in httpx2.get(f"{url.rstrip('/')}/healthz").json()["views"]):
        time.sleep(0.5)


def _questions(client: httpx2.Client, founded: Founded, sizes: Sizes, say: Say) -> list[float]:
    say("questions, once the views hold everything")
    _followed(str(client.base_url))
    auditor = Officer(client, founded, "auditor").sign_in()
    headers = {"cookie": f"songnuan_session={auditor.cookie}"}
    case = auditor.rows("/roster", limit=1)[0]["case_id"]
    paths = (
        "/roster?limit=50",
        "/roster?limit=50&state=nominated&unit=tea",
        "/balances",
        "/balances?by=unit",
        "/flags?limit=50",
        f"/timeline/case?name={case}",
        "/units",
    )
    times = []
    for number in range(sizes.reads):
        path = paths[number % len(paths)]
        started = time.perf_counter()
        assert client.get(path, headers=headers).status_code == 200
        times.append(time.perf_counter() - started)
    return times


def first_page(server: EmbeddedServer, folder: Path, rounds: int, say: Say) -> list[Measure]:
    """How soon a browser with an empty cache shows the first page, and what all pages weigh."""
    say("the first page")
    times = []
    with OpenStore(Store(folder / "page", _database(server, "page"))) as store:
        founded = prepare(store)
        with store.writer() as writer:
            founded.found(writer)
        with _served(store, folder / "page") as url, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium_program(), args=FLAGS)
            for _ in range(2 * rounds + 1):
                context = browser.new_context(viewport={"width": 1366, "height": 768})
                page = context.new_page()
                started = time.perf_counter()
                page.goto(f"{url}/", wait_until="commit")
                page.get_by_role("heading", level=1).wait_for()
                times.append((time.perf_counter() - started) * 1000)
                context.close()
            browser.close()
    _drop(server, "page")
    shown = statistics.median(times)
    assets = list((BUILT / "assets").iterdir())
    whole = sum(len(gzip.compress(asset.read_bytes())) for asset in assets) // 1000
    return [
        Measure("first page with an empty cache", f"{shown:.0f} ms", "—", "—", "< 1 s", shown < 1000),
        Measure("all of the pages, compressed", f"{whole} kB", "—", "—", "< 700 kB", whole < 700),
    ]


def _say(text: str) -> None:
    print(text, file=sys.stderr)


def main() -> None:
    """Prints a table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--markdown", action="store_true")
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    sizes = Sizes.quick() if given.quick else Sizes()
    with tempfile.TemporaryDirectory(prefix="songnuan-http-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        with EmbeddedServer(folder / "server") as server:
            measures = [
                singles(server, folder, sizes, given.rounds, _say),
                *many_and_reads(server, folder, sizes, _say),
                *first_page(server, folder, given.rounds, _say),
            ]
    print_measures(measures, given.markdown)


if __name__ == "__main__":
    main()
