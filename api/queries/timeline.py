"""The timeline of anything (时间线): what touched it, in order, with who signed and when."""

from __future__ import annotations

from typing import Literal

import psycopg

from api.queries import LATEST, Row, rows

Kind = Literal["case", "dossier", "person", "account", "officer", "unit", "line", "payout", "event"]

_OF_DOSSIERS = (
    "SELECT position FROM views.timeline WHERE dossier = ANY ({dossiers})"
    " UNION SELECT e.position FROM views.timeline e WHERE e.case_id IN"
    " (SELECT case_id FROM views.cases WHERE dossier = ANY ({dossiers}))"
)
_TOUCHED: dict[Kind, str] = {
    "case": "SELECT position FROM views.timeline WHERE case_id = %(name)s"
    " UNION SELECT d.from_position FROM views.dossiers d WHERE d.dossier IN"
    " (SELECT dossier FROM views.cases WHERE case_id = %(name)s)"
    " UNION SELECT n.position FROM views.notices n WHERE n.case_id = %(name)s",
    "dossier": _OF_DOSSIERS.format(dossiers="array[%(name)s]"),
    "person": _OF_DOSSIERS.format(
        dossiers="ARRAY(SELECT dossier FROM views.dossiers WHERE person = %(name)s)"
    ),
    "account": _OF_DOSSIERS.format(
        dossiers="ARRAY(SELECT dossier FROM views.dossiers WHERE marks ->> 'account' = %(name)s)"
    ),
    "officer": "SELECT position FROM views.timeline WHERE officer = %(name)s"
    " UNION SELECT position FROM views.timeline WHERE about_officer = %(name)s"
    " UNION SELECT position FROM views.timeline WHERE seconds @> array[%(name)s]",
    "unit": "SELECT position FROM views.timeline WHERE unit = %(name)s",
    "line": "SELECT position FROM views.timeline WHERE line = %(name)s"
    " UNION SELECT position FROM views.timeline WHERE to_line = %(name)s",
    "payout": "SELECT position FROM views.payouts WHERE payout = %(name)s"
    " UNION SELECT position FROM views.returns WHERE payout = %(name)s"
    " UNION SELECT position FROM views.bank_lines WHERE payout = %(name)s",
    "event": "SELECT %(name)s::bigint AS position",
}
KINDS: tuple[Kind, ...] = tuple(_TOUCHED)


def timeline(
    connection: psycopg.Connection,
    kind: Kind,
    name: str,
    *,
    as_of: int = LATEST,
    after: int = 0,
    limit: int = 200,
) -> list[Row]:
    """The events that touched a thing, after a position and up to another.

    A ``line`` is named ``campaign/line``; a person and an account by their marks.
    """
    return rows(
        connection,
        "SELECT t.* FROM views.timeline t JOIN (SELECT DISTINCT position FROM ("  # noqa: S608 # fixed parts
        f"{_TOUCHED[kind]}) p WHERE position > %(after)s AND position <= %(as_of)s"
        " ORDER BY position LIMIT %(limit)s) x USING (position) ORDER BY t.position",
        name=name,
        as_of=as_of,
        after=after,
        limit=limit,
    )


def events_at(connection: psycopg.Connection, positions: list[int]) -> list[Row]:
    """The events at these positions, in order."""
    return rows(
        connection,
        "SELECT * FROM views.timeline WHERE position = ANY(%(positions)s) ORDER BY position",
        positions=positions,
    )
