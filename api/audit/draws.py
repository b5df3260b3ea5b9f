"""Draws that were ordered (抽取登记): how each is drawn, by the seed that came of it, as of its own entry."""

from __future__ import annotations

from api.audit.rows import DrawShown
from api.gate import Row, ScopedViews, given
from ledger.domain.entry import act_of
from ledger.domain.state import UNKNOWN_REFERENCE
from ledger.events.draws import DrawOrdered, seed_of
from ledger.statements.statement import is_statement_id


def ordered_draws(
    views: ScopedViews, *, campaign: str | None, as_of: int, after: int, limit: int
) -> list[DrawShown]:
    """The draws of a campaign, or of all, within the scope, in the order in which they were ordered."""
    found = views.rows(
        "SELECT t.position FROM timeline t WHERE t.type = %(type)s AND t.position > %(after)s"
        f" AND t.position <= %(as_of)s{given('t', campaign=campaign)} ORDER BY t.position LIMIT %(limit)s",
        type=DrawOrdered.NAME,
        campaign=campaign,
        as_of=as_of,
        after=after,
        limit=limit,
    )
    return [_shown(row) for row in views.statements_at([row["position"] for row in found])]


def count_draws(views: ScopedViews, *, campaign: str | None, as_of: int) -> int:
    """How many there are in all."""
    (found,) = views.rows(
        "SELECT count(*) AS draws FROM timeline t WHERE t.type = %(type)s AND t.position <= %(as_of)s"
        f"{given('t', campaign=campaign)}",
        type=DrawOrdered.NAME,
        campaign=campaign,
        as_of=as_of,
    )
    return int(found["draws"])


def ordered_draw(views: ScopedViews, draw: str) -> DrawShown:
    """One within the scope, by the id of the statement that ordered it.

    Raises:
        Refused: ``reference-unknown``.
    """
    found = views.statements([draw]) if is_statement_id(draw) else []
    if not found or not isinstance(act_of(bytes(found[0]["entry"])).event, DrawOrdered):
        raise UNKNOWN_REFERENCE.refused(kind="draw", id=draw)
    return _shown(found[0])


def _shown(row: Row) -> DrawShown:
    act = act_of(bytes(row["entry"]))
    event = act.event
    assert isinstance(event, DrawOrdered)
    return DrawShown(
        draw=row["id"],
        of=event.of,
        campaign=event.campaign,
        unit=event.unit,
        method=event.method,
        size=event.size,
        seed=seed_of(row["id"], act.recorded_at),
        drawn_at=row["position"],
    )
