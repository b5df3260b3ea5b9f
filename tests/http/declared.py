"""Answers held against what the OpenAPI declares of them: every member, and no other."""

from __future__ import annotations

from functools import cache
from typing import Any

import httpx2
from fastapi.routing import APIRoute
from pydantic import TypeAdapter
from starlette.routing import Match

from api.app import ROUTERS

ROUTES = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]


def hold(answer: httpx2.Response) -> None:
    """What a client calls with each answer; it fails where an answer is not as it is declared."""
    if answer.headers.get("content-type") != "application/json":
        return
    scope = {"type": "http", "method": answer.request.method, "path": answer.request.url.path}
    route = next((each for each in ROUTES if each.matches(scope)[0] is Match.FULL), None)
    model = None if route is None else _declared(ROUTES.index(route), answer.status_code)
    if model is not None:
        answer.read()
        model.validate_json(answer.content, extra="forbid", by_alias=True)


@cache
def _declared(place: int, status: int) -> TypeAdapter[Any] | None:
    route = ROUTES[place]
    declared = route.responses.get(status, {}).get("model")
    if declared is None and status == (route.status_code or 200):
        declared = route.response_model
    return None if declared is None else TypeAdapter(declared)
