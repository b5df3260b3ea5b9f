"""The access log as who may read it sees it: lines of officers of the own units, the newest first."""

from __future__ import annotations

from typing import Any, NamedTuple

import psycopg
from psycopg.types.json import Jsonb

from api.queries import LATEST, Row, Within, rows

_PAGE = """
    SELECT a.number, a.line FROM ledger.access_log a
    WHERE a.number < %(before)s
        AND (%(kind)s::text IS NULL OR a.kind = %(kind)s)
        AND (%(officer)s::text IS NULL OR a.officer = %(officer)s)
        AND (%(since)s::text IS NULL OR a.at >= %(since)s)
        AND (%(until)s::text IS NULL OR a.at < %(until)s)
        {within}
    ORDER BY a.number DESC LIMIT %(limit)s
"""
MEMBERS = (
    "at",
    "kind",
    "what",
    "officer",
    "key",
    "unit",
    "campaigns",
    "units",
    "subject",
    "rows",
    "code",
    "address",
    "request",
)


class AccessFilter(NamedTuple):
    """Which lines are asked for; times in the one form that is stored, None for all."""

    kind: str | None = None
    officer: str | None = None
    since: str | None = None
    until: str | None = None


def access_lines(
    connection: psycopg.Connection[Any],
    asked: AccessFilter,
    within: Within,
    *,
    before: int = LATEST,
    limit: int = 100,
) -> list[Row]:
    """A page of the log, the newest first.

    Lines belong to their officer's unit; one for certain campaigns alone is seen by whoever sees these.
    """
    condition = within.unit_in("(a.line ->> 'unit')")
    if within.campaigns is not None:
        condition += " AND a.line -> 'campaigns' <@ %(campaigns)s"
    found = rows(
        connection,
        _PAGE.format(within=condition),
        **asked._asdict(),
        **within.parameters(),
        campaigns=Jsonb(list(within.campaigns or ())),
        before=before,
        limit=limit,
    )
    return [{"number": row["number"], **{name: row["line"].get(name) for name in MEMBERS}} for row in found]
