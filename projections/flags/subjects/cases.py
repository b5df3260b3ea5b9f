"""Cases whom events touch (提名)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ledger.events.campaign import PolicyAmended, RosterFiled
from ledger.events.dossier import DossierAmended
from ledger.events.nomination import (
    Approved,
    Confirmed,
    Nominated,
    NoticePosted,
    Rejected,
    Revoked,
)
from ledger.events.objection import ObjectionLodged, ObjectionSettled
from ledger.events.payout import AidDelivered, Disbursed, PayoutReturned
from ledger.events.registry import KinDeclared, OfficerEnrolled, OfficerIdentified
from projections.flags.lookup import Lookup
from projections.flags.subject import NO_CAMPAIGN, PAID, Subject, Triggers
from projections.frame.recorded import Recorded

# --- What one event touches ------------------------------------------------------------------------


def made(event: Nominated, item: Recorded, look: Lookup) -> Sequence[Subject]:
    """The case that is made."""
    return (Subject(event.campaign, "case", item.act.id),)


def its(event: Any, item: Recorded, look: Lookup) -> Sequence[Subject]:
    """The case that the event names, if it names one."""
    return (Subject(event.campaign, "case", event.case),) if event.case is not None else ()


def its_after_the_fact(event: Disbursed | AidDelivered, item: Recorded, look: Lookup) -> Sequence[Subject]:
    """The case that is paid after the fact."""
    return its(event, item, look) if event.after_the_fact else ()


def all_of_dossier(event: DossierAmended, item: Recorded, look: Lookup) -> Iterable[Subject]:
    """All cases of the dossier."""
    return [Subject(campaign, "case", case) for campaign, case in look.cases_of_dossier[event.dossier]]


def all_of_campaign(event: PolicyAmended, item: Recorded, look: Lookup) -> Iterable[Subject]:
    """All cases of the campaign."""
    return [Subject(event.campaign, "case", case) for case in look.cases_of_campaign[event.campaign]]


def all_of_unit(event: RosterFiled, item: Recorded, look: Lookup) -> Iterable[Subject]:
    """All cases of the unit in the campaign."""
    cases = look.cases_of_unit[event.campaign, event.unit]
    return [Subject(event.campaign, "case", case) for case in cases]


def all_on_notice(event: NoticePosted, item: Recorded, look: Lookup) -> Iterable[Subject]:
    """All cases on the notice."""
    return [Subject(event.campaign, "case", case) for case in event.cases]


def all_of_kin(
    event: OfficerEnrolled | OfficerIdentified | KinDeclared, item: Recorded, look: Lookup
) -> Iterable[Subject]:
    """All cases that the officer signed of persons who share a mark with them or their relatives."""
    return [Subject(campaign, "case", case) for campaign, case in look.cases_of_kin[event.officer]]


def the_officer_and_doubles(
    event: OfficerEnrolled | OfficerIdentified, item: Recorded, look: Lookup
) -> Iterable[Subject]:
    """The officer, and all cases that they signed together with another name of the same person."""
    yield Subject(NO_CAMPAIGN, "officer", event.officer)
    for campaign, case in look.cases_of_double[event.officer]:
        yield Subject(campaign, "case", case)


def made_if_misnamed(event: Nominated, item: Recorded, look: Lookup) -> Sequence[Subject]:
    """The case that is made, where the account is in another name in any version of the dossier."""
    for marks in look.marks[event.dossier]:
        if marks.get("account_holder", marks["name"]) != marks["name"]:
            return made(event, item, look)
    return ()


def made_if_dead(event: Nominated, item: Recorded, look: Lookup) -> Sequence[Subject]:
    """The case that is made on a dossier with a date of death, in any version."""
    return made(event, item, look) if event.dossier in look.died else ()


def its_if_dead(event: Disbursed | AidDelivered, item: Recorded, look: Lookup) -> Sequence[Subject]:
    """The case that is paid on a dossier with a date of death, in any version."""
    return its(event, item, look) if event.dossier in look.died else ()


def its_if_rostered(event: Approved, item: Recorded, look: Lookup) -> Sequence[Subject]:
    """The case that is approved, of a unit that filed a roster."""
    return its(event, item, look) if (event.campaign, event.unit) in look.rostered else ()


def made_if_marked(event: Nominated, item: Recorded, look: Lookup) -> Sequence[Subject]:
    """The case that is made by an officer whose marks, or whose relatives', are known."""
    return () if look.marked_keys.isdisjoint(item.act.signers) else made(event, item, look)


def its_if_marked(event: Any, item: Recorded, look: Lookup) -> Sequence[Subject]:
    """The case of which a step is signed by such an officer."""
    return () if look.marked_keys.isdisjoint(item.act.signers) else its(event, item, look)


def made_if_double(event: Nominated, item: Recorded, look: Lookup) -> Sequence[Subject]:
    """The case that is made by an officer of whom another is enrolled under the same person."""
    return () if look.double_keys.isdisjoint(item.act.signers) else made(event, item, look)


def its_if_double(event: Any, item: Recorded, look: Lookup) -> Sequence[Subject]:
    """The case of which a step is signed by such an officer."""
    return () if look.double_keys.isdisjoint(item.act.signers) else its(event, item, look)


def its_if_double_or_late(event: Any, item: Recorded, look: Lookup) -> Sequence[Subject]:
    """The same, and any case that is approved or paid after the fact: there one officer may do all."""
    return its(event, item, look) if event.after_the_fact else its_if_double(event, item, look)


def _banned(event: Any, look: Lookup) -> bool:
    return (event.unit, look.years.get(event.campaign, 0)) in look.sanctioned


def made_if_banned(event: Nominated, item: Recorded, look: Lookup) -> Sequence[Subject]:
    """The case that is made by a unit that is or was under sanction in the campaign's year."""
    return made(event, item, look) if _banned(event, look) else ()


def its_if_banned(event: Any, item: Recorded, look: Lookup) -> Sequence[Subject]:
    """The case of such a unit that is approved or paid."""
    return its(event, item, look) if _banned(event, look) else ()


# --- What rules share ------------------------------------------------------------------------------

nominated_case = Triggers(
    {
        Nominated: made,
        PAID: its_after_the_fact,
        DossierAmended: all_of_dossier,
        PolicyAmended: all_of_campaign,
    }
)
"""The case that is made, or paid after the fact; at a change of dossier or policy, all its cases."""

misnamed_case = nominated_case.but({Nominated: made_if_misnamed, PolicyAmended: None})
"""The case as :data:`nominated_case` has it, where the account is in another name."""

dead_persons_case = Triggers({Nominated: made_if_dead, PAID: its_if_dead, DossierAmended: all_of_dossier})
"""The case nominated or paid on a dossier with a date of death; or amended."""

approved_case = Triggers({Approved: its, PAID: its_after_the_fact, PolicyAmended: all_of_campaign})
"""The case that is approved, or paid after the fact; at a change of policy, all its cases."""

given_case = Triggers({(Approved, *PAID): its})
"""The case that is approved or paid."""

rostered_case = approved_case.but({Approved: its_if_rostered})
"""The case as :data:`approved_case` has it, of a unit that filed a roster."""

later_on_case = Triggers(
    {
        (Rejected, Revoked, ObjectionLodged, ObjectionSettled, *PAID, PayoutReturned): its,
        NoticePosted: all_on_notice,
    }
)
"""The case that is ended, paid or paid back, put on a notice, objected to, or settled."""

case_of_filing_unit = later_on_case.but({RosterFiled: all_of_unit})
"""All cases of a unit that files a roster, and the case as :data:`later_on_case` has it."""

signed_case = Triggers(
    {
        Nominated: made_if_marked,
        (Confirmed, Approved, *PAID): its_if_marked,
        DossierAmended: all_of_dossier,
        (OfficerEnrolled, OfficerIdentified, KinDeclared): all_of_kin,
    }
)
"""The case at each step by an officer whose marks, or whose relatives', are known."""

separated = Triggers(
    {
        Nominated: made_if_double,
        Confirmed: its_if_double,
        (Approved, *PAID): its_if_double_or_late,
        (OfficerEnrolled, OfficerIdentified): the_officer_and_doubles,
    }
)
"""The case at each step that one person may have done twice; the officer who is enrolled."""

banned_units_case = Triggers({Nominated: made_if_banned, (Approved, *PAID): its_if_banned})
"""A case of a unit that is or was under sanction in the campaign's year."""
