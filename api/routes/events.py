"""The events over HTTP: as a stream of lines from a cursor on, and live, resumed by position."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Annotated, Any

import orjson
import psycopg
from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import StreamingResponse

from api.problems import documented
from api.queries import LATEST, Row, rows
from api.reading import COOKIE, Connected, SignedIn, allowed_all
from api.sessions import Sessions
from ledger.recorder import CHANNEL
from ledger.store import OpenStore

router = APIRouter(tags=["events"])

PAGE_EVENTS = 500
HEARTBEAT_SECONDS = 5.0

_PAGE = """
    SELECT position, type, statement_id::text AS id, convert_from(data, 'UTF8') AS entry
    FROM ledger.entries WHERE position > %(after)s AND position <= %(to)s AND statement_id IS NOT NULL
        AND (%(types)s::text[] IS NULL OR type = ANY(%(types)s))
        AND (%(tag)s::text IS NULL OR tags @> array[%(tag)s])
    ORDER BY position LIMIT %(limit)s
"""

After = Annotated[int, Query(ge=0, le=LATEST, description="After this position")]
Types = Annotated[
    list[str] | None, Query(alias="type", max_length=50, description="Only these types, like Approved.v1")
]
Tag = Annotated[str | None, Query(max_length=120, description="Only about this: case:…, unit:…, dossier:…")]


def _line(row: Row) -> bytes:
    """One event: its position, type and id, and the stored entry verbatim."""
    head = orjson.dumps({"position": row["position"], "type": row["type"], "id": row["id"]})
    entry: bytes = row["entry"].encode()
    return head[:-1] + b',"entry":' + entry + b"}"


@router.get(
    "/events",
    responses={
        200: {"description": "A line each", "content": {"application/x-ndjson": {}}},
        **documented(401, 403, 422, 503),
    },
    response_class=StreamingResponse,
)
def get_events(
    request: Request,
    connection: Connected,
    reader: SignedIn,
    after: After = 0,
    to: Annotated[int, Query(ge=0, le=LATEST)] = LATEST,
    types: Types = None,
    tag: Tag = None,
    limit: Annotated[int, Query(ge=1, le=100_000)] = 10_000,
) -> StreamingResponse:
    """Recorded events in order, as NDJSON. The last line's position is the cursor to go on from."""
    allowed_all(request, connection, reader)
    store: OpenStore = request.app.state.store

    def lines() -> Iterator[bytes]:
        at, left = after, limit
        with store.connect() as own:
            while left > 0:
                found = _page(own, at, to, types, tag, min(PAGE_EVENTS, left))
                if not found:
                    return
                yield b"".join(_line(row) + b"\n" for row in found)
                at, left = found[-1]["position"], left - len(found)

    return StreamingResponse(lines(), media_type="application/x-ndjson")


def _page(
    connection: psycopg.Connection[Any],
    after: int,
    to: int,
    types: list[str] | None,
    tag: str | None,
    limit: int,
) -> list[Row]:
    return rows(connection, _PAGE, after=after, to=to, types=types, tag=tag, limit=limit)


@router.get(
    "/events/live",
    responses={
        200: {"description": "Server-sent events", "content": {"text/event-stream": {}}},
        **documented(401, 403, 422, 503),
    },
    response_class=StreamingResponse,
)
async def get_live(
    request: Request,
    reader: SignedIn,
    after: After = 0,
    types: Types = None,
    tag: Tag = None,
    last_event_id: Annotated[str | None, Header(max_length=20, pattern=r"^\d{1,18}$")] = None,
) -> StreamingResponse:
    """Events as they are recorded, each with its position as id: a browser resumes where it was.

    A comment comes every five seconds, so that a broken connection is noticed.
    """
    with request.app.state.reads.connection() as connection:
        allowed_all(request, connection, reader)
    at = int(last_event_id) if last_event_id is not None else after
    store: OpenStore = request.app.state.store
    return StreamingResponse(
        _live(request, store, at, types, tag),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _live(
    request: Request, store: OpenStore, at: int, types: list[str] | None, tag: str | None
) -> AsyncIterator[bytes]:
    async with await psycopg.AsyncConnection.connect(store.url, autocommit=True) as told:
        await told.execute(f"LISTEN {CHANNEL}")
        yield b": here\n\n"
        sessions: Sessions = request.app.state.sessions
        name = request.cookies.get(COOKIE)
        while sessions.stands(name) and not request.app.state.stopping.is_set():
            if await request.is_disconnected():
                return
            found = await asyncio.to_thread(_next_page, store, at, types, tag)
            for row in found:
                at = row["position"]
                yield b"id: %d\nevent: %b\ndata: %b\n\n" % (at, row["type"].encode(), _line(row))
            if found:
                continue
            quiet = True
            async for _ in told.notifies(timeout=HEARTBEAT_SECONDS, stop_after=1):
                quiet = False
            if quiet:
                yield b": still here\n\n"


def _next_page(store: OpenStore, at: int, types: list[str] | None, tag: str | None) -> list[Row]:
    with store.connect() as connection:
        return _page(connection, at, LATEST, types, tag, PAGE_EVENTS)
