"""The desk over HTTP (工作台): what waits for the officer of the session, in one answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from fastapi import APIRouter, Response

from api.desks.matters import MATTERS, Asked, Matter
from api.gate import Row
from api.gate.moments import day_at
from api.service.answers import InBoth, Rows, answered
from api.service.dependencies import Asks, CampaignName, QueryContext
from ledger.errors import Refused
from projections.frame.column import Day, Fen, Number

router = APIRouter(tags=["desks"])


@dataclass
class DeskMatter:
    """What waits: how many, their sum, the first day by which one is due, and where the list of it stands.

    ``query`` is what that page's address asks; ``urgent`` is to be done, the rest to know.
    """

    code: str
    title: InBoth
    roles: list[str]
    rows: Number
    amount_fen: Fen | None
    due: Day | None
    days_left: int | None
    page: str
    query: dict[str, str]
    urgent: bool


@router.get("/desk", responses=answered(Rows[DeskMatter]))
def get_desk(asked: Asks, campaign: CampaignName = None) -> Response:
    """What waits on the officer's desk, by the roles that they hold."""
    today = day_at(asked.views("registry", campaign), asked.as_of)
    roles = set(asked.reader.roles)
    rows = [_waiting(asked, matter, campaign, today) for matter in MATTERS if roles & matter.roles]
    return asked.answer({"rows": [row for row in rows if row is not None]})


def _waiting(asked: QueryContext, matter: Matter, campaign: str | None, today: str) -> Row | None:
    """What waits of a matter; None where the reader's roles do not reach into the campaign."""
    try:
        views = asked.views(matter.resource, campaign)
    except Refused:
        return None
    found = matter.ask(Asked(views, campaign, asked.as_of, today))
    left = None if found.due is None else (date.fromisoformat(found.due) - date.fromisoformat(today)).days
    return {
        "code": matter.code,
        "title": {"zh": matter.title[0], "en": matter.title[1]},
        "roles": sorted(matter.roles & set(asked.reader.roles)),
        "rows": found.rows,
        "amount_fen": found.fen,
        "due": found.due,
        "days_left": left,
        "page": matter.page,
        "query": dict(matter.query),
        "urgent": matter.urgent,
    }
