"""Questions about one dossier (档案): its facts as they stood, and what was paid on a case."""

from __future__ import annotations

from api.gate import Row, ScopedViews
from projections.frame.view import AS_OF


def dossier(views: ScopedViews, name: str, as_of: int) -> Row | None:
    """One dossier as it stood; None where there is none, or none that may be seen."""
    found = views.rows(
        "SELECT dossier, unit, recipient, person, facts, amended_on, erased, sealed FROM dossiers d"
        f" WHERE dossier = %(name)s AND {AS_OF}",
        name=name,
        as_of=as_of,
    )
    return found[0] if found else None


def dossiers(views: ScopedViews, *, as_of: int, after: int, limit: int, state: str | None) -> list[Row]:
    """Persons' dossiers in the order of their filing, each with where it is in its life; erased ones are left out."""
    return views.rows(
        "SELECT d.dossier, d.unit, d.filed_position, coalesce(l.state, 'applied') AS state, l.visited_on,"
        " l.on_file_on, l.reviewed_on, h.persons, h.stated_class"
        f" FROM (SELECT * FROM dossiers t WHERE filed_position > %(after)s AND {AS_OF}) d"
        f" LEFT JOIN (SELECT * FROM dossier_lives t WHERE {AS_OF}) l ON l.dossier = d.dossier"
        f" LEFT JOIN (SELECT * FROM households t WHERE {AS_OF}) h ON h.dossier = d.dossier"
        " WHERE d.recipient = 'person' AND NOT d.erased"
        " AND (%(state)s::text IS NULL OR coalesce(l.state, 'applied') = %(state)s)"
        " ORDER BY d.filed_position LIMIT %(limit)s",
        as_of=as_of,
        after=after,
        limit=limit,
        state=state,
    )


def payouts(views: ScopedViews, case: str, as_of: int) -> list[Row]:
    """What was paid or given on a case, in order, each with what came back of it, in fen."""
    return views.rows(
        "SELECT p.payout, p.position, p.campaign, p.unit, p.dossier, p.case_id, p.form, p.line, p.drawn,"
        " p.method, p.paid_on, p.amount_fen, coalesce(r.fen, 0)::bigint AS returned_fen"
        " FROM payouts p LEFT JOIN LATERAL (SELECT sum(amount_fen) AS fen FROM returns r"
        "  WHERE r.payout = p.payout AND r.position <= %(as_of)s) r ON true"
        " WHERE p.case_id = %(case)s AND p.position <= %(as_of)s"
        " ORDER BY p.position",
        case=case,
        as_of=as_of,
    )
