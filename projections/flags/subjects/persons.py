"""Persons whom events touch (个人)."""

from __future__ import annotations

from collections.abc import Iterator

from ledger.events.campaign import PolicyAmended
from ledger.events.nomination import (
    Nominated,
    Rejected,
    Revoked,
)
from ledger.events.payout import (
    AidDelivered,
    Disbursed,
    PayoutReturned,
)
from projections.flags.lookup import Lookup
from projections.flags.subject import NO_CAMPAIGN, PAID, Subject, of
from projections.recorded import Recorded


@of(*PAID, PolicyAmended)
def paid_person(item: Recorded, look: Lookup) -> Iterator[Subject]:
    """The person whom a payout reaches; at a change of policy, everybody known in its campaign."""
    match item.event:
        case Disbursed() | AidDelivered() as event:
            yield Subject(event.campaign, "person", look.persons[event.dossier])
        case PolicyAmended() as event:
            for person in sorted(look.persons_of_campaign[event.campaign]):
                yield Subject(event.campaign, "person", person)


@of(*PAID, PolicyAmended)
def person_paid_again(item: Recorded, look: Lookup) -> Iterator[Subject]:
    """The person as :func:`paid_person` has them, who holds more than one payout."""
    for subject in paid_person(item, look):
        if look.payouts_of_person.get(subject.name, 0) > 1:
            yield subject


@of(PayoutReturned)
def person_paid_back(item: Recorded, look: Lookup) -> Iterator[Subject]:
    """The person whose payout came back."""
    match item.event:
        case PayoutReturned() as event:
            person = look.persons[look.dossier_of_payout[event.payout]]
            yield Subject(event.campaign, "person", person)


def _helped_person(item: Recorded, look: Lookup) -> tuple[str, list[str]]:
    """The campaign, and the person nominated or paid; at a change of policy, everybody known in it."""
    match item.event:
        case Nominated() | Disbursed() | AidDelivered() as event:
            return event.campaign, [look.persons[event.dossier]]
        case PolicyAmended() as event:
            return event.campaign, sorted(look.persons_of_campaign[event.campaign])
    return NO_CAMPAIGN, []


@of(Nominated, *PAID, PolicyAmended)
def person_of_two_units(item: Recorded, look: Lookup) -> Iterator[Subject]:
    """The person nominated or paid, with dossiers in two units, in every campaign that knows them."""
    campaign, persons = _helped_person(item, look)
    for person in persons:
        if len(look.units_of_person.get(person, ())) > 1:
            yield from _in_all_campaigns(person, campaign, look)


@of(Nominated, *PAID, PolicyAmended)
def person_of_two_campaigns(item: Recorded, look: Lookup) -> Iterator[Subject]:
    """The person nominated or paid, known in two campaigns, in each of them."""
    campaign, persons = _helped_person(item, look)
    for person in persons:
        if len(look.campaigns_of_person.get(person, ())) > 1:
            yield from _in_all_campaigns(person, campaign, look)


@of(Rejected, Revoked, PayoutReturned)
def person_helped_no_more(item: Recorded, look: Lookup) -> Iterator[Subject]:
    """The person whose case is over or whose payout came back, in every campaign that knows them."""
    match item.event:
        case Rejected() | Revoked() as event:
            dossier_id = look.dossier_of_case[event.case]
        case PayoutReturned() as event:
            dossier_id = look.dossier_of_payout[event.payout]
        case _:
            return
    yield from _in_all_campaigns(look.persons[dossier_id], event.campaign, look)


def _in_all_campaigns(person: str, campaign: str, look: Lookup) -> Iterator[Subject]:
    for known in sorted({campaign} | look.campaigns_of_person.get(person, set())):
        yield Subject(known, "person", person)
