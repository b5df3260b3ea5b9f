"""Waypoints (路标): up to which position the WAL that was received holds the ledger.

A waypoint is written only once the WAL up to its LSN is in the receiver's hands, so that whoever
restores can say up to which position nothing is missing, and find out what is.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import orjson
import psycopg

from ledger.clock import utc_now
from ledger.storage.cards import backup_damaged, parse_card
from ledger.storage.wal import Chain, format_lsn, parse_lsn

WAYPOINTS = "positions.ndjson"


class Waypoint(NamedTuple):
    """The ledger's newest position at an LSN of a timeline, and when that was."""

    timeline: int
    lsn: int
    position: int
    at: datetime

    def to_json(self) -> dict[str, Any]:
        """For the files beside the WAL."""
        return {
            "timeline": self.timeline,
            "lsn": format_lsn(self.lsn),
            "position": self.position,
            "at": self.at.isoformat(),
        }


def waypoint_from(value: dict[str, Any]) -> Waypoint:
    """Read a waypoint back."""
    return Waypoint(
        int(value["timeline"]),
        parse_lsn(value["lsn"]),
        int(value["position"]),
        datetime.fromisoformat(value["at"]),
    )


def sample_waypoint(connection: psycopg.Connection[Any]) -> Waypoint:
    """Where the primary is now. All that its newest position is made of lies before the LSN."""
    position = newest_position(connection)
    row = connection.execute(
        "SELECT pg_current_wal_flush_lsn()::text, substr(pg_walfile_name(pg_current_wal_flush_lsn()), 1, 8)"
    ).fetchone()
    assert row is not None
    return Waypoint(int(row[1], 16), parse_lsn(row[0]), position, utc_now())


def newest_position(connection: psycopg.Connection[Any]) -> int:
    """The newest position; 0 in a database without a ledger."""
    there = connection.execute("SELECT to_regclass('ledger.entries') IS NOT NULL").fetchone()
    if there != (True,):
        return 0
    row = connection.execute("SELECT coalesce(max(position), 0) FROM ledger.entries").fetchone()
    return int(row[0]) if row is not None else 0


def append_waypoint(folder: Path, waypoint: Waypoint) -> None:
    """Write a waypoint down, durably."""
    with (folder / WAYPOINTS).open("ab") as file:
        file.write(orjson.dumps(waypoint.to_json()) + b"\n")
        file.flush()
        os.fsync(file.fileno())


def read_waypoints(folder: Path) -> list[Waypoint]:
    """What was written down; a last line that a break cut short is left out."""
    path = folder / WAYPOINTS
    if not path.exists():
        return []
    damaged = backup_damaged(
        str(path),
        (
            "删除此文件：恢复仍可进行，只是不再预先知道到哪一号为止",
            "remove it: a restore goes on without it, and only does not know beforehand how far it will come",
        ),
    )
    lines = path.read_bytes().split(b"\n")[:-1]
    return [parse_card(line, waypoint_from, damaged) for line in lines]


def thin_waypoints(folder: Path, segment_bytes: int) -> None:
    """Keep the last waypoint of each segment, so that the file grows no faster than the WAL's list."""
    kept = {(each.timeline, each.lsn // segment_bytes): each for each in read_waypoints(folder)}
    if not kept:
        return
    unfinished = folder / f"{WAYPOINTS}.new"
    with unfinished.open("wb") as file:
        file.writelines(orjson.dumps(each.to_json()) + b"\n" for each in kept.values())
        file.flush()
        os.fsync(file.fileno())
    unfinished.rename(folder / WAYPOINTS)


def last_within(chain: Chain, waypoints: Iterable[Waypoint]) -> Waypoint | None:
    """The furthest waypoint that a chain of segments holds."""
    held = [each for each in waypoints if each.lsn <= chain.end and chain.holds(each.timeline, each.lsn)]
    return max(held, key=lambda each: each.lsn, default=None)
