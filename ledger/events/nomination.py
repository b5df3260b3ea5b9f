"""Nominations (申报) and what follows: confirmation, notice, objections, approval, revocation.

A case's id is the id of the statement that nominated it. Clauses A-5, A-6, B-1, B-3.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from ledger.domain.appointment import check_appointed_from_above
from ledger.domain.claims import CLAIM_PREFIX, OVER, claim_of, claimant_key
from ledger.domain.event import (
    STATE_NOT_ALLOWED,
    AfterTheFact,
    Event,
    VerifiedEvent,
)
from ledger.domain.fields import (
    CampaignCode,
    CaseId,
    Day,
    DossierId,
    PositiveFen,
    Text,
    UnitCode,
    Word,
)
from ledger.domain.policy.campaign_policy import Form, Policy
from ledger.domain.policy.public_notice import NoticeContacts
from ledger.domain.references import CAMPAIGN_DIFFERS, UNIT_DIFFERS, Scope, recipient_of
from ledger.domain.state import Campaign, Case, Dossier, Notice, State, Unit, key_of
from ledger.domain.who_signs import (
    TAKING_PART,
    HeldOver,
    RolesWhere,
)
from ledger.errors import Rule
from ledger.events.campaign import open_campaign, sound_campaign
from ledger.events.dossier import check_same, standing_dossier
from ledger.events.dossier_life import check_dossier, dossier_keys, kin_of
from ledger.events.eligibility import check_eligible
from ledger.events.funds import check_line, check_per_time_cap
from ledger.events.known_words import check_policys_words
from ledger.events.outstanding import (
    APPROVING_IN_SPITE,
    check_approved_from_above,
    check_ended_from_above,
)
from ledger.events.procedure import check_step, drop_later_steps, note_spent, spent_for
from ledger.events.separation import (
    APPROVED,
    CONFIRMED,
    NOMINATED,
    PAID,
    check_not_kin,
    check_not_own,
    check_separate,
    check_two_persons,
    check_two_signatures,
    joined,
    note_recorded_late,
    officers_of,
)
from ledger.events.unfinished import end_claim, kept_fen
from ledger.events.versions import CHANGED, Basis, check_as_filed, check_basis

ALREADY_NOMINATED = Rule(
    "already-nominated",
    zh="此人在本次活动中已有有效申报",
    en="this person already has a live nomination in this campaign",
)
NOT_SAID = Rule(
    "asked-not-said",
    zh="方案要求申报时填写{missing!w}，本次未填：请补填后重新提交",
    en="the policy asks nominations to say {missing}, which this one does not: add it and submit again",
)
CONTACTS_MISSING = Rule(
    "notice-contacts-missing",
    zh="方案要求公示载明发布单位、受理异议的单位或人员、联系电话和监督电话，本次未填，方案也未统一载明",
    en="the policy asks a notice to name its issuer, who takes objections, a phone and a supervising phone; neither"
    " the notice nor the policy does",
)
CASE_REVOKED = Rule(
    "case-revoked", zh="该申报或审批已撤销：{case}", en="the case or its approval was revoked: {case}"
)
NOT_APPROVABLE = Rule(
    "form-without-amount",
    zh="审批送资金须有金额和资金项目，不送资金则不得有；审批送物资须有价值，不送物资则不得有",
    en="an approval of money needs its amount and line, one of goods their value; another must have neither",
)
NOMINATED_LATE = Rule(
    "nominated-after-the-fact",
    zh="该申报系补录，只记录过去，其后各步也只能补录：{case}。仍需办理的，请撤销后按程序申报",
    en="the nomination was recorded after the fact, and so is what follows on it: {case}; to go on by the usual"
    " steps, revoke it and nominate anew",
)


Forms = Annotated[list[Form], Field(min_length=1, max_length=5)]


def _money_only() -> list[Form]:
    return ["money"]


AFTER_THE_FACT = "approved-after-the-fact"
"""The state of a case whose approval was recorded after the fact (补录审批): it permits nothing."""

NOT_ENDED = ("nominated", "confirmed", "approved", AFTER_THE_FACT)
"""The states of a case that is neither rejected nor revoked."""


class Nominated(AfterTheFact):
    """A person or enterprise is put forward (申报) by a unit, on a dossier."""

    TITLE_ZH: ClassVar[str] = "申报"
    TITLE_EN: ClassVar[str] = "Nominated"
    ROLES: ClassVar[frozenset[str]] = frozenset({"clerk"})
    HELD_OVER: ClassVar[HeldOver] = TAKING_PART

    campaign: CampaignCode
    unit: UnitCode
    dossier: DossierId
    category: Word
    amount_fen: PositiveFen | None = None
    forms: Forms = Field(default_factory=_money_only)
    purpose: Word | None = None
    visit_mode: Word | None = None

    def reads(self, act: VerifiedEvent, state: State) -> Iterable[str]:
        """The dossier, and the claim of its person."""
        dossier = state.expect(Dossier, self.dossier)
        asked = dossier_keys(self.campaign, self.dossier, state)
        if dossier is None:
            return [claimant_key(self.campaign, self.dossier), *asked]
        return [key_of(Dossier, self.dossier), CLAIM_PREFIX + claim_of(self.campaign, dossier.person), *asked]

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """Open campaign, eligible unit, its own dossier, no other live nomination."""
        unit = state.get(Unit, self.unit)
        campaign = state.get(Campaign, self.campaign)
        check_policys_words(self, ("purpose", "visit_mode"), campaign.terms)
        if not self.after_the_fact:
            open_campaign(self.campaign, state)
            check_eligible(unit, campaign.terms.year, state)
        dossier = standing_dossier(self.dossier, state)
        check_same(UNIT_DIFFERS, dossier.unit, self.unit)
        if not self.after_the_fact:
            self._check_said(campaign.terms, dossier)
            check_dossier(dossier, self.category, campaign.terms, act.recorded_on, state)
        claimant = self._claimant(state)
        if claimant is not None and claimant.state not in OVER:
            # Which case it is, is not said where it is on another unit's list; that it is, is counted there.
            raise ALREADY_NOMINATED.refused(elsewhere=claimant.unit != self.unit)

    def _check_said(self, terms: Policy, dossier: Dossier) -> None:
        """What the policy asks to be said of every person is said: what for (用途), how visited (走访方式)."""
        missing = [each for each in terms.said_of_persons if getattr(self, each) is None]
        if missing and dossier.recipient == "person":
            raise NOT_SAID.refused(missing=", ".join(missing))

    def _claimant(self, state: State) -> Case | None:
        """The person's live case in the campaign, or one that is over and still counts for the next."""
        claim = claim_of(self.campaign, state.get(Dossier, self.dossier).person)
        claimant = state.claimant(claim)
        return None if claimant is None else state.get(Case, claimant)

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """The case stands, and its person's claim; what was paid and upheld before goes with it."""
        dossier = state.get(Dossier, self.dossier)
        before = self._claimant(state)
        upheld = [] if before is None else list(before.upheld)
        # By the eleventh version of the rules also what is not settled yet.
        against = upheld if before is None or state.rules < 11 else list(before.objections)
        if before is not None:
            state.release(before)
            state.put(before)
        state.put(
            Case(
                id=act.id,
                campaign=self.campaign,
                unit=self.unit,
                dossier=self.dossier,
                claim=claim_of(self.campaign, dossier.person),
                state="nominated",
                nominated_by=officers_of(act, state),
                forms=self.forms,
                agreed_version=dossier.version,
                nominated_late=self.after_the_fact,
                filed_by=dossier.changed_by,
                recipient=dossier.person,
                kin=kin_of(self.campaign, self.dossier, state),
                objections=against,
                objectors=[] if before is None else [each for each in before.objectors if each[0] in against],
                upheld=upheld,
                paid_before_fen=0 if before is None else kept_fen(before),
                on_consent=state.rules >= 10
                and not self.after_the_fact
                and self._takes_consent(dossier, state),
            )
        )
        note_recorded_late(act, self, state)

    def _takes_consent(self, dossier: Dossier, state: State) -> bool:
        exclusions = state.get(Campaign, self.campaign).terms.exclusions
        asked = exclusions is not None and exclusions.consent_required and exclusions.holds_for(self.category)
        return asked and dossier.recipient == "person"

    def tags(self, act: VerifiedEvent) -> list[str]:
        """Also under its own id."""
        tags = super().tags(act)
        tags.append(f"case:{act.id}")
        return tags


class OfCase(Event):
    """An event about one case; it repeats the case's campaign and unit, for roles are held there."""

    campaign: CampaignCode
    unit: UnitCode
    case: CaseId

    def the_case(self, state: State) -> Case:
        """The case, refused where it is another unit's or campaign's."""
        case = state.get(Case, self.case)
        check_same(CAMPAIGN_DIFFERS, case.campaign, self.campaign)
        check_same(UNIT_DIFFERS, case.unit, self.unit)
        return case


def check_state(case: Case, *expected: str) -> None:
    """Refuses a case in another state."""
    if case.state == "revoked":
        raise CASE_REVOKED.refused(case=case.id)
    if case.state not in expected:
        raise STATE_NOT_ALLOWED.refused(expected=", ".join(expected), found=case.state)


class Confirmed(OfCase):
    """The enterprise, community or department in charge confirms (确认), clause A-5.

    With another version of the dossier as its basis than the case went on with, it confirms again.
    """

    TITLE_ZH: ClassVar[str] = "确认"
    TITLE_EN: ClassVar[str] = "Confirmed"
    ROLES: ClassVar[frozenset[str]] = frozenset({"confirmer"})
    HELD_OVER: ClassVar[HeldOver] = TAKING_PART

    basis: Basis | None = None

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """A nomination, by another than who nominated; or what was changed, by another than who did."""
        open_campaign(self.campaign, state)
        case = self.the_case(state)
        if self.basis is not None:
            check_basis(act, self.basis, case, CONFIRMING, state)
        if self.basis is None or self.basis.version == case.agreed_version:
            check_state(case, "nominated")
        else:
            check_state(case, *NOT_ENDED)
        check_separate(act, state, case.nominated_by, NOMINATED, CONFIRMING)
        if state.rules >= 3:
            check_in_time(case)
            check_separate(act, state, case.filed_by, CHANGED, CONFIRMING)
            check_separate(act, state, case.ever_approved_by, APPROVED, CONFIRMING)
        if state.rules >= 4:
            check_not_own(act, recipient_of(case, state), state, CONFIRMING)
            check_not_kin(act, case, state, CONFIRMING)
        check_step(act, case, "confirm", state)

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """The case stands confirmed; one that was approved can be paid again."""
        case = state.get(Case, self.case)
        if case.state == "nominated":
            case.state = "confirmed"
        drop_later_steps(case)
        case.confirmed_by = joined(case.confirmed_by, officers_of(act, state))
        if self.basis is not None:
            case.agreed_version = self.basis.version
        # What is paid rests on this confirmation from now on, as on the approval.
        if case.approved_with and state.rules >= 4:
            case.reconfirmed = [*case.reconfirmed, [list(act.signers), act.recorded_at]]
        elif case.approved_with:
            case.approved_with = joined(case.approved_with, act.signers)
            case.approved_at = act.recorded_at
        state.put(case)


def check_in_time(case: Case) -> None:
    """Refuses the usual steps on a case that was nominated after the fact.

    Raises:
        Refused: ``nominated-after-the-fact``.
    """
    if case.nominated_late:
        raise NOMINATED_LATE.refused(case=case.id)


CONFIRMING = ("确认", "confirm")
APPROVING = ("审批", "approve")
APPROVING_PAID_BEFORE = (
    "审批本次活动中曾获发放、申报已撤销或退回而重新申报的对象",
    "approving somebody nominated anew who kept something of an earlier nomination in the campaign",
)


class NoticePosted(Event):
    """A list is posted for the public (公示), clause A-5. Its id is this statement's."""

    TITLE_ZH: ClassVar[str] = "公示"
    TITLE_EN: ClassVar[str] = "Notice posted"
    ROLES: ClassVar[frozenset[str]] = frozenset({"confirmer"})
    HELD_OVER: ClassVar[HeldOver] = TAKING_PART

    campaign: CampaignCode
    unit: UnitCode
    cases: Annotated[list[CaseId], Field(min_length=1, max_length=1000)]
    start: Day
    end: Day
    place: Text
    contacts: NoticeContacts | None = None

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """Live cases of this unit and campaign; whom to turn to is said where the policy asks for it."""
        asked = open_campaign(self.campaign, state).terms.notice
        if asked is not None and asked.contacts_required and (self.contacts or asked.contacts) is None:
            raise CONTACTS_MISSING.refused()
        for case_id in self.cases:
            case = state.get(Case, case_id)
            check_same(CAMPAIGN_DIFFERS, case.campaign, self.campaign)
            check_same(UNIT_DIFFERS, case.unit, self.unit)
            check_state(case, *NOT_ENDED)

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """The notice stands, and objections can name it."""
        state.put(Notice(act.id, self.campaign, self.unit))

    def tags(self, act: VerifiedEvent) -> list[str]:
        """Also under its own id and its cases'."""
        return [f"notice:{act.id}", *(f"case:{case}" for case in self.cases), *super().tags(act)]


class Approved(OfCase, AfterTheFact):
    """The county or city approves (审批): the forms of support, and for money the sum and line.

    ``goods_fen`` is the value up to which goods are approved. ``basis`` names the version of the dossier that is
    approved; without it, it is the dossier as filed.
    """

    TITLE_ZH: ClassVar[str] = "审批"
    TITLE_EN: ClassVar[str] = "Approved"
    ROLES: ClassVar[frozenset[str]] = frozenset({"approver"})
    HELD_OVER: ClassVar[HeldOver] = TAKING_PART

    forms: Forms = Field(default_factory=_money_only)
    line: Word | None = None
    amount_fen: PositiveFen | None = None
    goods_fen: PositiveFen | None = None
    basis: Basis | None = None

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """A confirmed case, by another than who nominated; one person or two as policy says.

        After the fact it may be any case that is neither approved nor over, and what the second version
        of the rules asks of persons holds as well.
        """
        campaign = state.get(Campaign, self.campaign)
        case = self.the_case(state)
        money = "money" in self.forms
        if (self.line is not None) != money or (self.amount_fen is not None) != money:
            raise NOT_APPROVABLE.refused()
        if (self.goods_fen is not None) != ("goods" in self.forms) and (
            state.rules >= 3 or self.goods_fen is not None
        ):
            raise NOT_APPROVABLE.refused()
        if self.line is not None:
            check_line(campaign, self.line)
        if self.after_the_fact:
            check_state(case, "nominated", "confirmed")
            if state.rules < 2:
                return
        else:
            sound_campaign(self.campaign, state)
            check_state(case, *_ready(case, campaign, state))
        check_separate(act, state, case.nominated_by, NOMINATED, APPROVING)
        if state.rules >= 2:
            check_separate(act, state, case.paid_by, PAID, APPROVING)
            if state.rules >= 3:
                check_separate(act, state, case.confirmed_by, CONFIRMED, APPROVING)
                if not self.after_the_fact:
                    # Who finds old papers records the dossier and the approval, which permits nothing.
                    check_separate(act, state, case.filed_by, CHANGED, APPROVING)
                    check_in_time(case)
            if self.basis is not None:
                check_basis(act, self.basis, case, APPROVING, state)
            elif not self.after_the_fact:
                check_as_filed(case)
        money_fen, goods_fen = self.amount_fen or 0, self.goods_fen or 0
        if state.rules >= 4:
            # What the case was given on an approval that was revoked since is part of the sum.
            money_fen, goods_fen = max(money_fen, case.paid_fen), max(goods_fen, case.delivered_fen)
            check_not_own(act, recipient_of(case, state), state, APPROVING)
            check_not_kin(act, case, state, APPROVING)
        if state.rules >= 7 and case.objections and not self.after_the_fact:
            check_two_persons(act, state, APPROVING_IN_SPITE)
            check_approved_from_above(act, case, state)
        if not self.after_the_fact:
            check_appointed_from_above(act, "approver", campaign, Scope(self.unit, self.campaign), state)
            if state.rules >= 9 and case.paid_before_fen:
                check_two_persons(act, state, APPROVING_PAID_BEFORE)
        if not self.after_the_fact:
            check_per_time_cap(campaign, money_fen + goods_fen)
        check_two_signatures(act, campaign, state, money_fen + goods_fen)
        spent = spent_for(case, self.amount_fen or 0, self.goods_fen or 0, self.forms)
        check_step(act, case, "approve", state, after_the_fact=self.after_the_fact, spent=spent)

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """The case can be paid; where it is after the fact, what was paid can be recorded."""
        case = state.get(Case, self.case)
        case.state = AFTER_THE_FACT if self.after_the_fact else "approved"
        case.approved_by = officers_of(act, state)
        case.ever_approved_by = joined(case.ever_approved_by, case.approved_by)
        case.forms = self.forms
        case.line = self.line
        case.approved_fen = self.amount_fen or 0
        case.goods_fen = self.goods_fen or 0
        case.approved_with = list(act.signers)
        case.approved_at = act.recorded_at
        case.reconfirmed = []
        case.approval_revoked = False
        case.upheld_since = []
        if self.basis is not None:
            case.agreed_version = self.basis.version
        state.put(case)
        note_recorded_late(act, self, state)


def _ready(case: Case, campaign: Campaign, state: State) -> tuple[str, ...]:
    """The states in which a case can be approved.

    By the first version of the rules, a case whose approval was revoked was taken for confirmed.
    """
    if campaign.terms.step_of("confirm") is None or (state.rules < 2 and case.approval_revoked):
        return "confirmed", "nominated"
    return ("confirmed",)


class Rejected(OfCase):
    """The county or city rejects (不予批准、退回补正), or the confirmer sends back; the person can be nominated again."""

    TITLE_ZH: ClassVar[str] = "不予批准或退回补正"
    TITLE_EN: ClassVar[str] = "Rejected"
    ROLES: ClassVar[frozenset[str]] = frozenset({"approver", "confirmer"})

    reason: Text

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """A case not yet approved; by the seventh version, the unit ends none to which somebody objects."""
        case = self.the_case(state)
        check_state(case, "nominated", "confirmed")
        check_ended_from_above(act, case, state)

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """The case is over, its claim ends."""
        case = state.get(Case, self.case)
        case.state = "rejected"
        end_claim(case, state)


class Revoked(OfCase):
    """A nomination or an approval is taken back (撤销); what was paid stays paid until returned."""

    TITLE_ZH: ClassVar[str] = "撤销"
    TITLE_EN: ClassVar[str] = "Revoked"
    ROLES: ClassVar[frozenset[str]] = frozenset({"approver", "inspector"})
    # A unit may take back its own nomination too.
    ROLES_WHERE: ClassVar[tuple[RolesWhere, ...]] = (
        RolesWhere("target", "nomination", frozenset({"approver", "inspector", "clerk"})),
    )

    target: Literal["nomination", "approval"]
    reason: Text

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """There is such a thing to revoke."""
        case = self.the_case(state)
        if self.target == "approval":
            check_state(case, "approved", AFTER_THE_FACT)
        else:
            check_state(case, *NOT_ENDED)
            check_ended_from_above(act, case, state)

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """A case without its approval is what it was before, to be approved anew; without its nomination, over."""
        case = state.get(Case, self.case)
        if self.target == "approval":
            case.state = "confirmed" if case.confirmed_by else "nominated"
            drop_later_steps(case)
            note_spent(case, state)
            case.approved_fen = 0
            case.goods_fen = 0
            case.approval_revoked = True
            case.approved_with = []
            state.put(case)
        else:
            case.state = "revoked"
            end_claim(case, state)
