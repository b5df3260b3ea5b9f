"""A dossier's life (建档管理): applied for → visited → discussed → on file → reviewed → ended.

A dossier is applied for by being filed. What of this must have been before somebody is nominated on it is the
policy's to say; without a word of it there, nothing is asked.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from ledger.domain.claims import claim_of
from ledger.domain.event import STATE_NOT_ALLOWED, Document, Event, VerifiedEvent
from ledger.domain.fields import DossierId, LongText, Text, UnitCode, Word
from ledger.domain.household import DossierLife, Household
from ledger.domain.policy.campaign_policy import Policy
from ledger.domain.policy.dossier_life import DossierLifeRules
from ledger.domain.references import UNIT_DIFFERS
from ledger.domain.state import Campaign, Case, Dossier, State, key_of
from ledger.errors import Rule
from ledger.events.dossier import check_same, standing_dossier
from ledger.events.separation import check_separate, joined, officers_of
from ledger.events.unfinished import is_unfinished

NOT_ON_FILE = Rule(
    "dossier-not-on-file",
    zh="本活动方案要求先建档在册：档案 {dossier} 目前为“{found!w}”。请先完成入户调查并办理建档在册",
    en="this policy asks for a dossier on file, {dossier} is {found}: visit the household and place it on file",
)
NOT_VISITED = Rule(
    "household-not-visited",
    zh="本活动方案要求入户调查：档案 {dossier} 尚无入户调查记录。请先登记入户调查",
    en="this policy asks for a visit to the household, none is recorded on {dossier}: record one first",
)
NOT_DISCUSSED = Rule(
    "dossier-not-discussed",
    zh="本活动方案要求集体研究：档案 {dossier} 尚无集体研究记录。请先登记会议纪要",
    en="this policy asks for a discussion, none is recorded on {dossier}: record its minutes first",
)
NOT_REVIEWED = Rule(
    "dossier-not-reviewed",
    zh="档案 {dossier} 最近一次复核为 {found}，已超过 {expected} 个月。请先完成年度复核",
    en="dossier {dossier} was last reviewed on {found}, more than {expected} months ago: review it first",
)
HOUSEHOLD_NOT_DECLARED = Rule(
    "household-not-declared",
    zh="本活动按家庭情况认定困难类别：档案 {dossier} 尚无家庭情况申报。请先登记",
    en="this policy computes a class of hardship, and the household of {dossier} is not declared: declare it first",
)
EXCLUSIONS_NOT_DECLARED = Rule(
    "exclusions-not-declared",
    zh="档案 {dossier} 未就下列事项申报“是”或“否”：{missing}。请由家庭补充申报",
    en="the family of {dossier} declared neither yes nor no on: {missing}; let it declare on these too",
)
CONSENT_MISSING = Rule(
    "consent-missing",
    zh="档案 {dossier} 没有有效的核对授权书。请取得家庭签署的授权书并登记",
    en="no consent to being compared stands on dossier {dossier}: ask the family for it, and record it",
)

FILED = ("建档或变更过该档案", "filed or changed the dossier")
VISITED = ("入户调查", "visited")
PLACING = ("办理建档在册", "place it on file")


class _OfLife(Event):
    unit: UnitCode
    dossier: DossierId

    def reads(self, act: VerifiedEvent, state: State) -> Iterable[str]:
        """What it names, and where the dossier is in its life."""
        return [*super().reads(act, state), key_of(DossierLife, self.dossier)]

    def standing(self, state: State) -> Dossier:
        """The dossier, this unit's, neither erased nor sealed."""
        dossier = standing_dossier(self.dossier, state)
        check_same(UNIT_DIFFERS, dossier.unit, self.unit)
        return dossier

    def life(self, state: State) -> DossierLife:
        """Where it is; applied for, where nothing was recorded since."""
        return state.find(DossierLife, self.dossier) or DossierLife(self.dossier)

    def check_state(self, state: State, *expected: str) -> None:
        """Refuses a dossier elsewhere in its life."""
        found = self.life(state).state
        if found not in expected:
            raise STATE_NOT_ALLOWED.refused(expected=", ".join(expected), found=found)


class HouseholdVisited(_OfLife):
    """Somebody saw how the household lives (入户调查): who, when, and what was found.

    After a dossier has ended, a visit begins it anew.
    """

    TITLE_ZH: ClassVar[str] = "入户调查"
    TITLE_EN: ClassVar[str] = "Household visited"
    ROLES: ClassVar[frozenset[str]] = frozenset({"clerk", "confirmer"})

    visitors: Annotated[list[Text], Field(min_length=1, max_length=10)]
    found: LongText
    agrees: bool
    """Whether what was found agrees with what was declared."""
    document: Document | None = None

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """The dossier stands."""
        self.standing(state)

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """It was visited on that day."""
        life = self.life(state)
        if life.state == "ended":
            life = DossierLife(self.dossier, facts_by=life.facts_by)
        life.visited_on = act.statement.on
        life.visited_by = joined(life.visited_by, officers_of(act, state))
        state.put(life)


class DossierDiscussed(_OfLife):
    """The dossier was discussed in a meeting (集体研究), with minutes that have a number."""

    TITLE_ZH: ClassVar[str] = "集体研究"
    TITLE_EN: ClassVar[str] = "Dossier discussed"
    ROLES: ClassVar[frozenset[str]] = frozenset({"clerk", "confirmer"})

    minutes: Document
    agreed: bool
    found: LongText | None = None

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """It has not ended."""
        self.standing(state)
        self.check_state(state, "applied", "on-file")

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """It was discussed on that day, where the meeting agreed."""
        life = self.life(state)
        life.discussed_on = act.statement.on if self.agreed else None
        life.discussed_by = joined(life.discussed_by, officers_of(act, state))
        state.put(life)


class PlacedOnFile(_OfLife):
    """The dossier is placed on file (建档在册), under the class found."""

    TITLE_ZH: ClassVar[str] = "建档在册"
    TITLE_EN: ClassVar[str] = "Placed on file"
    ROLES: ClassVar[frozenset[str]] = frozenset({"confirmer", "approver"})

    hardship_class: Word | None = None
    document: Document | None = None

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """It was applied for, and who places it on file is not who filed it.

        Nor, by the eighth version of the rules, who changed its facts or took down what the family declared.
        """
        dossier = self.standing(state)
        self.check_state(state, "applied")
        check_separate(act, state, dossier.changed_by, FILED, PLACING)
        if state.rules >= 8:
            check_separate(act, state, self.life(state).facts_by, FILED, PLACING)

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """It is on file, and reviewed as of that day."""
        life = self.life(state)
        life.state = "on-file"
        life.on_file_on = life.reviewed_on = act.statement.on
        state.put(life)


class DossierReviewed(_OfLife):
    """The dossier was reviewed (年度复核), yearly or upon a change: whether the hardship goes on."""

    TITLE_ZH: ClassVar[str] = "档案复核"
    TITLE_EN: ClassVar[str] = "Dossier reviewed"
    ROLES: ClassVar[frozenset[str]] = frozenset({"clerk", "confirmer", "approver"})

    outcome: Literal["unchanged", "changed"]
    hardship_class: Word | None = None
    found: LongText
    document: Document | None = None

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """It is on file."""
        self.standing(state)
        self.check_state(state, "on-file")

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """It was reviewed on that day, or lately enough before."""
        life = self.life(state)
        life.reviewed_on = max(life.reviewed_on or "", act.statement.on)
        state.put(life)


class DossierEnded(_OfLife):
    """The dossier is on file no more: out of hardship (脱困), withdrawn (退档) or cancelled (注销).

    Withdrawn is who asks for it or no longer belongs to it, cancelled what should never have been on file.
    """

    TITLE_ZH: ClassVar[str] = "档案退出"
    TITLE_EN: ClassVar[str] = "Dossier ended"
    ROLES: ClassVar[frozenset[str]] = frozenset({"confirmer", "approver"})

    ending: Literal["out-of-hardship", "withdrawn", "cancelled"]
    reason: Text
    document: Document | None = None

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """It has not ended already."""
        self.standing(state)
        self.check_state(state, "applied", "on-file")

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """It has ended."""
        life = self.life(state)
        life.state = "ended"
        life.ended_on = act.statement.on
        state.put(life)


# --- What a policy asks of a dossier before a nomination -----------------------------------------


def dossier_keys(campaign: str, dossier: str, state: State) -> list[str]:
    """What of a dossier's life and household a nomination is decided on; nothing where the policy does not ask."""
    found = state.expect(Campaign, campaign)
    if found is None:
        return []
    terms = found.terms
    return [
        *([key_of(DossierLife, dossier)] if terms.dossier_life else []),
        *([key_of(Household, dossier)] if terms.exclusions or terms.hardship else []),
    ]


def kin_of(campaign: str, dossier: str, state: State) -> list[str]:
    """The marks of a dossier's household's members, where the campaign's policy goes by households."""
    terms = state.get(Campaign, campaign).terms
    household = state.find(Household, dossier) if terms.exclusions or terms.hardship else None
    return [] if household is None else sorted(household.members.values())


def note_kin(recipient: str, member: str, state: State) -> None:
    """Makes who is recorded as of a household kin of the recipient's cases that are not finished.

    In each campaign whose policy goes by households, as :func:`kin_of` has it; both are marks.
    """
    for campaign in state.records(Campaign):
        claimant = state.claimant(claim_of(campaign.id, recipient))
        if claimant is None or not (campaign.terms.exclusions or campaign.terms.hardship):
            continue
        case = state.get(Case, claimant)
        if is_unfinished(case) and member not in case.kin:
            case.kin = sorted([*case.kin, member])
            state.put(case)


def check_dossier(dossier: Dossier, category: str, terms: Policy, today: str, state: State) -> None:
    """Refuses a dossier that is not what the policy asks for a nomination in that category.

    Raises:
        Refused: ``dossier-not-on-file``, ``household-not-visited``, ``dossier-not-discussed``,
            ``dossier-not-reviewed``, ``household-not-declared``, ``exclusions-not-declared``, ``consent-missing``.
    """
    if dossier.recipient != "person":
        return
    if terms.dossier_life is not None and terms.dossier_life.holds_for(category):
        life = state.find(DossierLife, dossier.id) or DossierLife(dossier.id)
        _check_life(life, terms.dossier_life, today)
    exclusions = terms.exclusions
    if exclusions is not None and not exclusions.holds_for(category):
        exclusions = None
    if exclusions is None and (terms.hardship is None or not terms.hardship.holds_for(category)):
        return
    household = state.find(Household, dossier.id) or Household(dossier.id)
    if household.declared is None:
        raise HOUSEHOLD_NOT_DECLARED.refused(dossier=dossier.id)
    if exclusions is None:
        return
    missing = [each.title for each in exclusions.exclusions if each.code not in household.declared]
    if missing:
        raise EXCLUSIONS_NOT_DECLARED.refused(dossier=dossier.id, missing="、".join(missing))
    ended = household.consent_until is not None and household.consent_until < today
    if exclusions.consent_required and (household.consented is None or ended):
        raise CONSENT_MISSING.refused(dossier=dossier.id)


def _check_life(life: DossierLife, rules: DossierLifeRules, today: str) -> None:
    if rules.on_file_required and life.state != "on-file":
        raise NOT_ON_FILE.refused(dossier=life.id, found=life.state)
    if rules.visit_required and life.visited_on is None:
        raise NOT_VISITED.refused(dossier=life.id)
    if rules.discussion_required and life.discussed_on is None:
        raise NOT_DISCUSSED.refused(dossier=life.id)
    months = rules.review_months
    if months is None or not rules.on_file_required or life.reviewed_on is None:
        return
    if today > months_after(life.reviewed_on, months):
        raise NOT_REVIEWED.refused(dossier=life.id, found=life.reviewed_on, expected=months)


def months_after(day: str, months: int) -> str:
    """The day so many months later; the last of the month where that has no such day.

    >>> months_after("2025-01-31", 1), months_after("2025-03-15", 12), months_after("2024-02-29", 12)
    ('2025-02-28', '2026-03-15', '2025-02-28')
    """
    on = date.fromisoformat(day)
    year, month = divmod(on.year * 12 + on.month - 1 + months, 12)
    for last in (on.day, 30, 29, 28):
        try:
            return date(year, month + 1, min(on.day, last)).isoformat()
        except ValueError:
            continue
    raise RuntimeError(f"no day {months} months after {day}")
