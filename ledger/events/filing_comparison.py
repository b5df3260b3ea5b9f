"""Comparison at filing (申报时比对): the ledger compares whom a campaign was handed with those on file, where its policy says so.

Who signed the policy asked for it, so that nobody has to start a run. The ledger's own key only raises what is to be
looked at: it never says that a pair is none, and no pair is settled by it. Clause B-5.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, ClassVar

from pydantic import Field, model_validator

from ledger.domain.event import Event, VerifiedEvent
from ledger.domain.fields import CampaignCode, Count, UnitCode, Word
from ledger.domain.linkage import FilingsComparedUpTo
from ledger.domain.references import UNIT_DIFFERS
from ledger.domain.state import Campaign, Dossier, State, key_of
from ledger.domain.who_signs import SignedBy
from ledger.errors import Rule
from ledger.events.dossier import check_same
from ledger.events.federation import Position
from ledger.events.linkage import PAIRS_IN_A_STATEMENT, LinkedPair
from ledger.validation_words import ValueProblem

COMPARISON_NOT_ASKED = Rule(
    "comparison-not-asked",
    zh="活动 {campaign} 的方案未要求申报时比对：须先变更方案",
    en="the policy of the campaign {campaign} does not ask for a comparison at filing: it has to be amended first",
)
FILINGS_COMPARED = Rule(
    "filings-compared",
    zh="活动 {campaign} 登记序号 {expected} 及以前的申报已经比对，实为 {found}",
    en="what was filed in the campaign {campaign} up to entry {expected} was compared already, found {found}",
)


class FilingsCompared(Event):
    """Whom a campaign was handed was compared with those on file (申报时比对), or one part of what was found.

    ``through`` is the last entry that counts as handed in; what comes after it is compared by the next. The pairs are
    those of a person handed in since the comparison before, with anybody of the sponsor's unit and all below it.
    """

    TITLE_ZH: ClassVar[str] = "申报时比对"
    TITLE_EN: ClassVar[str] = "Filings compared"
    SIGNED_BY: ClassVar[SignedBy] = "ledger"

    campaign: CampaignCode
    unit: UnitCode
    model: Word
    through: Position
    compared: Count
    fresh: Count
    set_aside: Count
    pairs: Annotated[list[LinkedPair], Field(max_length=PAIRS_IN_A_STATEMENT)]
    part: Annotated[Count, Field(ge=1)]
    parts: Annotated[Count, Field(ge=1)]

    @model_validator(mode="after")
    def _is_a_part(self) -> FilingsCompared:
        if self.part > self.parts:
            raise ValueProblem("分份序号大于份数", "a part of more than there are")
        return self

    def reads(self, act: VerifiedEvent, state: State) -> Iterable[str]:
        """Also up to which entry filings were compared."""
        return [*super().reads(act, state), key_of(FilingsComparedUpTo, self.campaign)]

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """Where the policy asks for it, of entries after those that were compared, about known dossiers."""
        campaign = state.get(Campaign, self.campaign)
        check_same(UNIT_DIFFERS, campaign.sponsor, self.unit)
        if not campaign.terms.compare_at_filing:
            raise COMPARISON_NOT_ASKED.refused(campaign=self.campaign)
        before = state.find(FilingsComparedUpTo, self.campaign)
        if before is not None and self.through <= before.through:
            raise FILINGS_COMPARED.refused(
                campaign=self.campaign, expected=before.through, found=self.through
            )
        for pair in self.pairs:
            state.get(Dossier, pair.first)
            state.get(Dossier, pair.second)

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """The last part closes it: one that broke off is made again."""
        if self.part == self.parts:
            state.put(FilingsComparedUpTo(self.campaign, self.through))
