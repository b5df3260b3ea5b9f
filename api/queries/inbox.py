"""What the public wrote to notices (异议收件), and what became of it."""

from __future__ import annotations

import secrets

import psycopg
from psycopg.rows import dict_row

from api.queries import LATEST, Row, ScopedViews
from projections.view import AS_OF

_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


def receive(connection: psycopg.Connection, notice: str, case: Row, text: str) -> str:
    """Keeps an objection; answers the number by which it is followed up."""
    number = "".join(secrets.choice(_LETTERS) for _ in range(12))
    connection.execute(
        "INSERT INTO ledger.inbox (number, notice, case_id, campaign, unit, text)"
        " VALUES (%s, %s, %s, %s, %s, %s)",
        (number, notice, case["case_id"], case["campaign"], case["unit"], text),
    )
    return number


def followed_up(connection: psycopg.Connection, number: str) -> Row | None:
    """What became of an objection: waiting, lodged, upheld or dismissed; None for no such number."""
    cursor = connection.cursor(row_factory=dict_row)
    return cursor.execute(
        "SELECT i.number, i.received_at, CASE WHEN i.statement IS NULL THEN 'waiting'"
        " WHEN o.upheld IS NULL THEN 'lodged' WHEN o.upheld THEN 'upheld' ELSE 'dismissed' END AS state"
        " FROM ledger.inbox i LEFT JOIN views.objections o"
        f" ON o.objection = i.statement::text AND {AS_OF} WHERE i.number = %(number)s",
        {"number": number, "as_of": LATEST},
    ).fetchone()


def waiting(views: ScopedViews) -> list[Row]:
    """Objections that no officer has taken down yet, the oldest first."""
    return views.rows(
        "SELECT i.number, i.received_at, i.notice, i.case_id, i.campaign, i.unit, i.text"
        " FROM inbox i WHERE i.statement IS NULL ORDER BY i.received_at LIMIT 200"
    )


def is_waiting(views: ScopedViews, number: str) -> bool:
    """Whether an objection waits that the reader may take down."""
    return bool(views.rows("SELECT FROM inbox i WHERE i.number = %(number)s", number=number))


def taken_down(connection: psycopg.Connection, number: str, statement: str) -> bool:
    """Notes by which statement an objection was lodged: an ObjectionLodged on that very case."""
    done = connection.execute(
        "UPDATE ledger.inbox i SET statement = e.statement_id FROM ledger.entries e"
        " WHERE i.number = %s AND i.statement IS NULL AND e.statement_id::text = %s"
        " AND e.type LIKE 'ObjectionLodged.%%' AND e.tags @> array['case:' || i.case_id]",
        (number, statement),
    )
    return done.rowcount == 1


def unsettled(views: ScopedViews, as_of: int) -> list[Row]:
    """Objections that inspectors have to settle, as they stood, the oldest first."""
    return views.rows(
        "SELECT o.objection, o.case_id, o.campaign, o.lodged_at, k.unit, k.dossier FROM"
        f" (SELECT * FROM objections o WHERE {AS_OF}) o"
        " JOIN cases k ON k.case_id = o.case_id AND k.to_position IS NULL"
        " WHERE o.upheld IS NULL ORDER BY o.lodged_at",
        as_of=as_of,
    )
