"""Campaigns (慰问活动): opened with their policy, amended, closed; rosters and summaries filed."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from ledger.domain.authority import signers_of
from ledger.domain.event import Event, VerifiedEvent
from ledger.domain.fields import (
    CampaignCode,
    Count,
    Fen,
    LongText,
    NewCode,
    Text,
    UnitCode,
)
from ledger.domain.loosening import check_two_approvers
from ledger.domain.policy import Policy
from ledger.domain.state import Campaign, State, Unit
from ledger.domain.who_signs import SPONSOR, TAKING_PART, UNIT_ALONE, HeldOver
from ledger.errors import Rule
from ledger.events.registry import ALREADY_REGISTERED

CAMPAIGN_CLOSED = Rule(
    "campaign-closed", zh="慰问活动 {campaign} 已经结束", en="campaign {campaign} is closed"
)


def open_campaign(code: str, state: State) -> Campaign:
    """The campaign; refused where it is unknown or closed."""
    campaign = state.get(Campaign, code)
    if campaign.closed:
        raise CAMPAIGN_CLOSED.refused(campaign=code)
    return campaign


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
        state.put(Campaign(self.campaign, self.unit, self.title, policy, opened_at=act.recorded_at))


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
            check_two_approvers(campaign.terms, self.policy, len(persons), state.rules)

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """What is decided from now on follows the new policy."""
        old = state.get(Campaign, self.campaign)
        policy = self.policy.model_dump(mode="json", exclude_defaults=True)
        state.put(Campaign(old.id, old.sponsor, old.title, policy, opened_at=old.opened_at))


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


class SummaryFiled(Event):
    """A unit hands in its written summary (工作总结), clauses A-10 and B-8."""

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

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """Campaign and unit are known; a closed campaign is summed up too."""
        state.get(Campaign, self.campaign)
        state.get(Unit, self.unit)
