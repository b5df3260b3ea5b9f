"""Questions about samples (抽样核查): which were examined, and how far their working papers are."""

from __future__ import annotations

from api.gate import LATEST, Row, ScopedViews
from projections.frame.view import AS_OF

_BY = "(SELECT o.name FROM timeline e JOIN officers o ON o.officer = e.officer WHERE e.position = {position})"


SAMPLES = (
    "SELECT s.sample, s.campaign, s.position, s.examined, s.exceptions, s.prepared_on, s.state, s.reviewed_at,"
    " s.reviewed_on, s.opinion, coalesce(s.unit, (SELECT t.sponsor FROM terms t WHERE t.campaign = s.campaign"
    "  ORDER BY t.from_position DESC LIMIT 1)) AS unit,"
    f" {_BY.format(position='s.position')} AS prepared_by, {_BY.format(position='s.reviewed_at')} AS reviewed_by"
    f" FROM samples s WHERE {AS_OF}"
)
"""Samples that were examined, with how far their working papers are."""


def samples(views: ScopedViews, as_of: int = LATEST) -> list[Row]:
    """Samples that were examined, those whose paper is to be reviewed first, the newest before the others."""
    return views.rows(f"{SAMPLES} ORDER BY s.state = 'agreed', s.position DESC", as_of=as_of)


def sample(views: ScopedViews, name: str) -> Row | None:
    """One of them as it stands now."""
    return next((row for row in samples(views) if row["sample"] == name), None)
