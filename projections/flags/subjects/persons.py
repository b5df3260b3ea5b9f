"""Persons whom events touch (个人)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from ledger.events.campaign import PolicyAmended
from ledger.events.nomination import Nominated, Rejected, Revoked
from ledger.events.payout import AidDelivered, Disbursed, PayoutReturned
from projections.flags.lookup import Lookup
from projections.flags.subject import PAID, Subject, Triggers
from projections.frame.recorded import Recorded

# --- What one event touches ------------------------------------------------------------------------


def reached(event: Disbursed | AidDelivered, item: Recorded, look: Lookup) -> Sequence[Subject]:
    """The person whom a payout reaches."""
    return (Subject(event.campaign, "person", look.persons[event.dossier]),)


def reached_again(event: Disbursed | AidDelivered, item: Recorded, look: Lookup) -> Sequence[Subject]:
    """The person whom a payout reaches, who holds more than one."""
    person = look.persons[event.dossier]
    return (Subject(event.campaign, "person", person),) if look.payouts_of_person.get(person, 0) > 1 else ()


def reached_anywhere(event: Disbursed | AidDelivered, item: Recorded, look: Lookup) -> Iterable[Subject]:
    """The person whom a payout reaches, who holds more than one, in every campaign that knows them."""
    person = look.persons[event.dossier]
    several = look.payouts_of_person.get(person, 0) > 1
    return _in_all_campaigns(person, event.campaign, look) if several else ()


def everybody(event: PolicyAmended, item: Recorded, look: Lookup) -> Iterable[Subject]:
    """Everybody known in the campaign."""
    persons = sorted(look.persons_of_campaign[event.campaign])
    return [Subject(event.campaign, "person", person) for person in persons]


def everybody_paid_again(event: PolicyAmended, item: Recorded, look: Lookup) -> Iterable[Subject]:
    """Everybody known in the campaign who holds more than one payout."""
    return [s for s in everybody(event, item, look) if look.payouts_of_person.get(s.name, 0) > 1]


def paid_back(event: PayoutReturned, item: Recorded, look: Lookup) -> Sequence[Subject]:
    """The person whose payout came back."""
    return (Subject(event.campaign, "person", look.persons[look.dossier_of_payout[event.payout]]),)


def in_several_units(person: str, look: Lookup) -> bool:
    """Whether the person has dossiers in more than one unit."""
    return len(look.units_of_person.get(person, ())) > 1


def in_several_campaigns(person: str, look: Lookup) -> bool:
    """Whether more than one campaign knows the person."""
    return len(look.campaigns_of_person.get(person, ())) > 1


def helped(which: Callable[[str, Lookup], bool]) -> Triggers:
    """The person nominated or paid, if they are such a one, in every campaign that knows them.

    At a change of policy, everybody like that who is known in its campaign.
    """

    def one(event: Nominated | Disbursed | AidDelivered, item: Recorded, look: Lookup) -> Sequence[Subject]:
        person = look.persons[event.dossier]
        return _in_all_campaigns(person, event.campaign, look) if which(person, look) else ()

    def all_known(event: PolicyAmended, item: Recorded, look: Lookup) -> Iterable[Subject]:
        for person in sorted(look.persons_of_campaign[event.campaign]):
            if which(person, look):
                yield from _in_all_campaigns(person, event.campaign, look)

    return Triggers({(Nominated, *PAID): one, PolicyAmended: all_known})


def of_case(event: Rejected | Revoked, item: Recorded, look: Lookup) -> Iterable[Subject]:
    """The person whose case is over, in every campaign that knows them."""
    person = look.persons[look.dossier_of_case[event.case]]
    return _in_all_campaigns(person, event.campaign, look)


def of_payout(event: PayoutReturned, item: Recorded, look: Lookup) -> Iterable[Subject]:
    """The person whose payout came back, in every campaign that knows them."""
    person = look.persons[look.dossier_of_payout[event.payout]]
    return _in_all_campaigns(person, event.campaign, look)


def _in_all_campaigns(person: str, campaign: str, look: Lookup) -> list[Subject]:
    known = sorted({campaign} | look.campaigns_of_person.get(person, set()))
    return [Subject(each, "person", person) for each in known]


# --- What rules share ------------------------------------------------------------------------------

paid_person = Triggers({PAID: reached, PolicyAmended: everybody})
"""The person whom a payout reaches; at a change of policy, everybody known in its campaign."""

person_paid_again = Triggers({PAID: reached_again, PolicyAmended: everybody_paid_again})
"""The person as :data:`paid_person` has them, who holds more than one payout."""

person_paid_anywhere = person_paid_again.but({PAID: reached_anywhere})
"""The person as :data:`person_paid_again` has them, in every campaign that knows them."""

person_paid_back = Triggers({PayoutReturned: paid_back})
"""The person whose payout came back."""

person_of_two_units = helped(in_several_units)
"""The person nominated or paid, with dossiers in two units, in every campaign that knows them."""

person_of_two_campaigns = helped(in_several_campaigns)
"""The person nominated or paid, known in two campaigns, in each of them."""

person_helped_no_more = Triggers({(Rejected, Revoked): of_case, PayoutReturned: of_payout})
"""The person whose case is over or whose payout came back, in every campaign that knows them."""
