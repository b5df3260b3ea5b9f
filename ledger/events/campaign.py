"""Campaigns (慰问活动): opened with their policy, amended, closed; rosters and summaries filed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from ledger.domain.authority import signers_of
from ledger.domain.compromise import is_unsound
from ledger.domain.event import Event, VerifiedEvent
from ledger.domain.fields import (
    CampaignCode,
    Count,
    Fen,
    LongText,
    NewCode,
    Text,
    UnitCode,
    Word,
)
from ledger.domain.loosening import check_two_approvers, is_loosened
from ledger.domain.policy.campaign_policy import Policy
from ledger.domain.references import Scope
from ledger.domain.state import Campaign, State, Unit
from ledger.domain.who_signs import SPONSOR, TAKING_PART, UNIT_ALONE, HeldOver
from ledger.errors import Rule, yuan
from ledger.events.registry import ALREADY_REGISTERED

POLICY_DISTRUSTED = Rule(
    "policy-distrusted",
    zh="活动 {campaign} 由已外泄的密钥启动，或其方案由这样的密钥参与放宽，不能据以审批、领取、发放：请两名审批人重新修订方案，"
    "放宽的也可改回放宽之前",
    en="a key that was in others' hands opened the campaign {campaign}, or signed what made its policy looser, nothing is"
    " approved, drawn or paid by it: let two approvers amend the policy anew, or one set back what was loosened",
)
CAMPAIGN_CLOSED = Rule(
    "campaign-closed", zh="慰问活动 {campaign} 已经结束", en="campaign {campaign} is closed"
)


def open_campaign(code: str, state: State) -> Campaign:
    """The campaign; refused where it is unknown or closed."""
    campaign = state.get(Campaign, code)
    if campaign.closed:
        raise CAMPAIGN_CLOSED.refused(campaign=code)
    return campaign


def sound_campaign(code: str, state: State) -> Campaign:
    """The open campaign, whose policy no stolen key made looser: what is approved and paid rests on its limits.

    Raises:
        Refused: ``reference-unknown``, ``campaign-closed``, ``policy-distrusted``.
    """
    campaign = open_campaign(code, state)
    if state.rules >= 4:
        check_sound(campaign, state)
    return campaign


def check_sound(campaign: Campaign, state: State) -> None:
    """Refuses what rests on a policy that a stolen key made looser, also once the campaign is closed.

    Raises:
        Refused: ``policy-distrusted``.
    """
    if _is_unsound(campaign, state):
        raise POLICY_DISTRUSTED.refused(campaign=campaign.id)


def _is_unsound(campaign: Campaign, state: State) -> bool:
    scope = Scope(campaign.sponsor, campaign.id)
    return _was_opened_unsoundly(campaign, state) or any(
        is_unsound(keys, at, "approver", scope, state) for keys, at in campaign.loosened
    )


def _was_opened_unsoundly(campaign: Campaign, state: State) -> bool:
    """Whether a stolen key is behind the opening; by the fourth version of the rules nobody asked."""
    if state.rules < 5 or not campaign.opened_with:
        return False
    keys, at = campaign.opened_with
    return is_unsound(keys, at, "approver", Scope(campaign.sponsor, campaign.id), state)


def was_approved_loosely(campaign: Campaign, approved_at: str, state: State) -> bool:
    """Whether something was approved (at a UTC moment) while a stolen key had made the policy looser than it is now."""
    scope = Scope(campaign.sponsor, campaign.id)
    return any(
        at <= approved_at <= until and is_unsound(keys, at, "approver", scope, state)
        for keys, at, until in campaign.was_loose
    )


class CampaignOpened(Event):
    """A campaign begins (活动启动), with the policy that lays it down."""

    TITLE_ZH: ClassVar[str] = "活动启动"
    TITLE_EN: ClassVar[str] = "Campaign opened"
    ROLES: ClassVar[frozenset[str]] = frozenset({"approver"})
    HELD_OVER: ClassVar[HeldOver] = UNIT_ALONE

    campaign: NewCode
    unit: UnitCode
    title: Text
    policy: Policy

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """The code is free, the sponsor known."""
        if state.find(Campaign, self.campaign) is not None:
            raise ALREADY_REGISTERED.refused(kind="campaign", id=self.campaign)
        state.get(Unit, self.unit)

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """The campaign stands open."""
        policy = self.policy.model_dump(mode="json", exclude_defaults=True)
        at = act.recorded_at
        opened_with = [list(act.signers), at]
        state.put(
            Campaign(
                self.campaign,
                self.unit,
                self.title,
                policy,
                opened_at=at,
                opened_with=opened_with,
                rules=state.rules,
            )
        )


class _OfSponsor(Event):
    """An event that the campaign's sponsor answers for."""

    HELD_OVER: ClassVar[HeldOver] = SPONSOR

    campaign: CampaignCode


class PolicyAmended(_OfSponsor):
    """The policy is set anew (方案修订), as a whole, with the reason.

    What makes it looser, see :mod:`ledger.domain.loosening`, is signed by two approvers.
    """

    TITLE_ZH: ClassVar[str] = "方案修订"
    TITLE_EN: ClassVar[str] = "Policy amended"
    ROLES: ClassVar[frozenset[str]] = frozenset({"approver"})

    policy: Policy
    reason: Text

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """The campaign is open, and two persons sign what loosens the policy."""
        campaign = open_campaign(self.campaign, state)
        if state.rules >= 2:
            persons = {state.person_of(officer.id) for officer in signers_of(act, state)}
            before = campaign.terms
            if state.rules >= 4 and campaign.firm is not None and _is_unsound(campaign, state):
                # What a stolen key made looser takes two again, or goes back.
                before = Policy.model_validate(campaign.firm)
            check_two_approvers(before, self.policy, len(persons), state.rules)

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """What is decided from now on follows the new policy."""
        old = state.get(Campaign, self.campaign)
        policy = self.policy.model_dump(mode="json", exclude_defaults=True)
        firm, loosened = self._loosened(act, old, state)
        ended = [[*each, act.recorded_at] for each in old.loosened if each not in loosened]
        opened_with = self._opened_with(act, old, state)
        state.put(
            replace(
                old,
                policy=policy,
                firm=firm,
                loosened=loosened,
                was_loose=[*old.was_loose, *ended],
                opened_with=opened_with,
                _terms=None,
            )
        )

    def _opened_with(self, act: VerifiedEvent, old: Campaign, state: State) -> Sequence[Any]:
        """Whose keys stand behind the opening: two who amend what a stolen key opened answer for it from now on."""
        persons = {state.person_of(officer.id) for officer in signers_of(act, state)}
        if len(persons) < 2 or not _was_opened_unsoundly(old, state):
            return old.opened_with
        return [list(act.signers), act.recorded_at]

    def _loosened(
        self, act: VerifiedEvent, old: Campaign, state: State
    ) -> tuple[dict[str, Any] | None, list[Sequence[Any]]]:
        """The policy that stood before anything made it looser, and the signatures under what did."""
        firm = old.policy if old.firm is None else old.firm
        if not is_loosened(Policy.model_validate(firm), self.policy):
            return None, []
        signed = [list(act.signers), act.recorded_at]
        if _is_unsound(old, state):
            return firm, [signed]
        if is_loosened(old.terms, self.policy):
            return firm, [*old.loosened, signed]
        return firm, old.loosened


class CampaignClosed(_OfSponsor):
    """The campaign ends (活动结束); only returns, reconciliation and oversight go on."""

    TITLE_ZH: ClassVar[str] = "活动结束"
    TITLE_EN: ClassVar[str] = "Campaign closed"
    ROLES: ClassVar[frozenset[str]] = frozenset({"approver"})

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """The campaign is open."""
        open_campaign(self.campaign, state)

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """The campaign stands closed."""
        campaign = state.get(Campaign, self.campaign)
        campaign.closed = True
        state.put(campaign)


class RosterFiled(Event):
    """A unit hands in its roster (名单报送): Annex 1, 2 or 3, clause A-9.

    The roster is the unit's nominations as they stand at this event's position.
    """

    TITLE_ZH: ClassVar[str] = "名单报送"
    TITLE_EN: ClassVar[str] = "Roster filed"
    ROLES: ClassVar[frozenset[str]] = frozenset({"clerk", "confirmer"})
    HELD_OVER: ClassVar[HeldOver] = TAKING_PART

    campaign: CampaignCode
    unit: UnitCode
    annex: Literal["1", "2", "3"]
    count: Count

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """Campaign open, unit known."""
        open_campaign(self.campaign, state)
        state.get(Unit, self.unit)


class SummaryFigure(BaseModel):
    """One line of a summary (总结数字): who was helped in a category from a fund line, and with how much, in fen.

    Money that was kept and goods that were delivered; persons and enterprises count one each. ``unit`` is whose cases
    they are, where the summary tells units apart; help without a case has no category.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    category: Word | None = None
    line: Word | None = None
    unit: UnitCode | None = None
    persons: Count
    amount_fen: Fen


MOST_FIGURES = 300
"""How many figures a summary has at most: with its text it stays within what an entry may hold."""

SUMMARY_NOT_ADDED_UP = Rule(
    "summary-not-added-up",
    zh="总结的分项与合计不符：合计 {expected}，分项相加为 {found}",
    en="the figures do not add up to the summary's: {expected} in all, {found} added up",
)


class SummaryFiled(Event):
    """A unit hands in its written summary (工作总结), clauses A-10 and B-8.

    ``figures`` say the same by category, fund line and unit, as of the entry at position ``as_of``: whoever has the
    entries comes to the same figures, or not.
    """

    VERSION: ClassVar[int] = 2
    TITLE_ZH: ClassVar[str] = "总结报送"
    TITLE_EN: ClassVar[str] = "Summary filed"
    ROLES: ClassVar[frozenset[str]] = frozenset({"clerk", "confirmer"})
    HELD_OVER: ClassVar[HeldOver] = TAKING_PART

    campaign: CampaignCode
    unit: UnitCode
    persons: Count
    enterprises: Count = 0
    amount_fen: Fen
    text: LongText
    typical_cases: Annotated[list[LongText], Field(max_length=10)] = Field(default_factory=list)
    as_of: Annotated[int, Field(ge=1, le=2**53 - 1)] | None = None
    figures: Annotated[list[SummaryFigure], Field(max_length=MOST_FIGURES)] = Field(default_factory=list)

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """Campaign and unit are known; a closed campaign is summed up too. Its parts add up to the whole."""
        state.get(Campaign, self.campaign)
        state.get(Unit, self.unit)
        if not self.figures:
            return
        whole = self.persons + self.enterprises, self.amount_fen
        parts = sum(each.persons for each in self.figures), sum(each.amount_fen for each in self.figures)
        if whole != parts:
            raise SUMMARY_NOT_ADDED_UP.refused(
                expected=f"{whole[0]}, {yuan(whole[1])}", found=f"{parts[0]}, {yuan(parts[1])}"
            )


class SummaryFiledV1(Event):
    """A summary as it was recorded before it had figures by category."""

    NAME: ClassVar[str] = "SummaryFiled"
    TITLE_ZH: ClassVar[str] = "总结报送"
    TITLE_EN: ClassVar[str] = "Summary filed"
    HELD_OVER: ClassVar[HeldOver] = TAKING_PART

    campaign: CampaignCode
    unit: UnitCode
    persons: Count
    enterprises: Count = 0
    amount_fen: Fen
    text: LongText
    typical_cases: Annotated[list[LongText], Field(max_length=10)] = Field(default_factory=list)

    def upcast(self) -> Event:
        """Without figures."""
        return SummaryFiled(**self.__dict__)
