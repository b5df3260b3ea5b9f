"""Ledgers of a lower level over HTTP (下级台账): how each stands, and what they add up to."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response

from api.federation import queries
from api.federation.rolling_up import RolledUp, rolled_up
from api.service.answers import Rows, answered
from api.service.dependencies import Asks
from ledger.domain.federation import Followed
from ledger.federation.figures import LAST_DAY
from ledger.statements.statement import day as parsed_day
from projections.views.federation import FollowedRow

router = APIRouter(tags=["federation"])


@router.get("/federation", responses=answered(Rows[FollowedRow]))
def get_federation(asked: Asks) -> Response:
    """The ledgers that this one follows, as they stood: how far each was seen, and what is wrong."""
    views = asked.everything().views
    return asked.answer({"rows": queries.followed(views, asked.as_of)})


@router.get("/federation/rollup", responses=answered(Rows[RolledUp]))
def get_rollup(
    asked: Asks,
    by: Annotated[Literal["campaign", "unit", "category", "line"] | None, Query()] = None,
    day: Annotated[
        str | None, Query(max_length=10, description="As of a day at the ledgers below, like 2026-01-12")
    ] = None,
) -> Response:
    """What the ledgers below declare, what their entries come to, and the difference; sums in fen."""
    views = asked.everything().views
    until = LAST_DAY if day is None else parsed_day(day, "day").isoformat()
    followed = sorted(asked.service.state.records(Followed), key=lambda each: (each.region, each.id))
    taken = queries.summaries_taken(views, until)
    found = rolled_up(asked.service.store.folder, followed, taken, by=by, day=until)
    return asked.answer({"rows": [each.__dict__ for each in found]})
