"""Views of tables that officers keep (常用视图): a filter, an order, a grouping and columns under a name of their own.

What is kept is its officer's alone, and no statement: nothing is decided by it. Words that were searched for are not
kept, since they may be anybody's name or number.
"""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb
from pydantic import BaseModel, Field

from ledger.errors import Rule
from ledger.identity.row_seals import RowSeals

MOST_KEPT = 50
_TABLE = "kept_views"
"""Under which name its rows are sealed."""

VIEWS_FULL = Rule(
    "views-full",
    zh="每人最多保存 {expected} 个常用视图：请先删除不再使用的",
    en="an officer keeps {expected} views at most: remove one that is not needed",
)
Name = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^\S(.*\S)?$")]
Short = Annotated[str, Field(max_length=200)]


class KeptState(BaseModel):
    """What is kept of a table: as its address asks it, without the words; no ``columns`` is all of them."""

    filters: Annotated[list[Short], Field(max_length=20)] = []
    sort: Short = ""
    by: Short = ""
    columns: Annotated[list[Short], Field(max_length=40)] = []
    dense: bool = False


class KeptView(BaseModel):
    """A view under the name that its officer gave it."""

    table: str
    name: Name
    state: KeptState


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


def kept(connection: psycopg.Connection[Any], officer: str) -> list[KeptView]:
    """What an officer keeps, by table and name."""
    with connection.cursor(row_factory=dict_row) as cursor:
        found = cursor.execute(
            'SELECT list AS "table", name, state FROM ledger.kept_views WHERE officer = %s ORDER BY list, name',
            (officer,),
        ).fetchall()
    return [KeptView(**row) for row in found]


def keep(
    connection: psycopg.Connection[Any],
    seals: RowSeals,
    officer: str,
    table: str,
    name: str,
    state: KeptState,
) -> None:
    """Keeps a view, in the place of an earlier one of that name.

    Raises:
        Refused: ``views-full``.
    """
    row = SealedView(officer, table, name, state.model_dump())
    done = connection.execute(
        "INSERT INTO ledger.kept_views (officer, list, name, state, seal)"
        " SELECT %(officer)s, %(list)s, %(name)s, %(state)s, %(seal)s"
        " WHERE (SELECT count(*) FROM ledger.kept_views k WHERE k.officer = %(officer)s"
        "  AND (k.list, k.name) <> (%(list)s, %(name)s)) < %(most)s"
        " ON CONFLICT (officer, list, name) DO UPDATE SET state = excluded.state, seal = excluded.seal",
        {**row._asdict(), "state": Jsonb(row.state), "seal": row.seal(seals), "most": MOST_KEPT},
    )
    if done.rowcount == 0:
        raise VIEWS_FULL.refused(expected=MOST_KEPT)


def drop(connection: psycopg.Connection[Any], officer: str, table: str, name: str) -> None:
    """Removes a view of an officer's own, where there is one of that name."""
    connection.execute(
        "DELETE FROM ledger.kept_views WHERE officer = %s AND list = %s AND name = %s", (officer, table, name)
    )
