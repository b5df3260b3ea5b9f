"""Switching over (主备切换): the standby becomes the primary, the old one records no more.

Where the old primary can be reached it is fenced first, under the lock that every batch takes, and
the standby is promoted only once it has all that was recorded there: every receipt that the old one
gave is on the new one. Where it is lost, the standby goes on with what it has; the old primary,
should it come back, meets the newer epoch (:mod:`ledger.storage.peers`).
"""

from __future__ import annotations

import time
from typing import Any, NamedTuple

import psycopg
import structlog

from ledger.errors import Unavailable
from ledger.postgres.connection import ANSWER_SECONDS, connect
from ledger.postgres.epoch import assume_epoch, fence, read_epoch
from ledger.storage.embedded import EmbeddedServer
from ledger.storage.read_only import let_write, lift_read_only
from ledger.storage.restoring import wait_until
from ledger.storage.slots import BACKUP_SLOT, ensure_slot, find_slot
from ledger.storage.standby import primary_url
from ledger.storage.wal import parse_lsn
from ledger.storage.waypoints import newest_position

EPOCHS_APART = 1_000_000
"""A switch-over goes on so far above the old primary's epoch that no election there reaches it."""
CATCH_UP_SECONDS = 60.0
CONNECT_SECONDS = 5
BEGUN = "switching-over"
"""The file that says that this standby is being promoted."""

_log = structlog.get_logger(__name__)


class SwitchOver(NamedTuple):
    """What came of it: the new primary's epoch and newest position.

    ``old_position`` is the old primary's newest one, None where it could not be asked; it was
    ``fenced`` unless it could not be reached. ``waited_for_standbys`` says that the old one's receipts
    waited for a standby, and the new one's do not until it has one. ``made_writable`` names what kept the
    database read-only and was taken back (:mod:`ledger.storage.read_only`).
    """

    epoch: int
    position: int
    old_position: int | None
    fenced: bool
    waited_for_standbys: bool
    made_writable: tuple[str, ...]


def next_epoch(current: int) -> int:
    """The epoch under which a database goes on in another's place.

    >>> next_epoch(7), next_epoch(1_000_000)
    (1000000, 2000000)
    """
    return (current // EPOCHS_APART + 1) * EPOCHS_APART


def switch_over(server: EmbeddedServer, *, primary_lost: bool = False) -> SwitchOver:
    """Make the standby in the server's folder the primary; the server runs when this returns.

    It may be done again after any break: what was done before is found done.

    Raises:
        Misconfigured: ``not-a-standby``.
        Unavailable: ``primary-unreachable`` where it must be fenced first and does not answer;
            ``standby-behind`` where the standby does not get all that the primary recorded; then the
            primary goes on.
    """
    server.start()
    try:
        found = _switch_over(server, primary_lost=primary_lost)
    except BaseException:
        server.stop()
        raise
    server.release()
    return found


def _switch_over(server: EmbeddedServer, *, primary_lost: bool) -> SwitchOver:
    begun = server.folder / BEGUN
    wait_until(server, recovering=None)
    with connect(server.url) as connection:
        if begun.exists() and _is_primary(connection):
            return _finish(server, None, fenced=False, reserve=False)
        url = primary_url(connection)
    old_position, fenced, reserve = None, False, False
    try:
        with connect(url, connect_seconds=CONNECT_SECONDS, answer_seconds=ANSWER_SECONDS) as primary:
            fenced = True
            old_position, reserve = _drain(primary, server, primary_lost=primary_lost)
    except psycopg.OperationalError as error:
        if not primary_lost:
            raise Unavailable(
                "primary-unreachable",
                "连不上原主库，不能确认它已停止登记。确实无法恢复时才用 --primary-lost",
                "the old primary does not answer, so that it cannot be told to stop recording. Use --primary-lost only"
                " where it is lost for good",
                10,
            ) from error
        _log.warning("the old primary could not be fenced")
        fenced = False
    begun.touch()
    server.promote()
    wait_until(server, recovering=False)
    return _finish(server, old_position, fenced=fenced, reserve=reserve)


def _drain(
    primary: psycopg.Connection[Any], server: EmbeddedServer, *, primary_lost: bool
) -> tuple[int, bool]:
    """Fence the primary and wait until the standby has all of it; its position, and whether it is backed up."""
    let_write(primary)
    epoch = read_epoch(primary)
    if epoch.superseded_by is None:
        fence(primary, next_epoch(epoch.number))
    row = primary.execute("SELECT pg_current_wal_insert_lsn()::text").fetchone()
    assert row is not None
    position = newest_position(primary)
    reserve = find_slot(primary, BACKUP_SLOT) is not None
    deadline = time.monotonic() + CATCH_UP_SECONDS
    with connect(server.url) as standby:
        while not _has_replayed(standby, parse_lsn(row[0])):
            if time.monotonic() > deadline:
                if primary_lost:
                    return position, reserve
                assume_epoch(primary, epoch.number)
                raise Unavailable(
                    "standby-behind",
                    f"备机在 {CATCH_UP_SECONDS:.0f} 秒内没有收齐主库的记录，未切换；原主库继续登记（其服务须重启）",
                    f"the standby did not get all that the primary recorded in {CATCH_UP_SECONDS:.0f} seconds, so it"
                    " was not promoted; the primary goes on, once its service is started again",
                    10,
                )
            time.sleep(0.05)
    return position, reserve


def _has_replayed(standby: psycopg.Connection[Any], lsn: int) -> bool:
    row = standby.execute("SELECT pg_last_wal_replay_lsn()::text").fetchone()
    return row is not None and row[0] is not None and parse_lsn(row[0]) >= lsn


def _finish(server: EmbeddedServer, old_position: int | None, *, fenced: bool, reserve: bool) -> SwitchOver:
    """Take the newer epoch on the promoted server, and free it of what it had as a standby."""
    with connect(server.url) as connection:
        row = connection.execute("SELECT current_setting('synchronous_standby_names') <> ''").fetchone()
        waited = row == (True,)
        # Before anything else is written: with none to confirm it, every commit would wait for ever.
        connection.execute("SET synchronous_commit = local")
        for setting in ("synchronous_standby_names", "primary_conninfo", "primary_slot_name"):
            connection.execute(f"ALTER SYSTEM RESET {setting}")
        connection.execute("SELECT pg_reload_conf()")
        lifted = tuple(lift_read_only(connection))
        if reserve:
            ensure_slot(connection, BACKUP_SLOT)
        epoch = read_epoch(connection)
        # The fence came here with all that the old one recorded, also where the command was broken off since.
        fenced = fenced or epoch.superseded_by is not None
        number = assume_epoch(connection, epoch.superseded_by or next_epoch(epoch.number))
        position = newest_position(connection)
    (server.folder / BEGUN).unlink(missing_ok=True)
    return SwitchOver(number, position, old_position, fenced, waited, lifted)


def _is_primary(connection: psycopg.Connection[Any]) -> bool:
    row = connection.execute("SELECT pg_is_in_recovery()").fetchone()
    return row == (False,)
