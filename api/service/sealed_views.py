"""The row of a view that an officer keeps (常用视图的行), as it is sealed: what keeps it and what verifies it agree here."""

from __future__ import annotations

from typing import Any, NamedTuple

import psycopg

from ledger.identity.row_seals import RowSeals

_TABLE = "kept_views"
"""Under which name its rows are sealed."""


class SealedView(NamedTuple):
    """A row as it is sealed: whose it is, of which table, under which name, and what is kept."""

    officer: str
    list: str
    name: str
    state: dict[str, object]

    def seal(self, seals: RowSeals) -> bytes:
        """The seal over the row."""
        return seals.seal(_TABLE, *self)

    def holds(self, seals: RowSeals, seal: bytes | None) -> bool:
        """Whether this seal is the row's."""
        return seals.holds(seal, _TABLE, *self)


def all_sealed(connection: psycopg.Connection[Any]) -> list[tuple[SealedView, bytes]]:
    """Every view that anybody keeps, with its seal."""
    rows = connection.execute(
        "SELECT officer, list, name, state, seal FROM ledger.kept_views ORDER BY officer, list, name"
    ).fetchall()
    return [(SealedView(*row[:-1]), row[-1]) for row in rows]
