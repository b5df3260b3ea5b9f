"""What the public writes, committed when it is received (异议收件): the ledger's own key says so.

The words themselves are no part of the ledger. What is recorded is a hash of them, with a salt that
lies beside them in the inbox, before the number is given to whoever wrote them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from ledger.domain.claims import successor_key
from ledger.domain.event import Event, VerifiedEvent
from ledger.domain.fields import (
    CampaignCode,
    CaseId,
    Digest,
    NewReceiptNumber,
    NoticeId,
    UnitCode,
)
from ledger.domain.references import CAMPAIGN_DIFFERS, UNIT_DIFFERS
from ledger.domain.state import (
    Case,
    Notice,
    ReceivedObjection,
    State,
    key_of,
)
from ledger.domain.who_signs import SignedBy
from ledger.events.dossier import check_same
from ledger.events.outstanding import note_objection
from ledger.events.registry import ALREADY_REGISTERED


class ObjectionReceived(Event):
    """An objection from the public was received (收到群众异议), under the number that was given for it."""

    TITLE_ZH: ClassVar[str] = "收到群众异议"
    TITLE_EN: ClassVar[str] = "Objection received"
    SIGNED_BY: ClassVar[SignedBy] = "ledger"

    campaign: CampaignCode
    unit: UnitCode
    case: CaseId
    notice: NoticeId
    number: NewReceiptNumber
    digest: Digest

    def reads(self, act: VerifiedEvent, state: State) -> Iterable[str]:
        """Also whether the number was given before, and the nomination that took the place of its case."""
        return [*super().reads(act, state), key_of(ReceivedObjection, self.number), successor_key(self.case)]

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """About a case of this unit, under a new number."""
        case = state.get(Case, self.case)
        state.get(Notice, self.notice)
        check_same(CAMPAIGN_DIFFERS, case.campaign, self.campaign)
        check_same(UNIT_DIFFERS, case.unit, self.unit)
        if state.find(ReceivedObjection, self.number) is not None:
            raise ALREADY_REGISTERED.refused(kind="objection", id=self.number)

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """It waits for an officer."""
        state.put(ReceivedObjection(self.number, self.case, self.notice, digest=self.digest))
        note_objection(state.get(Case, self.case), state, new=self.number)

    def tags(self, act: VerifiedEvent) -> list[str]:
        """Also under its number."""
        return [f"received:{self.number}", *super().tags(act)]
