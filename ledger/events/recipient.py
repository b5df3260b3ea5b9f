"""What reaches a recipient (发到对象手里): the checks that money and goods have in common. Clauses A-7, A-8, B-1."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, model_validator

from ledger.domain.claims import successor_key
from ledger.domain.compromise import held_by_a_taken_role, is_distrusted, is_unsound
from ledger.domain.event import (
    AfterTheFact,
    Document,
    VerifiedEvent,
)
from ledger.domain.fields import (
    CampaignCode,
    CaseId,
    Digest,
    DossierId,
    UnitCode,
    VersionId,
)
from ledger.domain.household import Household
from ledger.domain.references import CAMPAIGN_DIFFERS, UNIT_DIFFERS, Scope, parties_of
from ledger.domain.state import (
    Campaign,
    Case,
    Dossier,
    State,
    Unit,
    key_of,
)
from ledger.domain.who_signs import TAKING_PART, HeldOver
from ledger.errors import Rule
from ledger.events.campaign import sound_campaign, was_approved_loosely
from ledger.events.dossier import check_same, kept_dossier, standing_dossier
from ledger.events.nomination import AFTER_THE_FACT, CASE_REVOKED
from ledger.events.outstanding import PAYING_IN_SPITE, check_not_upheld_since
from ledger.events.procedure import check_step
from ledger.events.separation import (
    APPROVED,
    CONFIRMED,
    NOMINATED,
    Titles,
    check_not_kin,
    check_not_own,
    check_separate,
    check_two_persons,
    joined,
    officers_of,
)
from ledger.events.unfinished import note_kept
from ledger.events.versions import (
    CHANGED,
    DOSSIER_DIFFERS,
    check_agreed_by_others,
    check_late_version,
    check_paid_version,
)
from ledger.events.yearly_limit import check_yearly_limit, reads_of_year
from ledger.validation_words import ValueProblem

NOT_APPROVED = Rule(
    "not-approved",
    zh="该对象未经审批，或未批准此种慰问形式：{case}",
    en="the case is not approved, or not for this form of support: {case}",
)
APPROVED_AFTER_THE_FACT = Rule(
    "approved-after-the-fact",
    zh="该对象的审批系补录，只记录过去，不能据以发放：{case}。请先撤销补录的审批，再按程序审批",
    en="the approval was recorded after the fact and permits no payout: {case}; revoke it, then approve anew",
)
APPROVAL_DISTRUSTED = Rule(
    "approval-distrusted",
    zh="该对象的审批（或其后的确认）由已外泄的密钥、或其授予的岗位签署，不能据以发放：{case}。请撤销该审批，再由他人重新审批",
    en="the approval, or a confirmation after it, was signed by a key that was in others' hands or by a role that one"
    " gave, nothing is paid on it: {case}; revoke it, and"
    " let somebody approve anew",
)
PAYING: Titles = ("发放", "pay")
PAYING_WITHOUT_APPROVAL: Titles = (
    "补录未经审批（含未获批准、退回补正、已撤销）或超过审批额的发放",
    "recording a payout after the fact that was not approved, on a case that was rejected or revoked, or above its"
    " approval",
)
NOT_APPROVED_STATES = ("nominated", "confirmed", "rejected", "revoked")
PAYING_WITHOUT_A_CASE: Titles = ("补录没有审批对象的发放", "recording a payout after the fact without a case")
PAYING_WHAT_IS_NOT_AGREED: Titles = (
    "补录已暂停或档案版本不符的对象的发放",
    "recording a payout after the fact on a case that is suspended, or of another version of the dossier than it goes on"
    " with",
)
CONSENT_WITHDRAWN = Rule(
    "consent-withdrawn",
    zh="申报后该户已撤回核对授权，不得发放：{case}。请取得并登记新的核对授权；不再授权的，请撤销申报",
    en="the family has withdrawn its consent since the nomination, and nothing is paid: {case}; record another consent, or"
    " take the nomination back where there is none",
)
PAYING_WITHOUT_CONSENT: Titles = (
    "补录申报后撤回核对授权的对象的发放",
    "recording a payout after the fact to a family that withdrew its consent since the nomination",
)
CASE_MISSING = Rule(
    "case-missing",
    zh="除补录外，发放须指明审批对象",
    en="a payout names its case, unless it is recorded after the fact",
)


class Receipt(BaseModel):
    """Who took it (签收): the recipient or a proxy; a proxy's authorisation if there is one."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    received_by: Literal["self", "proxy"] = "self"
    authorisation: Document | None = None


class ToRecipient(AfterTheFact):
    """What reaches a recipient: it names case, dossier, campaign and unit.

    ``dossier_version`` is the version of the dossier that is paid; without it, it is the dossier as filed.
    """

    HELD_OVER: ClassVar[HeldOver] = TAKING_PART

    campaign: CampaignCode
    unit: UnitCode
    dossier: DossierId
    dossier_version: VersionId | None = None
    case: CaseId | None = None
    receipt: Receipt = Receipt()
    identity_commitment: Digest | None = None
    document: Document | None = None

    @model_validator(mode="after")
    def _proxy_is_named(self) -> ToRecipient:
        if self.identity_commitment is not None and self.receipt.received_by != "proxy":
            raise ValueProblem(
                "只有代领时才附身份信息", "an identity stands beside a payout only for a proxy"
            )
        return self

    def reads(self, act: VerifiedEvent, state: State) -> Iterable[str]:
        """What it names, its household for the consent, and what counts against the policy's limit for a year.

        Late, its case may be over, and count for the nomination that took its place.
        """
        after = [successor_key(self.case)] if self.after_the_fact and self.case is not None else []
        return [
            *super().reads(act, state),
            *after,
            key_of(Household, self.dossier),
            *reads_of_year(self.campaign, self.dossier, state),
        ]

    def check_year(self, act: VerifiedEvent, state: State, amount_fen: int) -> None:
        """Refuses what is above the policy's limit for a year; what is recorded after the fact is past."""
        if not self.after_the_fact:
            campaign = state.get(Campaign, self.campaign)
            check_yearly_limit(act, campaign, state.get(Dossier, self.dossier), amount_fen, state)

    def decide_recipient(self, act: VerifiedEvent, state: State, form: str) -> Case | None:
        """The checks on the recipient; the case to charge, None where there is none."""
        state.get(Unit, self.unit)
        if self.after_the_fact or state.rules < 2:
            state.get(Dossier, self.dossier)
        elif state.rules < 3:
            kept_dossier(self.dossier, state)
        else:
            standing_dossier(self.dossier, state)
        campaign = state.get(Campaign, self.campaign)
        version = self.dossier_version or self.dossier
        if self.after_the_fact and state.rules >= 2:
            check_late_version(version, self.dossier, state)
        if self.case is None:
            if not self.after_the_fact:
                raise CASE_MISSING.refused()
            if state.rules >= 3:
                check_two_persons(act, state, PAYING_WITHOUT_A_CASE)
            if state.rules >= 5:
                check_not_own(act, state.get(Dossier, self.dossier).person, state, PAYING)
            return None
        case = state.get(Case, self.case)
        check_same(CAMPAIGN_DIFFERS, case.campaign, self.campaign)
        check_same(UNIT_DIFFERS, case.unit, self.unit)
        check_same(DOSSIER_DIFFERS, case.dossier, self.dossier)
        if self.after_the_fact:
            if state.rules >= 2:
                self._check_persons(act, case, state)
            # Refused or taken back is as where there is no case at all; by the fifth version, not approved too.
            unapproved = ("rejected", "revoked") if state.rules < 5 else NOT_APPROVED_STATES
            if state.rules >= 4 and case.state in unapproved:
                check_two_persons(act, state, PAYING_WITHOUT_APPROVAL)
            check_step(act, case, "pay", state, after_the_fact=True)
            # Whoever changed the payee and who pays would be enough otherwise.
            if state.rules >= 6 and case.state not in unapproved and not _goes_on_with(version, case, state):
                check_two_persons(act, state, PAYING_WHAT_IS_NOT_AGREED)
            if state.rules >= 9 and case.upheld_since:
                check_two_persons(act, state, PAYING_IN_SPITE)
            if consent_is_gone(case, state):
                check_two_persons(act, state, PAYING_WITHOUT_CONSENT)
            return case
        sound_campaign(campaign.id, state)
        if case.state == "revoked" or case.approval_revoked:
            raise CASE_REVOKED.refused(case=case.id)
        if case.state == AFTER_THE_FACT and state.rules >= 2:
            raise APPROVED_AFTER_THE_FACT.refused(case=case.id)
        if case.state not in ("approved", AFTER_THE_FACT) or form not in case.forms:
            raise NOT_APPROVED.refused(case=case.id)
        if state.rules >= 3 and rests_on_distrust(case, state):
            raise APPROVAL_DISTRUSTED.refused(case=case.id)
        check_not_upheld_since(case, state)
        if consent_is_gone(case, state):
            raise CONSENT_WITHDRAWN.refused(case=case.id)
        if state.rules >= 2:
            check_paid_version(version, case, state)
        self._check_persons(act, case, state)
        check_step(act, case, "pay", state)
        return case

    def _check_persons(self, act: VerifiedEvent, case: Case, state: State) -> None:
        """Refuses who nominated or approved the case."""
        check_separate(act, state, case.nominated_by, NOMINATED, PAYING)
        approved = case.approved_by if state.rules < 3 else case.ever_approved_by
        check_separate(act, state, approved, APPROVED, PAYING)
        if state.rules < 4:
            return
        dossier = state.get(Dossier, case.dossier)
        check_not_own(act, dossier.person, state, PAYING)
        check_not_kin(act, case, state, PAYING)
        check_separate(act, state, case.confirmed_by, CONFIRMED, PAYING)
        if dossier.version != dossier.id:
            check_separate(act, state, dossier.changed_by, CHANGED, PAYING)
        if state.rules >= 5:
            check_agreed_by_others(case, dossier, state)

    def charge_case(self, act: VerifiedEvent, state: State, amount_fen: int) -> None:
        """The case, if there is one, has had that much money, and was paid by these officers."""
        if self.case is not None:
            case = state.get(Case, self.case)
            case.paid_fen += amount_fen
            case.paid_by = joined(case.paid_by, officers_of(act, state))
            state.put(case)
            note_kept(case, amount_fen, state)

    def behind(self, act: VerifiedEvent, state: State) -> list[str]:
        """Who pays, and who had a part in the case before."""
        case = None if self.case is None else state.get(Case, self.case)
        return joined([] if case is None else parties_of(case), officers_of(act, state))

    def keep_dossier(self, act: VerifiedEvent, state: State) -> None:
        """Who was paid is kept for the statutory years, which begin when the year has ended.

        That is the year of the payout or, from the second version of the rules on, of its recording.
        """
        years = state.get(Campaign, self.campaign).terms.retention_years
        paid_on = act.statement.on if state.rules < 2 else max(act.statement.on, act.recorded_on)
        until = f"{int(paid_on[:4]) + years:04}-12-31"
        dossier = state.get(Dossier, self.dossier)
        if dossier.kept_until is None or dossier.kept_until < until:
            dossier.kept_until = until
            state.put(dossier)

    def tags(self, act: VerifiedEvent) -> list[str]:
        """Also under its own id."""
        return [f"payout:{act.id}", *super().tags(act)]


def consent_is_gone(case: Case, state: State) -> bool:
    """Whether the family's consent, with which a case was nominated, was withdrawn since."""
    if not case.on_consent:
        return False
    household = state.find(Household, case.dossier)
    return household is None or household.consented is None


def _goes_on_with(version: str, case: Case, state: State) -> bool:
    """Whether a version of the dossier is the one that was agreed, and the one that stands."""
    return case.agreed_version == version == state.get(Dossier, case.dossier).version


def rests_on_distrust(case: Case, state: State) -> bool:
    """Whether a stolen key, or a role that came of one, is behind a case's approval or what was confirmed after it."""
    if state.rules < 4:
        return is_distrusted(case.approved_with, case.approved_at, state) or held_by_a_taken_role(
            case.approved_by, "approver", case.approved_at, state
        )
    if state.rules >= 5 and was_approved_loosely(state.get(Campaign, case.campaign), case.approved_at, state):
        return True
    scope = Scope(case.unit, case.campaign)
    return is_unsound(case.approved_with, case.approved_at, "approver", scope, state) or any(
        is_unsound(keys, at, "confirmer", scope, state) for keys, at in case.reconfirmed
    )
