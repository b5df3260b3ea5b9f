"""Questions over views that another release made, over HTTP (旧版本视图): answered by a code and the way out."""

from __future__ import annotations

from fastapi import Request
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool

from api.gate.older_views import of_older_views
from api.service.problems import answered
from api.service.service import service_of


async def answer_older_views(request: Request, error: Exception) -> JSONResponse:
    """The application's handler of a question that the tables do not fit; a mistake of the program goes on as one."""
    found = await run_in_threadpool(of_older_views, service_of(request).followers)
    if found is None:
        raise error
    return answered(request, found)
