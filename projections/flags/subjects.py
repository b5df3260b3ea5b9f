"""Which subjects events touch, for rules that share the same kind of subject."""

from __future__ import annotations

from collections.abc import Iterator

from ledger.events.campaign import PolicyAmended
from ledger.events.dossier import DossierAmended
from ledger.events.nomination import Nominated, OfCase
from ledger.events.payout import AidDelivered, Disbursed, PayoutReturned
from projections.flags.rule import Lookup, Subject
from projections.recorded import Recorded


def paid_person(item: Recorded, look: Lookup) -> Iterator[Subject]:
    """The person whom a payout reaches or leaves; at a change of policy, everybody paid under it."""
    match item.event:
        case Disbursed() | AidDelivered():
            event = item.event
            yield Subject(event.campaign, "person", look.person_of_dossier[event.dossier])
        case PayoutReturned():
            campaign, dossier = look.payout[item.event.payout]
            yield Subject(campaign, "person", look.person_of_dossier[dossier])
        case PolicyAmended():
            campaign = item.event.campaign
            for person in look.persons_of_campaign.get(campaign, ()):
                yield Subject(campaign, "person", person)


def case(item: Recorded, look: Lookup) -> Iterator[Subject]:
    """The case that an event makes or is about; at a change of dossier or policy, all its cases."""
    match item.event:
        case Nominated():
            yield Subject(item.event.campaign, "case", item.act.id)
        case OfCase():
            yield Subject(item.event.campaign, "case", item.event.case)
        case Disbursed(case=str()) | AidDelivered(case=str()) | PayoutReturned(case=str()):
            yield Subject(item.event.campaign, "case", str(item.event.case))
        case DossierAmended():
            for campaign, case_id in look.cases_of_dossier.get(item.event.dossier, ()):
                yield Subject(campaign, "case", case_id)
        case PolicyAmended():
            campaign = item.event.campaign
            for case_id in look.cases_of_campaign.get(campaign, ()):
                yield Subject(campaign, "case", case_id)
