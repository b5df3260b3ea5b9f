"""Rectification and handing over, over HTTP (整改、移送)."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.rectifications import queries
from api.rectifications.rows import HandoverShown, ItemState, OutsideCaseShown, RectificationItemShown
from api.service.answers import Rows, answered
from api.service.dependencies import Asks, CampaignName

router = APIRouter(tags=["oversight"])


@router.get("/rectifications", responses=answered(Rows[RectificationItemShown]))
def get_rectifications(
    asked: Asks,
    campaign: CampaignName = None,
    state: Annotated[ItemState | None, Query(description="only items in this state")] = None,
) -> Response:
    """Items of rectification lists with their days and states, those to be put right first."""
    found = queries.rectifications(asked.views("cases", campaign), state, asked.as_of)
    return asked.answer({"rows": found})


@router.get("/handovers", responses=answered(Rows[HandoverShown]))
def get_handovers(asked: Asks, campaign: CampaignName = None) -> Response:
    """Matters handed over to other organs, each with the file numbers of the cases that came of it."""
    return asked.answer({"rows": queries.handovers(asked.views("cases", campaign), asked.as_of)})


@router.get("/outside-cases", responses=answered(Rows[OutsideCaseShown]))
def get_outside_cases(asked: Asks, campaign: CampaignName = None) -> Response:
    """Cases that other organs filed."""
    return asked.answer({"rows": queries.outside_cases(asked.views("cases", campaign), asked.as_of)})
