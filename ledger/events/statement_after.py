"""What is said of a statement of account afterwards (对账单登记之后): an outflow explained, the statement taken back.

A statement that was recorded wrongly keeps the next one from going on where it closed. Taken back, it counts for
nothing, and its file may be recorded again. Clause A-8.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from ledger.domain.event import ACCOUNTANTS, FINANCE, Document, Event, VerifiedEvent, holds
from ledger.domain.fields import AccountStatementId, CampaignCode, Digest, Text, Word
from ledger.domain.references import CAMPAIGN_DIFFERS, Scope
from ledger.domain.state import Officer, State, key_of
from ledger.domain.who_signs import SPONSOR, HeldOver
from ledger.errors import Rule
from ledger.events.account_statement import AccountStatement, BankAccount, account_id
from ledger.events.bank import TakenBackStatement
from ledger.events.dossier import check_same
from ledger.events.separation import Titles, check_two_persons, officers_of

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
NOT_THE_LAST = Rule(
    "statement-not-last",
    zh="{account_statement} 不是该账户最近登记的对账单，不能撤回：请从最近的一份起依次撤回",
    en="{account_statement} is not the last statement of this account and is not taken back: begin with the last one",
)
EXPLAINING: Titles = ("由财务说明账外支出", "explaining, as finance, what left the account unexplained")
TAKING_BACK: Titles = ("撤回对账单", "taking back a statement of account")


class OutflowExplained(Event):
    """What left the account for nothing in the ledger is explained (说明账外支出), by another than who recorded it.

    By the ninth version of the rules an auditor does, or two of finance.
    """

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
        where = Scope(statement.unit, self.campaign)
        if state.rules >= 9 and not any(
            holds(state.get(Officer, officer), ("auditor",), where, state) for officer in signers
        ):
            # Finance paid, or answers for who did; an auditor did not.
            check_two_persons(act, state, EXPLAINING)

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """One thing less is unexplained."""
        statement = state.get(AccountStatement, self.account_statement)
        statement.unexplained = [each for each in statement.unexplained if each != self.bank_reference]
        state.put(statement)


class AccountStatementTakenBack(Event):
    """A statement of account was recorded wrongly and is taken back (撤回对账单): the last of its account, by two."""

    TITLE_ZH: ClassVar[str] = "撤回对账单"
    TITLE_EN: ClassVar[str] = "Account statement taken back"
    ROLES: ClassVar[frozenset[str]] = FINANCE
    HELD_OVER: ClassVar[HeldOver] = SPONSOR

    campaign: CampaignCode
    account: Word
    account_statement: AccountStatementId
    reason: Text

    def reads(self, act: VerifiedEvent, state: State) -> Iterable[str]:
        """Also the account."""
        return [*super().reads(act, state), key_of(BankAccount, account_id(self.campaign, self.account))]

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """The account's last statement that stands; two persons sign."""
        statement = state.get(AccountStatement, self.account_statement)
        check_same(CAMPAIGN_DIFFERS, statement.campaign, self.campaign)
        check_two_persons(act, state, TAKING_BACK)
        account = state.find(BankAccount, account_id(self.campaign, self.account))
        if account is None or not account.stated or account.stated[-1][0] != statement.id:
            raise NOT_THE_LAST.refused(account_statement=statement.id)

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """The account stands where the statement before closed; what this one showed is shown by none."""
        account = state.get(BankAccount, account_id(self.campaign, self.account))
        account.stated = account.stated[:-1]
        if account.stated:
            _, account.to_day, account.closing_fen, account.lines = account.stated[-1]
        else:
            account.to_day, account.closing_fen, account.lines = "", 0, []
        state.put(account)
        statement = state.get(AccountStatement, self.account_statement)
        statement.unexplained = []
        state.put(statement)
        state.put(TakenBackStatement(self.account_statement))
