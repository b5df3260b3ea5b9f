"""What every question over HTTP shares: who asks, as of when, how far the views are, one page at a time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Annotated, Any, NamedTuple

import orjson
import psycopg
from fastapi import Depends, Query, Request, Response

from api.gate import (
    EVERYTHING,
    LATEST,
    AccessScope,
    Row,
    ScopedViews,
    every_view,
    public_views,
)
from api.gate.access_scope import scope_of
from api.gate.history import History
from api.gate.moments import POSITION_UNKNOWN, position_at
from api.gate.references import check_references
from api.gate.topmost import topmost
from api.service.access import (
    MAY_READ,
    Principal,
    Resource,
    candid_scope,
    denied,
    oversight_scope,
    scope,
)
from api.service.access_recording import note_reader, note_rows
from api.service.problems import CSRF_MISSING, NOT_SIGNED_IN
from api.service.rate_limit import ASKED_BY_OFFICER, ASKED_BY_SESSION, OPEN_BY_ADDRESS, client_group
from api.service.service import Service, service_of
from api.service.sessions import Session
from ledger.domain.state import UNKNOWN_REFERENCE, State, Unit
from ledger.errors import Refused, Unavailable
from ledger.events.dossier import DossierErased, DossierSealed
from ledger.events.household import MemberErased
from ledger.identity.vault import Vault
from ledger.log.checkpoint import Proof
from ledger.log.proofs import head as recorded
from ledger.log.proofs import latest_checkpoint, prove
from ledger.postgres.entries import recorded_since
from projections.following.follower import SCHEMA, held

COOKIE = "songnuan_session"
CSRF_HEADER = "x-csrf-token"
LONGEST_WAIT_SECONDS = 10.0
MOST_ROWS = 500


def connected(request: Request) -> Iterator[psycopg.Connection[Any]]:
    """A connection for the log's public figures; questions to the views go through :data:`Access`."""
    with service_of(request).reads.connection() as connection:
        yield connection


Connected = Annotated[psycopg.Connection[Any], Depends(connected)]


def connected_to_primary(request: Request) -> Iterator[psycopg.Connection[Any]]:
    """A connection to the database that is written to, whatever answers the questions."""
    pool = service_of(request).primary
    try:
        with pool.connection() as connection:
            yield connection
    except psycopg.errors.ReadOnlySqlTransaction:
        pool.drain()  # sessions keep what their database's or role's settings were as they were opened
        raise


Primary = Annotated[psycopg.Connection[Any], Depends(connected_to_primary)]


def signed_in(request: Request) -> Principal:
    """The officer of the session; a request that changes something must carry its token too."""
    service, name = service_of(request), request.cookies.get(COOKIE)
    reader, session = service.sessions.reader(name)
    request.state.officer = reader.officer
    note_reader(request, reader)
    _check_csrf(request, session)
    service.rate_limiter.take(ASKED_BY_SESSION, name or "")
    service.rate_limiter.take(ASKED_BY_OFFICER, reader.officer)
    return reader


def _check_csrf(request: Request, session: Session) -> None:
    if request.method not in ("GET", "HEAD") and request.headers.get(CSRF_HEADER) != session.csrf:
        raise CSRF_MISSING.refused()


SignedIn = Annotated[Principal, Depends(signed_in)]


def limited(request: Request) -> None:
    """Count a request that needs no session against its address; raises ``too-many-requests``."""
    service_of(request).rate_limiter.take(OPEN_BY_ADDRESS, client_group(request))


RateLimited = Annotated[None, Depends(limited)]


IDENTITY_ENDED = frozenset(event.topic() for event in (DossierErased, DossierSealed, MemberErased))
"""After these a name is shown to nobody."""


class ReadAccess:
    """Who asks, and the only way from there to the views: each question comes with its scope.

    A connection is taken when the first question is asked, and given back when the request ends.
    """

    def __init__(
        self, reader: Principal, state: State, connect: Callable[[], psycopg.Connection[Any]]
    ) -> None:
        self.reader = reader
        self._standing = state
        self._connect = connect
        self._connected: psycopg.Connection[Any] | None = None
        self._topmost: tuple[str | None] | None = None

    @property
    def _connection(self) -> psycopg.Connection[Any]:
        # No cached_property: until Python 3.12 its lock is one for all objects, held while a pool is waited for.
        if self._connected is None:
            self._connected = self._connect()
        return self._connected

    @property
    def _whole(self) -> str | None:
        """The unit that all others are below, where the reader holds a role over any."""
        if self._topmost is None:
            over_units = any(grant["unit"] is not None for grant in self.reader.grants)
            self._topmost = (topmost(every_view(self._connection)) if over_units else None,)
        return self._topmost[0]

    def require(self, resource: Resource, campaign: str | None = None, unit: str | None = None) -> None:
        """Lets through who may see some of it; asks no database.

        Raises:
            Refused: ``reading-not-allowed``, ``reference-unknown``.
        """
        self._scope(resource, campaign, unit, None)

    def require_whole(self, resource: Resource, unit: str | None) -> None:
        """Lets through who may see all of a unit, in every campaign; None is the whole ledger.

        Raises:
            Refused: ``reading-not-allowed``, ``reference-unknown``.
        """
        seen = self._scope(resource, None, unit, self._whole)
        if not seen.includes(scope_of([(unit, None)])):
            raise denied(resource, None, unit)

    def views(self, resource: Resource, campaign: str | None = None, unit: str | None = None) -> ScopedViews:
        """The views, cut to what the reader may see of a resource, a campaign, a unit with all below it.

        Raises:
            Refused: ``reading-not-allowed``, ``reference-unknown``.
        """
        seen = self._scope(resource, campaign, unit, self._whole)
        oversight = oversight_scope(self.reader, self._whole)
        candid = candid_scope(self.reader, self._whole)
        if campaign is not None:
            named = self._scope(resource, campaign, None, self._whole)
            check_references(ScopedViews(self._connection, named, oversight=oversight), campaign=campaign)
        return ScopedViews(self._connection, seen, oversight=oversight, candid=candid, key=self.reader.key)

    def may_see(self, resource: Resource, campaign: str) -> bool:
        """Whether anything of a resource is the reader's to see in a campaign."""
        roles = MAY_READ[resource]
        return any(g["role"] in roles and g["campaign"] in (None, campaign) for g in self.reader.grants)

    def everything(self) -> History:
        """The whole history, for who may see that of every unit and campaign.

        Raises:
            Refused: ``reading-not-allowed``.
        """
        if self._scope("history", None, None, self._whole) != EVERYTHING:
            raise denied("history", None, None)
        return History(every_view(self._connection))

    def renew(self, kept: Callable[[ScopedViews], None]) -> None:
        """Lets what the service keeps of the whole ledger read on; nothing of it is answered by that."""
        kept(every_view(self._connection))

    def identity_ended_since(self, position: int) -> bool:
        """Whether an identity was erased or sealed after a position: what was written then may still name it."""
        return recorded_since(self._connection, position, IDENTITY_ENDED)

    def views_hold(self) -> int:
        """The last position that all views hold."""
        return held(self._connection, SCHEMA)

    def proof(self, position: int) -> str | None:
        """That the entry at a position is in the log; None before a checkpoint covers it."""
        try:
            return prove(self._connection, position).text
        except Refused:
            return None

    def entry_proof(self, position: int) -> Proof:
        """The proof that the entry at a position is in the log; raises ``not-yet-published``."""
        return prove(self._connection, position)

    def checkpoint(self, upto: int) -> bytes | None:
        """The newest checkpoint of at most so many entries."""
        return latest_checkpoint(self._connection, upto)

    def position_at(self, moment: str | None) -> int:
        """The position as of which to answer; raises ``moment-malformed``, ``position-unknown``."""
        return position_at(public_views(self._connection), moment)

    def _scope(
        self, resource: Resource, campaign: str | None, unit: str | None, whole: str | None
    ) -> AccessScope:
        found = None if unit is None else self._standing.find(Unit, unit)
        if unit is not None and found is None:
            # A unit that is not there is answered as one that is not the reader's.
            if not self._sees_all_units(resource, campaign, whole):
                raise denied(resource, campaign, unit)
            raise UNKNOWN_REFERENCE.refused(kind="unit", id=unit)
        return scope(self.reader, resource, campaign, found, whole)

    def _sees_all_units(self, resource: Resource, campaign: str | None, whole: str | None) -> bool:
        try:
            return scope(self.reader, resource, campaign, None, whole).has_all_units
        except Refused:
            return False


def read_access(request: Request, reader: SignedIn) -> Iterator[ReadAccess]:
    """What the officer of the session may see."""
    service = service_of(request)
    with ExitStack() as stack:
        yield ReadAccess(reader, service.state, lambda: stack.enter_context(service.reads.connection()))


Access = Annotated[ReadAccess, Depends(read_access)]


@contextmanager
def access_now(request: Request) -> Iterator[ReadAccess]:
    """What the officer of the session may see at this moment; to look does not prolong the session.

    Raises:
        Refused: ``not-signed-in``.
    """
    reader = service_of(request).sessions.looked_up(request.cookies.get(COOKIE))
    if reader is None:
        raise NOT_SIGNED_IN.refused()
    with contextmanager(read_access)(request, reader) as access:
        yield access


def read_access_of_primary(request: Request, reader: SignedIn, connection: Primary) -> ReadAccess:
    """The same of the database that is written to, for what the views do not hold."""
    return ReadAccess(reader, service_of(request).state, lambda: connection)


PrimaryAccess = Annotated[ReadAccess, Depends(read_access_of_primary)]


def shown_to_everybody(request: Request) -> Iterator[ScopedViews]:
    """What posted notices show, without a session."""
    with service_of(request).reads.connection() as connection:
        yield public_views(connection)


ForEverybody = Annotated[ScopedViews, Depends(shown_to_everybody)]


def shown_by_primary(connection: Primary) -> ScopedViews:
    """The same of the database that is written to."""
    return public_views(connection)


PublicPrimary = Annotated[ScopedViews, Depends(shown_by_primary)]


class Moment(NamedTuple):
    """As of which position to answer, and up to where the views are; both for the answer's ETag."""

    as_of: int
    head: int

    @property
    def position(self) -> int:
        """The position that the answer holds for."""
        return min(self.as_of, self.head)


def check_recorded(request: Request, access: ReadAccess, position: int) -> None:
    """Refuse a position or cursor that nothing has reached: nobody can have been given it.

    Raises:
        Refused: ``position-unknown``.
    """
    if position <= access.views_hold():
        return
    # The views may be behind, and so may a database for questions.
    with service_of(request).primary.connection() as primary:
        newest = recorded(primary)
    if newest < position:
        raise POSITION_UNKNOWN.refused(expected=newest, found=position)


def moment(
    request: Request,
    access: Access,
    as_of: Annotated[
        str | None,
        Query(description="A position, a date or a time: 1200, 2026-01-12, 2026-01-12T09:30"),
    ] = None,
    wait_for: Annotated[
        int | None, Query(ge=1, le=LATEST, description="Answer only once the views hold this position")
    ] = None,
) -> Moment:
    """As of when to answer. Waits for the views, at most ten seconds, where the question asks for it."""
    head = access.views_hold()
    if wait_for is not None and head < wait_for:
        check_recorded(request, access, wait_for)
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
            head = access.views_hold()
    return Moment(access.position_at(as_of), head)


CampaignName = Annotated[str | None, Query(max_length=64, description="A campaign's code")]
UnitName = Annotated[str | None, Query(max_length=64, description="A unit's code; all below it too")]
Limit = Annotated[int, Query(ge=1, le=MOST_ROWS, description="At most so many rows")]


def recorded_cursor(
    request: Request,
    access: Access,
    after: Annotated[int, Query(ge=0, le=LATEST, description="The cursor of the page before")] = 0,
) -> int:
    """The position after which a page begins; raises ``position-unknown`` for one that is not recorded."""
    if after > 0:
        check_recorded(request, access, after)
    return after


After = Annotated[int, Depends(recorded_cursor)]


class QueryContext:
    """One question: who asks, as of when, and how it is answered."""

    def __init__(self, request: Request, access: ReadAccess, moment: Moment) -> None:
        self.request = request
        self.access = access
        self.moment = moment

    @property
    def reader(self) -> Principal:
        """Who asks."""
        return self.access.reader

    @property
    def service(self) -> Service:
        """The service that answers."""
        return service_of(self.request)

    @property
    def as_of(self) -> int:
        """As of which position the views are asked."""
        return self.moment.as_of

    @property
    def position(self) -> int:
        """The position that the answer holds for."""
        return self.moment.position

    @property
    def vault(self) -> Vault:
        """The vault, for masked names."""
        return self.service.vault

    def views(self, resource: Resource, campaign: str | None = None, unit: str | None = None) -> ScopedViews:
        """The views, cut to what the asker may see; see :meth:`ReadAccess.views`."""
        return self.access.views(resource, campaign, unit)

    def everything(self) -> History:
        """The whole history; raises ``reading-not-allowed``."""
        return self.access.everything()

    def answer(self, answer: dict[str, Any]) -> Response:
        """The answer as JSON, with the position that it holds for; 304 where the asker has it already."""
        note_rows(self.request, len(answer["rows"]) if "rows" in answer else 1)
        if "rows" in answer and not answer.keys() & {"next", "more", "total"}:
            answer = {**answer, "total": len(answer["rows"])}  # all of them
        # Of the head too, for the past as well: an identity sealed since has no name in it any more. Of
        # the asker and the grants, since another's answer to the same question is another.
        tag = f'W/"{self.moment.position}-{self.moment.head}-{self.reader.mark}"'
        headers = {"ETag": tag, "Cache-Control": "private, no-cache", "Vary": "Cookie"}
        if self.request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=headers)
        body = orjson.dumps({"position": self.position, **answer}, default=str)
        return Response(body, media_type="application/json", headers=headers)


def question(request: Request, access: Access, moment: Annotated[Moment, Depends(moment)]) -> QueryContext:
    """The question that a request asks."""
    return QueryContext(request, access, moment)


Asks = Annotated[QueryContext, Depends(question)]


def page(
    found: Sequence[Row], limit: int, cursor: str, count: Callable[[], int] | None = None
) -> dict[str, Any]:
    """A page of rows; ``next`` asks for the one after it, and is null on the last.

    ``found`` has one row more than the page where more follow: so that is known. ``count`` is asked for the
    rows of all pages where this is the first and there are more.
    """
    more = len(found) > limit
    answer: dict[str, Any] = {"rows": found[:limit], "next": found[limit - 1][cursor] if more else None}
    return {**answer, "total": None if count is None else count() if more else len(found)}


def counted(
    views: ScopedViews, after: int, asked: Callable[[ScopedViews], list[Row]]
) -> Callable[[], int] | None:
    """What counts the rows that a question has on all its pages; None where this is not the first."""
    return None if after > 0 else lambda: int(asked(views.counting())[0]["rows"])
