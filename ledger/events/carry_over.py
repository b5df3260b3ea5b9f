"""What a source has left goes into next year's campaign (结转下年)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from ledger.domain.event import ACCOUNTANTS, Document, Event, VerifiedEvent
from ledger.domain.fields import CampaignCode, PositiveFen, Text, Word
from ledger.domain.state import Campaign, Line, State, key_of
from ledger.domain.who_signs import SPONSOR, HeldOver
from ledger.errors import Rule
from ledger.events.campaign import open_campaign
from ledger.events.funds import check_holds, check_line, line_id, move
from ledger.events.separation import check_two_persons

NOT_NEXT_YEARS = Rule(
    "carry-over-not-forward",
    zh="结转须转入同一主办单位其后年度的活动：{found}（{found_year} 年度）不是",
    en="money is carried over into a later year's campaign of the same sponsor, which {found} ({found_year}) is not",
)
SOURCE_DIFFERS = Rule(
    "carry-over-source-differs",
    zh="结转不得改变资金来源：转出为 {expected}，转入为 {found}",
    en="carried over money keeps its source: it comes from {expected} and would go to {found}",
)
NOT_CARRIED_OVER = Rule(
    "source-not-carried-over",
    zh="方案规定资金来源 {source} 不结转下年：结余应予缴回",
    en="by the policy, what is left of the source {source} is not carried over but returned",
)

EARMARK_LOST = Rule(
    "carry-over-earmark-lost",
    zh="资金来源“{source}”专款专用，转入活动 {found} 的方案未将其列为专款专用，不得结转：请先修订该方案",
    en="money of the source {source} is earmarked, which the policy of {found} does not say of it: amend that policy"
    " before the money is carried over",
)


class FundsCarriedOver(Event):
    """What a line has left goes to a line of the same source in a later year's campaign (结转下年); two sign."""

    TITLE_ZH: ClassVar[str] = "结转下年"
    TITLE_EN: ClassVar[str] = "Funds carried over"
    ROLES: ClassVar[frozenset[str]] = ACCOUNTANTS
    HELD_OVER: ClassVar[HeldOver] = SPONSOR

    campaign: CampaignCode
    from_line: Word
    to_campaign: CampaignCode
    to_line: Word
    amount_fen: PositiveFen
    document: Document | None = None
    reason: Text

    def reads(self, act: VerifiedEvent, state: State) -> Iterable[str]:
        """Both lines."""
        lines = line_id(self.campaign, self.from_line), line_id(self.to_campaign, self.to_line)
        return [*super().reads(act, state), *(key_of(Line, line) for line in lines)]

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """From what the line holds, also after the campaign's close, into an open campaign of a later year."""
        check_two_persons(act, state, ("结转下年", "carrying money over"))
        old, new = state.get(Campaign, self.campaign), open_campaign(self.to_campaign, state)
        if new.sponsor != old.sponsor or new.terms.year <= old.terms.year:
            raise NOT_NEXT_YEARS.refused(found=new.id, found_year=new.terms.year)
        check_line(old, self.from_line)
        check_line(new, self.to_line)
        source, target = (
            campaign.terms.source_of(line) for campaign, line in ((old, self.from_line), (new, self.to_line))
        )
        if source != target:
            raise SOURCE_DIFFERS.refused(expected=source, found=target)
        typed = None if old.terms.funding is None else old.terms.funding.of(source)
        if typed is not None and not typed.carries_over:
            raise NOT_CARRIED_OVER.refused(source=typed.title)
        if state.rules >= 8 and typed is not None and typed.earmarked:
            there = None if new.terms.funding is None else new.terms.funding.of(target)
            if there is None or not there.earmarked:
                raise EARMARK_LOST.refused(source=typed.title, found=new.id)
        check_holds(state, line_id(self.campaign, self.from_line), self.amount_fen)

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """The old campaign's line holds less, the new one's more."""
        move(state, line_id(self.campaign, self.from_line), -self.amount_fen)
        move(state, line_id(self.to_campaign, self.to_line), self.amount_fen)
