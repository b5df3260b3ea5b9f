"""Standbys (备机): a copy of the primary that follows it by streaming replication, kept running.

Each standby has a slot of its own on the primary, so that it finds the WAL again however long it
was away.
"""

from __future__ import annotations

import hashlib
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, NamedTuple

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from ledger.errors import Misconfigured
from ledger.postgres.connection import ANSWER_SECONDS, connect
from ledger.postgres.epoch import read_epoch
from ledger.storage.base_backup import streamed_base
from ledger.storage.embedded import EmbeddedServer
from ledger.storage.foreign_settings import HARMLESS, OF_THIS_MACHINE, hindering
from ledger.storage.kept_running import KeptRunning
from ledger.storage.restoring import check_free, settings_in
from ledger.storage.slots import ensure_slot
from ledger.storage.wal import parse_lsn
from ledger.storage.waypoints import newest_position
from ledger.supervision import repeat

ROUND_SECONDS = 1.0

Role = Literal["stopped", "standby", "primary"]


class StandbyState(NamedTuple):
    """How a standby is. ``streaming`` says that it hears from its primary now.

    ``lag_bytes`` is the WAL that it received and has not replayed, ``lag_seconds`` the age of what it
    replayed last; 0 where it has all that it received. ``superseded_by`` is the epoch under which another
    database goes on in the place of its primary, as that one told it; None where it did not.
    """

    role: Role
    streaming: bool
    position: int
    replayed: int
    lag_bytes: int
    lag_seconds: float
    superseded_by: int | None = None

    @property
    def follows(self) -> bool:
        """Whether it is a standby that hears from a primary at which statements are recorded."""
        return self.role == "standby" and self.streaming and self.superseded_by is None


STOPPED = StandbyState("stopped", False, 0, 0, 0, 0.0)


def slot_name(server: EmbeddedServer) -> str:
    """The name of a standby's slot on its primary: of this machine and this folder."""
    place = f"{socket.gethostname()}:{server.folder}"
    return f"songnuan_standby_{hashlib.sha256(place.encode()).hexdigest()[:12]}"


def make_standby(url: str, server: EmbeddedServer) -> None:
    """Copy the primary into the server's folder, so that it starts as its standby.

    Raises:
        Misconfigured: ``data-folder-in-use``, ``slot-lost``, ``postgresql-failed``.
        Unavailable: ``folder-in-use``.
    """
    check_free(server)
    slot = slot_name(server)
    with connect(url, answer_seconds=ANSWER_SECONDS) as connection:
        ensure_slot(connection, slot)
    with streamed_base(url, server, server.folder / "standby.new", "-R", "-S", slot) as made:
        (made / "server.log").unlink(missing_ok=True)
        _make_own(made)
        server.adopt(made)


def _make_own(made: Path) -> None:
    """Take back what of the primary's settings belongs to its machine: a standby beside it could not start."""
    found = hindering(settings_in(made))
    with (made / "postgresql.auto.conf").open("a") as file:
        file.writelines(f"{name} = '{HARMLESS[name]}'\n" for name in OF_THIS_MACHINE if name in found)


def state_of(server: EmbeddedServer) -> StandbyState:
    """How the server is now; ``stopped`` where it does not answer."""
    try:
        with connect(server.url, connect_seconds=5, answer_seconds=5) as connection:
            return _state(connection)
    except psycopg.OperationalError:
        return STOPPED


def _state(connection: psycopg.Connection[Any]) -> StandbyState:
    row = connection.execute(
        "SELECT pg_is_in_recovery(), EXISTS (SELECT FROM pg_stat_wal_receiver WHERE status = 'streaming'),"
        " pg_last_wal_receive_lsn()::text, pg_last_wal_replay_lsn()::text,"
        " extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp())::float8"
    ).fetchone()
    assert row is not None
    recovering, streaming, received, replayed, age = row
    position = newest_position(connection)
    if not recovering:
        return StandbyState("primary", False, position, 0, 0, 0.0)
    until = parse_lsn(replayed or "0/0")
    behind = max(0, parse_lsn(received or "0/0") - until)
    seconds = float(age or 0) if behind else 0.0
    return StandbyState("standby", streaming, position, until, behind, seconds, _superseded_by(connection))


def _superseded_by(connection: psycopg.Connection[Any]) -> int | None:
    row = connection.execute("SELECT to_regclass('ledger.writer') IS NOT NULL").fetchone()
    return read_epoch(connection).superseded_by if row == (True,) else None


def supervise(
    server: EmbeddedServer,
    stop: threading.Event,
    heard: Callable[[StandbyState], None] = lambda state: None,
) -> None:
    """Keep the server running, unless it is halted, and say how it is, until told to stop.

    A server that was promoted meanwhile goes on running after that; a standby is stopped.
    """
    server.start()
    kept = KeptRunning(server)

    def look() -> None:
        heard(state_of(server))
        kept.look()

    try:
        repeat(look, stop, every_seconds=ROUND_SECONDS)
    finally:
        if state_of(server).role == "primary":
            server.release()
        else:
            server.stop()


def primary_url(connection: psycopg.Connection[Any]) -> str:
    """How a standby reaches its primary, and the same database there as here.

    Raises:
        Misconfigured: ``not-a-standby``.
    """
    row = connection.execute(
        "SELECT pg_is_in_recovery(), setting FROM pg_settings WHERE name = 'primary_conninfo'"
    ).fetchone()
    if row is None or not row[0] or not row[1]:
        raise Misconfigured(
            "not-a-standby",
            "此目录的数据库不是备机：不跟随任何主库",
            "the database in this folder is no standby: it follows no primary",
        )
    told = conninfo_to_dict(row[1])
    told.pop("fallback_application_name", None)
    told["dbname"] = connection.info.dbname
    return make_conninfo("", **told)
