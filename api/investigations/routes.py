"""Discipline cases over HTTP (核查事项): over which flags they were opened, and how they ended."""

from __future__ import annotations

from fastapi import APIRouter, Response

from api.investigations import queries as investigations
from api.investigations.rows import Investigation
from api.service.answers import Rows, answered
from api.service.dependencies import Asks, CampaignName

router = APIRouter(tags=["oversight"])


@router.get("/investigations", responses=answered(Rows[Investigation]))
def get_investigations(asked: Asks, campaign: CampaignName = None) -> Response:
    """Discipline cases with their flags, open ones first."""
    found = investigations.investigations(asked.views("cases", campaign), asked.as_of)
    return asked.answer({"rows": found})
