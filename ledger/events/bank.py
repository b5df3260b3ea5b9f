"""The bank's books (银行对账): its lines matched to payouts, and days closed against them. Clause A-8."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from pydantic import model_validator

from ledger.errors import Rule
from ledger.event import Act, Event
from ledger.events.dossier import check_same
from ledger.events.funds import check_line
from ledger.events.separation import joined, officers_of
from ledger.fields import CampaignCode, Day, Digest, Fen, PayoutId, PositiveFen, Text, UnitCode, Word
from ledger.references import CAMPAIGN_DIFFERS, UNIT_DIFFERS
from ledger.standing import Campaign, Payout, Record, Standing, key_of
from ledger.validation_words import ValueProblem
from ledger.who_signs import SPONSOR, HeldOver

CLOSED_BY_PAYER = Rule(
    "closed-by-payer",
    zh="{officer} 在 {day} 经手过该科目的银行发放，不得独自日终对账：由未经手的财务办理或共同签署",
    en="{officer} paid by bank from this line on {day} and does not close that day alone: somebody else of"
    " finance closes it, or signs too",
)


@dataclass
class BankDay(Record):
    """Who paid by bank from a line on one day (银行发放日). The id is ``campaign/line@day``."""

    KIND: ClassVar[str] = "bank-day"
    id: str
    paid_by: list[str] = field(default_factory=list)


def bank_day_id(campaign: str, line: str, day: str) -> str:
    """The id of a line's day at the bank."""
    return f"{campaign}/{line}@{day}"


def note_bank_payout(act: Act, standing: Standing, bank_day: str) -> None:
    """Remembers who paid on that day."""
    before = standing.find(BankDay, bank_day)
    standing.put(
        BankDay(bank_day, joined([] if before is None else before.paid_by, officers_of(act, standing)))
    )


class BankLineMatched(Event):
    """A line of the bank's statement is matched to a payout (银行对账)."""

    TITLE_ZH: ClassVar[str] = "银行对账"
    TITLE_EN: ClassVar[str] = "Bank line matched"
    ROLES: ClassVar[frozenset[str]] = frozenset({"finance"})

    campaign: CampaignCode
    unit: UnitCode
    payout: PayoutId
    bank_reference: Digest
    amount_fen: PositiveFen
    booked_on: Day
    result: Literal["paid", "bounced", "different"]

    def decide(self, act: Act, standing: Standing) -> None:
        """The payout is known; whether the sums agree is for the flags to say."""
        payout = standing.get(Payout, self.payout)
        check_same(CAMPAIGN_DIFFERS, payout.campaign, self.campaign)
        check_same(UNIT_DIFFERS, payout.unit, self.unit)

    def tags(self, act: Act) -> list[str]:
        """Also under its payout's id."""
        return [f"payout:{self.payout}", *super().tags(act)]


class DayReconciled(Event):
    """A line's bank payouts of one day are held against the bank's books (日终对账), clause A-8."""

    TITLE_ZH: ClassVar[str] = "日终对账"
    TITLE_EN: ClassVar[str] = "Day reconciled"
    ROLES: ClassVar[frozenset[str]] = frozenset({"finance"})
    HELD_OVER: ClassVar[HeldOver] = SPONSOR

    campaign: CampaignCode
    line: Word
    day: Day
    ledger_fen: Fen
    bank_fen: Fen
    explanation: Text | None = None

    @model_validator(mode="after")
    def _difference_is_explained(self) -> DayReconciled:
        if (self.ledger_fen != self.bank_fen) != (self.explanation is not None):
            raise ValueProblem("差额与其说明须同时给出", "a difference and its explanation go together")
        return self

    def reads(self, act: Act, standing: Standing) -> Iterable[str]:
        """Also who paid on that day."""
        return [*super().reads(act, standing), key_of(BankDay, self._bank_day())]

    def _bank_day(self) -> str:
        return bank_day_id(self.campaign, self.line, self.day)

    def decide(self, act: Act, standing: Standing) -> None:
        """The campaign has the line, and somebody signs who did not pay from it on that day.

        What the sums are is finance's word, and stays signed.
        """
        check_line(standing.get(Campaign, self.campaign), self.line)
        paid = standing.find(BankDay, self._bank_day())
        if standing.rules < 2 or paid is None:
            return
        payers = {standing.person_of(officer) for officer in paid.paid_by}
        signers = officers_of(act, standing)
        if all(standing.person_of(officer) in payers for officer in signers):
            raise CLOSED_BY_PAYER.refused(officer=", ".join(signers), day=self.day)
