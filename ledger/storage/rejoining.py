"""Rejoining (重新加入): an old primary becomes the standby of the one that took its place.

What only the old one recorded is written to a file first: nothing that somebody has a receipt for
vanishes without being named. Then its data is rewound to where the two parted (pg_rewind), or, where
that does not work, put aside and copied anew.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, NamedTuple

import orjson
import psycopg
import structlog
from psycopg import sql

from ledger.clock import utc_now
from ledger.errors import Misconfigured
from ledger.postgres.connection import ANSWER_SECONDS, Database, connect
from ledger.postgres.epoch import read_epoch
from ledger.storage.embedded import EmbeddedServer
from ledger.storage.restoring import wait_until
from ledger.storage.slots import ensure_slot
from ledger.storage.standby import make_standby, slot_name
from ledger.storage.waypoints import newest_position

PAGE = 1_000
KEPT_FOR_REWINDING = "64GB"
BEGUN = "rejoining"
"""The file that says that what only this server has was written down, and its data is being rewound."""
_ON_ITS_OWN_TIMELINE = ("-c", "recovery_target_timeline=current")
"""A standby may have heard of the new primary's timeline, which it cannot go over to, and would not start."""


class Rejoined(NamedTuple):
    """What came of it: how many entries the new primary lacks and the file that names them, and by what way.

    ``aside`` is the old data folder where it was copied anew; None where it was rewound.
    """

    lost: int
    lost_file: Path | None
    aside: Path | None


def rejoin(server: EmbeddedServer, url: str) -> Rejoined:
    """Make the server's database a standby of the primary at ``url``; it is stopped when this returns.

    The server was that one's primary before, or another standby of it. After any break it is given again:
    what was done before is found done, and data that a break left unusable is copied anew.

    Raises:
        Misconfigured: ``not-superseded`` where the database at ``url`` is no newer primary of the same
            ledger; ``postgresql-failed``.
    """
    begun = server.folder / BEGUN
    if begun.exists() and not server.has_data:
        make_standby(url, server)
        return _finished(server, Rejoined(0, None, None))
    reader = EmbeddedServer(server.folder, options=_ON_ITS_OWN_TIMELINE)
    try:
        reader.start()
        wait_until(reader, recovering=None)
    except Misconfigured:
        reader.stop()
        if not begun.exists():
            raise
        structlog.get_logger(__name__).warning("a rewinding was broken off, copying anew")
        reader.halt()
        return _finished(server, Rejoined(0, None, _copy_anew(server, url)))
    try:
        with (
            connect(url, answer_seconds=ANSWER_SECONDS) as primary,
            connect(server.url) as own,
        ):
            follows = _follows_already(primary, own)
            lost, file = 0, None
            if follows:
                ensure_slot(primary, slot_name(server))
                _follow(own, url, slot_name(server))
            else:
                _check_newer(primary, own)
                lost, file = _write_lost(own, primary, server.folder)
                ensure_slot(primary, slot_name(server))
                # The stop ends with a checkpoint, which must not remove what the rewinding reads.
                own.execute("SET synchronous_commit = local")
                own.execute(f"ALTER SYSTEM SET wal_keep_size = '{KEPT_FOR_REWINDING}'")
                own.execute("SELECT pg_reload_conf()")
    except BaseException:
        reader.stop()
        raise
    reader.halt()
    if follows:
        return _finished(server, Rejoined(0, None, None))
    begun.touch()
    aside = None if _rewind(server, url) else _copy_anew(server, url)
    return _finished(server, Rejoined(lost, file, aside))


def _finished(server: EmbeddedServer, found: Rejoined) -> Rejoined:
    (server.folder / BEGUN).unlink(missing_ok=True)
    return found


def _follows_already(primary: psycopg.Connection[Any], own: psycopg.Connection[Any]) -> bool:
    """Whether this is the primary's standby already: of its epoch, and it does not record itself."""
    row = own.execute("SELECT pg_is_in_recovery()").fetchone()
    theirs = primary.execute("SELECT pg_is_in_recovery()").fetchone()
    if row != (True,) or theirs != (False,) or _ledger_of(primary) != _ledger_of(own):
        return False
    epoch, here = read_epoch(primary), read_epoch(own)
    return epoch.superseded_by is None and here.superseded_by is None and here.number == epoch.number


def _follow(own: psycopg.Connection[Any], url: str, slot: str) -> None:
    """Let a standby follow the primary at ``url`` from its next start on."""
    for name, value in (("primary_conninfo", url), ("primary_slot_name", slot)):
        own.execute(sql.SQL("ALTER SYSTEM SET {} = {}").format(sql.Identifier(name), sql.Literal(value)))


def _check_newer(primary: psycopg.Connection[Any], own: psycopg.Connection[Any]) -> None:
    recovering = primary.execute("SELECT pg_is_in_recovery()").fetchone()
    if (
        recovering == (True,)
        or _ledger_of(primary) != _ledger_of(own)
        or read_epoch(primary).number <= read_epoch(own).number
    ):
        raise Misconfigured(
            "not-superseded",
            "所给数据库不是同一台账的更新的主库：先在备机上运行 songnuan replica promote",
            "the database given is no newer primary of the same ledger: run songnuan replica promote on the standby"
            " first",
        )


def _ledger_of(connection: psycopg.Connection[Any]) -> str | None:
    row = connection.execute(
        "SELECT value ->> 'ledger' FROM ledger.standing WHERE key = 'book/ledger'"
    ).fetchone()
    return None if row is None else row[0]


def _write_lost(
    own: psycopg.Connection[Any], primary: psycopg.Connection[Any], folder: Path
) -> tuple[int, Path | None]:
    """Write down the entries that only the old primary has, as they were recorded."""
    lost: list[dict[str, Any]] = []
    upto = newest_position(own)
    while upto > 0:
        here = _page(own, upto)
        there = _page(primary, upto)
        differing = [
            position for position in sorted(here, reverse=True) if there.get(position) != here[position]
        ]
        lost += [
            {"position": position, "id": here[position][0], "entry": here[position][1].decode()}
            for position in differing
            if not _is_recorded(primary, here[position][0])
        ]
        if len(differing) < len(here):
            break
        upto -= PAGE
    if not lost:
        return 0, None
    path = folder / f"lost-entries-{utc_now():%Y%m%dT%H%M%SZ}.ndjson"
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.writelines(orjson.dumps(each) + b"\n" for each in reversed(lost))
        file.flush()
        os.fsync(file.fileno())
    return len(lost), path


def _page(connection: psycopg.Connection[Any], upto: int) -> dict[int, tuple[str | None, bytes]]:
    rows = connection.execute(
        "SELECT position, statement_id::text, data FROM ledger.entries WHERE position > %s AND position <= %s",
        (upto - PAGE, upto),
    )
    return {position: (statement, bytes(data)) for position, statement, data in rows}


def _is_recorded(primary: psycopg.Connection[Any], statement: str | None) -> bool:
    """Whether the same statement stands there at another position, as one submitted again does."""
    row = primary.execute(
        "SELECT 1 FROM ledger.entries WHERE statement_id = %s::uuid", (statement,)
    ).fetchone()
    return row is not None


def _rewind(server: EmbeddedServer, url: str) -> bool:
    """Rewind the data to where the two parted; whether that worked."""
    try:
        server.command(
            "pg_rewind",
            "-D",
            str(server.data),
            "--write-recovery-conf",
            "--no-ensure-shutdown",
            database=Database(url, "--source-server"),
        )
    except Misconfigured as error:
        structlog.get_logger(__name__).warning("rewinding failed, copying anew", error=error.en)
        return False
    with (server.data / "postgresql.auto.conf").open("a") as file:
        file.write(f"primary_slot_name = '{slot_name(server)}'\n")
    return (server.data / "standby.signal").exists()


def _copy_anew(server: EmbeddedServer, url: str) -> Path:
    aside = server.folder / f"postgresql.superseded-{utc_now():%Y%m%dT%H%M%SZ}"
    server.data.rename(aside)
    make_standby(url, server)
    return aside
