"""The subjects of flags (疑点对象), and which of them an event touches.

Rules of the same kind share a function here, and the engine asks it once a batch for all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple, Protocol

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
    OfCase,
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
    """Tells the subjects that an event touches."""

    def __call__(self, item: Recorded, look: Lookup) -> Iterable[Subject]:
        """The subjects to evaluate as of the event's position."""
        ...


def nothing(item: Recorded, look: Lookup) -> Iterable[Subject]:
    """For a rule that is asked only when a day ends or a campaign closes."""
    return ()


def paid_person(item: Recorded, look: Lookup) -> Iterator[Subject]:
    """The person whom a payout reaches or leaves; at a change of policy, everybody paid under it."""
    match item.event:
        case Disbursed() | AidDelivered() as event:
            yield Subject(event.campaign, "person", look.persons[event.dossier])
        case PayoutReturned() as event:
            dossier_id = look.dossier_of_payout[event.payout]
            yield Subject(event.campaign, "person", look.persons[dossier_id])
        case PolicyAmended() as event:
            for person in sorted(look.persons_of_campaign[event.campaign]):
                yield Subject(event.campaign, "person", person)


def helped_person(item: Recorded, look: Lookup) -> Iterator[Subject]:
    """The person nominated or paid, or no longer so, in every campaign that knows them."""
    match item.event:
        case Nominated() | Disbursed() | AidDelivered() as event:
            person = look.persons[event.dossier]
        case Rejected() | Revoked() as event:
            person = look.persons[look.dossier_of_case[event.case]]
        case PayoutReturned() as event:
            person = look.persons[look.dossier_of_payout[event.payout]]
        case PolicyAmended() as event:
            for person in sorted(look.persons_of_campaign[event.campaign]):
                for campaign in sorted({event.campaign} | look.campaigns_of_person.get(person, set())):
                    yield Subject(campaign, "person", person)
            return
        case _:
            return
    for campaign in sorted({event.campaign} | look.campaigns_of_person.get(person, set())):
        yield Subject(campaign, "person", person)


def case(item: Recorded, look: Lookup) -> Iterator[Subject]:
    """The case that is made, ended, paid or paid back; at a change of dossier or policy, all its cases.

    Confirmation and approval change nothing of whom it is about; :func:`approval` hears of those.
    """
    match item.event:
        case Nominated() as event:
            yield Subject(event.campaign, "case", item.act.id)
        case Rejected() | Revoked() as event:
            yield Subject(event.campaign, "case", event.case)
        case Disbursed() | AidDelivered() | PayoutReturned() as event:
            if event.case is not None:
                yield Subject(event.campaign, "case", event.case)
        case DossierAmended() as event:
            for campaign, case_id in look.cases_of_dossier[event.dossier]:
                yield Subject(campaign, "case", case_id)
        case PolicyAmended() as event:
            for case_id in look.cases_of_campaign[event.campaign]:
                yield Subject(event.campaign, "case", case_id)


def approval(item: Recorded, look: Lookup) -> Iterator[Subject]:
    """The case as :func:`case` has it, and at its approval too."""
    match item.event:
        case Approved() as event:
            yield Subject(event.campaign, "case", event.case)
        case _:
            yield from case(item, look)


def dead_persons_case(item: Recorded, look: Lookup) -> Iterator[Subject]:
    """The case as :func:`case` has it, where its dossier has a date of death, or has just lost it."""
    match item.event:
        case Nominated() | Disbursed() | AidDelivered() as event:
            if event.dossier in look.died:
                yield from case(item, look)
        case Rejected() | Revoked() as event:
            if look.dossier_of_case[event.case] in look.died:
                yield from case(item, look)
        case PayoutReturned() as event:
            if look.dossier_of_payout[event.payout] in look.died:
                yield from case(item, look)
        case DossierAmended():
            yield from case(item, look)


def noticed_case(item: Recorded, look: Lookup) -> Iterator[Subject]:
    """The case that is approved or no longer so, and those that a notice names; all at a change of policy."""
    match item.event:
        case Approved() | Revoked() as event:
            yield Subject(event.campaign, "case", event.case)
        case NoticePosted() as event:
            for case_id in event.cases:
                yield Subject(event.campaign, "case", case_id)
        case PolicyAmended() as event:
            for case_id in look.cases_of_campaign[event.campaign]:
                yield Subject(event.campaign, "case", case_id)


def objected_case(item: Recorded, look: Lookup) -> Iterator[Subject]:
    """The case that is objected to, approved, paid, or no longer so."""
    match item.event:
        case ObjectionLodged() | ObjectionSettled() | Approved() | Revoked() as event:
            yield Subject(event.campaign, "case", event.case)
        case Disbursed() | AidDelivered() | PayoutReturned() as event:
            if event.case is not None:
                yield Subject(event.campaign, "case", event.case)


def signed_case(item: Recorded, look: Lookup) -> Iterator[Subject]:
    """The case at each step that somebody signs, once the ledger knows any officer's person."""
    match item.event:
        case OfficerEnrolled() | KinDeclared() as event:
            for campaign, case_id in sorted(look.cases_of_officer[event.officer]):
                yield Subject(campaign, "case", case_id)
        case Confirmed() | Approved() as event if look.marked_officers:
            yield Subject(event.campaign, "case", event.case)
        case _ if look.marked_officers:
            yield from case(item, look)


def separated(item: Recorded, look: Lookup) -> Iterator[Subject]:
    """The case at each step that one person may have done twice; the officer who is enrolled.

    While no officer's person is known, only a step recorded after the fact can be.
    """
    match item.event:
        case OfficerEnrolled() as event:
            yield Subject(NO_CAMPAIGN, "officer", event.officer)
        case Approved(after_the_fact=True) as event if not look.marked_officers:
            yield Subject(event.campaign, "case", event.case)
        case Disbursed(after_the_fact=True) | AidDelivered(after_the_fact=True) as event if (
            not look.marked_officers
        ):
            if event.case is not None:
                yield Subject(event.campaign, "case", event.case)
    match item.event:
        case Rejected() | Revoked() | PayoutReturned() if not look.marked_officers:
            yield from case(item, look)
        case _:
            yield from signed_case(item, look)


def banned_units_case(item: Recorded, look: Lookup) -> Iterator[Subject]:
    """A case of a unit that is or was under sanction in the campaign's year."""
    match item.event:
        case Nominated() | Disbursed() | AidDelivered() | PayoutReturned() | OfCase() as event:
            year = look.years.get(event.campaign, 0)
            if (event.unit, year) in look.sanctioned:
                case_id = item.act.id if isinstance(event, Nominated) else event.case
                if case_id is not None:
                    yield Subject(event.campaign, "case", case_id)


def rostered_case(item: Recorded, look: Lookup) -> Iterator[Subject]:
    """The case approved, paid or no longer so; at a roster's filing, all cases of the unit."""
    match item.event:
        case RosterFiled() as event:
            for case_id in look.cases_of_unit[event.campaign, event.unit]:
                yield Subject(event.campaign, "case", case_id)
        case Approved() as event:
            yield Subject(event.campaign, "case", event.case)
        case Nominated() | DossierAmended():
            return
        case _:
            yield from case(item, look)


def payout(item: Recorded, look: Lookup) -> Iterator[Subject]:
    """A payout, and those of a case that is approved after them; at a change of policy, all under it."""
    match item.event:
        case Disbursed() | AidDelivered() as event:
            yield Subject(event.campaign, "payout", item.act.id)
        case PayoutReturned() as event:
            yield Subject(event.campaign, "payout", event.payout)
        case Approved() as event:
            for payout_id in look.payouts_of_case.get(event.case, ()):
                yield Subject(event.campaign, "payout", payout_id)
        case PolicyAmended() as event:
            for payout_id in look.payouts_of_campaign[event.campaign]:
                yield Subject(event.campaign, "payout", payout_id)


def banked_payout(item: Recorded, look: Lookup) -> Iterator[Subject]:
    """A payout that the bank's statement tells of, or that came back, or that pays a case again."""
    match item.event:
        case BankLineMatched() | PayoutReturned() as event:
            yield Subject(event.campaign, "payout", event.payout)
        case Disbursed() as event if event.case in look.repaid_cases:
            yield Subject(event.campaign, "payout", item.act.id)


def amended_payout(item: Recorded, look: Lookup) -> Iterator[Subject]:
    """A payout on a dossier whose identity was changed before or is changed now."""
    match item.event:
        case Disbursed() as event:
            if len(look.marks[event.dossier]) > 1:
                yield Subject(event.campaign, "payout", item.act.id)
        case PayoutReturned() as event:
            yield Subject(event.campaign, "payout", event.payout)
        case DossierAmended() as event:
            for campaign, payout_id in look.payouts_of_dossier[event.dossier]:
                yield Subject(campaign, "payout", payout_id)


def proxied_payout(item: Recorded, look: Lookup) -> Iterator[Subject]:
    """A payout that somebody else took, with all that the same proxy took."""
    match item.event:
        case Disbursed() | AidDelivered() as event if event.receipt.received_by == "proxy":
            yield Subject(event.campaign, "payout", item.act.id)
            proxy = item.act.marks.get("person", "")
        case PayoutReturned() as event:
            yield Subject(event.campaign, "payout", event.payout)
            proxy = next(
                (
                    mark
                    for mark, taken in look.payouts_of_proxy.items()
                    if (event.campaign, event.payout) in taken
                ),
                "",
            )
        case _:
            return
    for campaign, payout_id in look.payouts_of_proxy.get(proxy, ()):
        if payout_id not in (item.act.id, getattr(event, "payout", None)):
            yield Subject(campaign, "payout", payout_id)


def dossier(item: Recorded, look: Lookup) -> Iterator[Subject]:
    """The dossier on which a nomination or a payout is made or undone."""
    match item.event:
        case Nominated() | Disbursed() | AidDelivered() as event:
            yield Subject(event.campaign, "dossier", event.dossier)
        case PayoutReturned() as event:
            yield Subject(event.campaign, "dossier", look.dossier_of_payout[event.payout])
        case Rejected() | Revoked() as event:
            yield Subject(event.campaign, "dossier", look.dossier_of_case[event.case])


def _marked(kind: str, *, paid_only: bool) -> Touching:
    """The mark of that kind on the dossier that is nominated or paid, or no longer so, or amended."""

    def touched(item: Recorded, look: Lookup) -> Iterator[Subject]:
        match item.event:
            case Disbursed() | AidDelivered() as event:
                found = [(event.campaign, event.dossier)]
            case PayoutReturned() as event:
                found = [(event.campaign, look.dossier_of_payout[event.payout])]
            case Nominated() as event if not paid_only:
                found = [(event.campaign, event.dossier)]
            case Rejected() | Revoked() as event if not paid_only:
                found = [(event.campaign, look.dossier_of_case[event.case])]
            case DossierAmended() as event if not paid_only:
                campaigns = {campaign for campaign, _ in look.cases_of_dossier[event.dossier]}
                found = [(campaign, event.dossier) for campaign in sorted(campaigns)]
            case _:
                return
        for campaign, dossier_id in found:
            versions = look.marks[dossier_id]
            if len(versions) == 1:
                if kind in versions[0]:
                    yield Subject(campaign, kind, versions[0][kind])
            else:
                for mark in sorted({marks[kind] for marks in versions if kind in marks}):
                    yield Subject(campaign, kind, mark)

    return touched


paid_account = _marked("account", paid_only=True)
paid_household = _marked("household", paid_only=True)
phone = _marked("phone", paid_only=False)
address = _marked("address", paid_only=False)


def filing_unit(item: Recorded, look: Lookup) -> Iterator[Subject]:
    """The unit that files a roster or a summary."""
    match item.event:
        case RosterFiled() | SummaryFiled() as event:
            yield Subject(event.campaign, "unit", event.unit)


def after_the_fact(item: Recorded, look: Lookup) -> Iterator[Subject]:
    """An entry that skipped an invariant."""
    if getattr(item.event, "after_the_fact", False):
        yield entry_of(item)


def late_entry(item: Recorded, look: Lookup) -> Iterator[Subject]:
    """An entry of an earlier date of business than the day of its recording."""
    if item.act.recorded_on > item.act.statement.on:
        yield entry_of(item)


def dated_entry(item: Recorded, look: Lookup) -> Iterator[Subject]:
    """An entry whose date a window or a phase of its campaign judges."""
    event = item.event
    if isinstance(event, Disbursed | AidDelivered | MoneyDrawn) or event.NAME in look.phased:
        yield entry_of(item)


def entry_of(item: Recorded) -> Subject:
    """The entry as a subject, within its campaign where it has one."""
    return Subject(item.event.__dict__.get("campaign") or NO_CAMPAIGN, "event", str(item.position))


def reported(item: Recorded, look: Lookup) -> Iterator[Subject]:
    """The officer against whom conduct is reported, or the unit where no officer is named."""
    match item.event:
        case ConductReported(officer=None) as event:
            yield Subject(event.campaign, "unit", event.unit)
        case ConductReported() as event:
            yield Subject(event.campaign, "officer", str(event.officer))


def ended_key(item: Recorded, look: Lookup) -> Iterator[Subject]:
    """The key that is revoked or replaced."""
    match item.event:
        case KeyRevoked() as event:
            yield Subject(NO_CAMPAIGN, "key", event.key)
        case KeyRotated(replaces=str()) as event:
            yield Subject(NO_CAMPAIGN, "key", str(event.replaces))


def faulty_dossier(item: Recorded, look: Lookup) -> Iterator[Subject]:
    """The dossier whose identity has a fault; any that gets its identity again or is erased."""
    match item.event:
        case DossierFiled() if "identity_fault" in item.act.marks:
            yield Subject(NO_CAMPAIGN, "dossier", item.act.id)
        case DossierAmended() | DossierErased() as event:
            yield Subject(NO_CAMPAIGN, "dossier", event.dossier)


def returned_drawing(item: Recorded, look: Lookup) -> Iterator[Subject]:
    """What a unit holds of a line, as ``line@unit``, when it gives some back."""
    match item.event:
        case DrawnReturned() as event:
            yield Subject(event.campaign, "line", f"{event.line}@{event.unit}")


def funded_line(item: Recorded, look: Lookup) -> Iterator[Subject]:
    """The lines between which funds are moved."""
    match item.event:
        case FundAllocated() | FundReturned() as event:
            yield Subject(event.campaign, "line", event.line)
        case FundTransferred() as event:
            yield Subject(event.campaign, "line", event.from_line)
            yield Subject(event.campaign, "line", event.to_line)


def moved_line(item: Recorded, look: Lookup) -> Iterator[Subject]:
    """The line that may fall below zero, by what is recorded after the fact, or rise again."""
    match item.event:
        case Disbursed(after_the_fact=True) | MoneyDrawn(after_the_fact=True) as event:
            yield Subject(event.campaign, "line", event.line)
        case PayoutReturned(line=str()) | DrawnReturned() as event:
            yield Subject(event.campaign, "line", str(event.line))
        case _:
            yield from funded_line(item, look)
