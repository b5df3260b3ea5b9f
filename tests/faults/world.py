"""One world of the simulator: a server of its own, the service, clients; kept alive as an operator would."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import orjson
import psutil
import psycopg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.errors import Misconfigured
from ledger.events.nomination import Confirmed, NoticePosted
from ledger.storage.embedded import EmbeddedServer
from ledger.storage.store import OpenStore, Store
from ledger.writing.writer import Writer
from tests.faults import failover
from tests.faults.hooks import VARIABLE
from tests.faults.launching import Launched, launcher
from tests.faults.load import OnNotice, ready
from tests.faults.postgres import kill_postmaster
from tests.founding import Founded, prepare

WATCH_SECONDS = 0.1
PAUSED_SECONDS = 1.0
STOP_SECONDS = 15.0
"""The service stops within ten seconds; what this machine adds when it is busy is not its fault."""
SPARE_BYTES = 48 * 1024 * 1024
ROOM_BYTES = 1024 * 1024 * 1024


class Template:
    """A founded ledger in a stopped server's folder, to be copied for each run.

    Its server does not wait for the disk: processes are killed, the machine is not, and what they wrote
    stays with it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with (
            EmbeddedServer(folder / "data") as server,
            OpenStore(Store(folder / "data", server.url)) as store,
        ):
            with psycopg.connect(server.url, autocommit=True) as connection:
                connection.execute("ALTER SYSTEM SET fsync = off")
                connection.execute("ALTER SYSTEM SET wal_retrieve_retry_interval = '500ms'")
                connection.execute("SELECT pg_reload_conf()")
            founded = prepare(store)
            with store.writer() as writer:
                founded.found(writer)
                for _ in range(3):
                    founded.paid(writer)
                self.on_notice = [_post(founded, writer, unit) for unit in ("tea", "sugar")]
            self.ledger = founded.ledger
            self.keys = founded.keys

    def save(self) -> None:
        """Write the officers' keys and what is on notice beside the data, for those that run from it."""
        keys = {name: key.private_bytes_raw().hex() for name, key in self.keys.items()}
        told = {"ledger": self.ledger, "keys": keys, "on_notice": [tuple(each) for each in self.on_notice]}
        (self.folder / "told.json").write_bytes(orjson.dumps(told))


def _post(founded: Founded, writer: Writer, unit: str) -> OnNotice:
    cases = [founded.nominated(writer, unit=unit)[0] for _ in range(3)]
    for case in cases:
        founded.record(writer, f"{unit}-confirmer", Confirmed(campaign="b2026", unit=unit, case=case))
    posted = NoticePosted(
        campaign="b2026",
        unit=unit,
        cases=cases,
        start=founded.day(),
        end=founded.day(14),
        place="厂门口公示栏",
    )
    return OnNotice(founded.record(writer, f"{unit}-confirmer", posted).id, cases)


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


def enlarge(folder: Path) -> None:
    """Give a run's file system more room, as an operator does once it has been full."""
    subprocess.run(
        ["mount", "-o", f"remount,size={shutil.disk_usage(folder).total + ROOM_BYTES}", str(folder)],
        check=True,
        capture_output=True,
    )


class World:
    """The server and the service of one run. What ends is started again, what is paused goes on."""

    def __init__(self, folder: Path, port: int, *, pauses: bool) -> None:
        self.folder = folder
        self.port = port
        self.plan = folder / "plan"
        self.server = EmbeddedServer(folder / "data")
        self.standby: EmbeddedServer | None = None
        self.problems: list[str] = []
        self.service: Launched | None = None
        self.longest_seconds = 0.0
        self.ready_since: float | None = None
        self._lost: EmbeddedServer | None = None
        self._over = threading.Event()
        self._watched = threading.Lock()
        self._threads = [threading.Thread(target=each, daemon=True) for each in (self._keep, self._probe)]
        if pauses:
            self._threads.append(threading.Thread(target=self._wake, daemon=True))

    def start(self, faults: list[dict[str, Any]], standby: Path | None) -> None:
        """Start the service, with faults at exact points, beside a standby or not; the server runs."""
        self.plan.mkdir(exist_ok=True)
        (self.plan / "plan.json").write_bytes(orjson.dumps(faults))
        self.set_clock(0)
        if standby is not None:
            self.standby = failover.follow_synchronously(self.server, standby)
        self._note_postmaster()
        self._serve()
        for thread in self._threads:
            thread.start()

    def happened(self, number: int) -> bool:
        """Whether the plan's fault of that number came about."""
        return (self.plan / f"done-{number}").exists()

    def stop(self) -> None:
        """Tell the service to stop, as an operator does."""
        self._over.set()
        for thread in self._threads:
            thread.join()
        self._stop_service()
        # A fault at the last checkpoint's point may have come about by the stop.
        self.launch_postgres()

    def _stop_service(self) -> None:
        """A stop takes its time; more than that is a problem, and the service is killed."""
        assert self.service is not None
        self.service.send(signal.SIGTERM)
        if not self.service.wait(STOP_SECONDS):
            self.problems.append(f"the service took more than {STOP_SECONDS:.0f} s to stop")
        self.kill_service()

    def lose_primary(self) -> None:
        """The primary's machine is gone: its standby takes over, and the service goes on there."""
        assert self.standby is not None
        with self._watched:
            self._lost, self.server = self.server, self.standby
            with suppress(OSError, ValueError, IndexError):
                kill_postmaster(self._lost.pid())
            problem = failover.promote(self.standby, self.folder / "service.log")
            if problem is not None:
                self.problems.append(problem)
            self._note_postmaster()
            self._stop_service()
            self._serve()

    def close(self) -> None:
        """End everything that still runs."""
        self._over.set()
        self.kill_service()
        for server in {self.server, self.standby, self._lost} - {None}:
            assert server is not None
            failover.halt(server)

    def set_clock(self, seconds: float) -> None:
        """Have the service's clock go wrong by that much."""
        beside = self.plan / "clock.new"
        beside.write_text(str(seconds))
        beside.rename(self.plan / "clock")

    def processes(self) -> list[psutil.Process]:
        """The service's process, then those that it has started."""
        return [] if self.service is None else self.service.descendants()

    def views_process(self) -> psutil.Process | None:
        """The process that follows."""
        for process in self.processes()[1:]:
            with suppress(psutil.Error):
                if any("spawn_main" in each for each in process.cmdline()):
                    return process
        return None

    def kill_service(self) -> None:
        """SIGKILL to the service; its views' process notices by itself."""
        if self.service is not None and self.service.runs():
            self.service.send(signal.SIGKILL)
            self.service.wait(STOP_SECONDS)

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
        environment = {
            VARIABLE: str(self.plan),
            "SONGNUAN_DATABASE_URL": self.server.url,
            "SONGNUAN_DATA_DIR": str(self.folder / "data"),
            "SONGNUAN_TRUSTED_PROXIES": "127.0.0.1",
        }
        arguments = ["serve", "--port", str(self.port)]
        self.service = launcher().launch(arguments, environment, self.folder / "service.log")

    def _keep(self) -> None:
        """What an operator's process supervisor does, for the service and for PostgreSQL."""
        while not self._over.wait(WATCH_SECONDS):
            with self._watched:
                pid = (self.plan / "postmaster").read_text()
                if not pid or not psutil.pid_exists(int(pid)) or _status(int(pid)) == psutil.STATUS_ZOMBIE:
                    self.launch_postgres()
                if self.service is None or not self.service.runs():
                    self._serve()

    def _wake(self) -> None:
        """Let what was paused go on after a while."""
        paused: dict[int, float] = {}
        while not self._over.wait(WATCH_SECONDS):
            now = time.monotonic()
            for process in [*self.processes(), *self._postgres()]:
                with suppress(psutil.Error):
                    if process.status() != psutil.STATUS_STOPPED:
                        paused.pop(process.pid, None)
                    elif now - paused.setdefault(process.pid, now) > PAUSED_SECONDS:
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


def copied(template: Path, folder: Path) -> tuple[Founded, list[OnNotice]]:
    """A run's own copy of the template; its officers, and what is on notice."""
    subprocess.run(["cp", "-a", str(template / "data"), str(folder / "data")], check=True)
    shutil.rmtree(folder / "data" / "socket", ignore_errors=True)
    known = orjson.loads((template / "told.json").read_bytes())
    keys = {
        name: Ed25519PrivateKey.from_private_bytes(bytes.fromhex(key)) for name, key in known["keys"].items()
    }
    founded = Founded(OpenStore(Store(folder / "data")), known["ledger"], keys)
    return founded, [OnNotice(*each) for each in known["on_notice"]]
