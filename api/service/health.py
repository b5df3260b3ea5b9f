"""How the service is: alive, ready, and in figures for Prometheus."""

from __future__ import annotations

import orjson
from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4
from pydantic import BaseModel

from api.service.dependencies import Connected
from api.service.problems import (
    MEDIA_TYPE,
    Problem,
    documented,
    problem,
)
from api.service.service import service_of
from ledger.clock import utc_now
from ledger.domain.event import utc_text
from ledger.errors import Unavailable
from ledger.log.proofs import head, published, recorded_last

RETRY_SECONDS = 5

router = APIRouter(tags=["health"])


class ViewHealth(BaseModel):
    """How a view is: its title in Chinese and English, and how many entries it is behind.

    ``failed_before`` is the entry at which it stopped, and ``reason`` why; null while it follows.
    """

    view: str
    title: tuple[str, str]
    position: int
    behind: int
    outdated: bool
    failed_before: int | None
    reason: str | None


class Health(BaseModel):
    """Which ledger this is, how much of it is recorded and published, and how each view is."""

    ledger: str | None
    name: str | None
    position: int
    published: int
    views: list[ViewHealth]


@router.get("/healthz", responses=documented(503))
def health(request: Request, connection: Connected) -> Health:
    """Whether the database answers, the newest position, and how far behind each view is."""
    service = service_of(request)
    return Health(
        ledger=service.store.ledger,
        name=service.store.name,
        position=head(connection),
        published=published(connection),
        views=[ViewHealth(**status._asdict()) for status in service.followers.status()],
    )


class Position(BaseModel):
    """Which ledger this is, its newest position and when that was recorded; ``now`` is the service's clock."""

    ledger: str
    name: str
    position: int
    recorded_at: str | None
    now: str


@router.get("/position", responses=documented(503))
def position(request: Request, connection: Connected) -> Position:
    """The newest position: what every open page asks for, every few seconds."""
    store = service_of(request).store
    newest, recorded_at = recorded_last(connection)
    return Position(
        ledger=store.ledger or "",
        name=store.name or "",
        position=newest,
        recorded_at=recorded_at,
        now=utc_text(utc_now()),
    )


class NotReady(Problem):
    """Why the service is not ready: every cause with its code, the first as the problem's own."""

    causes: list[dict[str, str]]


@router.get(
    "/readyz",
    status_code=204,
    responses={503: {"description": "Not ready, with every cause", "model": NotReady}},
)
def ready(request: Request) -> Response:
    """Whether it records statements and answers questions, proved now: 204, or 503 with every cause."""
    causes = service_of(request).readiness.asked()
    if not causes:
        return Response(status_code=204)
    first = causes[0]
    # A change of readiness is a line of the log; that somebody asks is none.
    request.state.told = True
    answer = problem(Unavailable(first.code, first.zh, first.en, RETRY_SECONDS))
    body = orjson.loads(bytes(answer.body)) | {"causes": [cause._asdict() for cause in causes]}
    return Response(orjson.dumps(body), 503, {"Retry-After": str(RETRY_SECONDS)}, MEDIA_TYPE)


@router.get("/metrics", response_class=PlainTextResponse)
def metrics(request: Request) -> Response:
    """Figures in Prometheus's exposition format."""
    return Response(service_of(request).metrics.exposition(), media_type=CONTENT_TYPE_PLAIN_0_0_4)
