"""The notices of the officer's own units over HTTP (公示列表)."""

from __future__ import annotations

from fastapi import APIRouter, Response

from api.notices import queries as notices
from api.notices.rows import PostedNotice
from api.service.answers import Rows, answered
from api.service.dependencies import Asks

router = APIRouter(tags=["views"])


@router.get("/notices", responses=answered(Rows[PostedNotice]))
def get_notices(asked: Asks) -> Response:
    """The public notices of the officer's units and campaigns, the newest first."""
    return asked.answer({"rows": notices.notices(asked.views("roster"), asked.as_of)})
