"""What the events of a batch refer to: dossiers, cases and payouts beside those that they name.

The views may be ahead of the batch. A rule's query keeps to the position that it is asked for, so a
subject of later is asked for in vain, and nothing else comes of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ledger.events.campaign import PolicyAmended, RosterFiled
from ledger.events.dossier import DossierAmended, DossierErased
from ledger.events.nomination import Approved, Nominated, Rejected, Revoked
from ledger.events.payout import AidDelivered, BankLineMatched, Disbursed, PayoutReturned
from ledger.events.registry import KinDeclared, OfficerEnrolled
from projections.recorded import Recorded
from projections.view import Cursor, lines


@dataclass
class Lookup:
    """Filled only as far as the batch's events ask for it."""

    persons: dict[str, str] = field(default_factory=dict)
    """dossier → person"""
    marks: dict[str, list[dict[str, str]]] = field(default_factory=lambda: defaultdict(list))
    """dossier → the marks of each of its versions"""
    filed_on: dict[str, str] = field(default_factory=dict)
    """dossier → the date of its filing"""
    pairs_of_dossier: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    """erased dossier → pairs that linkage found of it"""
    died: set[str] = field(default_factory=set)
    """dossiers with a date of death, in any version"""
    dossier_of_case: dict[str, str] = field(default_factory=dict)
    dossier_of_payout: dict[str, str] = field(default_factory=dict)
    cases_of_dossier: dict[str, list[tuple[str, str]]] = field(default_factory=lambda: defaultdict(list))
    """amended dossier → (campaign, case) of each"""
    payouts_of_dossier: dict[str, list[tuple[str, str]]] = field(default_factory=lambda: defaultdict(list))
    """amended dossier → (campaign, payout) of each"""
    payouts_of_case: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    payouts_of_proxy: dict[str, list[tuple[str, str]]] = field(default_factory=lambda: defaultdict(list))
    """proxy → (campaign, payout) of each"""
    shared_marks: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """kind of mark → those of the batch's that stand on dossiers of two persons or more"""
    payouts_of_person: dict[str, int] = field(default_factory=dict)
    units_of_person: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """where the person has dossiers"""
    campaigns_of_person: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    cases_of_campaign: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    persons_of_campaign: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    payouts_of_campaign: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    """these three only for campaigns whose policy the batch amends"""
    cases_of_unit: dict[tuple[str, str], list[str]] = field(default_factory=lambda: defaultdict(list))
    """(campaign, unit) → cases, of units that file a roster in the batch"""
    cases_of_officer: dict[str, set[tuple[str, str]]] = field(default_factory=lambda: defaultdict(set))
    """officer → (campaign, case) signed, of officers whose marks or kin the batch declares"""
    rostered: set[tuple[str, str]] = field(default_factory=set)
    """(campaign, unit) of units that filed a roster"""
    marked_keys: set[str] = field(default_factory=set)
    """keys of officers whose own or whose relatives' marks are known"""
    double_keys: set[str] = field(default_factory=set)
    """keys of officers of whom another is enrolled under the same person"""
    sanctioned: set[tuple[str, int]] = field(default_factory=set)
    """(unit, year) of every sanction"""
    repaid_cases: set[str] = field(default_factory=set)
    """cases that are paid in the batch and had a payout that came back"""
    phased: set[str] = field(default_factory=set)
    """event types that a phase of any policy names"""
    years: dict[str, int] = field(default_factory=dict)
    """campaign → year"""


def look_up(cursor: Cursor, events: Sequence[Recorded]) -> Lookup:
    """Asks the views for all that the batch's events refer to."""
    look = Lookup()
    _look_up_payouts(cursor, events, look)
    _look_up_cases(cursor, events, look)
    _look_up_dossiers(cursor, events, look)
    _look_up_campaigns(cursor, events, look)
    _look_up_persons(cursor, events, look)
    _look_up_officers(cursor, events, look)
    return look


def _of(events: Sequence[Recorded], *types: type, name: str) -> set[str]:
    return {
        value
        for item in events
        if isinstance(item.event, types) and (value := getattr(item.event, name)) is not None
    }


def _ask(cursor: Cursor, query: str, names: Iterable[str]) -> list[Any]:
    """Rows for names, in a query with ``{names}``; none for none."""
    wanted = lines(sorted(names))
    if not wanted:
        return []
    return cursor.execute(query.format(names="ANY (string_to_array(%s, E'\\n'))"), (wanted,)).fetchall()


def _look_up_payouts(cursor: Cursor, events: Sequence[Recorded], look: Lookup) -> None:
    named = _of(events, PayoutReturned, BankLineMatched, name="payout")
    look.dossier_of_payout.update(
        _ask(cursor, "SELECT payout, dossier FROM payouts WHERE payout = {names}", named)
    )


def _look_up_cases(cursor: Cursor, events: Sequence[Recorded], look: Lookup) -> None:
    ended = _of(events, Rejected, Revoked, name="case")
    look.dossier_of_case.update(
        _ask(cursor, "SELECT DISTINCT case_id, dossier FROM cases WHERE case_id = {names}", ended)
    )
    changed = _of(events, Approved, Revoked, name="case")
    for case, payout in _ask(cursor, "SELECT case_id, payout FROM payouts WHERE case_id = {names}", changed):
        look.payouts_of_case[case].append(payout)

    paid = _of(events, Disbursed, name="case")
    look.repaid_cases.update(
        case
        for (case,) in _ask(
            cursor,
            "SELECT p.case_id FROM payouts p JOIN returns r USING (payout) WHERE p.case_id = {names}",
            paid,
        )
    )


def _look_up_dossiers(cursor: Cursor, events: Sequence[Recorded], look: Lookup) -> None:
    dossiers = {dossier for item in events if (dossier := item.event.__dict__.get("dossier")) is not None}
    dossiers.update(look.dossier_of_payout.values(), look.dossier_of_case.values())
    for dossier, person, marks, amended_on, died in _ask(
        cursor,
        "SELECT dossier, person, marks, amended_on::text, facts ? 'died_on' FROM dossiers"
        " WHERE dossier = {names} ORDER BY from_position",
        dossiers,
    ):
        look.persons[dossier] = person
        look.marks[dossier].append(marks)
        look.filed_on.setdefault(dossier, amended_on)
        if died:
            look.died.add(dossier)
    amended = _of(events, DossierAmended, name="dossier")
    for dossier, campaign, case in _ask(
        cursor, "SELECT DISTINCT dossier, campaign, case_id FROM cases WHERE dossier = {names}", amended
    ):
        look.cases_of_dossier[dossier].append((campaign, case))
    for dossier, campaign, payout in _ask(
        cursor, "SELECT dossier, campaign, payout FROM payouts WHERE dossier = {names}", amended
    ):
        look.payouts_of_dossier[dossier].append((campaign, payout))
    erased = _of(events, DossierErased, name="dossier")
    for side in ("first", "second"):
        query = f"SELECT DISTINCT {side}, pair FROM links WHERE {side} = {{names}}"
        for dossier, pair in _ask(cursor, query, erased):
            look.pairs_of_dossier[dossier].append(pair)
    proxies = {
        mark
        for item in events
        if "receipt" in item.event.__dict__ and (mark := item.act.marks.get("person")) is not None
    } | {
        proxy
        for (proxy,) in _ask(
            cursor,
            "SELECT DISTINCT proxy FROM payouts WHERE payout = {names} AND proxy IS NOT NULL",
            look.dossier_of_payout,
        )
    }
    for proxy, campaign, payout in _ask(
        cursor, "SELECT proxy, campaign, payout FROM payouts WHERE proxy = {names}", proxies
    ):
        look.payouts_of_proxy[proxy].append((campaign, payout))


def _look_up_campaigns(cursor: Cursor, events: Sequence[Recorded], look: Lookup) -> None:
    look.years.update(cursor.execute("SELECT DISTINCT campaign, year FROM terms").fetchall())
    look.phased.update(
        name
        for (name,) in cursor.execute(
            "SELECT DISTINCT jsonb_array_elements_text(p -> 'events')"
            " FROM terms t, jsonb_array_elements(t.policy -> 'phases') AS p"
        ).fetchall()
    )
    look.rostered.update(
        cursor.execute("SELECT campaign, unit FROM filings WHERE kind IN ('annex-1', 'annex-2')").fetchall()
    )
    look.sanctioned.update(cursor.execute("SELECT unit, year FROM sanctions").fetchall())
    amended = _of(events, PolicyAmended, name="campaign")
    for campaign, case, person in _ask(
        cursor, "SELECT DISTINCT campaign, case_id, person FROM cases WHERE campaign = {names}", amended
    ):
        look.cases_of_campaign[campaign].append(case)
        look.persons_of_campaign[campaign].add(person)
    for campaign, person, payout in _ask(
        cursor, "SELECT campaign, person, payout FROM payouts WHERE campaign = {names}", amended
    ):
        look.persons_of_campaign[campaign].add(person)
        look.payouts_of_campaign[campaign].append(payout)
    for item in events:
        if isinstance(e := item.event, RosterFiled) and (e.campaign, e.unit) not in look.cases_of_unit:
            cursor.execute(
                "SELECT DISTINCT case_id FROM cases WHERE campaign = %s AND unit = %s", (e.campaign, e.unit)
            )
            look.cases_of_unit[e.campaign, e.unit] = [row[0] for row in cursor.fetchall()]


def _look_up_persons(cursor: Cursor, events: Sequence[Recorded], look: Lookup) -> None:
    paid = _of(events, Disbursed, AidDelivered, name="dossier")
    helped = paid | _of(events, Nominated, name="dossier")
    known = {person for of in look.persons_of_campaign.values() for person in of}
    persons = known | {look.persons[dossier] for dossier in helped}
    look.payouts_of_person.update(
        _ask(
            cursor,
            "SELECT person, count(*) FROM payouts WHERE person = {names} GROUP BY person",
            known | {look.persons[dossier] for dossier in paid},
        )
    )
    for person, unit in _ask(cursor, "SELECT person, unit FROM dossiers WHERE person = {names}", persons):
        look.units_of_person[person].add(unit)
    undone = {*look.dossier_of_case.values(), *look.dossier_of_payout.values()}
    if len(look.years) > 1:
        persons |= {look.persons[dossier] for dossier in undone}
        for table in ("cases", "payouts"):
            query = f"SELECT DISTINCT person, campaign FROM {table} WHERE person = {{names}}"
            for person, campaign in _ask(cursor, query, persons):
                look.campaigns_of_person[person].add(campaign)
    for kind in ("account", "household", "phone", "address"):
        dossiers = paid | undone if kind in ("account", "household") else look.marks
        marks = {of[kind] for dossier in dossiers for of in look.marks[dossier] if kind in of}
        query = (
            f"SELECT marks ->> '{kind}' FROM dossiers WHERE marks ->> '{kind}' = {{names}}"
            " GROUP BY 1 HAVING min(person) <> max(person)"
        )
        look.shared_marks[kind] = {mark for (mark,) in _ask(cursor, query, marks)}


def _look_up_officers(cursor: Cursor, events: Sequence[Recorded], look: Lookup) -> None:
    for key, double in cursor.execute(
        "SELECT s.key, bool_or(m.relation = 'self' AND EXISTS (SELECT FROM officer_marks o"
        " WHERE o.marks ->> 'person' = m.marks ->> 'person' AND o.relation = 'self'"
        " AND o.officer <> m.officer)) FROM officer_marks m JOIN signers s USING (officer) GROUP BY s.key"
    ).fetchall():
        look.marked_keys.add(key)
        if double:
            look.double_keys.add(key)
    declared = _of(events, KinDeclared, OfficerEnrolled, name="officer")
    for officer, campaign, case in _ask(
        cursor,
        "SELECT DISTINCT officer, campaign, case_id FROM timeline"
        " WHERE officer = {names} AND case_id IS NOT NULL",
        declared,
    ):
        look.cases_of_officer[officer].add((campaign, case))
