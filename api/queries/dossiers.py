"""Questions about one dossier (档案): its facts as they stood, and what was paid on a case."""

from __future__ import annotations

import psycopg

from api.queries import EVERYTHING, Row, Within, rows
from projections.view import AS_OF


def dossier(connection: psycopg.Connection, name: str, as_of: int, within: Within = EVERYTHING) -> Row | None:
    """One dossier as it stood; None where there is none, or none that may be seen."""
    found = rows(
        connection,
        "SELECT dossier, unit, recipient, person, facts, amended_on, erased, sealed FROM views.dossiers d"
        f" WHERE dossier = %(name)s AND {AS_OF}{within.unit_in('d.unit')}",
        name=name,
        as_of=as_of,
        **within.parameters(),
    )
    return found[0] if found else None


def payouts(connection: psycopg.Connection, case: str, as_of: int, within: Within = EVERYTHING) -> list[Row]:
    """What was paid or given on a case, in order, each with what came back of it, in fen."""
    return rows(
        connection,
        "SELECT p.payout, p.position, p.campaign, p.unit, p.dossier, p.case_id, p.form, p.line, p.drawn,"
        " p.method, p.paid_on, p.amount_fen, coalesce(r.fen, 0)::bigint AS returned_fen"
        " FROM views.payouts p LEFT JOIN LATERAL (SELECT sum(amount_fen) AS fen FROM views.returns r"
        "  WHERE r.payout = p.payout AND r.position <= %(as_of)s) r ON true"
        f" WHERE p.case_id = %(case)s AND p.position <= %(as_of)s"
        f"{within.campaign_in('p')}{within.unit_in('p.unit')} ORDER BY p.position",
        case=case,
        as_of=as_of,
        **within.parameters(),
    )
