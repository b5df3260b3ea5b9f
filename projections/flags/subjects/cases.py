"""Cases whom events touch (提名)."""

from __future__ import annotations

from collections.abc import Iterator

from ledger.events.campaign import PolicyAmended, RosterFiled
from ledger.events.dossier import DossierAmended
from ledger.events.nomination import (
    Approved,
    Confirmed,
    Nominated,
    NoticePosted,
    ObjectionLodged,
    ObjectionSettled,
    Rejected,
    Revoked,
)
from ledger.events.payout import (
    AidDelivered,
    Disbursed,
    PayoutReturned,
)
from ledger.events.registry import KinDeclared, OfficerEnrolled
from projections.flags.lookup import Lookup
from projections.flags.subject import NO_CAMPAIGN, PAID, Subject, of
from projections.recorded import Recorded

LATER = (
    Rejected,
    Revoked,
    ObjectionLodged,
    ObjectionSettled,
    NoticePosted,
    Disbursed,
    AidDelivered,
    PayoutReturned,
)
"""What can happen to a case after its flag is raised."""


@of(Nominated, *PAID, DossierAmended, PolicyAmended)
def nominated_case(item: Recorded, look: Lookup) -> Iterator[Subject]:
    """The case that is made, or paid after the fact; at a change of dossier or policy, all its cases."""
    match item.event:
        case Nominated() as event:
            yield Subject(event.campaign, "case", item.act.id)
        case Disbursed(after_the_fact=True) | AidDelivered(after_the_fact=True) as event:
            if event.case is not None:
                yield Subject(event.campaign, "case", event.case)
        case DossierAmended() as event:
            for campaign, case_id in look.cases_of_dossier[event.dossier]:
                yield Subject(campaign, "case", case_id)
        case PolicyAmended() as event:
            for case_id in look.cases_of_campaign[event.campaign]:
                yield Subject(event.campaign, "case", case_id)


@of(Nominated, *PAID, DossierAmended)
def misnamed_case(item: Recorded, look: Lookup) -> Iterator[Subject]:
    """The case as :func:`nominated_case` has it, where the account is in another name in any version."""
    match item.event:
        case Nominated() as event:
            for marks in look.marks[event.dossier]:
                if marks.get("account_holder", marks["name"]) != marks["name"]:
                    yield Subject(event.campaign, "case", item.act.id)
                    return
        case PolicyAmended():
            return
        case _:
            yield from nominated_case(item, look)


@of(Nominated, *PAID, DossierAmended)
def dead_persons_case(item: Recorded, look: Lookup) -> Iterator[Subject]:
    """The case nominated or paid on a dossier with a date of death, in any version; or amended."""
    match item.event:
        case Nominated() as event if event.dossier in look.died:
            yield Subject(event.campaign, "case", item.act.id)
        case Disbursed() | AidDelivered() as event if event.dossier in look.died:
            if event.case is not None:
                yield Subject(event.campaign, "case", event.case)
        case DossierAmended():
            yield from nominated_case(item, look)


@of(Approved, *PAID, PolicyAmended)
def approved_case(item: Recorded, look: Lookup) -> Iterator[Subject]:
    """The case that is approved, or paid after the fact; at a change of policy, all its cases."""
    match item.event:
        case Approved() as event:
            yield Subject(event.campaign, "case", event.case)
        case Nominated() | DossierAmended():
            return
        case _:
            yield from nominated_case(item, look)


@of(Approved, *PAID)
def given_case(item: Recorded, look: Lookup) -> Iterator[Subject]:
    """The case that is approved or paid."""
    match item.event:
        case Approved() as event:
            yield Subject(event.campaign, "case", event.case)
        case Disbursed() | AidDelivered() as event:
            if event.case is not None:
                yield Subject(event.campaign, "case", event.case)


@of(Approved, *PAID, PolicyAmended)
def rostered_case(item: Recorded, look: Lookup) -> Iterator[Subject]:
    """The case as :func:`approved_case` has it, of a unit that filed a roster."""
    match item.event:
        case Approved() as event if (event.campaign, event.unit) not in look.rostered:
            return
        case _:
            yield from approved_case(item, look)


@of(RosterFiled, *LATER)
def case_of_filing_unit(item: Recorded, look: Lookup) -> Iterator[Subject]:
    """All cases of a unit that files a roster, and the case as :func:`later_on_case` has it."""
    match item.event:
        case RosterFiled() as event:
            for case_id in look.cases_of_unit[event.campaign, event.unit]:
                yield Subject(event.campaign, "case", case_id)
        case _:
            yield from later_on_case(item, look)


STEPS = (Nominated, Confirmed, Approved, *PAID)
"""What somebody signs for a case."""


def _signed_by(keys: set[str], item: Recorded, look: Lookup) -> Iterator[Subject]:
    """The case, where one of these keys signed a step of it; at an officer's, all that they signed."""
    match item.event:
        case OfficerEnrolled() | KinDeclared() as event:
            for campaign, case_id in sorted(look.cases_of_officer[event.officer]):
                yield Subject(campaign, "case", case_id)
        case Nominated() as event:
            if not keys.isdisjoint(item.act.signers):
                yield Subject(event.campaign, "case", item.act.id)
        case Confirmed() | Approved() | Disbursed() | AidDelivered() as event:
            if event.case is not None and not keys.isdisjoint(item.act.signers):
                yield Subject(event.campaign, "case", event.case)


@of(*STEPS, DossierAmended, OfficerEnrolled, KinDeclared)
def signed_case(item: Recorded, look: Lookup) -> Iterator[Subject]:
    """The case at each step by an officer whose marks, or whose relatives', are known; all amended."""
    match item.event:
        case DossierAmended():
            yield from nominated_case(item, look)
        case _:
            yield from _signed_by(look.marked_keys, item, look)


@of(*STEPS, OfficerEnrolled)
def separated(item: Recorded, look: Lookup) -> Iterator[Subject]:
    """The case at each step that one person may have done twice; the officer who is enrolled.

    Of one officer it is possible only after the fact.
    """
    match item.event:
        case OfficerEnrolled() as event:
            yield Subject(NO_CAMPAIGN, "officer", event.officer)
        case (
            Approved(after_the_fact=True) | Disbursed(after_the_fact=True) | AidDelivered(after_the_fact=True)
        ):
            yield from given_case(item, look)
            return
    yield from _signed_by(look.double_keys, item, look)


@of(Nominated, Approved, *PAID)
def banned_units_case(item: Recorded, look: Lookup) -> Iterator[Subject]:
    """A case of a unit that is or was under sanction in the campaign's year."""
    match item.event:
        case Nominated() | Approved() | Disbursed() | AidDelivered() as event:
            if (event.unit, look.years.get(event.campaign, 0)) in look.sanctioned:
                case_id = item.act.id if isinstance(event, Nominated) else event.case
                if case_id is not None:
                    yield Subject(event.campaign, "case", case_id)


@of(*LATER)
def later_on_case(item: Recorded, look: Lookup) -> Iterator[Subject]:
    """The case that is ended, paid or paid back, put on a notice, objected to, or settled."""
    match item.event:
        case Rejected() | Revoked() | ObjectionLodged() | ObjectionSettled() as event:
            yield Subject(event.campaign, "case", event.case)
        case Disbursed() | AidDelivered() | PayoutReturned() as event:
            if event.case is not None:
                yield Subject(event.campaign, "case", event.case)
        case NoticePosted() as event:
            for case_id in event.cases:
                yield Subject(event.campaign, "case", case_id)
