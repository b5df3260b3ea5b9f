"""The public notice (公示): whom a unit nominated, as the public may see it, and for how long."""

from __future__ import annotations

from typing import Any

from api.gate import LATEST, Row, ScopedViews
from projections.frame.view import AS_OF


def notice(views: ScopedViews, notice_id: str, as_of: int = LATEST) -> Row | None:
    """A notice with its cases, in the order of nomination; None where there is none of that id."""
    found = views.rows(
        "SELECT n.case_id, n.position, n.campaign, n.unit, n.start_on, n.end_on, n.place, n.contacts, u.name AS unit_name,"
        " t.title, k.dossier, k.category, k.state, k.approved_fen, k.asked_fen"
        " FROM notices n JOIN units u USING (unit)"
        f" JOIN LATERAL (SELECT * FROM cases k WHERE k.case_id = n.case_id AND {AS_OF}) k ON true"
        f" JOIN LATERAL (SELECT title FROM terms t WHERE t.campaign = n.campaign AND {AS_OF}) t ON true"
        " WHERE n.notice = %(notice)s AND n.position <= %(as_of)s ORDER BY k.nominated_position",
        notice=notice_id,
        as_of=as_of,
    )
    if not found:
        return None
    shared = ("campaign", "title", "unit", "unit_name", "start_on", "end_on", "place", "contacts", "position")
    of_case = ("case_id", "dossier", "category", "state", "approved_fen", "asked_fen")
    answer: dict[str, Any] = {"notice": notice_id} | {name: found[0][name] for name in shared}
    answer["cases"] = [{name: row[name] for name in of_case} for row in found]
    return answer


def notices(views: ScopedViews, as_of: int = LATEST) -> list[Row]:
    """All notices, the newest first."""
    return views.rows(
        "SELECT notice, min(position) AS position, campaign, unit, start_on, end_on, count(*) AS cases"
        " FROM notices WHERE position <= %(as_of)s"
        " GROUP BY notice, campaign, unit, start_on, end_on ORDER BY position DESC",
        as_of=as_of,
    )
