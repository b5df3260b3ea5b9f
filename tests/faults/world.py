"""One world of the simulator: a server of its own, the service, clients; kept alive as an operator would."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import orjson
import psutil
import psycopg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.embedded import EmbeddedServer
from ledger.errors import Misconfigured
from ledger.keys import OfficerKey
from ledger.store import OpenStore, Store
from tests.faults.hooks import VARIABLE
from tests.faults.load import ready
from tests.founding import Founded, prepare

ROOT = Path(__file__).parent.parent.parent
WATCH_SECONDS = 0.1
PAUSED_SECONDS = 1.0
SPARE_BYTES = 48 * 1024 * 1024


class Template:
    """A founded ledger in a stopped server's folder, to be copied for each run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with (
            EmbeddedServer(folder / "data") as server,
            OpenStore(Store(folder / "data", server.url)) as store,
        ):
            founded = prepare(store)
            with store.writer() as writer:
                founded.found(writer)
                for _ in range(3):
                    founded.paid(writer)
            self.ledger = founded.ledger
            self.keys = founded.keys

    def save(self) -> None:
        """Write the officers' keys beside the data, for the processes that run from it."""
        keys = {name: key.private_bytes_raw().hex() for name, key in self.keys.items()}
        (self.folder / "keys.json").write_bytes(orjson.dumps({"ledger": self.ledger, "keys": keys}))


@contextmanager
def small_disk(folder: Path, template: Path) -> Iterator[bool]:
    """A file system of its own for a run, which can be filled; False where this machine mounts none."""
    folder.mkdir(mode=0o755)
    used = sum(path.stat().st_size for path in template.rglob("*") if path.is_file())
    size = f"size={used + 2 * SPARE_BYTES},mode=0755"
    mounted = os.geteuid() == 0 and (
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", size, "tmpfs", str(folder)], capture_output=True
        ).returncode
        == 0
    )
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", "-l", str(folder)], check=True)


class World:
    """The server and the service of one run. What ends is started again, what is paused goes on."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.port = port
        self.plan = folder / "plan"
        self.server = EmbeddedServer(folder / "data")
        self.service: subprocess.Popen[bytes] | None = None
        self.starts = 0
        self.longest_seconds = 0.0
        self.ready_since: float | None = None
        self._over = threading.Event()
        self._threads = [threading.Thread(target=each, daemon=True) for each in (self._keep, self._probe)]
        self._paused: dict[int, float] = {}

    def start(self, faults: list[dict[str, object]]) -> None:
        """Start the server and the service, with faults at exact points."""
        self.plan.mkdir(exist_ok=True)
        (self.plan / "plan.json").write_bytes(orjson.dumps(faults))
        self.set_clock(0)
        self.server.start()
        self._note_postmaster()
        self._serve()
        for thread in self._threads:
            thread.start()

    def happened(self, number: int) -> bool:
        """Whether the plan's fault of that number came about."""
        return (self.plan / f"done-{number}").exists()

    def stop(self) -> float:
        """Tell the service to stop, as an operator does; how long it took."""
        self._over.set()
        for thread in self._threads:
            thread.join()
        assert self.service is not None
        started = time.monotonic()
        self.service.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self.service.wait(30)
        took = time.monotonic() - started
        self.kill_service()
        return took

    def close(self) -> None:
        """End everything that still runs."""
        self._over.set()
        self.kill_service()
        if not self.server.is_running():
            with suppress(Misconfigured):
                self.server._launch()
        self.server.stop()

    def set_clock(self, seconds: float) -> None:
        """Have the service's clock go wrong by that much."""
        beside = self.plan / "clock.new"
        beside.write_text(str(seconds))
        beside.rename(self.plan / "clock")

    def processes(self) -> list[psutil.Process]:
        """The service's process, then those that it has started."""
        assert self.service is not None
        with suppress(psutil.NoSuchProcess):
            process = psutil.Process(self.service.pid)
            return [process, *process.children(recursive=True)]
        return []

    def views_process(self) -> psutil.Process | None:
        """The process that follows."""
        for process in self.processes()[1:]:
            with suppress(psutil.Error):
                if any("spawn_main" in each for each in process.cmdline()):
                    return process
        return None

    def kill_service(self) -> None:
        """SIGKILL to the service; its views' process notices by itself."""
        if self.service is not None and self.service.poll() is None:
            with suppress(ProcessLookupError):
                self.service.kill()
            self.service.wait()

    def superuser(self) -> psycopg.Connection:
        """A connection that may write whatever the database is set to."""
        options = "-c default_transaction_read_only=off"
        return psycopg.connect(self.server.url, autocommit=True, options=options, connect_timeout=5)

    def launch_postgres(self) -> None:
        """Start the server where it does not run."""
        if not self.server.is_running():
            with suppress(Misconfigured):
                self.server._launch()
        self._note_postmaster()

    def _note_postmaster(self) -> None:
        with suppress(OSError, ValueError, IndexError):
            (self.plan / "postmaster").write_text(str(self.server.pid()))

    def _serve(self) -> None:
        environment = os.environ | {
            VARIABLE: str(self.plan),
            "SONGNUAN_DATABASE_URL": self.server.url,
            "SONGNUAN_DATA_DIR": str(self.folder / "data"),
        }
        with (self.folder / "service.log").open("ab") as log:
            self.service = subprocess.Popen(
                [sys.executable, "-m", "tests.faults.served", "serve", "--port", str(self.port)],
                cwd=ROOT,
                env=environment,
                stdout=log,
                stderr=log,
            )
        self.starts += 1

    def _keep(self) -> None:
        """What an operator's process supervisor does, for the service and for PostgreSQL."""
        while not self._over.wait(WATCH_SECONDS):
            pid = (self.plan / "postmaster").read_text()
            if not pid or not psutil.pid_exists(int(pid)) or _status(int(pid)) == psutil.STATUS_ZOMBIE:
                self.launch_postgres()
            assert self.service is not None
            if self.service.poll() is not None:
                self._serve()
            self._resume()

    def _resume(self) -> None:
        now = time.monotonic()
        for process in [*self.processes(), *self._postgres()]:
            with suppress(psutil.Error):
                if process.status() != psutil.STATUS_STOPPED:
                    self._paused.pop(process.pid, None)
                elif now - self._paused.setdefault(process.pid, now) > PAUSED_SECONDS:
                    process.resume()

    def _postgres(self) -> list[psutil.Process]:
        with suppress(psutil.Error, OSError, ValueError):
            postmaster = psutil.Process(int((self.plan / "postmaster").read_text()))
            return [postmaster, *postmaster.children()]
        return []

    postgres = _postgres

    def _probe(self) -> None:
        """Measures how long the service was not ready at the longest, once it had been."""
        lost: float | None = None
        while not self._over.wait(WATCH_SECONDS):
            now = time.monotonic()
            if ready(self.port):
                if lost is not None:
                    self.longest_seconds = max(self.longest_seconds, now - lost)
                lost = None
                self.ready_since = self.ready_since or now
            else:
                if self.ready_since is not None and lost is None:
                    lost = now
                self.ready_since = None


def _status(pid: int) -> str:
    try:
        return psutil.Process(pid).status()
    except psutil.Error:
        return psutil.STATUS_ZOMBIE


def copied(template: Path, folder: Path) -> Founded:
    """A run's own copy of the template; the officers' keys."""
    subprocess.run(["cp", "-a", str(template / "data"), str(folder / "data")], check=True)
    shutil.rmtree(folder / "data" / "socket", ignore_errors=True)
    known = orjson.loads((template / "keys.json").read_bytes())
    keys: dict[str, OfficerKey] = {
        name: Ed25519PrivateKey.from_private_bytes(bytes.fromhex(key)) for name, key in known["keys"].items()
    }
    return Founded(OpenStore(Store(folder / "data")), known["ledger"], keys)
