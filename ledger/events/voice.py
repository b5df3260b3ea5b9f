"""The recipient's voice (受助人反馈): what a recipient, called back, says of a payout. Clause A-8.

Who is called back is drawn by a seed, so that nobody chooses whom to ask; anybody draws the same payouts again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from ledger.domain.authority import served
from ledger.domain.event import Event, VerifiedEvent
from ledger.domain.fields import PLAIN, CampaignCode, Fen, PayoutId, Text, UnitCode
from ledger.domain.record import Record
from ledger.domain.references import CAMPAIGN_DIFFERS, UNIT_DIFFERS, Scope
from ledger.domain.state import Campaign, Payout, State, Unit, key_of
from ledger.errors import Rule
from ledger.events.dossier import check_same
from ledger.events.draws import DRAW_DIFFERS, DrawId, check_ordered, note_recorded, outstanding_keys
from ledger.events.separation import (
    Titles,
    belongs_to,
    check_not_own,
    check_two_persons,
    officers_of,
    watches_from_within,
)
from ledger.validation_words import ValueProblem

Answer = Literal["received", "less", "given-back", "never"]
"""What a recipient says of a payout: received whole, received less, given back, or never received."""

NOT_LESS = Rule(
    "answer-not-less",
    zh="答复为“少收到”的，实收金额须小于发放金额 {expected!y} 元，所填为 {found!y} 元",
    en="who received less names a sum below the payout's {expected!y} yuan, not {found!y}",
)
PAID_AFTER_DRAW = Rule(
    "payout-after-draw",
    zh="该笔发放 {payout} 登记于抽取 {draw} 之后，不在抽取范围内：请登记抽中的发放",
    en="the payout {payout} was recorded after the draw {draw} was ordered, which cannot have drawn it: record one that it"
    " drew",
)
CALLS_OWN_DOING = Rule(
    "own-doing-called-back",
    zh="{officer} 经手过该笔发放，属于 {unit}，或在该活动中任过其业务岗位，不得回访：由其他人员回访",
    en="{officer} had a part in this payout, belongs to unit {unit} or was at work in it: somebody else calls the"
    " recipient back",
)
CALLING_BACK = ("回访", "call back on")
ANSWERED_OTHERWISE: Titles = (
    "受助人此前答复未收到、少收到或已退回的，登记不同的答复",
    "recording another answer than that nothing, or less, was received, which the recipient gave before",
)


@dataclass
class CalledBack(Record):
    """What a recipient said last of a payout, called back; the id is the payout's."""

    KIND: ClassVar[str] = "called-back"
    id: str
    answer: str


@dataclass
class SaidBySlip(Record):
    """What was said of a payout by its slips since it was last called back, by slip; the id is the payout's."""

    KIND: ClassVar[str] = "said-by-slip"
    id: str
    answers: dict[str, str] = field(default_factory=dict)


def check_sum_of_less(answer: Answer | None, received_fen: int | None) -> None:
    """Refuses a sum beside another answer than "less", and "less" without one.

    Raises:
        ValueProblem: in both languages.
    """
    if (answer == "less") != (received_fen is not None):
        raise ValueProblem("仅“少收到”须填实收金额", "a sum stands where less was received, and only there")


def check_is_less(received_fen: int | None, payout: Payout) -> None:
    """Refuses as less what is all of the payout or more.

    Raises:
        Refused: ``answer-not-less``.
    """
    if received_fen is not None and received_fen >= payout.amount_fen:
        raise NOT_LESS.refused(expected=payout.amount_fen, found=received_fen)


class CallBackRecorded(Event):
    """A recipient who was drawn by a seed was called back (随机回访), and what was answered.

    Seed, size and moment draw the same payouts again for anybody who checks it; by the tenth version of the rules they are
    those of a ``draw`` that was ordered before. ``answer`` stands where somebody was
    reached; ``received_fen`` is what came of a payout of which less did.
    """

    TITLE_ZH: ClassVar[str] = "随机回访"
    TITLE_EN: ClassVar[str] = "Call-back recorded"
    ROLES: ClassVar[frozenset[str]] = frozenset({"inspector", "auditor"})

    campaign: CampaignCode
    unit: UnitCode
    payout: PayoutId
    seed: Annotated[str, Field(min_length=1, max_length=64), PLAIN]
    size: Annotated[int, Field(ge=1, le=500)]
    drawn_at: Annotated[int, Field(ge=1)]
    reached: bool
    answer: Annotated[Answer | None, PLAIN] = None
    received_fen: Fen | None = None
    words: Text | None = None
    draw: DrawId | None = None

    @model_validator(mode="after")
    def _says_what_it_can(self) -> CallBackRecorded:
        if self.reached != (self.answer is not None):
            raise ValueProblem(
                "联系到本人的须填答复，未联系到的不填", "an answer stands where somebody was reached"
            )
        check_sum_of_less(self.answer, self.received_fen)
        return self

    def reads(self, act: VerifiedEvent, state: State) -> Iterable[str]:
        """Also what was answered before."""
        return [
            *super().reads(act, state),
            key_of(CalledBack, self.payout),
            key_of(SaidBySlip, self.payout),
            *outstanding_keys(act, self.campaign, "call-back", state),
        ]

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """A payout of this unit and campaign, called back by nobody who was at work there or is the recipient."""
        payout = state.get(Payout, self.payout)
        check_same(CAMPAIGN_DIFFERS, payout.campaign, self.campaign)
        check_same(UNIT_DIFFERS, payout.unit, self.unit)
        check_is_less(self.received_fen, payout)
        draw = check_ordered(
            self.draw, "call-back", state, campaign=self.campaign, size=self.size, seed=self.seed
        )
        if draw is not None and draw.unit not in (self.unit, *state.get(Unit, self.unit).ancestors):
            raise DRAW_DIFFERS.refused(draw=draw.id, what="unit", expected=draw.unit, found=self.unit)
        if draw is not None and state.rules >= 11:
            _, paid_at = payout.paid_with
            if paid_at > draw.ordered_at:
                raise PAID_AFTER_DRAW.refused(draw=draw.id, payout=self.payout)
        since = state.get(Campaign, self.campaign).opened_at
        check_not_own(act, payout.person, state, CALLING_BACK)
        behind = {state.person_of(officer) for officer in payout.behind}
        for officer in officers_of(act, state):
            person = state.person_of(officer)
            is_of_it = state.rules >= 7 and belongs_to(officer, self.unit, state)
            is_of_it = is_of_it or watches_from_within(officer, self.unit, state)
            if (
                person in behind
                or (is_of_it and state.get(Unit, self.unit).ancestors)
                or served(person, Scope(self.unit, self.campaign), since, state)
            ):
                raise CALLS_OWN_DOING.refused(officer=officer, unit=self.unit)
        if state.rules >= 7 and self.answer is not None and self._denied_before(state) - {self.answer}:
            check_two_persons(act, state, ANSWERED_OTHERWISE)

    def _denied_before(self, state: State) -> set[str]:
        """What the recipient said before, called back or by a slip, but that all was received."""
        called, by_slip = state.find(CalledBack, self.payout), state.find(SaidBySlip, self.payout)
        said = [] if called is None else [called.answer]
        return {*said, *([] if by_slip is None else by_slip.answers.values())} - {"received"}

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """What was answered stands, in the place of what slips said before; something came of the draw."""
        note_recorded(act, self.draw, self.campaign, "call-back", state, self.payout)
        if self.answer is None:
            return
        state.put(CalledBack(self.payout, self.answer))
        if state.find(SaidBySlip, self.payout) is not None:
            state.put(SaidBySlip(self.payout))

    def tags(self, act: VerifiedEvent) -> list[str]:
        """Also under its payout's id."""
        return [f"payout:{self.payout}", *super().tags(act)]
