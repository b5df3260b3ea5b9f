"""Questions about discipline cases (核查事项): what was opened, over which flags, and how it was closed."""

from __future__ import annotations

from api.gate import LATEST, Row, ScopedViews
from projections.frame.view import AS_OF


def investigations(views: ScopedViews, as_of: int = LATEST) -> list[Row]:
    """Cases as they stood, open ones first, each with its flags and the money under them, in fen."""
    return views.rows(
        "SELECT i.investigation, i.unit, i.campaign, i.title, i.opened_at, i.finding, i.amount_fen,"
        " (SELECT coalesce(jsonb_agg(jsonb_build_object('flag', j.flag, 'raised_at', j.raised_at)"
        "   ORDER BY j.raised_at), '[]') FROM investigation_flags j"
        "   WHERE j.investigation = i.investigation AND j.position <= %(as_of)s) AS flags"
        f" FROM investigations i WHERE {AS_OF}"
        " ORDER BY i.finding IS NOT NULL, i.opened_at DESC",
        as_of=as_of,
    )
