"""Households (一户一档): members with an identity each, what the family declares, what it consents to.

A member is a statement of their own, since a statement commits to one identity: each member's lies in a row of the
vault by itself, gives marks of its own, and can be erased alone (ADR 79). How the household lives in a year is one
declaration, the newest of which stands, so that a class of hardship is computed of one signed body.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

from ledger.domain.event import Document, Event, VerifiedEvent
from ledger.domain.fields import (
    Day,
    Digest,
    DossierId,
    Fen,
    Names,
    PositiveFen,
    Reference,
    Text,
    UnitCode,
    Word,
)
from ledger.domain.household import DossierLife, Household, Member, note_facts
from ledger.domain.policy.hardship_class import HouseholdFigures
from ledger.domain.policy.vocabulary import ListName
from ledger.domain.references import UNIT_DIFFERS
from ledger.domain.state import Dossier, State, Unit, key_of
from ledger.errors import Rule
from ledger.events.dossier import (
    RETENTION_NOT_OVER,
    check_same,
    check_shown,
    kept_dossier,
    live_cases,
    note_shown,
    reading_keys,
    standing_dossier,
)
from ledger.events.dossier_life import note_kin
from ledger.events.known_words import check_words
from ledger.events.separation import officers_of
from ledger.events.unfinished import check_finished
from ledger.validation_words import ValueProblem

MEMBER_RECORDED_ALREADY = Rule(
    "member-recorded-already",
    zh="此人已登记为该户成员，或即为申请人：{dossier}。请核对证件号码",
    en="this person is a member of the household of {dossier} already, or its applicant: check the number",
)
MEMBER_OF_ANOTHER = Rule(
    "member-of-another",
    zh="成员 {member} 不属于档案 {dossier}，或已不在该户：请先登记该户现有成员",
    en="member {member} is not of the household of {dossier}, or left it: record those who belong to it first",
)
MEMBER_ERASED = Rule(
    "member-erased",
    zh="成员 {member} 的身份信息已删除",
    en="the identity of member {member} was erased",
)
HOUSEHOLD_FULL = Rule(
    "household-full",
    zh="档案 {dossier} 已登记 {expected} 名家庭成员，一户申报至多列 {expected} 名：请核对，离户的请先登记家庭成员减少",
    en="the household of {dossier} has {expected} members on record, as many as it may declare: record who left it first",
)
MOST_MEMBERS = 29
"""How many members a household has at most beside the applicant, as it may declare."""

HOUSEHOLD_OF_ENTERPRISE = Rule(
    "household-of-enterprise",
    zh="企业档案没有家庭成员：{dossier}",
    en="the dossier of an enterprise has no household: {dossier}",
)
CONSENT_ENDS_EARLY = Rule(
    "consent-ends-early",
    zh="授权书的有效期已过：截止 {found}，登记日 {expected}。请取得新的授权书",
    en="the consent has ended by {found}, before it is recorded on {expected}: ask the family for another",
)
NO_CONSENT = Rule(
    "no-consent",
    zh="档案 {dossier} 没有有效的授权书可供撤回",
    en="no consent stands on dossier {dossier} that could be withdrawn",
)

MemberId = Annotated[Reference, Names("member")]
"""A member of a household on record."""

WORDS_OF_SITUATION: tuple[ListName, ...] = ("studies", "illness", "work")
"""What a situation says in words of a vocabulary: 失业 is not 登记失业; 内退 and 待岗 are not 下岗; a disability is no
illness."""


class Situation(BaseModel):
    """How one person of the household lives in the year. What is not known is left out, and not guessed."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    income_fen: Fen
    studies: Word | None = None
    illness: Word | None = None
    disabled: bool | None = None
    work: Word | None = None


class MemberSituation(Situation):
    """The same of a member; who does not live with the applicant counts neither as person nor by income."""

    member: MemberId
    lives_together: bool = True


class Outlay(BaseModel):
    """A rigid outlay of the year (刚性支出) by its kind, with the paper that shows it (票据)."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    kind: Word
    amount_fen: PositiveFen
    document: Document


class DeclaredExclusion(BaseModel):
    """Yes or no of the family on one exclusion (不予认定情形)."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    exclusion: Word
    applies: bool
    note: Text | None = None


class OfDossier(Event):
    """An event about a dossier of one unit; it reads what stands of the household too."""

    unit: UnitCode
    dossier: DossierId

    def reads(self, act: VerifiedEvent, state: State) -> Iterable[str]:
        """What it names, and the household."""
        return [*super().reads(act, state), key_of(Household, self.dossier)]

    def standing(self, state: State) -> Dossier:
        """The dossier, a person's and this unit's, neither erased nor sealed."""
        dossier = standing_dossier(self.dossier, state)
        check_same(UNIT_DIFFERS, dossier.unit, self.unit)
        if dossier.recipient != "person":
            raise HOUSEHOLD_OF_ENTERPRISE.refused(dossier=self.dossier)
        return dossier

    def household(self, state: State) -> Household:
        """What stands of the household; nothing yet, where nothing was recorded."""
        return state.find(Household, self.dossier) or Household(self.dossier)


class MemberRecorded(OfDossier):
    """A member of the household is recorded, with an identity of their own (家庭成员登记).

    The member's id is this statement's.
    """

    TITLE_ZH: ClassVar[str] = "家庭成员登记"
    TITLE_EN: ClassVar[str] = "Member recorded"
    ROLES: ClassVar[frozenset[str]] = frozenset({"clerk"})

    relation: Word
    identity_commitment: Digest

    def reads(self, act: VerifiedEvent, state: State) -> Iterable[str]:
        """Also the live case of the dossier's person in any campaign."""
        return [*super().reads(act, state), *live_cases(self.dossier, state)]

    def foresee(self, act: VerifiedEvent, state: State) -> None:
        """A declaration of the same batch may name the member."""
        state.foresee(self._member(act))

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """The person is neither the applicant nor a member already; the relation is a known word."""
        dossier = self.standing(state)
        check_words(self, ("relation",), state.get(Unit, self.unit), state)
        person = act.marks["person"]
        members = self.household(state).members
        if person == dossier.person or person in members.values():
            raise MEMBER_RECORDED_ALREADY.refused(dossier=self.dossier)
        if state.rules >= 8 and len(members) >= MOST_MEMBERS:
            raise HOUSEHOLD_FULL.refused(dossier=self.dossier, expected=MOST_MEMBERS)

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """The member belongs to the household, and is kin of the person's live cases, by the eighth version."""
        member = self._member(act)
        state.put(member)
        household = self.household(state)
        household.members = {**household.members, member.id: member.person}
        state.put(household)
        if state.rules >= 8:
            note_kin(state.get(Dossier, self.dossier).person, member.person, state)

    def _member(self, act: VerifiedEvent) -> Member:
        return Member(act.id, self.dossier, self.unit, act.marks["person"])

    def tags(self, act: VerifiedEvent) -> list[str]:
        """Also under its own id."""
        return [f"member:{act.id}", *super().tags(act)]


class _OfMember(OfDossier):
    member: MemberId

    def the_member(self, state: State) -> Member:
        """The member, of this dossier."""
        member = state.get(Member, self.member)
        if member.dossier != self.dossier:
            raise MEMBER_OF_ANOTHER.refused(member=self.member, dossier=self.dossier)
        return member

    def tags(self, act: VerifiedEvent) -> list[str]:
        """Also under the member's id."""
        return [f"member:{self.member}", *super().tags(act)]


class MemberLeft(_OfMember):
    """A member belongs to the household no more (成员减少): moved out, married, divorced or died."""

    TITLE_ZH: ClassVar[str] = "家庭成员减少"
    TITLE_EN: ClassVar[str] = "Member left"
    ROLES: ClassVar[frozenset[str]] = frozenset({"clerk"})

    reason: Text

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """The member belongs to it."""
        self.standing(state)
        if self.the_member(state).left:
            raise MEMBER_OF_ANOTHER.refused(member=self.member, dossier=self.dossier)

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """The household is one less."""
        member = state.get(Member, self.member)
        member.left = True
        state.put(member)
        household = self.household(state)
        household.members = {each: mark for each, mark in household.members.items() if each != self.member}
        if state.rules >= 7:
            # What was declared counted the member: the family declares anew before it is nominated.
            household.declared = None
        state.put(household)


class MemberErased(_OfMember):
    """A member's identity is destroyed (成员身份信息删除); what was declared of them stays, without a name.

    A household's identities go all together with its dossier's.
    """

    TITLE_ZH: ClassVar[str] = "成员身份信息删除"
    TITLE_EN: ClassVar[str] = "Member erased"
    ROLES: ClassVar[frozenset[str]] = frozenset({"registrar"})

    reason: Text

    def reads(self, act: VerifiedEvent, state: State) -> Iterable[str]:
        """Also the live case of the dossier's person in any campaign."""
        return [*super().reads(act, state), *live_cases(self.dossier, state)]

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """It was not erased already, nothing on the dossier is left to be done, and its statutory years are over."""
        dossier = kept_dossier(self.dossier, state)
        if state.rules >= 7:
            check_finished(dossier, state)
        if self.the_member(state).erased:
            raise MEMBER_ERASED.refused(member=self.member)
        if dossier.kept_until is not None and act.recorded_on <= dossier.kept_until:
            raise RETENTION_NOT_OVER.refused(expected=dossier.kept_until)

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """Nothing of the identity can be read any more."""
        member = state.get(Member, self.member)
        member.erased = True
        state.put(member)


class MemberRevealed(_OfMember):
    """A member's identity is shown to the signer (成员身份信息查阅), for the purpose stated."""

    TITLE_ZH: ClassVar[str] = "成员身份信息查阅"
    TITLE_EN: ClassVar[str] = "Member revealed"
    ROLES: ClassVar[frozenset[str]] = frozenset({"clerk", "auditor", "inspector"})

    purpose: Text

    def reads(self, act: VerifiedEvent, state: State) -> Iterable[str]:
        """What it names, and how many identities the officer was shown today."""
        return [*super().reads(act, state), *reading_keys(act, state)]

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """There is an identity to show, and the officer was not shown too many today."""
        standing_dossier(self.dossier, state)
        if self.the_member(state).erased:
            raise MEMBER_ERASED.refused(member=self.member)
        check_shown(act, state)

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """One more was shown today."""
        note_shown(act, state)


class HouseholdDeclared(OfDossier):
    """How the household lives in a year (家庭情况申报), as a whole: the newest declaration stands.

    ``stated_class`` is the class that the clerk finds; the one that the policy's formula gives is computed.
    """

    TITLE_ZH: ClassVar[str] = "家庭情况申报"
    TITLE_EN: ClassVar[str] = "Household declared"
    ROLES: ClassVar[frozenset[str]] = frozenset({"clerk"})

    locality: Text
    year: Annotated[int, Field(ge=2000, le=2100)]
    applicant: Situation
    members: Annotated[list[MemberSituation], Field(default_factory=list, max_length=29)]
    outlays: Annotated[list[Outlay], Field(default_factory=list, max_length=60)]
    exclusions: Annotated[list[DeclaredExclusion], Field(default_factory=list, max_length=40)]
    stated_class: Word | None = None
    document: Document | None = None

    @model_validator(mode="after")
    def _each_once(self) -> HouseholdDeclared:
        for zh, en, names in (
            ("家庭成员", "member", [each.member for each in self.members]),
            ("不予认定情形", "exclusion", [each.exclusion for each in self.exclusions]),
        ):
            if len(set(names)) != len(names):
                raise ValueProblem(f"有{zh}重复", f"a {en} stands twice")
        return self

    @property
    def figures(self) -> HouseholdFigures:
        """What a class is computed from: the applicant, and the members who live with them."""
        together = [self.applicant, *(each for each in self.members if each.lives_together)]
        return HouseholdFigures(
            locality=self.locality,
            year=self.year,
            persons=len(together),
            income_fen=sum(each.income_fen for each in together),
            outlays=[(each.kind, each.amount_fen) for each in self.outlays],
        )

    def reads(self, act: VerifiedEvent, state: State) -> Iterable[str]:
        """Also where the dossier is in its life."""
        return [*super().reads(act, state), key_of(DossierLife, self.dossier)]

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """Whom it names belongs to the household, and how each lives is said in known words."""
        self.standing(state)
        for each in (self.applicant, *self.members):
            check_words(each, WORDS_OF_SITUATION, state.get(Unit, self.unit), state)
        members = self.household(state).members
        for each in self.members:
            if each.member not in members:
                raise MEMBER_OF_ANOTHER.refused(member=each.member, dossier=self.dossier)

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """It is known on which exclusions the family declared."""
        household = self.household(state)
        household.declared = [each.exclusion for each in self.exclusions]
        state.put(household)
        note_facts(self.dossier, officers_of(act, state), state)


class ConsentRecorded(OfDossier):
    """The family's written consent to being compared with registers (核对授权书).

    The applicant signed it, and the ``members`` named; whoever is not named is not compared.
    """

    TITLE_ZH: ClassVar[str] = "核对授权登记"
    TITLE_EN: ClassVar[str] = "Consent recorded"
    ROLES: ClassVar[frozenset[str]] = frozenset({"clerk"})

    document: Document
    members: Annotated[list[MemberId], Field(default_factory=list, max_length=29)]
    until: Day | None = None

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """Who signed belongs to the household, and it has not ended yet."""
        self.standing(state)
        members = self.household(state).members
        for each in self.members:
            if each not in members:
                raise MEMBER_OF_ANOTHER.refused(member=each, dossier=self.dossier)
        if self.until is not None and self.until < act.recorded_on:
            raise CONSENT_ENDS_EARLY.refused(found=self.until, expected=act.recorded_on)

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """It stands, in the place of one before."""
        household = self.household(state)
        household.consented = list(self.members)
        household.consent_until = self.until
        state.put(household)


class ConsentWithdrawn(OfDossier):
    """The family withdraws its consent (撤回授权): nobody of it is compared from now on."""

    TITLE_ZH: ClassVar[str] = "核对授权撤回"
    TITLE_EN: ClassVar[str] = "Consent withdrawn"
    ROLES: ClassVar[frozenset[str]] = frozenset({"clerk"})

    reason: Text

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """One stands."""
        self.standing(state)
        if self.household(state).consented is None:
            raise NO_CONSENT.refused(dossier=self.dossier)

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """None stands."""
        household = self.household(state)
        household.consented = household.consent_until = None
        state.put(household)
