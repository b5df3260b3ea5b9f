"""Objections from the public (群众异议): written to a notice, followed up by number, taken down by officers.

No login, no name, no contact is asked for. What an officer takes down is a signed statement.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, StringConstraints

from api.gate import LATEST
from api.notices.queries import notice
from api.objections import queries as inbox
from api.objections.receiving import receive
from api.objections.rows import OpenObjection, WaitingObjection
from api.objections.words import plain_words
from api.roster.queries import one_case
from api.service.access_recording import note_rows
from api.service.answers import Rows, answered
from api.service.dependencies import (
    Asks,
    CampaignName,
    Limit,
    Primary,
    PrimaryAccess,
    PublicPrimary,
    RateLimited,
    page,
)
from api.service.problems import documented
from api.service.rate_limit import WRITTEN_TO_CAMPAIGN, WRITTEN_TO_CASE
from api.service.service import service_of
from ledger.clock import china_today
from ledger.domain.state import UNKNOWN_REFERENCE
from ledger.errors import Rule

NOTICE_OVER = Rule(
    "notice-over",
    zh="公示期为 {start} 至 {end}，现在不能提出异议：请直接向上级反映",
    en="the notice runs from {start} to {end}: objections are taken within that period",
)

router = APIRouter(tags=["objections"])


class Written(BaseModel):
    """What somebody objects to: a case on the notice, and why."""

    case: Annotated[str, StringConstraints(max_length=64)]
    text: Annotated[
        str, StringConstraints(min_length=5, max_length=2000, strip_whitespace=True, pattern=r"^[^\x00]*$")
    ]


class Numbered(BaseModel):
    """The number to follow an objection up with, and the entry by which the ledger committed to it."""

    number: str
    committed_at: int


class Answered(BaseModel):
    """How an objection was answered: the reason, the date, the unit of who answered, and the entry."""

    text: str
    on: str
    by: str
    position: int


class FollowedUp(BaseModel):
    """What became of an objection: waiting, lodged, upheld or dismissed.

    ``committed_at`` is the entry that says since when it stands; null for one of before such entries.
    """

    number: str
    received_on: str
    state: str
    committed_at: int | None
    answer: Answered | None


class Waiting(BaseModel):
    """Objections that wait, the oldest first, of ``total``; ``next`` is the cursor for ``after``."""

    rows: list[WaitingObjection]
    next: str | None
    total: int


class TakenDown(BaseModel):
    """The ObjectionLodged statement by which an officer took it down."""

    statement: Annotated[str, StringConstraints(max_length=64)]


@router.post(
    "/notices/{notice_id}/objections", status_code=201, responses=documented(400, 404, 422, 429, 503)
)
def object_to(
    request: Request,
    limited: RateLimited,
    views: PublicPrimary,
    connection: Primary,
    notice_id: str,
    written: Written,
) -> Numbered:
    """Takes an objection to somebody on a notice, within its period; without anybody's number in it.

    So many an hour about one case, and about a campaign's: a flood would hide those that say something.
    """
    words = plain_words(written.text)
    posted = notice(views, notice_id)
    if posted is None:
        raise UNKNOWN_REFERENCE.refused(kind="notice", id=notice_id)
    if all(case["case_id"] != written.case for case in posted["cases"]):
        raise UNKNOWN_REFERENCE.refused(kind="case", id=written.case)
    start, end = str(posted["start_on"]), str(posted["end_on"])
    if not start <= china_today() <= end:
        raise NOTICE_OVER.refused(start=start, end=end)
    case = one_case(views, written.case, LATEST)
    assert case is not None
    service = service_of(request)
    pace = (WRITTEN_TO_CASE, written.case), (WRITTEN_TO_CAMPAIGN, case["campaign"])
    for limit, about in pace:
        service.rate_limiter.check(limit, about)
    number, position = receive(connection, service.store, service.writer, notice_id, case, words)
    # Counted is what was taken: who is told to try again loses nothing by it.
    for limit, about in pace:
        service.rate_limiter.count(limit, about)
    return Numbered(number=number, committed_at=position)


@router.get("/objections/open", responses=answered(Rows[OpenObjection]))
def get_open(asked: Asks, campaign: CampaignName = None) -> Response:
    """Objections that were taken down and not settled yet, the oldest first."""
    return asked.answer({"rows": inbox.unsettled(asked.views("objections", campaign), asked.as_of)})


@router.get("/objections/{number}", responses=documented(404, 422, 429))
def follow_up(limited: RateLimited, connection: Primary, number: str) -> FollowedUp:
    """What became of an objection."""
    found = inbox.followed_up(connection, number.strip().upper())
    if found is None:
        raise UNKNOWN_REFERENCE.refused(kind="objection", id=number)
    settled_at = found["settled_at"]
    return FollowedUp(
        number=found["number"],
        received_on=found["received_at"].date().isoformat(),
        state=found["state"],
        committed_at=found["committed_at"],
        answer=None if settled_at is None else Answered(**inbox.answered(connection, settled_at)._asdict()),
    )


@router.get("/objections", responses=documented(401, 403, 404, 422, 503))
def get_waiting(
    request: Request,
    access: PrimaryAccess,
    campaign: CampaignName = None,
    after: Annotated[
        str | None, Query(max_length=16, description="The number of the last one on the page before")
    ] = None,
    limit: Limit = 200,
) -> Waiting:
    """Objections that no officer has taken down yet. They are no part of the ledger, and have no position."""
    views = access.views("objections", campaign)
    if after is not None and not inbox.is_received(views, after):
        raise UNKNOWN_REFERENCE.refused(kind="objection", id=after)
    answer = page(inbox.waiting(views, after=after, limit=limit + 1), limit, "number")
    note_rows(request, len(answer["rows"]))
    return Waiting(**{**answer, "total": inbox.count_waiting(views)})


@router.post("/objections/{number}/lodged", status_code=204, responses=documented(400, 401, 403, 404, 422))
def lodged(access: PrimaryAccess, connection: Primary, number: str, taken: TakenDown) -> Response:
    """Notes that an officer took an objection of their units down by a recorded statement."""
    waits = inbox.is_received(access.views("objections"), number)
    if not waits or not inbox.taken_down(connection, number, taken.statement):
        raise UNKNOWN_REFERENCE.refused(kind="objection", id=number)
    return Response(status_code=204)
