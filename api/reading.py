"""What every question over HTTP shares: who asks, as of when, how far the views are, one page at a time."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Annotated, Any, NamedTuple

import orjson
import psycopg
from fastapi import Depends, Query, Request, Response

from api.access_recording import note_reader, note_rows
from api.pace import ASKED_BY_OFFICER, ASKED_BY_SESSION, Pace
from api.problems import CSRF_MISSING
from api.queries import LATEST, Row, Within, registry
from api.queries.known import known
from api.queries.moments import POSITION_UNKNOWN, position_at
from api.rights import Matter, Reader, denied, scope
from api.sessions import Session, Sessions
from ledger.errors import Unavailable
from ledger.log import head as recorded
from ledger.standing import Standing, Unit
from projections.follower import SCHEMA, held

COOKIE = "songnuan_session"
CSRF_HEADER = "x-csrf-token"
LONGEST_WAIT_SECONDS = 10.0
MOST_ROWS = 500


def connected(request: Request) -> Iterator[psycopg.Connection[Any]]:
    """A connection for one question."""
    with request.app.state.reads.connection() as connection:
        yield connection


Connected = Annotated[psycopg.Connection[Any], Depends(connected)]


def connected_to_primary(request: Request) -> Iterator[psycopg.Connection[Any]]:
    """A connection to the database that is written to, whatever answers the questions."""
    with request.app.state.primary.connection() as connection:
        yield connection


Primary = Annotated[psycopg.Connection[Any], Depends(connected_to_primary)]


def signed_in(request: Request) -> Reader:
    """The officer of the session; a request that changes something must carry its token too."""
    sessions: Sessions = request.app.state.sessions
    name = request.cookies.get(COOKIE)
    reader, session = sessions.reader(name)
    request.state.officer = reader.officer
    note_reader(request, reader)
    _check_csrf(request, session)
    pace: Pace = request.app.state.pace
    pace.take(ASKED_BY_SESSION, name or "")
    pace.take(ASKED_BY_OFFICER, reader.officer)
    return reader


def _check_csrf(request: Request, session: Session) -> None:
    if request.method not in ("GET", "HEAD") and request.headers.get(CSRF_HEADER) != session.csrf:
        raise CSRF_MISSING.refused()


SignedIn = Annotated[Reader, Depends(signed_in)]


class Moment(NamedTuple):
    """As of which position to answer, and up to where the views are; both for the answer's ETag."""

    as_of: int
    head: int

    @property
    def position(self) -> int:
        """The position that the answer holds for."""
        return min(self.as_of, self.head)


def moment(
    request: Request,
    connection: Connected,
    as_of: Annotated[
        str | None,
        Query(description="A position, a date or a time: 1200, 2026-01-12, 2026-01-12T09:30"),
    ] = None,
    wait_for: Annotated[
        int | None, Query(ge=1, le=LATEST, description="Answer only once the views hold this position")
    ] = None,
) -> Moment:
    """As of when to answer. Waits for the views, at most ten seconds, where the question asks for it."""
    head = held(connection, SCHEMA)
    if wait_for is not None and head < wait_for:
        with request.app.state.primary.connection() as primary:
            newest = recorded(primary)
        if newest < wait_for:
            raise POSITION_UNKNOWN.refused(expected=newest, found=wait_for)
        deadline = time.monotonic() + LONGEST_WAIT_SECONDS
        while head < wait_for:
            if time.monotonic() > deadline:
                raise Unavailable(
                    "views-behind",
                    f"视图尚未到第 {wait_for} 号（现为第 {head} 号），请稍后再查",
                    f"the views are at {head}, not yet at {wait_for}: ask again",
                    2,
                )
            time.sleep(0.02)
            head = held(connection, SCHEMA)
    return Moment(position_at(connection, as_of), head)


CampaignName = Annotated[str | None, Query(max_length=64, description="A campaign's code")]
UnitName = Annotated[str | None, Query(max_length=64, description="A unit's code; all below it too")]
Limit = Annotated[int, Query(ge=1, le=MOST_ROWS, description="At most so many rows")]
After = Annotated[int, Query(ge=0, le=LATEST, description="The cursor of the page before")]


def allowed(
    request: Request,
    connection: psycopg.Connection[Any],
    reader: Reader,
    matter: Matter,
    campaign: str | None = None,
    unit: str | None = None,
) -> Within:
    """What the reader may see of what they ask for.

    Raises:
        Refused: ``reference-unknown``, ``reading-not-allowed``.
    """
    known(connection, campaign=campaign, unit=unit)
    standing: Standing = request.app.state.writer.standing
    return scope(reader, matter, campaign, None if unit is None else standing.get(Unit, unit))


def allowed_all(request: Request, connection: psycopg.Connection[Any], reader: Reader) -> None:
    """Lets through who may read the history of every unit and campaign: what is not cut to units.

    Raises:
        Refused: ``reading-not-allowed``.
    """
    within = allowed(request, connection, reader, "history")
    if within.campaigns is None and (within.units is None or not registry.outside(connection, within.units)):
        return
    raise denied("history", None, None)


class Question(NamedTuple):
    """One question: who asks, as of when, and how it is answered."""

    request: Request
    connection: psycopg.Connection[Any]
    reader: Reader
    moment: Moment

    @property
    def as_of(self) -> int:
        """As of which position the views are asked."""
        return self.moment.as_of

    @property
    def position(self) -> int:
        """The position that the answer holds for."""
        return self.moment.position

    def within(self, matter: Matter, campaign: str | None = None, unit: str | None = None) -> Within:
        """What the asker may see of it; raises ``reference-unknown`` or ``reading-not-allowed``."""
        return allowed(self.request, self.connection, self.reader, matter, campaign, unit)

    def everything(self) -> None:
        """Lets through who may read all of the history; raises ``reading-not-allowed``."""
        allowed_all(self.request, self.connection, self.reader)

    def answer(self, answer: dict[str, Any]) -> Response:
        """The answer as JSON, with the position that it holds for; 304 where the asker has it already."""
        note_rows(self.request, len(answer["rows"]) if "rows" in answer else 1)
        # Of the head too, for the past as well: an identity sealed since has no name in it any more.
        tag = f'W/"{self.moment.position}-{self.moment.head}"'
        headers = {"ETag": tag, "Cache-Control": "private, no-cache", "Vary": "Cookie"}
        if self.request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=headers)
        body = orjson.dumps({"position": self.position, **answer}, default=str)
        return Response(body, media_type="application/json", headers=headers)


def question(
    request: Request,
    connection: Connected,
    reader: SignedIn,
    moment: Annotated[Moment, Depends(moment)],
) -> Question:
    """The question that a request asks."""
    return Question(request, connection, reader, moment)


Asks = Annotated[Question, Depends(question)]


def page(found: Sequence[Row], limit: int, cursor: str) -> dict[str, Any]:
    """A page of rows; ``next`` asks for the one after it, and is null on the last."""
    return {"rows": found, "next": found[-1][cursor] if len(found) == limit else None}
