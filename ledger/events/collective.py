"""Help to a unit or a site without named persons (集体慰问): approved, given, and what comes back.

It is an act of its own with its own sums: it names no dossier and no case, charges a line, and is bounded by the
policy, so that nobody is helped under this heading who should be on a list under their own name.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from ledger.domain.compromise import is_unsound
from ledger.domain.event import CASHIERS, FINANCE, Document, Event, VerifiedEvent
from ledger.domain.fields import CampaignCode, Names, PositiveFen, Reference, Text, UnitCode, Word
from ledger.domain.move import Move
from ledger.domain.record import Record
from ledger.domain.references import CAMPAIGN_DIFFERS, UNIT_DIFFERS, Scope
from ledger.domain.state import Campaign, Line, State, Unit, key_of
from ledger.domain.who_signs import TAKING_PART, HeldOver
from ledger.errors import Rule
from ledger.events.bank import BankDay, check_days_open, moved_days, note_moved
from ledger.events.campaign import sound_campaign
from ledger.events.dossier import check_same
from ledger.events.eligibility import check_eligible
from ledger.events.funds import check_holds, check_line, line_id, move
from ledger.events.payout import AidItem
from ledger.events.procedure import check_site_step
from ledger.events.separation import (
    Titles,
    check_not_alone,
    check_separate,
    check_two_signatures,
    joined,
    officers_of,
)

NOT_IN_POLICY = Rule(
    "collective-not-in-policy",
    zh="方案没有规定集体慰问，不得审批：请修订方案，或按对象逐人申报",
    en="the policy lays nothing down for help to sites, none is approved: amend it, or nominate persons by name",
)
ABOVE_CAP = Rule(
    "collective-above-cap",
    zh="集体慰问 {found!y} 元，超过方案规定的 {expected!y} 元（一次限额或按人数计）",
    en="help of {found!y} yuan to a site is above the {expected!y} yuan of the policy, per visit or by heads",
)
ABOVE_APPROVED = Rule(
    "collective-above-approval",
    zh="集体慰问支出 {found!y} 元，超过已批未付的 {expected!y} 元",
    en="{found!y} yuan for a site are above the {expected!y} yuan approved and not given yet",
)
LINE_IS_ANOTHER = Rule(
    "collective-line-differs",
    zh="集体慰问的资金项目不符：审批为 {expected}，所填为 {found}",
    en="the help was approved on the line {expected}, not on {found}",
)
APPROVAL_UNSOUND = Rule(
    "collective-approval-distrusted",
    zh="该集体慰问由已外泄的密钥、或其授予的岗位审批，不能据以支出：{help}。请由他人重新审批",
    en="the help to a site was approved by a key that was in others' hands, or by a role that one gave, nothing is paid on"
    " it: {help}; let somebody approve anew",
)
ABOVE_GIVEN = Rule(
    "collective-return-above",
    zh="退回 {found!y} 元，超过已支出未退回的 {expected!y} 元",
    en="{found!y} yuan come back, more than the {expected!y} yuan given and not returned",
)
OF_ONE = Rule(
    "collective-of-one",
    zh="现场只有 {found} 人，不属于集体慰问：请按对象申报",
    en="a site where {found} works is no site: nominate the person",
)
FEWEST_HEADS = 2
"""How many work at a site at least; one person is a case."""
APPROVING_A_SITE: Titles = ("审批", "approved")
PAYING_A_SITE: Titles = ("支出", "pay for")

CollectiveHelpId = Annotated[Reference, Names("collective-help")]
"""A help to a site on record (集体慰问)."""


@dataclass
class CollectiveHelp(Record):
    """A help to a site (集体慰问): what was approved, given and came back, by whom; ``approved_with`` keys, and when."""

    KIND: ClassVar[str] = "collective-help"
    id: str
    campaign: str
    unit: str
    line: str
    approved_fen: int
    approved_by: list[str]
    approved_with: list[Any]
    given_fen: int = 0
    returned_fen: int = 0
    paid_by: list[str] = field(default_factory=list)

    @property
    def left_fen(self) -> int:
        """What of it is approved and not given."""
        return self.approved_fen - self.given_fen + self.returned_fen


@dataclass
class SitesOfUnit(Record):
    """What all sites of a unit were approved in a campaign. The id is ``campaign@unit``."""

    KIND: ClassVar[str] = "sites-of-unit"
    id: str
    approved_fen: int = 0


class _ForSite(Event):
    HELD_OVER: ClassVar[HeldOver] = TAKING_PART

    campaign: CampaignCode
    unit: UnitCode
    line: Word
    amount_fen: PositiveFen


class CollectiveHelpApproved(_ForSite):
    """Help to a unit or a site is approved (审批集体慰问), within the policy's sums. Its id is this statement's.

    ``headcount`` is how many work there; nobody of them is named.
    """

    TITLE_ZH: ClassVar[str] = "审批集体慰问"
    TITLE_EN: ClassVar[str] = "Help to a site approved"
    ROLES: ClassVar[frozenset[str]] = frozenset({"approver"})

    site: Text
    headcount: Annotated[int, Field(ge=1, le=1_000_000)]
    reason: Text

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """The policy has it, the sum is within its caps, and two sign above the limit."""
        campaign = sound_campaign(self.campaign, state)
        rules = campaign.terms.collective
        if rules is None:
            raise NOT_IN_POLICY.refused()
        check_line(campaign, self.line)
        by_heads = [] if rules.per_head_cap_fen is None else [rules.per_head_cap_fen * self.headcount]
        funding = campaign.terms.funding
        if state.rules >= 7 and funding is not None and funding.per_time_cap_fen is not None:
            by_heads.append(funding.per_time_cap_fen * self.headcount)
        cap_fen = min([rules.per_visit_cap_fen, *by_heads])
        if self.amount_fen > cap_fen:
            raise ABOVE_CAP.refused(expected=cap_fen, found=self.amount_fen)
        so_far_fen = 0
        if state.rules >= 7:
            if self.headcount < FEWEST_HEADS:
                raise OF_ONE.refused(found=self.headcount)
            check_eligible(state.get(Unit, self.unit), campaign.terms.year, state)
            check_site_step(act, "approve", Scope(self.unit, self.campaign), state)
            so_far_fen = self._so_far(state).approved_fen
        check_two_signatures(act, campaign, state, so_far_fen + self.amount_fen)

    def reads(self, act: VerifiedEvent, state: State) -> Iterable[str]:
        """Also what the unit's sites were approved in the campaign."""
        return [*super().reads(act, state), key_of(SitesOfUnit, self._unit_id)]

    @property
    def _unit_id(self) -> str:
        return f"{self.campaign}@{self.unit}"

    def _so_far(self, state: State) -> SitesOfUnit:
        return state.find(SitesOfUnit, self._unit_id) or SitesOfUnit(self._unit_id)

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """It can be given."""
        state.put(SitesOfUnit(self._unit_id, self._so_far(state).approved_fen + self.amount_fen))
        state.put(
            CollectiveHelp(
                act.id,
                self.campaign,
                self.unit,
                self.line,
                self.amount_fen,
                officers_of(act, state),
                [list(act.signers), act.recorded_at],
            )
        )

    def tags(self, act: VerifiedEvent) -> list[str]:
        """Also under its own id."""
        return [f"collective-help:{act.id}", *super().tags(act)]


class _OfHelp(_ForSite):
    ROLES: ClassVar[frozenset[str]] = CASHIERS

    help: CollectiveHelpId

    def reads(self, act: VerifiedEvent, state: State) -> Iterable[str]:
        """Also the line, and who moved its money on that day."""
        days = (key_of(BankDay, day) for day in moved_days(act, self.campaign, self.line, state))
        return [*super().reads(act, state), key_of(Line, line_id(self.campaign, self.line)), *days]

    def the_help(self, state: State) -> CollectiveHelp:
        """The help, refused where it is another unit's, campaign's or line's."""
        found = state.get(CollectiveHelp, self.help)
        check_same(CAMPAIGN_DIFFERS, found.campaign, self.campaign)
        check_same(UNIT_DIFFERS, found.unit, self.unit)
        check_same(LINE_IS_ANOTHER, found.line, self.line)
        return found

    def tags(self, act: VerifiedEvent) -> list[str]:
        """Also under its help's id."""
        return [f"collective-help:{self.help}", *super().tags(act)]


class CollectiveHelpGiven(_OfHelp):
    """What was approved for a site is paid for and handed over (发放集体慰问); goods are listed with their value."""

    TITLE_ZH: ClassVar[str] = "发放集体慰问"
    TITLE_EN: ClassVar[str] = "Help to a site given"

    method: Literal["bank", "cash"] = "bank"
    items: Annotated[list[AidItem], Field(max_length=50)] = Field(default_factory=list)
    document: Document

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """Within what is approved and what the line holds, by another than who approved."""
        campaign = sound_campaign(self.campaign, state)
        found = self.the_help(state)
        keys, at = found.approved_with
        if is_unsound(keys, at, "approver", Scope(found.unit, found.campaign), state):
            raise APPROVAL_UNSOUND.refused(help=found.id)
        check_separate(act, state, found.approved_by, APPROVING_A_SITE, PAYING_A_SITE)
        if self.amount_fen > found.left_fen:
            raise ABOVE_APPROVED.refused(expected=found.left_fen, found=self.amount_fen)
        before_fen = 0
        if state.rules >= 7:
            check_eligible(state.get(Unit, self.unit), campaign.terms.year, state)
            check_site_step(act, "pay", Scope(self.unit, self.campaign), state)
            before_fen = found.given_fen
        check_two_signatures(act, campaign, state, before_fen + self.amount_fen)
        check_days_open(act, state, moved_days(act, self.campaign, self.line, state))
        check_holds(state, line_id(self.campaign, self.line), self.amount_fen)

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """The line holds less."""
        found = state.get(CollectiveHelp, self.help)
        found.given_fen += self.amount_fen
        found.paid_by = joined(found.paid_by, officers_of(act, state))
        state.put(found)
        note_moved(act, state, moved_days(act, self.campaign, self.line, state))
        move(state, line_id(self.campaign, self.line), -self.amount_fen)
        state.put(
            Move(act.id, self.campaign, self.line, "debit", self.amount_fen, by=officers_of(act, state))
        )


class CollectiveHelpReturned(_OfHelp):
    """What was given to a site comes back to the line (集体慰问退回)."""

    TITLE_ZH: ClassVar[str] = "集体慰问退回"
    TITLE_EN: ClassVar[str] = "Help to a site returned"
    ROLES: ClassVar[frozenset[str]] = FINANCE

    reason: Text

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """No more than was given and did not come back; also after the campaign's close."""
        state.get(Campaign, self.campaign)
        found = self.the_help(state)
        kept_fen = found.given_fen - found.returned_fen
        if self.amount_fen > kept_fen:
            raise ABOVE_GIVEN.refused(expected=kept_fen, found=self.amount_fen)
        if state.rules >= 7:
            check_not_alone(act, state, found.paid_by)

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """The line holds more."""
        found = state.get(CollectiveHelp, self.help)
        found.returned_fen += self.amount_fen
        state.put(found)
        move(state, line_id(self.campaign, self.line), self.amount_fen)
        state.put(
            Move(act.id, self.campaign, self.line, "credit", self.amount_fen, by=officers_of(act, state))
        )
