"""Working papers reviewed (底稿复核): another auditor than who prepared one agrees to it, or sends it back."""

from __future__ import annotations

from typing import ClassVar, Literal

from ledger.domain.event import STATE_NOT_ALLOWED, Event, VerifiedEvent
from ledger.domain.fields import CampaignCode, LongText, SampleId, UnitCode
from ledger.domain.references import CAMPAIGN_DIFFERS, UNIT_DIFFERS
from ledger.domain.sample import ExaminedSample
from ledger.domain.state import State
from ledger.domain.who_signs import UNIT_OR_SPONSOR, HeldOver
from ledger.errors import Rule
from ledger.events.dossier import check_same
from ledger.events.oversight import check_no_part_in_campaign
from ledger.events.separation import officers_of

OWN_PAPER = Rule(
    "working-paper-own",
    zh="{officer} 编制了该底稿，不得复核：由另一名审计人员复核",
    en="{officer} prepared this working paper and does not review it: another auditor does",
)


class WorkingPaperReviewed(Event):
    """The working paper over a sample was reviewed (工作底稿复核): agreed to, or sent back to be put right.

    A paper that was sent back is prepared anew by another examination, or reviewed again once what was asked is done.
    """

    TITLE_ZH: ClassVar[str] = "底稿复核"
    TITLE_EN: ClassVar[str] = "Working paper reviewed"
    ROLES: ClassVar[frozenset[str]] = frozenset({"auditor"})
    HELD_OVER: ClassVar[HeldOver] = UNIT_OR_SPONSOR

    campaign: CampaignCode
    unit: UnitCode
    sample: SampleId
    outcome: Literal["agreed", "sent-back"]
    opinion: LongText

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """It is prepared and not agreed to; nobody reviews their own, nor what they had a part in."""
        sample = state.get(ExaminedSample, self.sample)
        check_same(CAMPAIGN_DIFFERS, sample.campaign, self.campaign)
        check_same(UNIT_DIFFERS, sample.unit, self.unit)
        if sample.state == "agreed":
            raise STATE_NOT_ALLOWED.refused(expected="prepared, sent-back", found=sample.state)
        prepared = {state.person_of(officer) for officer in sample.by}
        for officer in officers_of(act, state):
            if state.person_of(officer) in prepared:
                raise OWN_PAPER.refused(officer=officer)
        check_no_part_in_campaign(act, self.campaign, self.unit, state)

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """The paper stands agreed to, or sent back."""
        sample = state.get(ExaminedSample, self.sample)
        sample.state = self.outcome
        state.put(sample)
