"""The bank's books (银行对账): its lines matched to payouts, and days closed against them. Clause A-8.

Files for the bank are in :mod:`ledger.events.payment_file`, its statements in :mod:`ledger.events.account_statement`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from ledger.domain.event import ACCOUNTANTS, Event, VerifiedEvent
from ledger.domain.fields import (
    CampaignCode,
    Day,
    Digest,
    Fen,
    PastDay,
    PayoutId,
    PositiveFen,
    Text,
    UnitCode,
    Word,
)
from ledger.domain.record import Record
from ledger.domain.references import CAMPAIGN_DIFFERS, UNIT_DIFFERS
from ledger.domain.state import Campaign, Payout, State, key_of
from ledger.domain.who_signs import SPONSOR, HeldOver
from ledger.errors import Rule
from ledger.events.dossier import check_same
from ledger.events.funds import check_line
from ledger.events.separation import joined, officers_of
from ledger.validation_words import ValueProblem

CLOSED_BY_PAYER = Rule(
    "closed-by-payer",
    zh="{officer} 在 {day} 经手过该资金项目的银行发放，不得独自日终对账：由未经手的财务办理或共同签署",
    en="{officer} paid by bank from this line on {day} and does not close that day alone: somebody else of"
    " finance closes it, or signs too",
)
PAID_BY_CLOSER = Rule(
    "paid-by-closer",
    zh="{officer} 已办理该资金项目 {day} 的日终对账，不得再经手该日的发放、领款：由其他人员办理",
    en="{officer} closed {day} for this line and moves its money on that day no more: somebody else does",
)
PAID_BY_RECORDER = Rule(
    "paid-by-recorder",
    zh="{officer} 已登记 {day} 的对账单，当日不得再动用所涉资金项目的资金：由其他人员办理或共同签署",
    en="{officer} recorded the statement of {day} and moves the line's money on that day no more: somebody else does, or"
    " signs too",
)
BANK_LINE_USED = Rule(
    "bank-line-used",
    zh="该笔银行回单已对应另一笔发放 {expected}，不能再对应 {found}：一笔回单只对应一笔发放",
    en="this line of the bank was matched to the payout {expected}, it is not matched to {found} too: a line is about"
    " one payout",
)
PAID_IN_CASH = Rule(
    "bank-line-of-cash",
    zh="该笔不是银行发放，不会有银行回单：{payout}",
    en="this payout was not made by bank, no line of the bank is about it: {payout}",
)
SUM_DIFFERS = Rule(
    "bank-line-differs",
    zh="银行回单 {found!y} 元，与该笔发放 {expected!y} 元不符：请登记为“与发放不符”，并写明金额不符",
    en="the bank's line is of {found!y} yuan, the payout of {expected!y}: record it as different, in its sum",
)
CLOSING_DIFFERS = Rule(
    "closing-differs-from-statement",
    zh="{day} 已登记的对账单支出 {expected!y} 元，所填银行金额为 {found!y} 元：请按对账单办理",
    en="the statement on record debits {expected!y} yuan on {day}, the bank's sum is said to be {found!y}: close the"
    " day by the statement",
)
DAY_TO_COME = Rule(
    "day-to-come",
    zh="对账日尚未到来：今天是 {expected}，所对的是 {found}。请在当日或其后对账",
    en="the day to close is still to come: today is {expected}, found {found}; close it on that day or later",
)


@dataclass
class BankDay(Record):
    """Who paid by bank from a line on one day, and who closed it (银行发放日). The id is ``campaign/line@day``.

    ``closed_by`` is who signed the last closing, and empty again where something was paid after it. ``stated_by`` is who
    recorded a statement of the account for that day before it was over.
    """

    KIND: ClassVar[str] = "bank-day"
    id: str
    paid_by: list[str] = field(default_factory=list)
    closed_by: list[str] = field(default_factory=list)
    stated_by: list[str] = field(default_factory=list)


@dataclass
class BankLine(Record):
    """A line of the bank (银行回单), by the hash that names it, and the payout that it was matched to."""

    KIND: ClassVar[str] = "bank-line"
    id: str
    payout: str


@dataclass
class BankWord(Record):
    """What the bank said last of a payout (银行结果): paid, bounced or different; the id is the payout's.

    By the sixth version of the rules nothing said later takes the place of paid.
    """

    KIND: ClassVar[str] = "bank-word"
    id: str
    result: str


@dataclass
class StatementDay(Record):
    """What the statements on record debit for a line's payouts on one day; the id is ``campaign/line@day``.

    ``statement`` is the last of them, ``shares`` what each of them debits.
    """

    KIND: ClassVar[str] = "statement-day"
    id: str
    statement: str
    debited_fen: int
    shares: dict[str, int] = field(default_factory=dict)


@dataclass
class TakenBackStatement(Record):
    """A statement of account that was taken back (已撤回的对账单), by its id: it shows nothing. They are few."""

    KIND: ClassVar[str] = "taken-back-statement"
    RESIDENT: ClassVar[bool] = True
    id: str


def is_taken_back(statement: str, state: State) -> bool:
    """Whether a statement of account shows nothing any more."""
    return state.find(TakenBackStatement, statement) is not None


def stated_fen(day: StatementDay | None, state: State) -> int | None:
    """What the statements that stand debit on a day; None where none says anything of it."""
    shares = {} if day is None else day.shares
    standing = [fen for statement, fen in shares.items() if not is_taken_back(statement, state)]
    return sum(standing) if standing else None


def bank_day_id(campaign: str, line: str, day: str) -> str:
    """The id of a line's day at the bank."""
    return f"{campaign}/{line}@{day}"


def _bank_day(state: State, bank_day: str) -> BankDay:
    return state.find(BankDay, bank_day) or BankDay(bank_day)


def note_bank_payout(act: VerifiedEvent, state: State, bank_day: str) -> None:
    """Remembers who paid on that day; what closed it before does not cover this payout."""
    before = _bank_day(state, bank_day)
    payers = joined(before.paid_by, officers_of(act, state))
    state.put(BankDay(bank_day, payers, stated_by=before.stated_by))


def moved_days(act: VerifiedEvent, campaign: str, line: str, state: State) -> list[str]:
    """The ids of the days on which an act moved a line's money, by the seventh version of the rules.

    They are the day that it names and the day of its recording, since whoever moves money chooses the first.
    """
    if state.rules < 7:
        return []
    days = dict.fromkeys((act.statement.on, act.recorded_on))
    return [bank_day_id(campaign, line, day) for day in days]


def note_moved(act: VerifiedEvent, state: State, days: Iterable[str]) -> None:
    """Remembers who moved a line's money on these days: they neither close them nor record their statement alone."""
    for day in days:
        before = _bank_day(state, day)
        payers = joined(before.paid_by, officers_of(act, state))
        state.put(BankDay(day, payers, before.closed_by, before.stated_by))


def check_closed_by_others(act: VerifiedEvent, state: State, bank_day: str) -> None:
    """Refuses a payout after which nobody of those who closed its day would not have paid on it. Clause A-8.

    Raises:
        Refused: ``paid-by-closer``.
    """
    if state.rules >= 8:
        check_not_stated(act, state, bank_day)
    day = _bank_day(state, bank_day)
    signers = officers_of(act, state)
    payers = {state.person_of(officer) for officer in [*day.paid_by, *signers]}
    closers = {state.person_of(officer) for officer in day.closed_by}
    closed = [officer for officer in signers if state.person_of(officer) in closers]
    if closed and closers <= payers:
        raise PAID_BY_CLOSER.refused(officer=", ".join(closed), day=bank_day.rpartition("@")[2])


def check_days_open(act: VerifiedEvent, state: State, days: Iterable[str]) -> None:
    """Refuses whoever moves a line's money on days that they closed or stated themselves, by the eighth version.

    Raises:
        Refused: ``paid-by-closer``, ``paid-by-recorder``.
    """
    if state.rules < 8:
        return
    for day in days:
        check_closed_by_others(act, state, day)


def check_not_stated(act: VerifiedEvent, state: State, bank_day: str) -> None:
    """Refuses where all who sign recorded the statement of a day that is not over, in which this is missing.

    Raises:
        Refused: ``paid-by-recorder``.
    """
    recorders = {state.person_of(officer) for officer in _bank_day(state, bank_day).stated_by}
    signers = officers_of(act, state)
    if recorders and all(state.person_of(officer) in recorders for officer in signers):
        raise PAID_BY_RECORDER.refused(officer=", ".join(signers), day=bank_day.rpartition("@")[2])


def note_stated(act: VerifiedEvent, state: State, days: Iterable[str]) -> None:
    """Remembers who recorded a statement of days that are not over: they move the lines' money on them no more."""
    for day in days:
        before = _bank_day(state, day)
        recorders = joined(before.stated_by, officers_of(act, state))
        state.put(BankDay(day, before.paid_by, before.closed_by, recorders))


Differing = Literal["account", "holder", "amount"]
"""In what a line of the bank may differ from its payout: account, account holder, sum."""


class BankLineMatched(Event):
    """A line of the bank's answer is matched to a payout (银行对账).

    ``result`` is ``different`` where account, holder or sum of the line are not the payout's, and ``differs`` says
    which; such a line clears nothing. ``matched_by`` says how the payout was found: by the serial in the line's
    note, by account, holder and sum together, or by the officer, who was asked. ``file`` is the answer's SHA-256.
    """

    TITLE_ZH: ClassVar[str] = "银行对账"
    TITLE_EN: ClassVar[str] = "Bank line matched"
    ROLES: ClassVar[frozenset[str]] = ACCOUNTANTS

    campaign: CampaignCode
    unit: UnitCode
    payout: PayoutId
    bank_reference: Digest
    amount_fen: PositiveFen
    booked_on: PastDay
    result: Literal["paid", "bounced", "different"]
    differs: Annotated[list[Differing], Field(min_length=1, max_length=3)] | None = None
    matched_by: Literal["serial", "account", "officer"] | None = None
    file: Digest | None = None

    @model_validator(mode="after")
    def _difference_is_said(self) -> BankLineMatched:
        if self.differs is not None and self.result != "different":
            raise ValueProblem(
                "写明何处不符的，结果应为“与发放不符”", "what says where it differs has the result different"
            )
        return self

    def reads(self, act: VerifiedEvent, state: State) -> Iterable[str]:
        """Also what the line was matched to before, and what the bank said last of the payout."""
        own = [key_of(BankLine, self.bank_reference), key_of(BankWord, self.payout)]
        return [*super().reads(act, state), *own]

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """The payout is known, and the line about no other; whether they agree is for the flags to say.

        By the seventh version of the rules a line is about a payout by bank, and where its sum is another it says so.
        """
        payout = state.get(Payout, self.payout)
        check_same(CAMPAIGN_DIFFERS, payout.campaign, self.campaign)
        check_same(UNIT_DIFFERS, payout.unit, self.unit)
        before = state.find(BankLine, self.bank_reference)
        if state.rules >= 5 and before is not None and before.payout != self.payout:
            raise BANK_LINE_USED.refused(expected=before.payout, found=self.payout)
        if state.rules >= 7:
            self._check_agrees(payout)

    def _check_agrees(self, payout: Payout) -> None:
        """Refuses that the bank paid, or took back, what it was not given, or another sum than stands of it."""
        if not payout.by_bank:
            raise PAID_IN_CASH.refused(payout=payout.id)
        sums = payout.amount_fen, payout.amount_fen - payout.returned_fen
        if self.result != "different" and self.amount_fen not in sums:
            raise SUM_DIFFERS.refused(expected=payout.amount_fen, found=self.amount_fen)

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """The line is about that payout. By the rules of before it might be about several: the first counts.

        By the sixth version, what was paid stays paid whatever is said later: what came back is a return.
        """
        if state.find(BankLine, self.bank_reference) is None:
            state.put(BankLine(self.bank_reference, self.payout))
        word = state.find(BankWord, self.payout)
        if state.rules < 6 or word is None or word.result != "paid":
            state.put(BankWord(self.payout, self.result))

    def tags(self, act: VerifiedEvent) -> list[str]:
        """Also under its payout's id."""
        return [f"payout:{self.payout}", *super().tags(act)]


class DayReconciled(Event):
    """A line's bank payouts of one day are held against the bank's books (日终对账), clause A-8."""

    TITLE_ZH: ClassVar[str] = "日终对账"
    TITLE_EN: ClassVar[str] = "Day reconciled"
    ROLES: ClassVar[frozenset[str]] = ACCOUNTANTS
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

    def reads(self, act: VerifiedEvent, state: State) -> Iterable[str]:
        """Also who paid on that day, and what a statement debits on it."""
        days = (key_of(kind, self._bank_day()) for kind in (BankDay, StatementDay))
        return [*super().reads(act, state), *days]

    def _bank_day(self) -> str:
        return bank_day_id(self.campaign, self.line, self.day)

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """The campaign has the line, the day has come, and somebody signs who did not pay from it on that day.

        Where a statement of the account covers the day, the bank's sum is the statement's; else it is finance's
        word, and stays signed.
        """
        check_line(state.get(Campaign, self.campaign), self.line)
        if state.rules < 2:
            return
        if self.day > act.recorded_on:
            raise DAY_TO_COME.refused(expected=act.recorded_on, found=self.day)
        payers = {state.person_of(officer) for officer in _bank_day(state, self._bank_day()).paid_by}
        signers = officers_of(act, state)
        if all(state.person_of(officer) in payers for officer in signers):
            raise CLOSED_BY_PAYER.refused(officer=", ".join(signers), day=self.day)
        said = state.find(StatementDay, self._bank_day())
        debited_fen = stated_fen(said, state)
        if state.rules >= 5 and debited_fen is not None and debited_fen != self.bank_fen:
            raise CLOSING_DIFFERS.refused(expected=debited_fen, found=self.bank_fen, day=self.day)

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """The day is closed by who signed, until something more is paid on it."""
        before = _bank_day(state, self._bank_day())
        state.put(BankDay(before.id, before.paid_by, officers_of(act, state), before.stated_by))
