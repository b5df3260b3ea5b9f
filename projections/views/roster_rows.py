"""The roster's rows (名单的行): cases, dossiers, payouts, policies, and what people call a case's state (对象状态).

States: nominated, confirmed, on-notice, approved, approved-after-the-fact, suspended, rejected, revoked,
and once money or goods moved paid-in-part, paid, returned. Suspended is a case that is still owed
something and whose dossier has another version than was approved.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from ledger.domain.policy.campaign_policy import Policy
from ledger.events.dossier import Facts
from ledger.events.nomination import AFTER_THE_FACT
from projections.frame.column import Day, Fen, Number, Title, json_of
from projections.frame.view import Row

SUSPENDED = "suspended"

STATES = (
    "nominated",
    "confirmed",
    "on-notice",
    "approved",
    AFTER_THE_FACT,
    SUSPENDED,
    "rejected",
    "revoked",
    "paid-in-part",
    "paid",
    "returned",
)
STATE_TITLES = {
    "nominated": ("已申报", "nominated"),
    "confirmed": ("已确认", "confirmed"),
    "on-notice": ("公示中", "on notice"),
    "approved": ("已批准", "approved"),
    AFTER_THE_FACT: ("补录审批", "approved after the fact"),
    SUSPENDED: ("已暂停（收款信息变更）", "suspended: payee changed"),
    "rejected": ("已退回或未批准", "rejected"),
    "revoked": ("已撤销", "revoked"),
    "paid-in-part": ("部分发放", "paid in part"),
    "paid": ("已发放", "paid"),
    "returned": ("已退回", "returned"),
}


@dataclass
class TermsRow(Row):
    """A campaign's policy as it stood; ``policy`` is JSON text with every default written out."""

    campaign: Annotated[str, Title("活动", "campaign")]
    sponsor: str
    title: str
    year: Number
    policy: Annotated[str, json_of(Policy)]
    closed_on: Day | None


@dataclass
class DossierRow(Row):
    """A dossier as it stood: ``facts`` and ``marks`` are JSON texts.

    ``version`` is the statement that made name and account what they are, ``payee`` tells them apart.
    The marks are those of name, account and what else the identity has, never the identity.
    """

    dossier: str
    unit: str
    recipient: str
    person: str
    facts: Annotated[str, json_of(Facts)]
    marks: Annotated[str, json_of(dict[str, str])]
    filed_position: int
    amended_on: Day
    erased: bool
    sealed: bool
    version: str
    payee: str


@dataclass
class CaseRow(Row):
    """A case as it stood. Sums in fen; ``aid_fen`` is the value of goods, apart from money.

    ``absences`` counts how often nobody came for what was to be handed out. ``step`` is where the case
    itself is, ``state`` what people call it. ``agreed_version`` is the dossier's version that was nominated,
    confirmed or approved last, ``dossier_version`` the one that the dossier has. ``purpose`` and ``visit_mode`` are
    words of the policy, clauses B-7 and B-1.
    """

    case_id: str
    campaign: Annotated[str, Title("活动", "campaign", only="command")]
    unit: Annotated[str, Title("单位", "unit")]
    dossier: str
    person: str
    recipient: str
    category: str
    forms: str
    purpose: str | None
    visit_mode: str | None
    step: str
    state: Annotated[str, Title("状态", "state")]
    line: Annotated[str | None, Title("资金项目", "line", only="page")]
    asked_fen: Fen | None
    approved_fen: Annotated[Fen, Title("批准（元）", "approved")]
    paid_fen: Fen
    returned_fen: Fen
    aid_fen: Fen
    nominated_position: Annotated[int, Title("登记序号", "position", only="command")]
    nominated_on: Annotated[Day, Title("申报日期", "nominated")]
    notice_until: Day | None
    approved_on: Annotated[Day | None, Title("审批日期", "approved on", only="command")]
    paid_on: Annotated[Day | None, Title("发放日期", "paid on", only="command")]
    absences: Number
    confirmed: bool
    agreed_version: str
    dossier_version: str


@dataclass
class PayoutRow:
    """A payout with the account, the household and the proxy as they were on its day.

    ``drawn`` says that it went out of what the unit had drawn, and not from the line itself.
    """

    payout: str
    position: int
    campaign: str
    year: Number
    unit: str
    dossier: str
    person: str
    case_id: str | None
    category: str | None
    form: str
    line: str | None
    amount_fen: Fen
    method: str | None
    drawn: bool
    paid_on: Day
    after_the_fact: bool
    account: str | None
    household: str | None
    proxy: str | None
    authorised: bool


@dataclass
class ReturnRow:
    """What came back of a payout."""

    position: int
    payout: str
    amount_fen: Fen
    returned_on: Day
    kind: str


@dataclass
class RosterRulesRow:
    """A version of the rules, and from which entry on the roster goes by it."""

    version: Number
    position: int


def state_of(case: CaseRow) -> str:
    """The state to show: the step, unless something was paid on an approval, or it waits for another."""
    state = _by_payouts(case)
    if case.step == "approved" and case.agreed_version != case.dossier_version and state != "paid":
        return SUSPENDED
    return state


def _by_payouts(case: CaseRow) -> str:
    if case.step in ("rejected", "revoked"):
        return case.step
    approved = case.step in ("approved", AFTER_THE_FACT)
    if not approved and case.notice_until is not None and case.paid_on is None:
        return "on-notice"
    if case.paid_fen == 0:
        in_kind_only = approved and case.approved_fen == 0
        return "paid" if in_kind_only and case.paid_on is not None else case.step
    kept_fen = case.paid_fen - case.returned_fen
    if kept_fen == 0:
        return "returned"
    if not approved:
        return case.step
    return "paid" if kept_fen >= case.approved_fen else "paid-in-part"
