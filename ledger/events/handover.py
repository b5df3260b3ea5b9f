"""Matters handed over (移送), and cases that another organ files (立案): oversight beyond the ledger's own.

Rules of oversight practice, 10: a case is filed by an outside organ alone, under its own file number. What the ledger
calls a discipline case (:class:`ledger.events.oversight.CaseOpened`) is the office's own matter under verification.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from ledger.domain.event import Document, Event, VerifiedEvent
from ledger.domain.fields import (
    CampaignCode,
    HandoverId,
    InvestigationId,
    LongText,
    PastDay,
    Text,
    UnitCode,
)
from ledger.domain.rectification import Handover
from ledger.domain.state import Investigation, State
from ledger.events.oversight import FlagKey, check_no_part, check_no_party


class _Outside(Event):
    """Something between the office's oversight and another organ."""

    ROLES: ClassVar[frozenset[str]] = frozenset({"inspector", "auditor"})

    unit: UnitCode | None = None
    campaign: CampaignCode | None = None
    organ: Text
    investigation: InvestigationId | None = None

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """The discipline case, if it names one, is known; by the seventh version, it is about nobody who signs."""
        if self.investigation is None:
            return
        investigation = state.get(Investigation, self.investigation)
        if state.rules >= 7:
            check_no_party(act, investigation, state)

    def tags(self, act: VerifiedEvent) -> list[str]:
        """Also under its discipline case's id."""
        case = [] if self.investigation is None else [f"investigation:{self.investigation}"]
        return [*case, *super().tags(act)]


class MatterHandedOver(_Outside):
    """A matter is handed over to another organ (移送): by which letter, when, what, and over which flags."""

    TITLE_ZH: ClassVar[str] = "问题线索移送"
    TITLE_EN: ClassVar[str] = "Matter handed over"

    letter: Document
    handed_over_on: PastDay
    what: LongText
    flags: Annotated[list[FlagKey], Field(max_length=500)] = Field(default_factory=list)

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """By somebody who had no part in what its flags are about."""
        super().decide(act, state)
        for flag in self.flags:
            check_no_part(act, flag.subject, state)

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """It can be named by what comes of it."""
        state.put(Handover(act.id, unit=self.unit, campaign=self.campaign))

    def tags(self, act: VerifiedEvent) -> list[str]:
        """Also under its own id."""
        return [f"handover:{act.id}", *super().tags(act)]


class OutsideCaseRecorded(_Outside):
    """Another organ filed a case (外部机关立案): its file number and day, and from which handing over it came."""

    TITLE_ZH: ClassVar[str] = "外部机关立案登记"
    TITLE_EN: ClassVar[str] = "Outside case recorded"

    handover: HandoverId | None = None
    file_number: Text
    filed_on: PastDay
    what: LongText

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """What it came from is known."""
        super().decide(act, state)
        if self.handover is not None:
            state.get(Handover, self.handover)

    def tags(self, act: VerifiedEvent) -> list[str]:
        """Also under what it came from."""
        came_from = [] if self.handover is None else [f"handover:{self.handover}"]
        return [*came_from, *super().tags(act)]
