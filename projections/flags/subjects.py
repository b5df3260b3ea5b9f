"""Which subjects events touch, for rules that share the same kind of subject."""

from __future__ import annotations

from collections.abc import Iterator

from ledger.events.campaign import PolicyAmended
from ledger.events.dossier import DossierAmended
from ledger.events.nomination import Approved, Nominated, Rejected, Revoked
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
    """The case that is made, ended, paid or paid back; at a change of dossier or policy, all its cases.

    Confirmation and approval change nothing of whom it is about; :func:`approval` hears of those.
    """
    match item.event:
        case Nominated():
            yield Subject(item.event.campaign, "case", item.act.id)
        case Rejected() | Revoked():
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


def approval(item: Recorded, look: Lookup) -> Iterator[Subject]:
    """The case as :func:`case` has it, and at its approval too."""
    match item.event:
        case Approved():
            yield Subject(item.event.campaign, "case", item.event.case)
        case _:
            yield from case(item, look)


def payout(item: Recorded, look: Lookup) -> Iterator[Subject]:
    """A payout, and those of a case that is approved after them; at a change of policy, all under it."""
    match item.event:
        case Disbursed() | AidDelivered():
            yield Subject(item.event.campaign, "payout", item.act.id)
        case PayoutReturned():
            yield Subject(item.event.campaign, "payout", item.event.payout)
        case Approved():
            for payout_id in look.payouts_of_case.get(item.event.case, ()):
                yield Subject(item.event.campaign, "payout", payout_id)
        case PolicyAmended():
            campaign = item.event.campaign
            for payout_id in look.payouts_of_campaign.get(campaign, ()):
                yield Subject(campaign, "payout", payout_id)


def dossier(item: Recorded, look: Lookup) -> Iterator[Subject]:
    """The dossier on which a nomination or a payout is made or undone."""
    match item.event:
        case Nominated() | Disbursed() | AidDelivered():
            yield Subject(item.event.campaign, "dossier", item.event.dossier)
        case PayoutReturned():
            campaign, dossier_id = look.payout[item.event.payout]
            yield Subject(campaign, "dossier", dossier_id)
        case Rejected() | Revoked():
            yield Subject(item.event.campaign, "dossier", look.dossier_of_case[item.event.case])
