"""The registry over HTTP (登记): units, and officers with their keys."""

from __future__ import annotations

from fastapi import APIRouter, Response

from api.registry import queries as registry
from api.registry.rows import Officer, Unit
from api.service.answers import Rows, answered
from api.service.dependencies import Asks

router = APIRouter(tags=["views"])


@router.get("/units", responses=answered(Rows[Unit]))
def get_units(asked: Asks) -> Response:
    """The officer's units with all below them, those above first; of those above theirs the names alone."""
    return asked.answer({"rows": registry.units(asked.views("registry"), asked.as_of)})


@router.get("/officers", responses=answered(Rows[Officer]))
def get_officers(asked: Asks) -> Response:
    """Officers with their keys: since when, until when, last used at which position."""
    return asked.answer({"rows": registry.officers(asked.views("registry"), asked.as_of)})
