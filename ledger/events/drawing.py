"""Money drawn (领取): what a unit takes from the county's line to hand it out, and what it gives back. Clause B-1."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from ledger.domain.event import CASHIERS, FINANCE, AfterTheFact, Document, Event, VerifiedEvent
from ledger.domain.fields import CampaignCode, PositiveFen, Text, UnitCode, Word
from ledger.domain.move import Move
from ledger.domain.references import Scope
from ledger.domain.state import Campaign, Line, State, Unit, key_of
from ledger.domain.who_signs import TAKING_PART, HeldOver
from ledger.events.bank import BankDay, check_days_open, moved_days, note_moved
from ledger.events.campaign import sound_campaign
from ledger.events.funds import check_holds, check_line, line_below_zero, line_id, move, move_late
from ledger.events.separation import (
    check_finance,
    check_not_alone,
    check_two_signatures,
    joined,
    note_recorded_late,
    officers_of,
)


class _DrawnMoney(Event):
    """Money between the county's line and what a unit holds of it."""

    ROLES: ClassVar[frozenset[str]] = CASHIERS | {"clerk"}

    campaign: CampaignCode
    unit: UnitCode
    line: Word
    amount_fen: PositiveFen

    @property
    def countys(self) -> str:
        """The county's line."""
        return line_id(self.campaign, self.line)

    @property
    def held(self) -> str:
        """What the unit holds of it."""
        return line_id(self.campaign, self.line, self.unit)

    def reads(self, act: VerifiedEvent, state: State) -> Iterable[str]:
        """Both."""
        return [key_of(Line, self.countys), key_of(Line, self.held)]


class MoneyDrawn(_DrawnMoney, AfterTheFact):
    """A unit draws money from the county's line, to hand it out (单位领款), clause B-1."""

    TITLE_ZH: ClassVar[str] = "单位领款"
    TITLE_EN: ClassVar[str] = "Money drawn"
    HELD_OVER: ClassVar[HeldOver] = TAKING_PART

    document: Document | None = None

    def reads(self, act: VerifiedEvent, state: State) -> Iterable[str]:
        """Also who moved the line's money on that day."""
        days = moved_days(act, self.campaign, self.line, state)
        return [*super().reads(act, state), *(key_of(BankDay, day) for day in days)]

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """The line holds enough."""
        state.get(Unit, self.unit)
        campaign = state.get(Campaign, self.campaign)
        check_line(campaign, self.line)
        if not self.after_the_fact:
            sound_campaign(self.campaign, state)
        if not self.after_the_fact or state.rules >= 2:
            check_two_signatures(act, campaign, state, self.amount_fen)
        if not self.after_the_fact:
            check_holds(state, self.countys, self.amount_fen)
        check_days_open(act, state, moved_days(act, self.campaign, self.line, state))

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """The line holds less, the unit more."""
        move(state, self.countys, -self.amount_fen, after_the_fact=self.after_the_fact)
        move(state, self.held, self.amount_fen)
        held = state.line(self.held)
        held.drawn_by = joined(held.drawn_by, officers_of(act, state))
        state.put(held)
        note_moved(act, state, moved_days(act, self.campaign, self.line, state))
        if self.after_the_fact:
            move_late(state, self.held, self.amount_fen)
        state.put(
            Move(act.id, self.campaign, self.line, "debit", self.amount_fen, by=officers_of(act, state))
        )
        note_recorded_late(act, self, state)


class DrawnReturned(_DrawnMoney):
    """A unit gives back money that it drew and did not hand out (单位缴回未发款).

    By the seventh version of the rules finance says that it came back, and not alone who drew it.
    """

    TITLE_ZH: ClassVar[str] = "单位缴回未发款"
    TITLE_EN: ClassVar[str] = "Drawn money returned"
    ROLES: ClassVar[frozenset[str]] = FINANCE | {"clerk"}

    reason: Text

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """The unit holds that much; also after the campaign's close."""
        state.get(Unit, self.unit)
        check_line(state.get(Campaign, self.campaign), self.line)
        held = state.line(self.held)
        held_fen = held.balance_fen
        if state.rules >= 7:
            check_finance(act, Scope(self.unit, self.campaign), state)
            check_not_alone(act, state, held.drawn_by)
        if held_fen < self.amount_fen:
            raise line_below_zero(self.held, self.amount_fen, held_fen)

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """The unit holds less, the line more."""
        move(state, self.held, -self.amount_fen)
        move_late(state, self.held, -self.amount_fen)
        move(state, self.countys, self.amount_fen)
        state.put(
            Move(act.id, self.campaign, self.line, "credit", self.amount_fen, by=officers_of(act, state))
        )
