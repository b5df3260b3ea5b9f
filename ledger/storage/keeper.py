"""Keeping backups (持续备份): the slot first, then bases by schedule and all WAL between, in a depot.

WAL is received into a spool on this disk and goes from there to the depot, the unfinished segment
too, every few seconds. Whatever breaks, the next round goes on: what is in the spool is not
forgotten, what was stored in part has no card. Where WAL was lost all the same, a new base is begun
at once, and the gap has a name.
"""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path

import orjson
import psycopg
import structlog

from ledger.clock import utc_now
from ledger.errors import Misconfigured, SongnuanError, Unavailable
from ledger.postgres.connection import ANSWER_SECONDS, connect
from ledger.storage.backup import take_backup
from ledger.storage.embedded import EmbeddedServer
from ledger.storage.holdings import Holdings
from ledger.storage.left_behind import end_left_behind
from ledger.storage.reading_back import Rounds, read_back
from ledger.storage.receiving import (
    WAL_ELSEWHERE,
    WalReceiver,
    archive_of,
    segment_bytes_of,
    system_in_folder,
    system_of,
)
from ledger.storage.retention import (
    Retention,
    Schedule,
    base_due,
    expired_bases,
    expired_segments,
    rehearsal_due,
)
from ledger.storage.slots import BACKUP_SLOT, LOST, SLOT_LOST, drop_slot, find_slot
from ledger.storage.wal import PARTIAL, Segment, parse_segment
from ledger.storage.waypoints import Waypoint, read_waypoints
from ledger.supervision import Task

KEEPER_LOCK = 0x736F6E67_00000009
ROUND_SECONDS = 1.0
PARTIAL_SECONDS = 5.0
AFTER_FAILURE_SECONDS = 15.0
LOOK_SECONDS = 600.0
"""How often the depot's list is held against what was stored in it."""
READ_BACK = timedelta(hours=1)
"""How often some of what was stored is read back."""
COPY_SECONDS = 1.0
"""How long a copy has to end once it is told to; it is begun anew in any case."""
BESIDE_SECONDS = 4.0
"""How long a stop waits for what is done beside receiving."""
STATUS = "keeping.json"

_log = structlog.get_logger(__name__)


class Keeper:
    """One ledger's backups, kept until told to stop.

    ``rehearse`` restores the newest backup somewhere and verifies it; it is called in a thread, and
    ``end_rehearsing`` while that is to end.
    """

    def __init__(
        self,
        url: str,
        ledger: str,
        server: EmbeddedServer,
        holdings: Holdings,
        spool: Path,
        *,
        schedule: Schedule | None = None,
        retention: Retention | None = None,
        rehearse: Callable[[], None] | None = None,
        end_rehearsing: Callable[[], None] = lambda: None,
    ) -> None:
        self._url = url
        self._ledger = ledger
        self._server = server
        self._holdings = holdings
        self._spool = spool
        self._wal = spool / "wal"
        self._schedule = schedule or Schedule()
        self._retention = retention or Retention()
        self._rehearse = rehearse
        self._end_rehearsing = end_rehearsing
        self._stopping = False
        self._receiver = WalReceiver(url, server, self._wal)
        self._segment_bytes = 0
        self._stored: Waypoint | None = None
        self._partial_at = 0.0
        self._look_at = time.monotonic() + LOOK_SECONDS
        self._read_back_at = 0.0
        self._rounds = Rounds(spool / "read-back.json", READ_BACK)
        self._gaps = 0
        self._gaps_closed = 0
        self._last_base: datetime | None = None
        self._first_base: datetime | None = None
        self._last_rehearsal: datetime | None = None
        self._tasks: dict[str, Task] = {}
        self._not_before: dict[str, float] = {}

    def run(self, stop: threading.Event, heard: Callable[[Waypoint], None] = lambda waypoint: None) -> None:
        """Keep backups until told to stop; ``heard`` is called with each waypoint that is in the depot.

        Raises:
            Unavailable: ``keeper-elsewhere`` where another process keeps this ledger's backups.
            Misconfigured: ``backup-of-another``, ``backup-of-another-server``.
        """
        with self._alone():
            self._begin()
            try:
                while True:
                    self._round(heard)
                    if stop.wait(ROUND_SECONDS):
                        break
            finally:
                self._receiver.close()
            self._end_beside()
            self._store_wal(heard, finish=True)
            # What was received late may lie before the oldest base that is kept.
            self._prune()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with connect(self._url, answer_seconds=ANSWER_SECONDS) as connection:
            if connection.execute("SELECT pg_try_advisory_lock(%s)", (KEEPER_LOCK,)).fetchone() != (True,):
                raise Unavailable(
                    "keeper-elsewhere",
                    "另一进程正在保持此台账的备份",
                    "another process keeps this ledger's backups",
                    30,
                )
            try:
                yield
            finally:
                # The server ends a session some time after it is closed; the next keeper may come sooner.
                with suppress(psycopg.Error):
                    connection.execute("SELECT pg_advisory_unlock(%s)", (KEEPER_LOCK,))

    def _begin(self) -> None:
        # The server's user passes through to the folders that are its own.
        self._spool.mkdir(parents=True, exist_ok=True)
        self._spool.chmod(0o711)
        end_left_behind(self._spool)
        with connect(self._url, answer_seconds=ANSWER_SECONDS) as connection:
            self._segment_bytes, system = segment_bytes_of(connection), system_of(connection)
        self._holdings.claim(self._ledger, system, self._segment_bytes)
        self._put_aside(system)
        self._look_at_holdings()
        try:
            self._receiver.prepare()
        except Misconfigured as error:
            if error.code not in (SLOT_LOST, WAL_ELSEWHERE):
                raise
            self._begin_anew(error)

    def _put_aside(self, system: str) -> None:
        """Keep apart what the spool has of the server before a move: it follows on nothing of this one."""
        found = system_in_folder(self._wal)
        if found is not None and found != system:
            aside = self._spool / f"wal-of-{found}-{utc_now():%Y%m%dT%H%M%SZ}"
            self._wal.rename(aside)
            _log.warning("WAL of another server is put aside", folder=str(aside))

    def _look_at_holdings(self) -> None:
        """Go on from what is in the depot: its bases, its rehearsal, and the segment that is to come next."""
        for name in self._holdings.unfinished_bases():
            self._holdings.remove_base(name.split("/")[1])
        rehearsal = self._holdings.last_rehearsal()
        if rehearsal is not None:
            self._last_rehearsal = datetime.fromisoformat(rehearsal.at)
        bases = self._holdings.bases()
        if bases:
            self._last_base, self._first_base = bases[-1].finished_at, bases[0].finished_at
        chain = self._holdings.summary().chain
        if chain is not None and chain.hole is not None:
            self._gaps += 1
        elif chain is not None:
            self._receiver.next_elsewhere = chain.next_number

    def _look_for_holes(self) -> None:
        """Find what somebody took from the depot, or spoiled there: then a new base is begun at once."""
        summary = self._holdings.summary()
        is_hole = summary.chain is not None and summary.chain.hole is not None
        if (
            (is_hole or summary.base is None)
            and self._last_base is not None
            and self._gaps == self._gaps_closed
        ):
            _log.error("the depot lacks what was stored, a new base is begun")
            self._gaps += 1

    def _begin_anew(self, error: Misconfigured) -> None:
        """WAL that was never received is gone: go on with a new slot, and a new base at once."""
        _log.error("WAL was lost, a new base is begun", code=error.code)
        self._gaps += 1
        if self._wal.exists():
            self._store_wal(lambda waypoint: None, finish=True)
            shutil.rmtree(self._wal)
        self._receiver.next_elsewhere = None
        with connect(self._url, answer_seconds=ANSWER_SECONDS) as connection:
            slot = find_slot(connection, BACKUP_SLOT)
            if slot is not None and slot.wal_status == LOST:
                drop_slot(connection, BACKUP_SLOT)
        self._receiver.prepare()

    def _round(self, heard: Callable[[Waypoint], None]) -> None:
        try:
            self._receiver.step()
        except Misconfigured as error:
            self._receiver.close()
            try:
                self._begin_anew(error)
            except psycopg.OperationalError:
                return
        if time.monotonic() >= self._not_before.get("store", 0):
            try:
                self._store_wal(heard)
            except SongnuanError as error:
                self._failed("store", error)
        now = utc_now()
        if self._gaps > self._gaps_closed or base_due(self._last_base, now, self._schedule):
            self._start("base", self._take_base)
        if time.monotonic() >= self._look_at:
            self._look_at = time.monotonic() + LOOK_SECONDS
            try:
                self._look_for_holes()
            except SongnuanError as error:
                self._failed("look", error)
        if time.monotonic() >= self._read_back_at:
            self._read_back_at = time.monotonic() + READ_BACK.total_seconds()
            self._start("read-back", self._read_some_back)
        if rehearsal_due(self._last_rehearsal, self._first_base, now, self._schedule):
            self._start("rehearsal", self._rehearse_now)

    def _start(self, name: str, work: Callable[[], None]) -> None:
        """Do something beside receiving, once at a time, and not soon again after it failed."""
        if time.monotonic() < self._not_before.get(name, 0):
            return

        def surely() -> None:
            try:
                work()
            except (SongnuanError, OSError, psycopg.Error) as error:
                if not self._stopping:
                    self._failed(name, error)

        self._tasks.setdefault(name, Task(name)).start(surely)

    def _end_beside(self) -> None:
        """Break off what is done beside receiving; the next keeper begins it anew.

        What cannot be broken off, an upload to a store, is left to end with the process.
        """
        self._stopping = True
        deadline = time.monotonic() + BESIDE_SECONDS
        for name, task in self._tasks.items():
            while task.running and time.monotonic() < deadline:
                end_left_behind(self._spool, COPY_SECONDS)
                self._end_rehearsing()
                task.join(0.2)
            if task.running:
                _log.warning("what was under way is left unfinished", part=name)

    def _failed(self, name: str, error: Exception) -> None:
        self._not_before[name] = time.monotonic() + AFTER_FAILURE_SECONDS
        _log.error("keeping backups failed, trying again", part=name, error=error)

    def _take_base(self) -> None:
        folder = self._spool / "base"
        shutil.rmtree(folder, ignore_errors=True)
        begun, gaps = utc_now(), self._gaps
        take_backup(self._url, self._ledger, self._server, folder)
        kept = self._holdings.add_base(folder)
        shutil.rmtree(folder)
        self._last_base = begun
        self._first_base = self._first_base or kept.finished_at
        self._gaps_closed = gaps
        self._prune()

    def _read_some_back(self) -> None:
        names = self._rounds.next_of(self._holdings.stored())
        if read_back(self._holdings, names):
            self._look_at = 0.0
        self._rounds.done(names)

    def _rehearse_now(self) -> None:
        if self._rehearse is not None:
            self._rehearse()
        self._last_rehearsal = utc_now()

    def _prune(self) -> None:
        bases = self._holdings.bases()
        gone = expired_bases(bases, utc_now(), self._retention)
        for each in gone:
            self._holdings.remove_base(each.name)
        kept = [each for each in bases if each not in gone]
        segments: dict[Segment, list[str]] = {}
        for name in self._holdings.segment_names():
            parsed = parse_segment(name, self._segment_bytes)
            if parsed is not None:
                segments.setdefault(parsed, []).append(name)
        for segment in expired_segments(segments, kept, self._segment_bytes):
            self._holdings.remove_segments(segments[segment])

    def _store_wal(self, heard: Callable[[Waypoint], None], *, finish: bool = False) -> None:
        """Bring the spool's segments to the depot; what is unfinished stays, to go on from."""
        waypoints = read_waypoints(self._wal)
        for path in sorted(self._wal.glob("*.history")):
            self._holdings.add_history(path)
            path.rename(path.with_name(path.name + ".stored"))
        archive = archive_of(self._wal, self._segment_bytes)
        for segment in sorted(archive.whole):
            path = self._wal / segment.name(self._segment_bytes)
            self._holdings.add_segment(path, self._within(segment, waypoints))
            self._receiver.next_elsewhere = segment.number + 1
            path.unlink()
        if finish or time.monotonic() >= self._partial_at:
            for segment in sorted(archive.partial):
                path = self._wal / (segment.name(self._segment_bytes) + PARTIAL)
                if path.exists():
                    self._holdings.add_segment(path, self._within(segment, waypoints))
            self._partial_at = time.monotonic() + PARTIAL_SECONDS
        stored = waypoints[-1] if waypoints else None
        if stored is not None and stored != self._stored:
            self._stored = stored
            status = {**stored.to_json(), "stored_at": utc_now().isoformat()}
            (self._spool / STATUS).write_bytes(orjson.dumps(status))
            heard(stored)

    def _within(self, segment: Segment, waypoints: list[Waypoint]) -> Waypoint | None:
        """The furthest waypoint that lies in a segment."""
        until = (segment.number + 1) * self._segment_bytes
        held = [
            each
            for each in waypoints
            if each.timeline == segment.timeline and until - self._segment_bytes < each.lsn <= until
        ]
        return held[-1] if held else None
