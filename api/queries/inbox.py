"""What the public wrote to notices (异议收件), and what became of it."""

from __future__ import annotations

import secrets

import psycopg

from api.queries import Row, Within, rows
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
    found = rows(
        connection,
        "SELECT i.number, i.received_at, CASE WHEN i.statement IS NULL THEN 'waiting'"
        " WHEN o.upheld IS NULL THEN 'lodged' WHEN o.upheld THEN 'upheld' ELSE 'dismissed' END AS state"
        " FROM ledger.inbox i LEFT JOIN views.objections o"
        f" ON o.objection = i.statement::text AND {AS_OF} WHERE i.number = %(number)s",
        number=number,
        as_of=2**62,
    )
    return found[0] if found else None


def waiting(connection: psycopg.Connection, within: Within) -> list[Row]:
    """Objections that no officer has taken down yet, the oldest first."""
    return rows(
        connection,
        "SELECT i.number, i.received_at, i.notice, i.case_id, i.campaign, i.unit, i.text"
        f" FROM ledger.inbox i WHERE i.statement IS NULL{within.campaign_in('i')}{within.unit_in('i.unit')}"
        " ORDER BY i.received_at LIMIT 200",
        **within.parameters(),
    )


def taken_down(connection: psycopg.Connection, number: str, statement: str) -> bool:
    """Notes by which statement an objection was lodged: an ObjectionLodged on that very case."""
    done = connection.execute(
        "UPDATE ledger.inbox i SET statement = e.statement_id FROM ledger.entries e"
        " WHERE i.number = %s AND i.statement IS NULL AND e.statement_id::text = %s"
        " AND e.type LIKE 'ObjectionLodged.%%' AND e.tags @> array['case:' || i.case_id]",
        (number, statement),
    )
    return done.rowcount == 1


def unsettled(connection: psycopg.Connection, as_of: int, within: Within) -> list[Row]:
    """Objections that inspectors have to settle, as they stood, the oldest first."""
    return rows(
        connection,
        "SELECT o.objection, o.case_id, o.campaign, o.lodged_at, k.unit, k.dossier FROM"
        f" (SELECT * FROM views.objections o WHERE {AS_OF}) o"
        " JOIN views.cases k ON k.case_id = o.case_id AND k.to_position IS NULL"
        f" WHERE o.upheld IS NULL{within.campaign_in('o')}{within.unit_in('k.unit')} ORDER BY o.lodged_at",
        as_of=as_of,
        **within.parameters(),
    )
