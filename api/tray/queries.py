"""The tray's rows (待会签): kept, listed, declined and taken out; those recorded or lapsed are no more in it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import psycopg

from ledger.identity.row_seals import RowSeals

_TABLE = "tray"
"""Under which name its rows are sealed."""

_WAITS = (
    "t.lapses_at > now() AND NOT EXISTS (SELECT FROM ledger.entries e WHERE e.statement_id = t.statement)"
)


class Kept(NamedTuple):
    """A statement in the tray: its id, who signed it, since when and until when it waits, its bytes, who declined it."""

    statement: str
    officer: str
    put_at: datetime
    lapses_at: datetime
    envelope: bytes
    declined_by: str | None = None
    declined_reason: str | None = None

    def seal(self, seals: RowSeals) -> bytes:
        """The seal over the row."""
        return seals.seal(_TABLE, *self)

    def holds(self, seals: RowSeals, seal: bytes | None) -> bool:
        """Whether this seal is the row's."""
        return seals.holds(seal, _TABLE, *self)


_COLUMNS = "t.statement::text, t.officer, t.put_at, t.lapses_at, t.envelope, t.declined_by, t.declined_reason"


def keep(connection: psycopg.Connection[Any], seals: RowSeals, kept: Sequence[Kept]) -> None:
    """Keeps statements; drops what waits no more."""
    connection.execute(f"DELETE FROM ledger.tray t WHERE NOT ({_WAITS})")
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO ledger.tray (statement, officer, put_at, lapses_at, envelope, declined_by, declined_reason,"
            " seal) VALUES (%s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT (statement) DO NOTHING",
            [(*each, each.seal(seals)) for each in kept],
        )


def all_sealed(connection: psycopg.Connection[Any]) -> list[tuple[Kept, bytes]]:
    """Every row, whether it waits or not, with its seal."""
    rows = connection.execute(f"SELECT {_COLUMNS}, t.seal FROM ledger.tray t ORDER BY t.statement").fetchall()
    return [(Kept(*row[:-1]), row[-1]) for row in rows]


def waiting(connection: psycopg.Connection[Any]) -> list[Kept]:
    """All that waits, the oldest first."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM ledger.tray t WHERE {_WAITS} ORDER BY t.put_at, t.statement"
    ).fetchall()
    return [Kept(*row) for row in rows]


def find(connection: psycopg.Connection[Any], statement: str) -> Kept | None:
    """One that waits."""
    row = connection.execute(
        f"SELECT {_COLUMNS} FROM ledger.tray t WHERE {_WAITS} AND t.statement = %s", (statement,)
    ).fetchone()
    return None if row is None else Kept(*row)


def count_of(connection: psycopg.Connection[Any], officer: str) -> int:
    """How many of an officer's wait."""
    row = connection.execute(
        f"SELECT count(*) FROM ledger.tray t WHERE {_WAITS} AND t.officer = %s", (officer,)
    ).fetchone()
    return 0 if row is None else int(row[0])


def take_out(connection: psycopg.Connection[Any], statement: str) -> None:
    """Takes one out."""
    connection.execute("DELETE FROM ledger.tray WHERE statement = %s", (statement,))


def decline(connection: psycopg.Connection[Any], seals: RowSeals, kept: Kept, by: str, reason: str) -> None:
    """Notes who declined to sign one, and why; whoever signed it sees that, and takes it out."""
    declined = kept._replace(declined_by=by, declined_reason=reason)
    connection.execute(
        "UPDATE ledger.tray SET declined_by = %s, declined_reason = %s, seal = %s WHERE statement = %s",
        (by, reason, declined.seal(seals), kept.statement),
    )
