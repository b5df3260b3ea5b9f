"""Which subjects events touch, for rules that share the same kind of subject."""

from __future__ import annotations

from collections.abc import Iterator

from ledger.events.nomination import Nominated, OfCase
from ledger.events.payout import AidDelivered, Disbursed, PayoutReturned
from projections.flags.rule import Lookup, Subject
from projections.recorded import Recorded


def paid_person(item: Recorded, look: Lookup) -> Iterator[Subject]:
    """The person whom a payout reaches, or from whom one comes back."""
    match item.event:
        case Disbursed() | AidDelivered():
            event = item.event
            yield Subject(event.campaign, "person", look.person_of_dossier[event.dossier])
        case PayoutReturned():
            campaign, dossier, _ = look.payout[item.event.payout]
            yield Subject(campaign, "person", look.person_of_dossier[dossier])


def case(item: Recorded, look: Lookup) -> Iterator[Subject]:
    """The case that an event makes or is about."""
    match item.event:
        case Nominated():
            yield Subject(item.event.campaign, "case", item.act.id)
        case OfCase():
            yield Subject(item.event.campaign, "case", item.event.case)


