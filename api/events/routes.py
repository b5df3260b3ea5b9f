"""The events over HTTP: as a stream of lines from a cursor on, and live, resumed by position."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from itertools import takewhile
from typing import Annotated

import orjson
from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import StreamingResponse

from api.gate import LATEST, Row
from api.gate.history import Feed
from api.service.dependencies import (
    Access,
    After,
    SignedIn,
    access_now,
    check_recorded,
)
from api.service.problems import documented
from api.service.service import service_of
from ledger.domain.event import TYPE_UNKNOWN, Event
from ledger.errors import Refused

router = APIRouter(tags=["events"])

HEARTBEAT_SECONDS = 5.0

Position = Annotated[int, Query(ge=0, le=LATEST)]
Types = Annotated[
    list[str] | None, Query(alias="type", max_length=50, description="Only these types, like Approved.v1")
]
Tag = Annotated[str | None, Query(max_length=120, description="Only about this: case:…, unit:…, dossier:…")]


def known_types(types: list[str] | None) -> list[str] | None:
    """The types asked for.

    Raises:
        Refused: ``type-unknown``.
    """
    for found in types or ():
        if found not in Event.types:
            raise TYPE_UNKNOWN.refused(found=found)
    return types


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
    access: Access,
    after: After,
    to: Annotated[int | None, Query(ge=0, le=LATEST, description="Up to this position")] = None,
    types: Types = None,
    tag: Tag = None,
    limit: Annotated[int, Query(ge=1, le=100_000)] = 10_000,
) -> StreamingResponse:
    """Recorded events in order, as NDJSON. The last line's position is the cursor to go on from.

    The lines end with the session, its key or the grants that they take: whoever goes on then is told so.
    """
    feed = Feed(access.everything(), service_of(request).store, known_types(types), tag)
    if to is not None:
        check_recorded(request, access, to)
    pages = feed.pages(after, LATEST if to is None else to, limit)
    # Asked after each page was read: none is given that a grant no longer covers.
    allowed = takewhile(lambda _: _still_allowed(request), pages)
    lines = (b"".join(_line(row) + b"\n" for row in page) for page in allowed)
    return StreamingResponse(lines, media_type="application/x-ndjson")


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
    after: Position = 0,
    types: Types = None,
    tag: Tag = None,
    last_event_id: Annotated[str | None, Header(max_length=20, pattern=r"^\d{1,18}$")] = None,
) -> StreamingResponse:
    """Events as they are recorded, each with its position as id: a browser resumes where it was.

    A comment comes every five seconds, so that a broken connection is noticed. The feed ends with the
    session, its key or the grants that it takes.
    """
    at = int(last_event_id) if last_event_id is not None else after
    feed = await asyncio.to_thread(_feed, request, types, tag, at)
    return StreamingResponse(
        _live(request, feed, at),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


def _feed(request: Request, types: list[str] | None, tag: str | None, at: int) -> Feed:
    """The feed, for who may read it now.

    Raises:
        Refused: ``not-signed-in``, ``reading-not-allowed``, ``position-unknown``.
    """
    with access_now(request) as access:
        history = access.everything()
        check_recorded(request, access, at)
        return Feed(history, service_of(request).store, known_types(types), tag)


def _still_allowed(request: Request) -> bool:
    """Whether the session still stands, and its officer may still read everything."""
    try:
        with access_now(request) as access:
            access.everything()
    except Refused:
        return False
    return True


async def _live(request: Request, feed: Feed, at: int) -> AsyncIterator[bytes]:
    stopping = service_of(request).stopping
    async with feed.announced() as wait:
        yield b": here\n\n"
        while not stopping.is_set() and not await request.is_disconnected():
            found = await asyncio.to_thread(feed.next_page, at)
            # Asked after the events were read: none is given that a grant no longer covers.
            if not await asyncio.to_thread(_still_allowed, request):
                return
            for row in found:
                at = row["position"]
                yield b"id: %d\nevent: %b\ndata: %b\n\n" % (at, row["type"].encode(), _line(row))
            if not found and not await wait(HEARTBEAT_SECONDS):
                yield b": still here\n\n"
