"""Receiving WAL (接收 WAL): pg_receivewal kept running, and the waypoints of what it has."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg
import structlog

from ledger.errors import Misconfigured
from ledger.postgres.connection import ANSWER_SECONDS, Database, connect
from ledger.storage.embedded import EmbeddedServer
from ledger.storage.left_behind import taken_over
from ledger.storage.slots import BACKUP_SLOT, LOST, Slot, ensure_slot, find_slot, slot_lost
from ledger.storage.wal import (
    DEFAULT_SEGMENT_BYTES,
    PARTIAL,
    SEGMENT_HEAD_BYTES,
    Archive,
    list_archive,
    parse_lsn,
    parse_segment,
    system_in,
)
from ledger.storage.waypoints import Waypoint, append_waypoint, sample_waypoint, thin_waypoints
from ledger.supervision import repeat

WAL_ELSEWHERE = "wal-elsewhere"
ROUND_SECONDS = 0.5
WAYPOINT_SECONDS = 2.0
LONGEST_PAUSE_SECONDS = 30.0

_log = structlog.get_logger(__name__)


def archive_of(folder: Path, segment_bytes: int = DEFAULT_SEGMENT_BYTES) -> Archive:
    """The WAL files of a folder."""
    if not folder.exists():
        return Archive(segment_bytes)
    names = [each.name for each in folder.iterdir()]
    histories = {
        name: (folder / name).read_text(encoding="utf-8") for name in names if name.endswith(".history")
    }
    return list_archive(names, histories, segment_bytes)


def system_of(connection: psycopg.Connection[Any]) -> str:
    """The server's system identifier, in decimal: its standbys and copies have the same, no other has."""
    row = connection.execute("SELECT system_identifier FROM pg_control_system()").fetchone()
    assert row is not None
    return str(row[0])


def system_in_folder(folder: Path) -> str | None:
    """The server whose WAL a folder holds, by its newest segment; None where there is none."""
    for path in sorted(folder.glob("*"), reverse=True):
        if parse_segment(path.name) is not None:
            with path.open("rb") as file:
                found = system_in(file.read(SEGMENT_HEAD_BYTES))
            if found is not None:
                return found
    return None


def segment_bytes_of(connection: psycopg.Connection[Any]) -> int:
    """How large the server's segments are."""
    row = connection.execute(
        "SELECT setting::bigint FROM pg_settings WHERE name = 'wal_segment_size'"
    ).fetchone()
    assert row is not None
    return int(row[0])


class WalReceiver:
    """pg_receivewal into a folder, started again whenever it ends, until it is told to stop.

    The slot keeps on the primary what was not received, and hears of what is safely on this disk.
    """

    def __init__(self, url: str, server: EmbeddedServer, folder: Path, slot: str = BACKUP_SLOT) -> None:
        self._url = url
        self._server = server
        self._folder = folder
        self._slot = slot
        self._program: subprocess.Popen[bytes] | None = None
        self._start_at = 0.0
        self._pause = 1.0
        self._connection: psycopg.Connection[Any] | None = None
        self._pending: Waypoint | None = None
        self._written: Waypoint | None = None
        self._next_waypoint = 0.0
        self._held = ExitStack()
        self._segment_bytes = DEFAULT_SEGMENT_BYTES
        self.next_elsewhere: int | None = None
        """The segment that is to come next after those that were taken out of the folder and are kept."""

    def prepare(self) -> int:
        """Make folder and slot, hold the folder, end what a killed holder left; returns a segment's size.

        Raises:
            Misconfigured: ``slot-lost``; ``wal-elsewhere`` where the slot has moved on past what was
                received, so that segments between them can never come.
            Unavailable: ``folder-in-use``.
        """
        self._server.prepare_folder(self._folder)
        self._held.close()
        self._held.enter_context(taken_over(self._folder))
        with connect(self._url, answer_seconds=ANSWER_SECONDS) as connection:
            ensure_slot(connection, self._slot)
            self._segment_bytes = segment_bytes_of(connection)
            slot = find_slot(connection, self._slot)
        thin_waypoints(self._folder, self._segment_bytes)
        self._check_follows(slot)
        return self._segment_bytes

    def _check_follows(self, slot: Slot | None) -> None:
        """Refuse a slot that begins after what was received: pg_receivewal would go on there without a word."""
        ends = [_newest_end(self._folder, self._segment_bytes), self.next_elsewhere]
        newest = max((each for each in ends if each is not None), default=None)
        if slot is None or slot.restart_lsn is None or newest is None:
            return
        reserved = slot.restart_lsn // self._segment_bytes
        if reserved > newest:
            raise Misconfigured(
                WAL_ELSEWHERE,
                f"{self._folder} 中的 WAL 到第 {newest} 段为止，而复制槽 {self._slot} 已前移到第 {reserved} 段："
                "其间的 WAL 被收到了别处。请换用新的目录，并重新做全量备份",
                f"the WAL in {self._folder} ends before segment {newest}, the slot {self._slot} has gone on to"
                f" {reserved}: what lies between was received elsewhere. Use a new folder, and take a"
                " new base",
            )

    def run(self, stop: threading.Event, heard: Callable[[Waypoint], None] = lambda waypoint: None) -> None:
        """Receive until told to stop; ``heard`` is called with each waypoint that was written.

        Raises:
            Misconfigured: ``slot-lost``, ``wal-elsewhere`` where receiving can never go on.
        """
        try:
            repeat(lambda: self.step(heard), stop, every_seconds=ROUND_SECONDS)
        finally:
            self.close()

    def step(self, heard: Callable[[Waypoint], None] = lambda waypoint: None) -> None:
        """Start the program where it does not run, and write a waypoint where one is due."""
        self._keep_running()
        try:
            self._write_waypoint(heard)
        except psycopg.OperationalError as error:
            _log.warning("the primary does not answer", error=error)
            self._disconnect()
            self._next_waypoint = time.monotonic() + WAYPOINT_SECONDS

    def close(self) -> None:
        """Stop the program, which finishes what it is writing."""
        if self._program is not None:
            self._program.terminate()
            try:
                self._program.wait(10)
            except subprocess.TimeoutExpired:
                self._program.kill()
                self._program.wait()
            self._program = None
        self._disconnect()
        self._held.close()

    def _keep_running(self) -> None:
        program = self._program
        if program is not None and program.poll() is None:
            return
        if program is not None:
            _log.warning("receiving the WAL ended, starting it again", exit_code=program.returncode)
            self._program = None
            self._start_at = time.monotonic() + self._pause
            self._pause = min(self._pause * 2, LONGEST_PAUSE_SECONDS)
            self._check_slot()
        if time.monotonic() >= self._start_at:
            self._program = self._server.spawn(
                "pg_receivewal",
                "--slot",
                self._slot,
                "--no-password",
                "--no-loop",
                "-D",
                str(self._folder),
                "--synchronous",
                database=Database(self._url),
            )

    def _check_slot(self) -> None:
        try:
            with connect(self._url, answer_seconds=ANSWER_SECONDS) as connection:
                slot = find_slot(connection, self._slot)
        except psycopg.OperationalError:
            return
        if slot is None or slot.wal_status == LOST:
            raise slot_lost(self._slot)
        self._check_follows(slot)

    def _write_waypoint(self, heard: Callable[[Waypoint], None]) -> None:
        if self._pending is None and time.monotonic() < self._next_waypoint:
            return
        if self._connection is None:
            self._connection = connect(self._url, answer_seconds=ANSWER_SECONDS)
        if self._pending is None:
            sampled = sample_waypoint(self._connection)
            self._next_waypoint = time.monotonic() + WAYPOINT_SECONDS
            if self._written is not None and sampled[:3] == self._written[:3]:
                return
            self._pending = sampled
        received = received_until(self._connection, self._slot)
        if received is not None and received >= self._pending.lsn:
            append_waypoint(self._folder, self._pending)
            self._written, self._pending = self._pending, None
            self._pause = 1.0
            heard(self._written)

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def received_until(connection: psycopg.Connection[Any], slot: str) -> int | None:
    """The LSN up to which the receiver of a slot has the WAL on its disk; None where nobody receives."""
    row = connection.execute(
        "SELECT r.flush_lsn::text FROM pg_stat_replication r JOIN pg_replication_slots s"
        " ON s.active_pid = r.pid WHERE s.slot_name = %s",
        (slot,),
    ).fetchone()
    return None if row is None or row[0] is None else parse_lsn(row[0])


def _newest_end(folder: Path, segment_bytes: int) -> int | None:
    """The number of the segment that is to come next into a folder; None for an empty one."""
    ends = [
        segment.number + (0 if each.name.endswith(PARTIAL) else 1)
        for each in folder.iterdir()
        if (segment := parse_segment(each.name, segment_bytes)) is not None
    ]
    return max(ends, default=None)
