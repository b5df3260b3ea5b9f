"""Replication slots (复制槽): what makes the primary keep its WAL until it was received."""

from __future__ import annotations

from typing import Any, NamedTuple

import psycopg

from ledger.errors import Misconfigured
from ledger.storage.wal import parse_lsn

BACKUP_SLOT = "songnuan_wal"
LOST = "lost"
SLOT_LOST = "slot-lost"


class Slot(NamedTuple):
    """A physical slot; ``retained_bytes`` is the WAL that the primary keeps for it.

    ``wal_status`` is PostgreSQL's own word: reserved, extended, unreserved or lost. ``safe_bytes``
    is what may still be written before it is lost; None where there is no limit.
    """

    name: str
    active: bool
    wal_status: str
    restart_lsn: int | None
    retained_bytes: int
    safe_bytes: int | None


def find_slot(connection: psycopg.Connection[Any], name: str) -> Slot | None:
    """One slot by its name."""
    return next((slot for slot in list_slots(connection) if slot.name == name), None)


def list_slots(connection: psycopg.Connection[Any]) -> list[Slot]:
    """All physical slots of the server."""
    rows = connection.execute(
        "SELECT slot_name, active, coalesce(wal_status, 'reserved'), restart_lsn::text,"
        " CASE WHEN pg_is_in_recovery() THEN 0"
        "  ELSE greatest(coalesce(pg_current_wal_flush_lsn() - restart_lsn, 0), 0) END::bigint,"
        " safe_wal_size FROM pg_replication_slots WHERE slot_type = 'physical' ORDER BY slot_name"
    )
    return [
        Slot(name, active, status, None if lsn is None else parse_lsn(lsn), retained, safe)
        for name, active, status, lsn, retained, safe in rows
    ]


def ensure_slot(connection: psycopg.Connection[Any], name: str) -> bool:
    """Reserve the WAL from now on under that name; whether the slot is new.

    Raises:
        Misconfigured: ``slot-lost`` where the server gave up keeping the WAL for it.
    """
    slot = find_slot(connection, name)
    if slot is None:
        connection.execute("SELECT pg_create_physical_replication_slot(%s, true)", (name,))
        return True
    if slot.wal_status == LOST:
        raise slot_lost(name)
    return False


def drop_slot(connection: psycopg.Connection[Any], name: str) -> None:
    """Let the server forget a slot, if it has it."""
    connection.execute(
        "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = %s", (name,)
    )


def slot_lost(name: str) -> Misconfigured:
    """The error of a slot whose WAL the server removed."""
    return Misconfigured(
        SLOT_LOST,
        f"复制槽 {name} 已失效：主库已删除尚未接收的 WAL（max_slot_wal_keep_size）。删除此槽"
        f"（SELECT pg_drop_replication_slot('{name}')），然后重新做全量备份",
        f"the replication slot {name} is lost: the server removed WAL that was not received"
        f" (max_slot_wal_keep_size). Drop it (SELECT pg_drop_replication_slot('{name}')), then take a new base",
    )
