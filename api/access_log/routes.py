"""The access log over HTTP (查阅日志): who saw what, for auditors and inspectors of these units."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request

from api.access_log.queries import (
    AccessFilter,
    access_lines,
    count_lines,
    line_moment,
    newest_line,
)
from api.access_log.rows import AccessPage, AccessRow
from api.gate import LATEST
from api.gate.moments import POSITION_UNKNOWN
from api.service.access_recording import note_rows
from api.service.dependencies import Limit, PrimaryAccess, page
from api.service.problems import PARAMETER_INVALID, documented
from ledger.validation_words import shown
from ledger.writing.access_log import AccessKind

router = APIRouter(tags=["access"])


@router.get("/access", responses=documented(401, 403, 404, 422, 503))
def get_access(
    request: Request,
    access: PrimaryAccess,
    kind: AccessKind | None = None,
    officer: Annotated[str | None, Query(max_length=48)] = None,
    since: Annotated[
        str | None, Query(max_length=40, description="From this time on, with its offset")
    ] = None,
    until: Annotated[
        str | None, Query(max_length=40, description="Before this time, with its offset")
    ] = None,
    before: Annotated[int | None, Query(ge=1, le=LATEST, description="The cursor of the page before")] = None,
    limit: Limit = 100,
) -> AccessPage:
    """Who saw, searched, exported and looked up what; who signed in, failed to, or was refused."""
    asked = AccessFilter(kind, officer, _moment("since", since), _moment("until", until))
    views = access.views("history")
    if before is not None and before > (newest := newest_line(views)):
        raise POSITION_UNKNOWN.refused(expected=newest, found=before)
    found = access_lines(views, asked, before=LATEST if before is None else before, limit=limit + 1)
    answer = page(found, limit, "number")
    note_rows(request, len(answer["rows"]))
    total = None if before is not None else count_lines(views, asked)
    return AccessPage(rows=[AccessRow(**row) for row in answer["rows"]], next=answer["next"], total=total)


def _moment(name: str, text: str | None) -> str | None:
    try:
        return line_moment(text)
    except ValueError:
        raise PARAMETER_INVALID.refused(
            where=name,
            problem="应为日期，或带时区的时间",
            problem_en="expected a day, or a time with its offset",
            found=shown(text),
        ) from None
