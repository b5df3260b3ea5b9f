"""The kinds of values that stand in statements' bodies, each with its check."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, TypedDict

from pydantic import AfterValidator, Field, StringConstraints, ValidationInfo
from pydantic_core import PydanticCustomError

from ledger.domain.time_range import (
    FIRST_YEAR,
    LAST_YEAR,
    TIME_OUT_OF_RANGE,
    is_in_range,
)
from ledger.errors import Refused, Rule
from ledger.identity.documents import identity_in_text
from ledger.statements.statement import LARGEST_INTEGER, day, moment
from ledger.validation_words import ValueProblem

AMOUNT_NOT_POSITIVE = Rule(
    "amount-not-positive",
    zh="金额必须大于零，实为 {found} 分",
    en="an amount must be above zero, got {found} fen",
)
AMOUNT_TOO_LARGE = Rule(
    "amount-too-large",
    zh="金额 {found!y} 元过大：上限 {expected!y} 元",
    en="an amount of {found!y} yuan is too large: at most {expected!y}",
)
DAY_NOT_PASSED = Rule(
    "day-not-passed",
    zh="日期 {found} 尚未到来：所记的事已经发生，应不晚于 {expected}",
    en="the day {found} is still to come: what it dates has happened, by {expected} at the latest",
)
TEXT_HOLDS_IDENTITY = Rule(
    "text-holds-identity",
    zh="文字中含有{found}：身份信息不得写入事由、备注",
    en="the text holds a {found}: identities must not stand in reasons and notes",
)


@dataclass(frozen=True)
class Names:
    """Declares that a field names something on record (引用): ``kind`` is its record's ``KIND``.

    ``gathered`` lets the body's own unit lie above or below the thing's, as where one act takes in several.
    ``binding`` is false where somebody is only spoken of, so that a report about a superior stays possible.
    """

    kind: str
    gathered: bool = False
    binding: bool = True


@dataclass(frozen=True)
class Plain:
    """Declares that a field names nothing on record: a text, a time, a new name, a policy's own word."""


PLAIN = Plain()


def _without_identity(text: str) -> str:
    found = identity_in_text(text)
    if found is not None:
        raise PydanticCustomError(TEXT_HOLDS_IDENTITY.code, "{found}", {"found": found})
    if text != text.strip():
        raise ValueProblem("文字的首尾有空格", "the text starts or ends with a space")
    if any(unicodedata.category(c) == "Cc" and c != "\n" for c in text):
        raise ValueProblem("文字中有控制字符", "the text holds a control character")
    return text


def _existing_day(text: str, info: ValidationInfo) -> str:
    try:
        day(text, "day")
    except Refused as refusal:
        raise ValueProblem(refusal.message("zh"), refusal.message("en")) from None
    return _in_range(text, info)


def _existing_moment(text: str, info: ValidationInfo) -> str:
    try:
        moment(text, "moment")
    except Refused as refusal:
        raise ValueProblem(refusal.message("zh"), refusal.message("en")) from None
    return _in_range(text, info)


def _in_range(text: str, info: ValidationInfo) -> str:
    if info.context is not None and not is_in_range(text):
        raise PydanticCustomError(
            TIME_OUT_OF_RANGE.code,
            "out of range",
            {"found": text, "expected": f"{FIRST_YEAR}–{LAST_YEAR}"},
        )
    return text


def _passed(text: str, info: ValidationInfo) -> str:
    if info.context is not None and text > info.context["tomorrow"]:
        raise PydanticCustomError(
            DAY_NOT_PASSED.code, "to come", {"found": text, "expected": info.context["tomorrow"]}
        )
    return text


def _bounded(amount_fen: int, info: ValidationInfo) -> int:
    if amount_fen > LARGEST_AMOUNT_FEN and info.context is not None:
        raise PydanticCustomError(
            AMOUNT_TOO_LARGE.code, "too large", {"found": amount_fen, "expected": LARGEST_AMOUNT_FEN}
        )
    return amount_fen


class Arrival(TypedDict):
    """The context in which a body is validated that is not recorded yet, and came on the day before ``tomorrow``.

    Bounds hold then that what was recorded before they were drawn is not held to.
    """

    tomorrow: str


def arrival(today: date) -> Arrival:
    """The context for a body that comes on a day. A day more is let pass, as for the date of business."""
    return {"tomorrow": (today + timedelta(days=1)).isoformat()}


LARGEST_AMOUNT_FEN = 10**13
"""A hundred thousand million yuan: sums of what one line can hold stay far below 2^53."""

Fen = Annotated[int, Field(ge=0, le=LARGEST_INTEGER), AfterValidator(_bounded)]
"""Money in whole fen (分), zero allowed."""

PositiveFen = Annotated[int, Field(gt=0, le=LARGEST_INTEGER), AfterValidator(_bounded)]
"""Money in whole fen, above zero; at or below it the refusal is ``amount-not-positive``."""

Code = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9.-]{0,47}$")]
"""A short name in ASCII, without saying whose: an event's field says it by one of the types below."""

UnitCode = Annotated[Code, Names("unit")]
"""A unit on record."""

CampaignCode = Annotated[Code, Names("campaign")]
"""A campaign on record."""

OfficerCode = Annotated[Code, Names("officer")]
"""An officer on record."""

NewCode = Annotated[Code, PLAIN]
"""The code of what this very event registers."""

Word = Annotated[Code, PLAIN]
"""A word of the policy or of a list: a line, a category, a group, a rule, a model."""

Reference = Annotated[
    str, StringConstraints(pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")
]
"""The id of the statement that made a thing, without saying what; the types below say it."""

DossierId = Annotated[Reference, Names("dossier")]
"""A dossier on record."""

VersionId = Annotated[Reference, PLAIN]
"""The statement that made a dossier's version; it is held against the dossier that is named beside it."""

CaseId = Annotated[Reference, Names("case")]
"""A case on record."""

PayoutId = Annotated[Reference, Names("payout")]
"""A payout on record."""

GatheredCaseId = Annotated[Reference, Names("case", gathered=True)]
"""A case on record, in any unit below the statement's."""
GatheredDossierId = Annotated[Reference, Names("dossier", gathered=True)]
"""A dossier on record, with any unit below the statement's."""
GatheredPayoutId = Annotated[Reference, Names("payout", gathered=True)]
"""A payout on record, one of several of a unit and those below it."""

AccountStatementId = Annotated[Reference, Names("account-statement")]
"""A statement of a bank account on record (对账单)."""

NoticeId = Annotated[Reference, Names("notice")]
"""A public notice on record."""

ObjectionId = Annotated[Reference, Names("objection")]
"""An objection on record."""

_RECEIPT = StringConstraints(pattern=r"^[2-9A-HJ-NP-Z]{12}$")

NewReceiptNumber = Annotated[str, _RECEIPT, PLAIN]
"""The number by which the public follows up what it wrote: no letters that look like digits."""

ReceivedNumber = Annotated[str, _RECEIPT, Names("received")]
"""The number of an objection that was received from the public."""

InvestigationId = Annotated[Reference, Names("investigation", gathered=True)]
"""A discipline case on record."""

RectificationId = Annotated[Reference, Names("rectification", gathered=True)]
"""A rectification notice on record."""

HandoverId = Annotated[Reference, Names("handover", gathered=True)]
"""A matter on record that was handed over."""

SampleId = Annotated[Reference, Names("sample")]
"""A sample on record that was examined."""

SanctionId = Annotated[Reference, Names("sanction")]
"""A sanction on record."""

HexDigest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""Hex SHA-256, without saying of what."""

Digest = Annotated[HexDigest, PLAIN]
"""Hex SHA-256 of something outside the ledger: a commitment, a document's hash."""

KeyId = Annotated[HexDigest, Names("key")]
"""The id of a key on record."""

Text = Annotated[
    str, StringConstraints(min_length=1, max_length=200), AfterValidator(_without_identity), PLAIN
]
"""One line of free text, without identities."""

LongText = Annotated[
    str, StringConstraints(min_length=1, max_length=4000), AfterValidator(_without_identity), PLAIN
]
"""Free text of some length, without identities."""

OfficePhone = Annotated[str, StringConstraints(pattern=r"^[0-9][0-9 -]{4,23}[0-9]$"), PLAIN]
"""The telephone number of an office, which it makes public itself."""

Day = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d\d-\d\d$"), AfterValidator(_existing_day), PLAIN]
"""A date, 2026-01-15."""

PastDay = Annotated[Day, AfterValidator(_passed)]
"""A date on which something has happened."""

Moment = Annotated[str, AfterValidator(_existing_moment), PLAIN]
"""A time with its offset, 2026-01-15T09:30:00+08:00."""

Count = Annotated[int, Field(ge=0, le=10_000_000)]
"""A number of persons, cases or things."""
