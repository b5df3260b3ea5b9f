"""Slips (领款回执凭条): a number for each payout, by which its recipient says what came of it. Clause A-8.

The number is drawn where the slip is printed and stands nowhere else: the ledger holds its hash alone. What is said
by it is committed to by the ledger's own key when it is received, like the public's objections.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

from ledger.domain.event import FINANCE, Event, VerifiedEvent
from ledger.domain.fields import (
    PLAIN,
    CampaignCode,
    Digest,
    Fen,
    NewReceiptNumber,
    PayoutId,
    Text,
    UnitCode,
)
from ledger.domain.record import Record
from ledger.domain.references import CAMPAIGN_DIFFERS, UNIT_DIFFERS
from ledger.domain.state import Payout, State, key_of
from ledger.domain.who_signs import SignedBy
from ledger.errors import Rule
from ledger.events.dossier import check_same
from ledger.events.registry import ALREADY_REGISTERED
from ledger.events.voice import Answer, SaidBySlip, check_is_less, check_sum_of_less
from ledger.validation_words import ValueProblem

LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""No letters that look like digits: 32, so that each is worth five bits."""
LENGTH = 20
MOST_SLIPS = 500
MOST_ANSWERS = 20
"""So many answers are taken by one slip: whoever has it can write, and what they write stays for ever."""

SLIP_UNKNOWN = Rule(
    "slip-unknown",
    zh="没有此编号的凭条：请核对凭条上的 20 位编号",
    en="there is no slip of this number: compare the twenty letters and digits on it",
)
SLIP_REPLACED = Rule(
    "slip-replaced",
    zh="此凭条已由补发的凭条取代：请使用新凭条，或向纪检部门反映",
    en="another slip was issued in the place of this one: use that one, or turn to the inspectors",
)
SLIP_USED_UP = Rule(
    "slip-used-up",
    zh="此凭条已反馈 {expected} 次，不再受理：请直接向纪检部门反映",
    en="this slip has been answered by {expected} times and takes no more: turn to the inspectors",
)


def new_slip_number() -> str:
    """A number of 100 bits that nobody guesses."""
    return "".join(secrets.choice(LETTERS) for _ in range(LENGTH))


def read_slip_number(text: str) -> str:
    """A number as somebody types it: in either case, with the hyphens and spaces of print.

    >>> read_slip_number(" abcde-fghjk 23456-789AB ")
    'ABCDEFGHJK23456789AB'

    Raises:
        Refused: ``slip-unknown``, where it can be none.
    """
    number = "".join(c for c in text.upper() if c not in "-－—" and not c.isspace())
    if len(number) != LENGTH or any(c not in LETTERS for c in number):
        raise SLIP_UNKNOWN.refused()
    return number


def slip_digest(number: str) -> str:
    """What the ledger holds of a slip: hex SHA-256 of a fixed word and its number."""
    return sha256(b"songnuan-slip:" + number.encode("ascii")).hexdigest()


@dataclass
class Slip(Record):
    """A slip, by the hash of its number; how often it was answered by."""

    KIND: ClassVar[str] = "slip"
    id: str
    payout: str
    answers: int = 0


@dataclass
class SlipOfPayout(Record):
    """The slip of a payout that counts: the one issued last. The id is the payout's."""

    KIND: ClassVar[str] = "slip-of-payout"
    id: str
    digest: str


class IssuedSlip(BaseModel):
    """A slip for one payout, by its hash."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    payout: PayoutId
    digest: Digest


class SlipsIssued(Event):
    """Slips for payouts of a unit were made out (发放凭条); one that a payout had before counts no more."""

    TITLE_ZH: ClassVar[str] = "制发凭条"
    TITLE_EN: ClassVar[str] = "Slips issued"
    ROLES: ClassVar[frozenset[str]] = FINANCE | {"clerk", "inspector", "auditor"}

    campaign: CampaignCode
    unit: UnitCode
    slips: Annotated[list[IssuedSlip], Field(min_length=1, max_length=MOST_SLIPS)]

    @model_validator(mode="after")
    def _one_each(self) -> SlipsIssued:
        if len({each.payout for each in self.slips}) < len(self.slips):
            raise ValueProblem("同一笔发放只能有一张凭条", "a payout has one slip")
        if len({each.digest for each in self.slips}) < len(self.slips):
            raise ValueProblem("凭条编号重复", "two slips have one number")
        return self

    def reads(self, act: VerifiedEvent, state: State) -> Iterable[str]:
        """Also which slips there are."""
        return [
            *super().reads(act, state),
            *(key_of(Slip, each.digest) for each in self.slips),
            *(key_of(SlipOfPayout, each.payout) for each in self.slips),
        ]

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """Payouts of this unit and campaign, under numbers that no slip had."""
        for each in self.slips:
            payout = state.get(Payout, each.payout)
            check_same(CAMPAIGN_DIFFERS, payout.campaign, self.campaign)
            check_same(UNIT_DIFFERS, payout.unit, self.unit)
            if state.find(Slip, each.digest) is not None:
                raise ALREADY_REGISTERED.refused(kind="slip", id=each.digest)

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """These slips count, and no older ones."""
        for each in self.slips:
            state.put(Slip(each.digest, each.payout))
            state.put(SlipOfPayout(each.payout, each.digest))


class RecipientSpoke(Event):
    """A recipient said by the slip what came of a payout (受助人反馈), under the receipt number given for it."""

    TITLE_ZH: ClassVar[str] = "受助人反馈"
    TITLE_EN: ClassVar[str] = "Recipient spoke"
    SIGNED_BY: ClassVar[SignedBy] = "ledger"

    campaign: CampaignCode
    unit: UnitCode
    payout: PayoutId
    slip: Digest
    number: NewReceiptNumber
    answer: Annotated[Answer, PLAIN]
    received_fen: Fen | None = None
    words: Text | None = None

    @model_validator(mode="after")
    def _says_what_it_can(self) -> RecipientSpoke:
        check_sum_of_less(self.answer, self.received_fen)
        return self

    def reads(self, act: VerifiedEvent, state: State) -> Iterable[str]:
        """Also the slip, whether it counts, and what was said before."""
        return [
            *super().reads(act, state),
            key_of(Slip, self.slip),
            key_of(SlipOfPayout, self.payout),
            key_of(SaidBySlip, self.payout),
        ]

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """By the slip of this payout that counts."""
        payout = state.get(Payout, self.payout)
        check_same(CAMPAIGN_DIFFERS, payout.campaign, self.campaign)
        check_same(UNIT_DIFFERS, payout.unit, self.unit)
        slip = state.find(Slip, self.slip)
        if slip is None or slip.payout != self.payout:
            raise SLIP_UNKNOWN.refused()
        if state.get(SlipOfPayout, self.payout).digest != self.slip:
            raise SLIP_REPLACED.refused()
        if slip.answers >= MOST_ANSWERS:
            raise SLIP_USED_UP.refused(expected=MOST_ANSWERS)
        check_is_less(self.received_fen, payout)

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """What was said stands, in the place of what the same slip said before."""
        slip = state.get(Slip, self.slip)
        slip.answers += 1
        state.put(slip)
        said = state.find(SaidBySlip, self.payout) or SaidBySlip(self.payout)
        said.answers = {**said.answers, self.slip: self.answer}
        state.put(said)

    def tags(self, act: VerifiedEvent) -> list[str]:
        """Also under its slip's hash and its receipt number."""
        return [
            f"slip:{self.slip}",
            f"spoke:{self.number}",
            f"payout:{self.payout}",
            *super().tags(act),
        ]
