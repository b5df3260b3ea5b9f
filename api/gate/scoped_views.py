"""The gate to the views: a query comes to their tables with the reader's scope in it, or not at all.

A query names relations as tables without a schema. Each that it names stands before it, cut to the
scope, so that rows, counts, sums and what they are joined with are cut alike; nothing else has a name.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from copy import copy
from functools import lru_cache
from typing import Any, NamedTuple

import psycopg
from psycopg.rows import dict_row

from api.gate.access_scope import (
    EVERYTHING,
    NOTHING,
    AccessScope,
    Area,
    scope_of,
)
from api.gate.relations import RELATIONS, Within, oversight_types
from ledger.domain.entry import act_of
from ledger.events.slip import RecipientSpoke

Row = dict[str, Any]

_NAMED = re.compile(r"\b(?:FROM|JOIN)\s+([a-z_]+)\b")
_QUALIFIED = re.compile(r"\b(views|ledger|pg_catalog|information_schema)\s*\.\s*\w")


class ScopedViews:
    """The views as one reader may see them. ``oversight`` is where they may see flags, ``key`` is theirs.

    ``candid`` is where they may hear what recipients answered; None is where they may see flags.

    The connection stays inside: there is no way past the scope.
    """

    def __init__(
        self,
        connection: psycopg.Connection[Any],
        scope: AccessScope,
        *,
        oversight: AccessScope | None = None,
        candid: AccessScope | None = None,
        key: str | None = None,
        public: bool = False,
    ) -> None:
        self.scope = scope
        self.key = key
        self.oversight = scope if oversight is None else oversight
        self.candid = self.oversight if candid is None else candid
        self._connection = connection
        self._counts = False
        self._public = public
        self._shape = _Shape(
            scope=_shape(scope),
            oversight=_shape(self.oversight),
            candid=_shape(self.candid),
            overseen=self.oversight.includes(scope),
            heard=self.candid.includes(scope),
            public=public,
        )
        self._parameters = {
            **Within("scope", scope).parameters(),
            **Within("oversight", self.oversight).parameters(),
            **Within("candid", self.candid).parameters(),
            "oversight_types": list(oversight_types()),
        }

    @property
    def sees_all(self) -> bool:
        """Whether nothing at all is left out, of what inspectors do neither."""
        seen = (self.scope, self.oversight, self.candid)
        return all(each.is_everything for each in seen) and not self._public

    def rows(self, query: str, **parameters: Any) -> list[Row]:
        """The rows of a query with named parameters, within the scope."""
        if self._counts:
            query = f"SELECT count(*) AS rows FROM ({query}) counted"
        text = _scoped(query, self._shape)
        with self._connection.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(text, {**parameters, **self._parameters}).fetchall()

    def counting(self) -> ScopedViews:
        """The same views, of which a question hears only how many rows it has."""
        found = copy(self)
        found._counts = True
        return found

    def own_statements(self, statement_ids: Sequence[str]) -> list[Row]:
        """Statements that the reader's own key signed, by their ids, whatever has become of the scope."""
        return [row for row in self._entries(statement_ids) if _signed_by(row["entry"]) == self.key]

    def statements(self, statement_ids: Sequence[str]) -> list[Row]:
        """Recorded statements by their ids, with position and entry, within the scope."""
        found = self._entries(statement_ids)
        if self.sees_all:
            return found
        seen = self.rows(
            "SELECT position FROM timeline WHERE position = ANY(%(positions)s)",
            positions=[row["position"] for row in found],
        )
        positions = {row["position"] for row in seen}
        return [row for row in found if row["position"] in positions]

    def statements_at(self, positions: Sequence[int]) -> list[Row]:
        """Recorded statements at these positions, in order, with position and entry, within the scope."""
        wanted = [
            row["position"]
            for row in self.rows(
                "SELECT position FROM timeline WHERE position = ANY(%(positions)s)", positions=list(positions)
            )
        ]
        with self._connection.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(
                "SELECT statement_id::text AS id, position, data AS entry FROM ledger.entries"
                " WHERE position = ANY(%s) ORDER BY position",
                (wanted,),
            ).fetchall()

    def tagged(self, tag: str, topic: str, upto: int) -> list[Row]:
        """Recorded statements of a type under a tag, up to a position, in order, within the scope."""
        found = self._connection.execute(
            "SELECT position FROM ledger.entries WHERE tags @> array[%s] AND type = %s AND position <= %s",
            (tag, topic, upto),
        ).fetchall()
        return self.statements_at([position for (position,) in found])

    def _entries(self, statement_ids: Sequence[str]) -> list[Row]:
        with self._connection.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(
                "SELECT statement_id::text AS id, position, data AS entry FROM ledger.entries"
                " WHERE statement_id = ANY(%s::uuid[])",
                (list(statement_ids),),
            ).fetchall()

    def unlimited(self) -> psycopg.Connection[Any]:
        """The database itself, for who may see everything."""
        if not self.scope.is_everything or self._public:
            raise RuntimeError("only a reader of everything has the database itself")
        return self._connection


def _signed_by(entry: bytes) -> str:
    """The key that signed an entry's statement."""
    return act_of(bytes(entry)).statement.by


def every_view(connection: psycopg.Connection[Any]) -> ScopedViews:
    """All there is, for whoever holds the database itself: the command line, tests."""
    return ScopedViews(connection, EVERYTHING)


def views_within(connection: psycopg.Connection[Any], campaign: str | None, unit: str | None) -> ScopedViews:
    """All there is of one campaign, of one unit with all below it; for whoever holds the database itself."""
    return ScopedViews(connection, scope_of([(unit, campaign)]), oversight=EVERYTHING)


def public_views(connection: psycopg.Connection[Any]) -> ScopedViews:
    """What a posted notice shows to everybody, and nothing else."""
    return ScopedViews(connection, NOTHING, public=True)


class _Shape(NamedTuple):
    """What the text of a scoped query depends on; its values are parameters.

    ``overseen`` and ``heard`` say that the whole scope lies where the reader may see flags, and hear recipients.
    """

    scope: AccessScope
    oversight: AccessScope
    candid: AccessScope
    overseen: bool
    heard: bool
    public: bool


def _shape(scope: AccessScope) -> AccessScope:
    """The same scope without its names."""
    some: tuple[str, ...] = ()
    return AccessScope(
        tuple(
            Area(None if area.campaigns is None else some, None if area.units is None else some)
            for area in scope.areas
        )
    )


@lru_cache(maxsize=2048)
def _scoped(query: str, shape: _Shape) -> str:
    """The query with the relations that it names before it."""
    if _QUALIFIED.search(query):
        raise RuntimeError(f"a question names relations, not tables: {query}")
    named = sorted(set(_NAMED.findall(query)) & RELATIONS.keys())
    relations = [f"{name} AS NOT MATERIALIZED ({_relation(name, shape)})" for name in named]
    if not relations:
        return query
    head, rest = ("WITH ", " " + query.lstrip())
    if query.lstrip().startswith("WITH "):
        rest = ", " + query.lstrip()[len("WITH ") :]
    return head + ", ".join(relations) + rest


def _relation(name: str, shape: _Shape) -> str:
    scope = shape.scope
    relation = RELATIONS[name]
    if shape.public:
        return f"SELECT {relation.columns} FROM {relation.source} WHERE {relation.public}"
    within, over = Within("scope", scope), Within("oversight", shape.oversight)
    columns, conditions = relation.columns, []
    if not scope.is_everything:
        conditions.append(relation.held(within))
        if relation.cut is not None:
            columns = relation.cut(within)
    if relation.oversight and not shape.overseen:
        conditions.append(relation.held(over))
    if relation.candid is not None and not shape.heard:
        conditions.append(relation.candid(Within("candid", shape.candid)))
    if name == "timeline" and not shape.overseen:
        # Those whom inspectors watch do not see it.
        conditions.append(f"(r.type <> ALL(%(oversight_types)s) OR {over.event('r')})")
    if name == "timeline" and not shape.heard:
        # Nor does anybody of the unit see which recipients spoke at all.
        conditions.append(
            f"(r.type <> '{RecipientSpoke.NAME}' OR {Within('candid', shape.candid).event('r')})"
        )
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    return f"SELECT {columns} FROM {relation.source}{where}"
