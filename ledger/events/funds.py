"""Funds (资金): allocated to lines and moved between them; :mod:`ledger.events.fund_return` has what goes back.

Every event here is the sponsor's; clauses A-8, B-4.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from ledger.domain.event import ACCOUNTANTS, FINANCE, Document, Event, VerifiedEvent, holds
from ledger.domain.fields import (
    CampaignCode,
    PositiveFen,
    Text,
    Word,
)
from ledger.domain.move import Move
from ledger.domain.references import Scope
from ledger.domain.state import (
    UNKNOWN_REFERENCE,
    Campaign,
    Line,
    Officer,
    State,
    key_of,
)
from ledger.domain.who_signs import SPONSOR, HeldOver
from ledger.errors import Refused, Rule
from ledger.events.campaign import open_campaign
from ledger.events.separation import Titles, check_two_persons, officers_of

LINE_BELOW_ZERO = Rule(
    "line-below-zero",
    zh="资金项目 {line} 余额 {found!y} 元，本次需 {expected!y} 元，差 {short!y} 元",
    en="line {line} holds {found!y} yuan, {expected!y} yuan are asked: {short!y} yuan short",
)
SAME_LINE = Rule(
    "same-line", zh="转出与转入资金项目相同：{line}", en="a transfer needs two lines, got {line} twice"
)


SOURCE_EARMARKED = Rule(
    "source-earmarked",
    zh="资金来源“{source}”专款专用，不得调入其他来源的资金项目 {line}",
    en="money of the source {source} is earmarked and goes to no line of another source: {line}",
)


ABOVE_CAP_PER_TIME = Rule(
    "above-cap-per-time",
    zh="批准 {found!y} 元，超过方案规定的每人（户）每次 {expected!y} 元",
    en="an approval of {found!y} yuan is above the {expected!y} yuan that the policy allows one recipient at a time",
)


def line_id(campaign: str, line: str, unit: str | None = None) -> str:
    """The id of a line's balance, or of what a unit holds of it."""
    return f"{campaign}/{line}" if unit is None else f"{campaign}/{line}@{unit}"


def check_line(campaign: Campaign, line: str) -> None:
    """Refuses a line that the policy does not have."""
    if campaign.terms.line(line) is None:
        raise UNKNOWN_REFERENCE.refused(kind="line", id=line_id(campaign.id, line))


def line_below_zero(line: str, asked_fen: int, held_fen: int) -> Refused:
    """What a line lacks for a sum (余额、本次需、差)."""
    return LINE_BELOW_ZERO.refused(line=line, expected=asked_fen, found=held_fen, short=asked_fen - held_fen)


def check_per_time_cap(campaign: Campaign, amount_fen: int) -> None:
    """Refuses to approve more for one recipient at one time than the policy allows.

    Raises:
        Refused: ``above-cap-per-time``.
    """
    funding = campaign.terms.funding
    if funding is None or funding.per_time_cap_fen is None or amount_fen <= funding.per_time_cap_fen:
        return
    raise ABOVE_CAP_PER_TIME.refused(expected=funding.per_time_cap_fen, found=amount_fen)


def check_holds(state: State, line: str, amount_fen: int) -> None:
    """Refuses to take more from a line than it holds.

    What a unit drew after the fact is no money to pay from, by the third version of the rules.
    """
    record = state.line(line)
    held_fen = record.balance_fen - (record.late_fen if state.rules >= 3 else 0)
    if held_fen < amount_fen:
        raise line_below_zero(line, amount_fen, held_fen)


def move_late(state: State, line: str, change_fen: int) -> None:
    """Adds to what a unit drew after the fact and neither paid nor returned, or takes from it."""
    record = state.line(line)
    late_fen = max(0, record.late_fen + change_fen)
    if late_fen != record.late_fen:
        record.late_fen = late_fen
        state.put(record)


def move(state: State, line: str, change_fen: int, *, after_the_fact: bool = False) -> None:
    """Adds to a line's balance, or takes from it."""
    record = state.line(line)
    record.balance_fen += change_fen
    if after_the_fact:
        record.after_the_fact_fen += abs(change_fen)
    state.put(record)


TRANSFERRING: Titles = ("资金项目之间调剂资金", "moving money between lines")
TRANSFER_WITHOUT_ACCOUNTANT = Rule(
    "transfer-without-accountant",
    zh="资金项目调剂须由会计或财务办理，{officer} 只能共同签署",
    en="an accountant, or who is finance as a whole, moves money between lines; {officer} may only sign beside one",
)


def check_accountant(act: VerifiedEvent, rule: Rule, scope: Scope, state: State) -> None:
    """Refuses by a rule where nobody who signs keeps the lines: a cashier is the second at most."""
    signers = officers_of(act, state)
    if not any(holds(state.get(Officer, officer), ACCOUNTANTS, scope, state) for officer in signers):
        raise rule.refused(officer=", ".join(signers))


class OfLine(Event):
    """About a line of the sponsor's."""

    HELD_OVER: ClassVar[HeldOver] = SPONSOR

    campaign: CampaignCode
    line: Word
    amount_fen: PositiveFen

    def reads(self, act: VerifiedEvent, state: State) -> Iterable[str]:
        """The line."""
        return [key_of(Line, line_id(self.campaign, self.line))]


class FundAllocated(OfLine):
    """Money comes to a line from its source (资金拨入)."""

    TITLE_ZH: ClassVar[str] = "资金拨入"
    TITLE_EN: ClassVar[str] = "Funds allocated"
    ROLES: ClassVar[frozenset[str]] = ACCOUNTANTS

    document: Document | None = None

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """The campaign is open and has the line."""
        check_line(open_campaign(self.campaign, state), self.line)

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """The line holds more."""
        move(state, line_id(self.campaign, self.line), self.amount_fen)
        state.put(
            Move(act.id, self.campaign, self.line, "credit", self.amount_fen, by=officers_of(act, state))
        )


class FundTransferred(Event):
    """Money goes from one line to another (资金项目调剂); by the tenth version of the rules two sign."""

    TITLE_ZH: ClassVar[str] = "资金项目调剂"
    TITLE_EN: ClassVar[str] = "Funds transferred"
    ROLES: ClassVar[frozenset[str]] = FINANCE
    HELD_OVER: ClassVar[HeldOver] = SPONSOR

    campaign: CampaignCode
    from_line: Word
    to_line: Word
    amount_fen: PositiveFen
    reason: Text

    def reads(self, act: VerifiedEvent, state: State) -> Iterable[str]:
        """Both lines."""
        return [key_of(Line, line_id(self.campaign, line)) for line in (self.from_line, self.to_line)]

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """Two lines of an open campaign, and the first holds enough."""
        campaign = open_campaign(self.campaign, state)
        check_line(campaign, self.from_line)
        check_line(campaign, self.to_line)
        check_accountant(act, TRANSFER_WITHOUT_ACCOUNTANT, Scope(campaign.sponsor, self.campaign), state)
        if state.rules >= 10:
            check_two_persons(act, state, TRANSFERRING)
        if self.from_line == self.to_line:
            raise SAME_LINE.refused(line=self.from_line)
        self._check_earmark(campaign)
        check_holds(state, line_id(self.campaign, self.from_line), self.amount_fen)

    def _check_earmark(self, campaign: Campaign) -> None:
        funding = campaign.terms.funding
        source = campaign.terms.source_of(self.from_line)
        typed = None if funding is None else funding.of(source)
        if typed is not None and typed.earmarked and campaign.terms.source_of(self.to_line) != source:
            raise SOURCE_EARMARKED.refused(source=typed.title, line=self.to_line)

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """One line holds less, the other more."""
        move(state, line_id(self.campaign, self.from_line), -self.amount_fen)
        move(state, line_id(self.campaign, self.to_line), self.amount_fen)
