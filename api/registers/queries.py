"""Questions about lists from outside (名单): which there are, and which flags each raised."""

from __future__ import annotations

from api.gate import Row, ScopedViews
from ledger.domain.register_kinds import rule_of
from ledger.domain.state import UNKNOWN_REFERENCE
from projections.frame.view import AS_OF


def lists(views: ScopedViews, as_of: int) -> list[Row]:
    """The lists as they stood at a position, the newest first."""
    return views.rows(f"SELECT * FROM registers WHERE {AS_OF} ORDER BY position DESC, list_id", as_of=as_of)


def the_list(views: ScopedViews, list_id: str, as_of: int) -> Row:
    """One list as it stood.

    Raises:
        Refused: ``reference-unknown``.
    """
    found = views.rows(f"SELECT * FROM registers WHERE list_id = %(id)s AND {AS_OF}", id=list_id, as_of=as_of)
    if not found:
        raise UNKNOWN_REFERENCE.refused(kind="register", id=list_id)
    return found[0]


def matches(views: ScopedViews, list_id: str, as_of: int) -> list[Row]:
    """The flags that stood and rest on a list, with the dossier where they are about a case; the oldest first."""
    found = the_list(views, list_id, as_of)
    return views.rows(
        "SELECT f.rule, f.severity, f.subject, f.unit, f.raised_at, f.amount_fen, ("
        "  SELECT k.dossier FROM cases k WHERE f.subject = 'case:' || k.campaign || '/' || k.case_id LIMIT 1"
        f") AS dossier FROM (SELECT * FROM flags WHERE {AS_OF}) f"
        " WHERE f.rule = %(rule)s AND %(position)s = ANY (f.evidence) ORDER BY f.raised_at, f.flag",
        as_of=as_of,
        rule=rule_of(found["kind"]),
        position=found["position"],
    )
