"""The recipient's voice over HTTP (受助人反馈): slips, what is said by them, and call-backs.

Who has a slip needs no session. Its number comes in the body and never in an address, so that it stands in no log.
"""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field, StringConstraints, model_validator

from api.service.answers import Page, Rows, answered
from api.service.dependencies import (
    After,
    Asks,
    CampaignName,
    Limit,
    Primary,
    RateLimited,
    UnitName,
    page,
)
from api.service.problems import documented
from api.service.rate_limit import SPOKEN_BY_SLIP
from api.service.service import service_of
from api.voice import queries
from api.voice.receiving import of_slip, receive, said_by
from api.voice.rows import DrawnPayout, PayoutForSlip
from ledger.domain.fields import Fen
from ledger.events.slip import MOST_ANSWERS
from ledger.events.voice import Answer
from ledger.validation_words import ValueProblem
from projections.views.voices import VoiceRow

router = APIRouter(tags=["voice"])

CampaignAsked = Annotated[str, Query(max_length=64, description="A campaign's code")]


class SlipNumber(BaseModel):
    """A slip's number, as it was typed or scanned."""

    slip: Annotated[str, StringConstraints(min_length=1, max_length=64)]


class SlipAsked(SlipNumber):
    """A slip's number, and the receipt numbers that whoever asks was given for what they said by it."""

    receipts: Annotated[
        list[Annotated[str, StringConstraints(max_length=16)]], Field(max_length=MOST_ANSWERS)
    ] = Field(default_factory=list)


class Said(SlipNumber):
    """What the recipient says: the answer, what came where that was less, and words."""

    answer: Answer
    received_fen: Fen | None = None
    words: Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00]*$")] | None = None

    @model_validator(mode="after")
    def _says_what_it_can(self) -> Said:
        if (self.answer == "less") != (self.received_fen is not None):
            raise ValueProblem(
                "仅“少收到”须填实收金额", "a sum stands where less was received, and only there"
            )
        return self


class EarlierAnswer(BaseModel):
    """What was said by the slip before, under which receipt number."""

    number: str
    position: int
    said_on: str
    answer: Answer
    received_fen: int | None


class SlipShown(BaseModel):
    """What a slip is about, without a name; and what was said under the receipt numbers given, the newest first.

    Nobody else is told whether anything was said: who printed a slip may have its number. ``used_up``: no more answers
    are taken by it; ``replaced``: another slip was issued in its place.
    """

    campaign_title: str
    unit_name: str
    amount_fen: int
    paid_on: str
    replaced: bool
    used_up: bool
    answers: list[EarlierAnswer]


class Acknowledged(BaseModel):
    """The receipt number, and the entry by which the ledger committed to the answer."""

    number: str
    committed_at: int


@router.get("/slips", responses=answered(Page[PayoutForSlip]))
def get_payouts(
    asked: Asks, after: After, campaign: CampaignAsked, unit: UnitName = None, limit: Limit = 200
) -> Response:
    """Payouts of which slips can be printed, and which have one. Nobody is told any slip's number."""
    views = asked.views("slips", campaign, unit)
    of: dict[str, Any] = {"campaign": campaign, "unit": unit, "as_of": asked.as_of}
    found = queries.payouts_for_slips(views, asked.vault, **of, after=after, limit=limit + 1)
    count = None if after > 0 else partial(queries.count_payouts, views, **of)
    return asked.answer(page(found, limit, "position", count))


@router.post("/slips/read", responses=documented(404, 422, 429, 503))
def read_slip(limited: RateLimited, connection: Primary, asked: SlipAsked) -> SlipShown:
    """What a slip is about, for whoever has it; what was said by it, for whoever has the receipt too."""
    slip = of_slip(connection, asked.slip)
    given = {receipt.strip().upper() for receipt in asked.receipts}
    return SlipShown(
        campaign_title=slip.campaign_title,
        unit_name=slip.unit_name,
        amount_fen=slip.amount_fen,
        paid_on=slip.paid_on,
        replaced=slip.replaced,
        used_up=slip.answers >= MOST_ANSWERS,
        answers=[
            EarlierAnswer(**each._asdict())
            for each in said_by(connection, slip.digest)
            if each.number in given
        ],
    )


@router.post("/slips/answers", status_code=201, responses=documented(404, 422, 429, 503))
def answer_by_slip(request: Request, limited: RateLimited, connection: Primary, said: Said) -> Acknowledged:
    """Takes what a recipient says by a slip; acknowledged once the ledger has committed to it."""
    service = service_of(request)
    slip = of_slip(connection, said.slip)
    service.rate_limiter.take(SPOKEN_BY_SLIP, slip.digest)
    number, position = receive(
        service.store, service.writer, slip, said.answer, said.received_fen, said.words
    )
    return Acknowledged(number=number, committed_at=position)


@router.get("/callbacks/drawn", responses=answered(Rows[DrawnPayout]))
def get_drawn(
    asked: Asks,
    campaign: CampaignAsked,
    seed: Annotated[str, Query(min_length=1, max_length=64)],
    size: Annotated[int, Query(ge=1, le=500)] = 10,
    unit: UnitName = None,
) -> Response:
    """Payouts drawn by a seed as of ``position``, whose recipients are called back. Repeatable by anybody."""
    views = asked.views("history", campaign, unit)
    found = queries.draw(views, asked.vault, campaign, size, seed, asked.position, unit)
    return asked.answer({"rows": found.payouts})


@router.get("/callbacks", responses=answered(Rows[VoiceRow]))
def get_answers(asked: Asks, campaign: CampaignName = None) -> Response:
    """What recipients answered, called back or by their slips, the newest first."""
    views = asked.views("history", campaign)
    return asked.answer({"rows": queries.answers(views, campaign, asked.as_of)})
