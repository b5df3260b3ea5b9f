"""The steps of a case over HTTP (办理步骤): what its policy asks for, what was taken, what comes next."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.service.answers import Rows, answered
from api.service.dependencies import Asks
from api.steps import queries
from api.steps.rows import CaseStep

router = APIRouter(tags=["views"])


@router.get("/steps", responses=answered(Rows[CaseStep]))
def get_steps(asked: Asks, case: Annotated[str, Query(max_length=64, description="A case's id")]) -> Response:
    """The steps of a case in order, with who took each and which one is due."""
    return asked.answer({"rows": queries.steps(asked.views("roster"), case, asked.as_of)})
