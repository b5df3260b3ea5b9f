"""The subjects of flags (疑点对象), and which of them an event touches.

Rules of the same kind share a function here, and the engine asks it once a batch for all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple, Protocol, cast

from ledger.event import AfterTheFact, Event
from ledger.events.campaign import PolicyAmended, RosterFiled, SummaryFiled
from ledger.events.dossier import DossierAmended, DossierErased, DossierFiled
from ledger.events.funds import FundAllocated, FundReturned, FundTransferred
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
from ledger.events.oversight import ConductReported
from ledger.events.payout import (
    AidDelivered,
    BankLineMatched,
    Disbursed,
    DrawnReturned,
    MoneyDrawn,
    PayoutReturned,
)
from ledger.events.registry import KeyRevoked, KeyRotated, KinDeclared, OfficerEnrolled
from projections.flags.lookup import Lookup
from projections.recorded import Recorded

SUBJECT_TITLES = {
    "person": ("个人", "person"),
    "case": ("提名", "nomination"),
    "payout": ("发放", "payout"),
    "dossier": ("档案", "dossier"),
    "household": ("家庭", "household"),
    "account": ("账户", "account"),
    "phone": ("电话", "phone"),
    "address": ("住址", "address"),
    "event": ("账目", "entry"),
    "unit": ("单位", "unit"),
    "officer": ("人员", "officer"),
    "line": ("资金科目", "fund line"),
    "key": ("密钥", "key"),
}


PAID = (Disbursed, AidDelivered)
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
AFTER_THE_FACT = tuple(kind for kind in Event.types.values() if issubclass(kind, AfterTheFact))

NO_CAMPAIGN = "-"
"""The campaign of a subject that stands outside all campaigns: a key, an officer, a dossier."""


class Subject(NamedTuple):
    """Whom or what a flag is about, within a campaign: its kind and name."""

    campaign: str
    kind: str
    name: str

    @property
    def text(self) -> str:
        """``kind:campaign/name``: the subject as one key."""
        return f"{self.kind}:{self.campaign}/{self.name}"


class Touching(Protocol):
    """Tells the subjects that an event touches; it is only asked of events of its ``types``."""

    types: frozenset[type[Event]]

    def __call__(self, item: Recorded, look: Lookup) -> Iterable[Subject]:
        """The subjects to evaluate as of the event's position."""
        ...


def of(*types: type[Event]) -> Callable[[Callable[[Recorded, Lookup], Iterable[Subject]]], Touching]:
    """Declares the types of the events that a function is asked of."""

    def declare(function: Callable[[Recorded, Lookup], Iterable[Subject]]) -> Touching:
        touching = cast(Touching, function)
        touching.types = frozenset(types)
        return touching

    return declare


@of()
def nothing(item: Recorded, look: Lookup) -> Iterable[Subject]:
    """For a rule that is asked only when a day ends or a campaign closes."""
    return ()


# --- Persons ------------------------------------------------------------------------------------


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


# --- Cases --------------------------------------------------------------------------------------


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


@of(Nominated, Confirmed, Approved, *PAID, DossierAmended, PolicyAmended, OfficerEnrolled, KinDeclared)
def signed_case(item: Recorded, look: Lookup) -> Iterator[Subject]:
    """The case at each step that somebody signs, once the ledger knows any officer's person."""
    match item.event:
        case OfficerEnrolled() | KinDeclared() as event:
            for campaign, case_id in sorted(look.cases_of_officer[event.officer]):
                yield Subject(campaign, "case", case_id)
        case Confirmed() as event if look.marked_officers:
            yield Subject(event.campaign, "case", event.case)
        case Nominated() | DossierAmended() if look.marked_officers:
            yield from nominated_case(item, look)
        case _ if look.marked_officers:
            yield from given_case(item, look)


@of(Nominated, Confirmed, Approved, *PAID, DossierAmended, PolicyAmended, OfficerEnrolled, KinDeclared)
def separated(item: Recorded, look: Lookup) -> Iterator[Subject]:
    """The case at each step that one person may have done twice; the officer who is enrolled.

    While no officer's person is known, only a step recorded after the fact can be.
    """
    match item.event:
        case OfficerEnrolled() as event:
            yield Subject(NO_CAMPAIGN, "officer", event.officer)
            yield from signed_case(item, look)
        case (
            Approved(after_the_fact=True) | Disbursed(after_the_fact=True) | AidDelivered(after_the_fact=True)
        ):
            yield from given_case(item, look)
        case _:
            yield from signed_case(item, look)


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


# --- Payouts and dossiers -----------------------------------------------------------------------


@of(*PAID, PolicyAmended)
def payout(item: Recorded, look: Lookup) -> Iterator[Subject]:
    """A payout; at a change of policy, all under it."""
    match item.event:
        case Disbursed() | AidDelivered() as event:
            yield Subject(event.campaign, "payout", item.act.id)
        case PolicyAmended() as event:
            for payout_id in look.payouts_of_campaign[event.campaign]:
                yield Subject(event.campaign, "payout", payout_id)


@of(PayoutReturned, Approved)
def payout_approved_or_returned(item: Recorded, look: Lookup) -> Iterator[Subject]:
    """A payout that came back, and those of a case that is approved after them."""
    match item.event:
        case PayoutReturned() as event:
            yield Subject(event.campaign, "payout", event.payout)
        case Approved() as event:
            for payout_id in look.payouts_of_case.get(event.case, ()):
                yield Subject(event.campaign, "payout", payout_id)


@of(BankLineMatched, PayoutReturned, Disbursed)
def banked_payout(item: Recorded, look: Lookup) -> Iterator[Subject]:
    """A payout that the bank's statement tells of, or that came back, or that pays a case again."""
    match item.event:
        case BankLineMatched() | PayoutReturned() as event:
            yield Subject(event.campaign, "payout", event.payout)
        case Disbursed() as event if event.case in look.repaid_cases:
            yield Subject(event.campaign, "payout", item.act.id)


@of(Disbursed, DossierAmended)
def amended_payout(item: Recorded, look: Lookup) -> Iterator[Subject]:
    """A payout on a dossier whose identity was changed before or is changed now."""
    match item.event:
        case Disbursed() as event if len(look.marks[event.dossier]) > 1:
            yield Subject(event.campaign, "payout", item.act.id)
        case DossierAmended() as event:
            for campaign, payout_id in look.payouts_of_dossier[event.dossier]:
                yield Subject(campaign, "payout", payout_id)


@of(*PAID)
def proxied_payout(item: Recorded, look: Lookup) -> Iterator[Subject]:
    """A payout that somebody else took, with all that the same proxy took."""
    match item.event:
        case Disbursed() | AidDelivered() as event if event.receipt.received_by == "proxy":
            yield Subject(event.campaign, "payout", item.act.id)
            for campaign, payout_id in look.payouts_of_proxy.get(item.act.marks.get("person", ""), ()):
                if payout_id != item.act.id:
                    yield Subject(campaign, "payout", payout_id)


@of(PayoutReturned)
def proxys_payout_returned(item: Recorded, look: Lookup) -> Iterator[Subject]:
    """A payout that came back, with all that its proxy took."""
    match item.event:
        case PayoutReturned() as event:
            yield Subject(event.campaign, "payout", event.payout)
            for taken in look.payouts_of_proxy.values():
                if (event.campaign, event.payout) in taken:
                    for campaign, payout_id in taken:
                        if payout_id != event.payout:
                            yield Subject(campaign, "payout", payout_id)


@of(Nominated, *PAID)
def early_dossier(item: Recorded, look: Lookup) -> Iterator[Subject]:
    """The dossier on which a nomination or a payout is dated before its filing."""
    match item.event:
        case Nominated() | Disbursed() | AidDelivered() as event:
            if item.act.statement.on < look.filed_on[event.dossier]:
                yield Subject(event.campaign, "dossier", event.dossier)


@of(Nominated, *PAID, PayoutReturned, Rejected, Revoked)
def later_on_dossier(item: Recorded, look: Lookup) -> Iterator[Subject]:
    """The dossier on which a nomination or a payout is made or undone."""
    match item.event:
        case Nominated() | Disbursed() | AidDelivered() as event:
            yield Subject(event.campaign, "dossier", event.dossier)
        case PayoutReturned() as event:
            yield Subject(event.campaign, "dossier", look.dossier_of_payout[event.payout])
        case Rejected() | Revoked() as event:
            yield Subject(event.campaign, "dossier", look.dossier_of_case[event.case])


@of(DossierFiled)
def faulty_dossier(item: Recorded, look: Lookup) -> Iterator[Subject]:
    """The dossier whose identity has a fault."""
    match item.event:
        case DossierFiled() if "identity_fault" in item.act.marks:
            yield Subject(NO_CAMPAIGN, "dossier", item.act.id)


@of(DossierAmended, DossierErased)
def erased_dossier(item: Recorded, look: Lookup) -> Iterator[Subject]:
    """The dossier that is erased or amended."""
    match item.event:
        case DossierAmended() | DossierErased() as event:
            yield Subject(NO_CAMPAIGN, "dossier", event.dossier)


# --- Marks that persons share -------------------------------------------------------------------


def shared(kind: str, *, paid_only: bool) -> Touching:
    """The mark of that kind, if others carry it too, on the dossier that is nominated, paid or amended."""

    @of(*PAID) if paid_only else of(*PAID, Nominated, DossierAmended)
    def touched(item: Recorded, look: Lookup) -> Iterator[Subject]:
        match item.event:
            case Disbursed() | AidDelivered() as event:
                found = [(event.campaign, event.dossier)]
            case Nominated() as event:
                found = [(event.campaign, event.dossier)]
            case DossierAmended() as event:
                campaigns = {campaign for campaign, _ in look.cases_of_dossier[event.dossier]}
                found = [(campaign, event.dossier) for campaign in sorted(campaigns)]
            case _:
                return
        yield from _marked(kind, found, look)

    return touched


def no_longer_shared(kind: str) -> Touching:
    """The mark of that kind on the dossier whose case is over or whose payout came back."""

    @of(Rejected, Revoked, PayoutReturned)
    def touched(item: Recorded, look: Lookup) -> Iterator[Subject]:
        match item.event:
            case Rejected() | Revoked() as event:
                yield from _marked(kind, [(event.campaign, look.dossier_of_case[event.case])], look)
            case PayoutReturned() as event:
                yield from _marked(kind, [(event.campaign, look.dossier_of_payout[event.payout])], look)

    return touched


def _marked(kind: str, dossiers: list[tuple[str, str]], look: Lookup) -> Iterator[Subject]:
    for campaign, dossier_id in dossiers:
        found = {marks[kind] for marks in look.marks[dossier_id] if kind in marks}
        for mark in sorted(found & look.shared_marks[kind]):
            yield Subject(campaign, kind, mark)


# --- Units, officers, lines, entries ------------------------------------------------------------


@of(RosterFiled, SummaryFiled)
def filing_unit(item: Recorded, look: Lookup) -> Iterator[Subject]:
    """The unit that files a roster or a summary."""
    match item.event:
        case RosterFiled() | SummaryFiled() as event:
            yield Subject(event.campaign, "unit", event.unit)


@of(*AFTER_THE_FACT)
def after_the_fact(item: Recorded, look: Lookup) -> Iterator[Subject]:
    """An entry that skipped an invariant."""
    if item.event.__dict__["after_the_fact"]:
        yield entry_of(item)


@of(*Event.types.values())
def late_entry(item: Recorded, look: Lookup) -> Iterator[Subject]:
    """An entry of an earlier date of business than the day of its recording."""
    if item.act.recorded_on > item.act.statement.on:
        yield entry_of(item)


@of(*Event.types.values())
def dated_entry(item: Recorded, look: Lookup) -> Iterator[Subject]:
    """An entry whose date a window or a phase of its campaign judges."""
    event = item.event
    if isinstance(event, Disbursed | AidDelivered | MoneyDrawn) or event.NAME in look.phased:
        yield entry_of(item)


def entry_of(item: Recorded) -> Subject:
    """The entry as a subject, within its campaign where it has one."""
    return Subject(item.event.__dict__.get("campaign") or NO_CAMPAIGN, "event", str(item.position))


@of(ConductReported)
def reported(item: Recorded, look: Lookup) -> Iterator[Subject]:
    """The officer against whom conduct is reported, or the unit where no officer is named."""
    match item.event:
        case ConductReported(officer=None) as event:
            yield Subject(event.campaign, "unit", event.unit)
        case ConductReported() as event:
            yield Subject(event.campaign, "officer", str(event.officer))


@of(KeyRevoked, KeyRotated)
def ended_key(item: Recorded, look: Lookup) -> Iterator[Subject]:
    """The key that is revoked or replaced."""
    match item.event:
        case KeyRevoked() as event:
            yield Subject(NO_CAMPAIGN, "key", event.key)
        case KeyRotated(replaces=str()) as event:
            yield Subject(NO_CAMPAIGN, "key", str(event.replaces))


@of(DrawnReturned)
def returned_drawing(item: Recorded, look: Lookup) -> Iterator[Subject]:
    """What a unit holds of a line, as ``line@unit``, when it gives some back."""
    match item.event:
        case DrawnReturned() as event:
            yield Subject(event.campaign, "line", f"{event.line}@{event.unit}")


@of(FundAllocated, FundReturned, FundTransferred)
def funded_line(item: Recorded, look: Lookup) -> Iterator[Subject]:
    """The lines between which funds are moved."""
    match item.event:
        case FundAllocated() | FundReturned() as event:
            yield Subject(event.campaign, "line", event.line)
        case FundTransferred() as event:
            yield Subject(event.campaign, "line", event.from_line)
            yield Subject(event.campaign, "line", event.to_line)


@of(FundAllocated, FundReturned, FundTransferred, Disbursed, MoneyDrawn, PayoutReturned, DrawnReturned)
def moved_line(item: Recorded, look: Lookup) -> Iterator[Subject]:
    """The line that may fall below zero, by what is recorded after the fact, or rise again."""
    match item.event:
        case Disbursed(after_the_fact=True) | MoneyDrawn(after_the_fact=True) as event:
            yield Subject(event.campaign, "line", event.line)
        case PayoutReturned(line=str()) | DrawnReturned() as event:
            yield Subject(event.campaign, "line", str(event.line))
        case _:
            yield from funded_line(item, look)
