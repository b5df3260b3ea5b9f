"""Rectification (整改): lists of what a unit puts right until a day, and the striking off of each item (销号).

Rules of oversight practice, 10. Who strikes an item off is of oversight, and neither of the unit answerable nor was at
work in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from ledger.domain.authority import served
from ledger.domain.event import STATE_NOT_ALLOWED, Document, Event, VerifiedEvent, holds
from ledger.domain.fields import (
    CampaignCode,
    Day,
    InvestigationId,
    LongText,
    RectificationId,
    Text,
    UnitCode,
)
from ledger.domain.rectification import Rectification
from ledger.domain.references import Scope
from ledger.domain.state import Campaign, Investigation, Officer, State, Unit
from ledger.domain.who_signs import UNIT_OR_SPONSOR, HeldOver
from ledger.errors import Rule
from ledger.events.oversight import (
    FlagKey,
    check_apart,
    check_no_part,
    check_no_party,
    parties_in,
    places_of,
)
from ledger.events.separation import (
    Titles,
    avoided_since,
    belongs_to,
    check_two_persons,
    joined,
    officers_of,
    watches_from_within,
)
from ledger.events.verification import check_ahead

ITEM_UNKNOWN = Rule(
    "item-unknown",
    zh="整改清单中没有第 {found} 项，共 {expected} 项：请核对序号",
    en="the rectification list has no item {found}, it has {expected}: check the number",
)
OWN_RECTIFICATION = Rule(
    "own-rectification",
    zh="{officer} 属于整改责任单位 {unit}，或曾在该单位任职，不得办理销号：由其他监督人员办理",
    en="{officer} belongs to {unit}, which is answerable, or was at work there, and does not strike the item off:"
    " somebody else of oversight does",
)

NOT_OVER_IT = Rule(
    "rectification-not-over-unit",
    zh="{officer} 的监督范围不含整改责任单位 {unit}，不得办理销号：由对该单位负监督责任的人员办理",
    en="{officer} does not oversee {unit}, which is answerable, and does not strike the item off: who oversees it does",
)

STRIKING_OFF_AT_THE_TOP: Titles = (
    "对最上级单位负责整改的事项办理销号",
    "striking off what the topmost unit answers for",
)
OVERSIGHT_ROLES = frozenset({"inspector", "auditor"})
"""Who orders a rectification and strikes its items off: discipline inspection (纪检), the union's audit (经审)."""


class RectificationItem(BaseModel):
    """One thing to be put right (整改事项): what, by which unit, until which day, and what gave rise to it."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    what: Text
    unit: UnitCode
    due: Day
    flag: FlagKey | None = None
    investigation: InvestigationId | None = None


def _kept(item: RectificationItem, state: State) -> Sequence[Any]:
    """An item as the list keeps it, with who had a part in what gave rise to it."""
    flags = [] if item.flag is None else [item.flag]
    parties, places = parties_in(flags, state), places_of(flags, state)
    if item.investigation is not None:
        investigation = state.get(Investigation, item.investigation)
        parties, places = joined(parties, investigation.parties), [*places, *investigation.places]
    subject = None if item.flag is None else item.flag.subject
    return [item.unit, False, subject, item.investigation, parties, places]


class RectificationOrdered(Event):
    """A rectification is ordered (下达整改通知): the notice's number, and the list of items with their days."""

    TITLE_ZH: ClassVar[str] = "下达整改通知"
    TITLE_EN: ClassVar[str] = "Rectification ordered"
    ROLES: ClassVar[frozenset[str]] = OVERSIGHT_ROLES
    HELD_OVER: ClassVar[HeldOver] = UNIT_OR_SPONSOR

    campaign: CampaignCode
    unit: UnitCode | None = None
    document: Document
    items: Annotated[list[RectificationItem], Field(min_length=1, max_length=200)]
    text: LongText | None = None

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """By somebody who had no part in what the flags are about; every day lies ahead."""
        for item in self.items:
            state.get(Unit, item.unit)
            check_ahead(item.due, act)
            if item.flag is not None:
                check_no_part(act, item.flag.subject, state)
            if item.investigation is not None:
                investigation = state.get(Investigation, item.investigation)
                if state.rules >= 7:
                    check_no_party(act, investigation, state)

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """Every item is to be put right."""
        unit = self.unit or state.get(Campaign, self.campaign).sponsor
        items = [_kept(item, state) for item in self.items]
        state.put(Rectification(act.id, self.campaign, unit, ordered_at=act.recorded_at, items=items))

    def tags(self, act: VerifiedEvent) -> list[str]:
        """Also under its own id, and its discipline cases'."""
        cases = dict.fromkeys(item.investigation for item in self.items if item.investigation is not None)
        return [f"rectification:{act.id}", *(f"investigation:{case}" for case in cases), *super().tags(act)]


class RectificationStruckOff(Event):
    """An item of a rectification list is struck off (销号), with the paper that shows that it was put right."""

    TITLE_ZH: ClassVar[str] = "整改销号"
    TITLE_EN: ClassVar[str] = "Rectification struck off"
    ROLES: ClassVar[frozenset[str]] = OVERSIGHT_ROLES
    HELD_OVER: ClassVar[HeldOver] = UNIT_OR_SPONSOR

    campaign: CampaignCode
    unit: UnitCode | None = None
    rectification: RectificationId
    item: Annotated[int, Field(ge=1, le=200)]
    evidence: Document
    text: LongText

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """The item is on the list and not struck off; by nobody of the unit answerable.

        By the seventh version of the rules persons count, the signer oversees the unit, and had no part in what gave
        rise to the item.
        """
        rectification = state.get(Rectification, self.rectification)
        if self.item > len(rectification.items):
            raise ITEM_UNKNOWN.refused(expected=len(rectification.items), found=self.item)
        unit, struck_off, *_ = rectification.items[self.item - 1]
        if struck_off:
            raise STATE_NOT_ALLOWED.refused(expected="open", found="closed")
        since = avoided_since(rectification.ordered_at)
        for officer in officers_of(act, state):
            home = state.get(Officer, officer).unit
            is_of_it = home == unit if state.rules < 7 else belongs_to(officer, unit, state)
            is_of_it = is_of_it or watches_from_within(officer, unit, state)
            if is_of_it and state.rules >= 8 and not state.get(Unit, unit).ancestors:
                # Everybody is of the topmost unit: two strike off what it answers for.
                check_two_persons(act, state, STRIKING_OFF_AT_THE_TOP)
                is_of_it = False
            if is_of_it or served(state.person_of(officer), Scope(unit, None), since, state):
                raise OWN_RECTIFICATION.refused(officer=officer, unit=unit)
            if state.rules >= 7 and not self._oversees(officer, unit, state):
                raise NOT_OVER_IT.refused(officer=officer, unit=unit)
        if state.rules >= 7:
            # The list keeps who had a part: what its items rest on is not read when one is struck off.
            _, _, subject, investigation, parties, places = rectification.items[self.item - 1]
            said = subject or f"investigation:{investigation}"
            check_apart(act, parties, places, said, state)

    def _oversees(self, officer: str, unit: str, state: State) -> bool:
        return holds(state.get(Officer, officer), OVERSIGHT_ROLES, Scope(unit, self.campaign), state)

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """The item stands struck off."""
        rectification = state.get(Rectification, self.rectification)
        items = list(rectification.items)
        unit, _, *rest = items[self.item - 1]
        items[self.item - 1] = [unit, True, *rest]
        rectification.items = items
        state.put(rectification)

    def tags(self, act: VerifiedEvent) -> list[str]:
        """Also under its list's id."""
        return [f"rectification:{self.rectification}", *super().tags(act)]
