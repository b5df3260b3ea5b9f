"""What the roster keeps of a case and of a dossier, and what people call a case's state (对象状态).

States: nominated, confirmed, on-notice, approved, approved-after-the-fact, suspended, rejected, revoked,
and once money or goods moved paid-in-part, paid, returned. Suspended is a case that is still owed
something and whose dossier has another version than was approved.
"""

from __future__ import annotations

from dataclasses import dataclass

from ledger.events.nomination import AFTER_THE_FACT
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
    "nominated": ("已提名", "nominated"),
    "confirmed": ("已确认", "confirmed"),
    "on-notice": ("公示中", "on notice"),
    "approved": ("已审批", "approved"),
    AFTER_THE_FACT: ("补录审批", "approved after the fact"),
    SUSPENDED: ("已暂停（收款信息变更）", "suspended: payee changed"),
    "rejected": ("已驳回", "rejected"),
    "revoked": ("已撤销", "revoked"),
    "paid-in-part": ("部分发放", "paid in part"),
    "paid": ("已发放", "paid"),
    "returned": ("已退回", "returned"),
}


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
    facts: str
    marks: str
    filed_position: int
    amended_on: str
    erased: bool
    sealed: bool
    version: str
    payee: str


@dataclass
class CaseRow(Row):
    """A case as it stood. Sums in fen; ``aid_fen`` is the value of goods, apart from money.

    ``absences`` counts how often nobody came for what was to be handed out. ``step`` is where the case
    itself is, ``state`` what people call it. ``agreed_version`` is the dossier's version that was nominated,
    confirmed or approved last, ``dossier_version`` the one that the dossier has.
    """

    case_id: str
    campaign: str
    unit: str
    dossier: str
    person: str
    recipient: str
    category: str
    forms: str
    step: str
    state: str
    line: str | None
    asked_fen: int | None
    approved_fen: int
    paid_fen: int
    returned_fen: int
    aid_fen: int
    nominated_position: int
    nominated_on: str
    notice_until: str | None
    approved_on: str | None
    paid_on: str | None
    absences: int
    confirmed: bool
    agreed_version: str
    dossier_version: str


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
