"""Recording who sees what (查阅记录), in one place for all routes: nothing is shown unrecorded.

The layer holds each answer back until its line is written. Routes only say how many rows they answer
with (:func:`note_rows`); who asks comes from the session, the scope from the question, the kind from
``api/service/operations.py``.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator

import structlog
from fastapi import Request
from limits import RateLimitItemPerMinute
from starlette.datastructures import QueryParams
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.service.access import Principal
from api.service.operations import OPERATIONS, operation
from api.service.problems import problem
from api.service.proxies import address_group
from api.service.request_context import current_request_id
from api.service.service import service_of
from ledger.domain.state import Key, Officer
from ledger.errors import Attempt, Refused, Unavailable
from ledger.writing.access_log import (
    AccessKind,
    AccessLine,
    address_mark,
    safe_name,
    unavailable,
)

WRITTEN_WITHIN_SECONDS = 10.0
ATTEMPTS_OF_A_KEY = RateLimitItemPerMinute(60, namespace="attempts")
"""Lines a minute on refused statements of one key: whoever has one of them can hand it in for ever."""
REFUSED = frozenset({401, 403, 404, 409, 422, 429})
STRANGERS_REFUSED = RateLimitItemPerMinute(10, namespace="strangers")
"""Refusals without a session that are recorded of one address: more say nothing new, and fill the disk."""
_log = structlog.get_logger(__name__)


def note_rows(request: Request, count: int) -> None:
    """Say how many rows the answer shows."""
    request.state.rows = count


def note_elsewhere(request: Request, count: int) -> None:
    """Say how many of those looked up are on other lists, whether or not that is answered."""
    request.state.elsewhere = count


def note_attempts(request: Request, refusals: Iterable[Refused]) -> None:
    """Add refused statements whose signatures were verified to what is recorded of the request."""
    attempts: Counter[tuple[str, bool, Attempt]] = request.scope["state"].setdefault("attempts", Counter())
    attempts.update(
        (each.code, bool(each.details.get("elsewhere")), each.attempt)
        for each in refusals
        if each.attempt is not None
    )


def note_kind(request: Request, kind: AccessKind) -> None:
    """Say what a recorded answer is recorded as, where one operation shows things of several kinds."""
    request.state.kind = kind


def note_look_up(request: Request) -> None:
    """Say that somebody was looked up by their own name or number: that has a line, whatever the answer is."""
    request.state.looked_up = True


def note_reader(request: Request, reader: Principal) -> None:
    """Say who asks."""
    request.state.reader = reader


class AccessRecorder:
    """The ASGI layer around the routes that records what they answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request once its line is written; 503 where it cannot be."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope.setdefault("state", {})
        withheld = False

        async def recorded(message: Message) -> None:
            nonlocal withheld
            if withheld:
                return
            if message["type"] == "http.response.start":
                lines = _lines(scope, message["status"])
                if lines and not await _written(scope, lines):
                    withheld = True
                    await problem(unavailable())(scope, receive, send)
                    return
            await send(message)

        await self._app(scope, receive, recorded)


async def _written(scope: Scope, lines: list[AccessLine]) -> bool:
    log = service_of(scope).access_log
    try:
        written = asyncio.gather(*[asyncio.wrap_future(log.record(line)) for line in lines])
        await asyncio.wait_for(written, WRITTEN_WITHIN_SECONDS)
    except (Unavailable, TimeoutError):
        _log.error("an answer was withheld, since the access log cannot be written")
        return False
    return True


def _lines(scope: Scope, status: int) -> list[AccessLine]:
    """The lines of one answer; none where it is not recorded."""
    if scope["state"].get("attempts") and status < 500:
        return list(_attempts(scope))
    line = _line(scope, status)
    return [] if line is None else [line]


def _attempts(scope: Scope) -> Iterator[AccessLine]:
    """A line for each way in which statements were refused to an officer, with how many they were.

    Who signed is known, whatever session the request came with, if any: a signature needs none.
    """
    service, state = service_of(scope), scope["state"]
    address = "?" if scope.get("client") is None else scope["client"][0]
    for (code, elsewhere, attempt), count in state["attempts"].items():
        key, kind, campaign, unit = attempt
        # What told of somebody is recorded however much else was handed in.
        if not elsewhere and not service.rate_limiter.allows(ATTEMPTS_OF_A_KEY, key):
            continue
        known = service.state.find(Key, key)
        officer = None if known is None else service.state.find(Officer, known.officer)
        yield AccessLine(
            kind="refused",
            what="POST /statements",
            officer=None if officer is None else officer.id,
            key=key,
            unit=None if officer is None else officer.unit,
            campaigns=None if campaign is None else (safe_name(campaign),),
            units=None if unit is None else (safe_name(unit),),
            subject=safe_name(kind),
            rows=count,
            elsewhere=count if elsewhere else None,
            code=code,
            address=address_mark(service.address_key, address),
            request=current_request_id(),
        )


def _line(scope: Scope, status: int) -> AccessLine | None:
    """The line of one answer; None where it is not recorded."""
    route = scope.get("route")
    if route is None or status >= 500:
        return None
    name = f"{scope['method']} {route.path_format}"
    state = scope["state"]
    reader: Principal | None = state.get("reader")
    address = "?" if scope.get("client") is None else scope["client"][0]
    code = None
    if status < 400:
        kind = operation(name).kind
        if kind is not None:
            kind = state.get("kind", kind)
        if kind != "export" and state.get("looked_up"):
            kind = "look-up"
    else:
        code = state.get("code")
        kind = _refusal(scope, name, status, reader, address)
    if kind is None:
        return None
    query = QueryParams(scope["query_string"])
    campaigns, units = _asked_scope(query, reader)
    return AccessLine(
        kind=kind,
        what=name,
        officer=None if reader is None else reader.officer,
        key=state.get("key") if reader is None else reader.key,
        unit=None if reader is None else reader.unit,
        campaigns=campaigns,
        units=units,
        subject=_subject(scope, query),
        rows=state.get("rows"),
        elsewhere=state.get("elsewhere"),
        code=code,
        address=address_mark(service_of(scope).address_key, address),
        request=current_request_id(),
    )


def _refusal(
    scope: Scope, name: str, status: int, reader: Principal | None, address: str
) -> AccessKind | None:
    """What a refusal is recorded as: an officer's always, a stranger's as long as they are few."""
    # Another method at the address of an operation is none itself.
    asked = OPERATIONS.get(name)
    kind: AccessKind = "sign-in-failed" if asked is not None and asked.kind == "sign-in" else "refused"
    if kind == "sign-in-failed" and status != 429:
        return kind
    forged = name == "POST /statements" and status == 422  # nobody is known to have signed it
    if status not in REFUSED or (reader is None and not forged and status not in (401, 403, 429)):
        return None
    if reader is None and not service_of(scope).rate_limiter.allows(
        STRANGERS_REFUSED, address_group(address)
    ):
        return None
    return kind


def _asked_scope(
    query: QueryParams, reader: Principal | None
) -> tuple[tuple[str, ...] | None, tuple[str, ...] | None]:
    """The campaigns and units asked for, or else all that the officer's grants are over; None is all."""
    grants = () if reader is None else reader.grants
    found: list[tuple[str, ...] | None] = []
    for name in ("campaign", "unit"):
        asked = query.get(name)
        if asked is not None:
            # What was asked for may be anything, and a number of a person too.
            found.append((safe_name(asked),))
            continue
        held = {grant[name] for grant in grants}
        found.append(None if None in held or not held else tuple(sorted(each for each in held if each)))
    return found[0], found[1]


def _subject(scope: Scope, query: QueryParams) -> str | None:
    """The one thing that was asked for by its name or id."""
    named = [*map(str, scope.get("path_params", {}).values())]
    named += [query[name] for name in ("name", "case", "flag", "node", "account") if name in query]
    return "/".join(map(safe_name, named)) if named else None
