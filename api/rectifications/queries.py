"""Questions about rectification and handing over (整改、移送)."""

from __future__ import annotations

from api.gate import LATEST, Row, ScopedViews
from projections.frame.view import AS_OF

TODAY = (
    "(SELECT (m.recorded_at AT TIME ZONE 'Asia/Shanghai')::date FROM moments m"
    " WHERE m.position <= %(as_of)s ORDER BY m.position DESC LIMIT 1)"
)
"""The day in China on which the last entry was recorded."""


def rectifications(views: ScopedViews, state: str | None = None, as_of: int = LATEST) -> list[Row]:
    """Items of rectification lists as they stood, what is not struck off first, the earliest due before the others."""
    return views.rows(
        "SELECT * FROM ("
        " SELECT i.item, i.rectification, i.document, i.number, i.campaign, i.unit, i.what, i.due, i.ordered_by,"
        " i.ordered_at, i.flag, i.raised_at, i.investigation, i.struck_off_at, i.struck_off_on, i.evidence,"
        f" CASE WHEN i.struck_off_at IS NOT NULL THEN 'struck-off' WHEN i.due < {TODAY} THEN 'overdue'"
        f" ELSE 'open' END AS state FROM rectifications i WHERE {AS_OF}) s"
        " WHERE %(state)s::text IS NULL OR state = %(state)s"
        " ORDER BY struck_off_at IS NOT NULL, due, ordered_at, number",
        as_of=as_of,
        state=state,
    )


def handovers(views: ScopedViews, as_of: int = LATEST) -> list[Row]:
    """Matters handed over, the newest first, each with the file numbers of the cases that came of it."""
    return views.rows(
        "SELECT h.handover, h.position, h.campaign, h.unit, h.organ, h.letter, h.handed_over_on, h.what, h.flags,"
        " h.investigation, array(SELECT c.file_number FROM outside_cases c"
        "   WHERE c.handover = h.handover AND c.position <= %(as_of)s ORDER BY c.position) AS file_numbers"
        " FROM handovers h WHERE h.position <= %(as_of)s ORDER BY h.position DESC",
        as_of=as_of,
    )


def outside_cases(views: ScopedViews, as_of: int = LATEST) -> list[Row]:
    """Cases that other organs filed, the newest first."""
    return views.rows(
        "SELECT c.position, c.campaign, c.unit, c.organ, c.file_number, c.filed_on, c.what, c.handover,"
        " c.investigation FROM outside_cases c WHERE c.position <= %(as_of)s ORDER BY c.position DESC",
        as_of=as_of,
    )
