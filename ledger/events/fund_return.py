"""Funds returned to their source (结余资金缴回), clauses A-8, B-4."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from ledger.domain.event import FINANCE, VerifiedEvent
from ledger.domain.fields import Text
from ledger.domain.move import Move
from ledger.domain.references import Scope
from ledger.domain.state import Campaign, State, key_of
from ledger.errors import Rule
from ledger.events.bank import BankDay, check_days_open, moved_days, note_moved
from ledger.events.funds import OfLine, check_accountant, check_holds, check_line, line_id, move
from ledger.events.separation import Titles, check_two_persons, officers_of

RETURNING_TO_THE_SOURCE: Titles = ("将资金项目的资金缴回来源", "returning a line's money to its source")
WITHOUT_ACCOUNTANT = Rule(
    "fund-return-without-accountant",
    zh="结余资金缴回须由会计或财务办理，{officer} 只能共同签署",
    en="an accountant, or who is finance as a whole, returns funds to their source; {officer} may only sign beside one",
)


class FundReturned(OfLine):
    """Money goes from a line back to its source (结余资金缴回).

    By the ninth version of the rules two sign: it leaves the account, and nobody receives it whom the ledger knows.
    """

    TITLE_ZH: ClassVar[str] = "结余资金缴回"
    TITLE_EN: ClassVar[str] = "Funds returned"
    ROLES: ClassVar[frozenset[str]] = FINANCE

    reason: Text

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """The line holds enough; also after the campaign's close."""
        campaign = state.get(Campaign, self.campaign)
        check_line(campaign, self.line)
        check_accountant(act, WITHOUT_ACCOUNTANT, Scope(campaign.sponsor, self.campaign), state)
        if state.rules >= 9:
            check_two_persons(act, state, RETURNING_TO_THE_SOURCE)
            check_days_open(act, state, moved_days(act, self.campaign, self.line, state))
        check_holds(state, line_id(self.campaign, self.line), self.amount_fen)

    def reads(self, act: VerifiedEvent, state: State) -> Iterable[str]:
        """Also who moved the line's money on that day."""
        days = moved_days(act, self.campaign, self.line, state)
        return [*super().reads(act, state), *(key_of(BankDay, day) for day in days)]

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """The line holds less."""
        move(state, line_id(self.campaign, self.line), -self.amount_fen)
        if state.rules >= 9:
            note_moved(act, state, moved_days(act, self.campaign, self.line, state))
        state.put(
            Move(act.id, self.campaign, self.line, "debit", self.amount_fen, by=officers_of(act, state))
        )
