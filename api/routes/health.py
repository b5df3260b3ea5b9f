"""How the service is: alive, ready, and in figures for Prometheus."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response
from pydantic import BaseModel

from api.problems import documented
from api.reading import Connected
from ledger.errors import Unavailable
from ledger.log import head, published
from ledger.store import OpenStore
from ledger.writer import Writer
from projections.follower import SCHEMA, held
from projections.runner import Followers

router = APIRouter(tags=["health"])


@router.get("/healthz", responses=documented(503))
def health(request: Request, connection: Connected) -> dict[str, Any]:
    """Whether the database answers, the newest position, and how far behind each view is."""
    store: OpenStore = request.app.state.store
    followers: Followers = request.app.state.followers
    return {
        "ledger": store.ledger,
        "name": store.name,
        "position": head(connection),
        "published": published(connection),
        "views": [status._asdict() for status in followers.status()],
    }


class Position(BaseModel):
    """Which ledger this is, and its newest position."""

    ledger: str
    name: str
    position: int


@router.get("/position", responses=documented(503))
def position(request: Request, connection: Connected) -> Position:
    """The newest position: what every open page asks for, every few seconds."""
    store: OpenStore = request.app.state.store
    return Position(ledger=store.ledger or "", name=store.name or "", position=head(connection))


@router.get("/readyz", status_code=204, responses=documented(503))
def ready(request: Request, connection: Connected) -> Response:
    """Whether it takes statements and answers questions: 204, or 503 with the reason."""
    failed = [status.view for status in request.app.state.followers.status() if status.reason is not None]
    if failed:
        raise Unavailable(
            "views-stopped",
            f"视图停止：{'、'.join(failed)}",
            f"views have stopped: {', '.join(failed)}",
            60,
        )
    held(connection, SCHEMA)
    return Response(status_code=204)


@router.get("/metrics", response_class=PlainTextResponse)
def metrics(request: Request, connection: Connected) -> PlainTextResponse:
    """Figures in Prometheus's text format."""
    writer: Writer = request.app.state.writer
    lines = [
        "# TYPE songnuan_position counter",
        f"songnuan_position {head(connection)}",
        "# TYPE songnuan_published_size gauge",
        f"songnuan_published_size {published(connection)}",
        "# TYPE songnuan_queued_statements gauge",
        f"songnuan_queued_statements {writer.queued}",
        "# TYPE songnuan_view_position gauge",
        "# TYPE songnuan_view_behind gauge",
        "# TYPE songnuan_view_stopped gauge",
    ]
    for status in request.app.state.followers.status():
        lines += [
            f'songnuan_view_position{{view="{status.view}"}} {status.position}',
            f'songnuan_view_behind{{view="{status.view}"}} {status.behind}',
            f'songnuan_view_stopped{{view="{status.view}"}} {int(status.reason is not None)}',
        ]
    return PlainTextResponse("\n".join(lines) + "\n", media_type="text/plain; version=0.0.4")
