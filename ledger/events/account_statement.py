"""Statements of bank accounts (银行对账单): what the account held, what left it and what came, and for what. Clause A-8.

A statement's balances chain: opening and entries make up closing, and the next statement opens where this one
closed. An entry names the payouts that it is for, or the entry of the ledger by which money moved between the
account and others; one that names neither is unexplained, and is flagged where money left.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from ledger.domain.event import ACCOUNTANTS, Document, Event, VerifiedEvent
from ledger.domain.fields import (
    AccountStatementId,
    CampaignCode,
    Digest,
    Fen,
    GatheredPayoutId,
    PastDay,
    PositiveFen,
    Text,
    VersionId,
    Word,
)
from ledger.domain.move import Move
from ledger.domain.record import Record
from ledger.domain.references import CAMPAIGN_DIFFERS
from ledger.domain.state import Campaign, Payout, State, key_of
from ledger.domain.who_signs import SPONSOR, HeldOver
from ledger.errors import Rule
from ledger.events.bank import BankDay, StatementDay, bank_day_id, note_stated
from ledger.events.dossier import check_same
from ledger.events.funds import check_line, line_id
from ledger.events.separation import Titles, check_two_persons, joined, officers_of, payers_of
from ledger.validation_words import ValueProblem

NOT_CHAINED = Rule(
    "statement-not-chained",
    zh="对账单不平：期初加收入减支出为 {expected!y} 元，期末余额为 {found!y} 元，可能有缺行",
    en="the statement does not add up: opening and entries make {expected!y} yuan, it closes at {found!y}; lines may be"
    " missing",
)
NOT_NEXT = Rule(
    "statement-not-next",
    zh="对账单与上一份不衔接：上一份至 {day}，余额 {expected!y} 元；本份期初 {found!y} 元",
    en="the statement does not go on from the last: that one ends on {day} with {expected!y} yuan, this one opens with"
    " {found!y}",
)
ENTRY_DIFFERS = Rule(
    "statement-entry-differs",
    zh="对账单一笔 {found!y} 元，所列发放合计 {expected!y} 元：金额不符的请列为未说明",
    en="an entry of {found!y} yuan names payouts of {expected!y} yuan: leave unexplained what does not agree",
)
PAYOUT_DEBITED = Rule(
    "statement-payout-twice",
    zh="发放 {payout} 已对应对账单的另一笔支出",
    en="the payout {payout} is what another debit of a statement was for",
)
PAYOUT_ELSEWHERE = Rule(
    "statement-payout-elsewhere",
    zh="发放 {payout} 不是由该账户的资金项目以银行方式发放",
    en="the payout {payout} was not made by bank from a line of this account",
)
ENTRY_UNKNOWN = Rule(
    "statement-entry-unknown",
    zh="对账单中没有这笔未说明的支出：{reference}",
    en="the statement has no such debit that is still unexplained: {reference}",
)
EXPLAINED_BY_RECORDER = Rule(
    "explained-by-recorder",
    zh="{officer} 登记了该对账单，其中的账外支出须由他人说明",
    en="{officer} recorded the statement: what left the account unexplained is explained by somebody else",
)

FILE_RECORDED = Rule(
    "statement-file-recorded",
    zh="该对账单文件已登记过（{statement}），不再登记",
    en="this file of the bank was recorded already, by {statement}",
)
RECORDED_BY_PAYER = Rule(
    "statement-recorded-by-payer",
    zh="{officer} 经手过该对账单所涉的发放，不得独自登记：由未经手的财务登记或共同签署",
    en="{officer} made payouts that this statement is about and does not record it alone: somebody else of finance does,"
    " or signs too",
)
MOVE_DIFFERS = Rule(
    "statement-move-differs",
    zh="对账单一笔所列的资金往来不存在、方向或金额不符，该笔同时列了发放，或已对应另一笔：{moved_by}",
    en="what an entry says moved the money is not on record, has another direction or sum, stands beside payouts, or is"
    " what another entry was for: {moved_by}",
)
ANOTHER_ACCOUNT: Titles = (
    "为已登记过对账单的资金项目另起一个账户",
    "beginning another account for a line that has statements of one",
)
LINES_LEFT_OUT = Rule(
    "statement-lines-left-out",
    zh="该账户此前的对账单还包括下列资金项目，不得漏列：{missing}",
    en="earlier statements of this account name these lines as well, which are not left out: {missing}",
)
DAYS_REVERSED = Rule(
    "statement-days-reversed",
    zh="对账单起止日期颠倒：自 {found} 至 {expected}",
    en="the statement ends before it starts: from {found} to {expected}",
)
TOO_LONG = Rule(
    "statement-too-long",
    zh="一份对账单至多 {expected} 天，本份 {found} 天：请分期登记",
    en="a statement covers {expected} days at most, this one {found}: record it in parts",
)

MOST_DAYS = 366
"""How many days one statement covers at most: on each it is asked who paid."""

MOST_ENTRIES = 2000
"""How many entries one statement has at most; a longer one is recorded in parts."""


@dataclass
class BankAccount(Record):
    """An account at the bank (银行账户) as its last statement left it; the id is ``campaign/account``.

    ``lines`` are all that a statement of it ever named.
    """

    KIND: ClassVar[str] = "bank-account"
    id: str
    to_day: str
    closing_fen: int
    lines: list[str] = field(default_factory=list)


@dataclass
class StatementFile(Record):
    """A file of the bank (对账单文件), by its SHA-256, and the statement that it was recorded by."""

    KIND: ClassVar[str] = "statement-file"
    id: str
    statement: str


@dataclass
class AccountOfLine(Record):
    """The account that a line is paid from, as its statements have it; the id is ``campaign/line``."""

    KIND: ClassVar[str] = "account-of-line"
    id: str
    account: str


@dataclass
class AccountStatement(Record):
    """A statement on record (对账单): who recorded it, and which of its debits are unexplained, by their hashes."""

    KIND: ClassVar[str] = "account-statement"
    id: str
    campaign: str
    unit: str
    recorded_by: list[str] = field(default_factory=list)
    unexplained: list[str] = field(default_factory=list)


@dataclass
class DebitedPayout(Record):
    """A payout for which a statement shows the debit, and the statement."""

    KIND: ClassVar[str] = "debited-payout"
    id: str
    statement: str


class StatementEntry(BaseModel):
    """An entry of a statement (对账单一笔). Money leaves the account by a debit.

    ``payouts`` are what it is for; of a credit, which payouts came back. ``moved_by`` is the statement of the ledger
    that moved the money otherwise: drawn, allocated, returned to its source.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    bank_reference: Digest
    booked_on: PastDay
    direction: Literal["debit", "credit"]
    amount_fen: PositiveFen
    payouts: Annotated[list[GatheredPayoutId], Field(min_length=1, max_length=MOST_ENTRIES)] | None = None
    moved_by: VersionId | None = None

    @property
    def is_unexplained(self) -> bool:
        """Whether money left and nothing in the ledger says why."""
        return self.direction == "debit" and self.payouts is None and self.moved_by is None


class AccountStatementRecorded(Event):
    """A statement of the account is recorded (登记对账单), whole, with opening and closing balance.

    ``account`` is the account's short name in the ledger; ``lines`` are those that are paid from it.
    """

    TITLE_ZH: ClassVar[str] = "登记对账单"
    TITLE_EN: ClassVar[str] = "Account statement recorded"
    ROLES: ClassVar[frozenset[str]] = ACCOUNTANTS
    HELD_OVER: ClassVar[HeldOver] = SPONSOR

    campaign: CampaignCode
    account: Word
    lines: Annotated[list[Word], Field(min_length=1, max_length=40)]
    from_day: PastDay
    to_day: PastDay
    opening_fen: Fen
    closing_fen: Fen
    file: Digest
    entries: Annotated[list[StatementEntry], Field(max_length=MOST_ENTRIES)]

    @model_validator(mode="after")
    def _is_one_statement(self) -> AccountStatementRecorded:
        if any(not self.from_day <= entry.booked_on <= self.to_day for entry in self.entries):
            raise ValueProblem("有交易不在起止日期之内", "an entry lies outside its days")
        if len({entry.bank_reference for entry in self.entries}) != len(self.entries):
            raise ValueProblem("同一笔交易列了两次", "an entry stands in it twice")
        named = [payout for entry in self.entries for payout in entry.payouts or ()]
        debits = [each for e in self.entries if e.direction == "debit" for each in e.payouts or ()]
        if len(set(debits)) != len(debits) or len(named) > MOST_ENTRIES:
            raise ValueProblem(
                "同一笔发放列了两次，或笔数过多", "a payout stands in it twice, or too many do"
            )
        return self

    def reads(self, act: VerifiedEvent, state: State) -> Iterable[str]:
        """Also the account, the days of its lines, and which payouts were debited before."""
        named = [payout for entry in self.entries for payout in entry.payouts or ()]
        days = {key_of(kind, day) for day in self._days() for kind in (StatementDay, BankDay)}
        if state.rules >= 6:
            days |= {key_of(BankDay, day) for day in self._covered_days(self._asked_lines(state))}
        return [
            *super().reads(act, state),
            key_of(BankAccount, self._account_id()),
            key_of(StatementFile, self.file),
            *(key_of(AccountOfLine, line_id(self.campaign, line)) for line in self._asked_lines(state)),
            *(key_of(Move, entry.moved_by) for entry in self.entries if entry.moved_by is not None),
            *(key_of(DebitedPayout, payout) for payout in named),
            *sorted(days),
        ]

    def _days(self) -> set[str]:
        return {
            bank_day_id(self.campaign, line, entry.booked_on) for entry in self.entries for line in self.lines
        }

    def _asked_lines(self, state: State) -> list[str]:
        """The lines of which it is asked who paid: its own, by the eighth version all that have no other account."""
        campaign = state.find(Campaign, self.campaign)
        if state.rules < 8 or campaign is None:
            return self.lines
        return list(dict.fromkeys([*self.lines, *(line.code for line in campaign.terms.lines)]))

    def _payers_lines(self, state: State) -> list[str]:
        """Those of them that are not known to be paid from another account."""
        known = {
            line: state.find(AccountOfLine, line_id(self.campaign, line)) for line in self._asked_lines(state)
        }
        return [
            line
            for line, of in known.items()
            if line in self.lines or of is None or of.account == self.account
        ]

    def _covered_days(self, lines: Iterable[str]) -> set[str]:
        """These lines' days, with an entry or without; of one that is too long, the last."""
        last = date.fromisoformat(self.to_day)
        days = min((last - date.fromisoformat(self.from_day)).days + 1, MOST_DAYS)
        covered = [(last - timedelta(days=back)).isoformat() for back in range(days)]
        return {bank_day_id(self.campaign, line, day) for line in lines for day in covered}

    def _account_id(self) -> str:
        return f"{self.campaign}/{self.account}"

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """It adds up, goes on where the last one ended, and its entries are what they name."""
        campaign = state.get(Campaign, self.campaign)
        for line in self.lines:
            check_line(campaign, line)
        if state.rules >= 6:
            self._check_new(act, state)
        signed = (e.amount_fen if e.direction == "credit" else -e.amount_fen for e in self.entries)
        adds_up_fen = self.opening_fen + sum(signed)
        if adds_up_fen != self.closing_fen:
            raise NOT_CHAINED.refused(expected=adds_up_fen, found=self.closing_fen)
        last = state.find(BankAccount, self._account_id())
        if state.rules >= 8 and last is not None:
            missing = [line for line in last.lines if line not in self.lines]
            if missing:
                raise LINES_LEFT_OUT.refused(missing="、".join(missing))
        if last is not None and (last.closing_fen != self.opening_fen or self.from_day <= last.to_day):
            raise NOT_NEXT.refused(day=last.to_day, expected=last.closing_fen, found=self.opening_fen)
        if state.rules >= 6:
            self._check_recorder(act, state)
        for entry in self.entries:
            self._check_entry(entry, state)

    def _check_new(self, act: VerifiedEvent, state: State) -> None:
        """Refuses a file that was recorded, and one person's word that a line has another account by now."""
        if self.from_day > self.to_day:
            raise DAYS_REVERSED.refused(found=self.from_day, expected=self.to_day)
        days = (date.fromisoformat(self.to_day) - date.fromisoformat(self.from_day)).days + 1
        if days > MOST_DAYS:
            raise TOO_LONG.refused(expected=MOST_DAYS, found=days)
        before = state.find(StatementFile, self.file)
        if before is not None:
            raise FILE_RECORDED.refused(statement=before.statement)
        for line in self.lines:
            known = state.find(AccountOfLine, line_id(self.campaign, line))
            if known is not None and known.account != self.account:
                check_two_persons(act, state, ANOTHER_ACCOUNT)

    def _check_recorder(self, act: VerifiedEvent, state: State) -> None:
        """Refuses where all who sign paid what the statement is about, or on a day that it covers in silence."""
        days = [state.find(BankDay, day) for day in self._covered_days(self._payers_lines(state))]
        paid_by = {officer for day in days if day is not None for officer in day.paid_by}
        for entry in self.entries:
            for payout in entry.payouts or ():
                paid_by |= set(payers_of(state.get(Payout, payout), state))
            moved = None if entry.moved_by is None else state.find(Move, entry.moved_by)
            if state.rules >= 7 and moved is not None:
                paid_by |= set(moved.by)
        payers = {state.person_of(officer) for officer in paid_by}
        signers = officers_of(act, state)
        if all(state.person_of(officer) in payers for officer in signers):
            raise RECORDED_BY_PAYER.refused(officer=", ".join(signers))

    def _check_move(self, entry: StatementEntry, state: State) -> None:
        if entry.moved_by is None or state.rules < 6:
            return
        moved = state.find(Move, entry.moved_by)
        said = self.campaign, entry.direction, entry.amount_fen, ""
        is_named_twice = sum(each.moved_by == entry.moved_by for each in self.entries) > 1
        if (
            is_named_twice
            or entry.payouts is not None
            or moved is None
            or (moved.campaign, moved.direction, moved.amount_fen, moved.seen_in) != said
            or moved.line not in self.lines
        ):
            raise MOVE_DIFFERS.refused(moved_by=entry.moved_by)

    def _check_entry(self, entry: StatementEntry, state: State) -> None:
        self._check_move(entry, state)
        if entry.payouts is None:
            return
        payouts = [state.get(Payout, payout) for payout in entry.payouts]
        for payout in payouts:
            if not payout.by_bank or payout.line not in self.lines or payout.campaign != self.campaign:
                raise PAYOUT_ELSEWHERE.refused(payout=payout.id)
            if entry.direction == "debit" and state.find(DebitedPayout, payout.id) is not None:
                raise PAYOUT_DEBITED.refused(payout=payout.id)
        expected_fen = sum(payout.amount_fen for payout in payouts)
        if expected_fen != entry.amount_fen and not self._is_of_what_stands(entry, payouts, state):
            raise ENTRY_DIFFERS.refused(expected=expected_fen, found=entry.amount_fen)

    def _is_of_what_stands(self, entry: StatementEntry, payouts: Iterable[Payout], state: State) -> bool:
        """Whether a debit is of what stood of its payouts when they were sent, by the eighth version of the rules."""
        stands_fen = sum(payout.amount_fen - payout.returned_fen for payout in payouts)
        return state.rules >= 8 and entry.direction == "debit" and stands_fen == entry.amount_fen

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """The account stands where it closed; its days are known, and what left it unexplained."""
        last = state.find(BankAccount, self._account_id())
        lines = joined([] if last is None else last.lines, self.lines)
        state.put(BankAccount(self._account_id(), self.to_day, self.closing_fen, lines))
        if state.rules >= 8 and self.to_day >= act.recorded_on:
            lines_stated = self._payers_lines(state)
            note_stated(act, state, [bank_day_id(self.campaign, each, self.to_day) for each in lines_stated])
        unexplained = [entry.bank_reference for entry in self.entries if entry.is_unexplained]
        sponsor = state.get(Campaign, self.campaign).sponsor
        state.put(AccountStatement(act.id, self.campaign, sponsor, officers_of(act, state), unexplained))
        state.put(StatementFile(self.file, act.id))
        for line in self.lines:
            state.put(AccountOfLine(line_id(self.campaign, line), self.account))
        for entry in self.entries:
            moved = None if entry.moved_by is None else state.find(Move, entry.moved_by)
            if moved is not None:
                moved.seen_in = act.id
                state.put(moved)
            if entry.direction == "debit":
                self._apply_debit(entry, act, state)

    def _apply_debit(self, entry: StatementEntry, act: VerifiedEvent, state: State) -> None:
        payouts = [state.get(Payout, each) for each in entry.payouts or ()]
        whole = sum(payout.amount_fen for payout in payouts) == entry.amount_fen
        for payout in payouts:
            payout_id = payout.id
            state.put(DebitedPayout(payout_id, act.id))
            assert payout.line is not None
            debited_fen = payout.amount_fen - (0 if whole else payout.returned_fen)
            self._debit(payout.line, entry.booked_on, debited_fen, act, state)
        if entry.is_unexplained and len(self.lines) == 1:
            # What nobody can say the line of counts for it where the account has no other.
            self._debit(self.lines[0], entry.booked_on, entry.amount_fen, act, state)

    def _debit(self, line: str, day: str, amount_fen: int, act: VerifiedEvent, state: State) -> None:
        day_id = bank_day_id(self.campaign, line, day)
        before = state.find(StatementDay, day_id)
        sum_fen = amount_fen + (0 if before is None else before.debited_fen)
        state.put(StatementDay(day_id, act.id, sum_fen))


class OutflowExplained(Event):
    """What left the account for nothing in the ledger is explained (说明账外支出), by another than who recorded it."""

    TITLE_ZH: ClassVar[str] = "说明账外支出"
    TITLE_EN: ClassVar[str] = "Outflow explained"
    ROLES: ClassVar[frozenset[str]] = ACCOUNTANTS | {"auditor"}
    HELD_OVER: ClassVar[HeldOver] = SPONSOR

    campaign: CampaignCode
    account_statement: AccountStatementId
    bank_reference: Digest
    reason: Text
    document: Document | None = None

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """An unexplained debit of the statement, and a signer who did not record it."""
        statement = state.get(AccountStatement, self.account_statement)
        check_same(CAMPAIGN_DIFFERS, statement.campaign, self.campaign)
        if self.bank_reference not in statement.unexplained:
            raise ENTRY_UNKNOWN.refused(reference=self.bank_reference)
        recorders = {state.person_of(officer) for officer in statement.recorded_by}
        signers = officers_of(act, state)
        if all(state.person_of(officer) in recorders for officer in signers):
            raise EXPLAINED_BY_RECORDER.refused(officer=", ".join(signers))

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """One thing less is unexplained."""
        statement = state.get(AccountStatement, self.account_statement)
        statement.unexplained = [each for each in statement.unexplained if each != self.bank_reference]
        state.put(statement)
