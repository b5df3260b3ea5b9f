"""What the events of a batch refer to: dossiers, cases and payouts beside those that they name.

The views may be ahead of the batch. A rule's query keeps to the position that it is asked for, so a
subject of later is asked for in vain, and nothing else comes of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ledger.domain.event import Event
from ledger.events.bank import BankLineMatched
from ledger.events.campaign import PolicyAmended, RosterFiled
from ledger.events.dossier import DossierAmended, DossierErased
from ledger.events.nomination import Approved, Nominated, Rejected, Revoked
from ledger.events.payout import AidDelivered, Disbursed, PayoutReturned
from ledger.events.registry import (
    KeyRevoked,
    KeyRotated,
    KinDeclared,
    OfficerEnrolled,
    OfficerIdentified,
    RolesChanged,
)
from projections.frame.recorded import Recorded
from projections.frame.view import Cursor, lines


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
    """payout that came back → dossier"""
    amount_of_payout: dict[str, int] = field(default_factory=dict)
    """payout that the bank tells of → fen"""
    paid_on: dict[str, str] = field(default_factory=dict)
    """payout that the bank tells of → its date"""
    dossiers_of_person: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    """how many dossiers the person has"""
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
    cases_of_kin: dict[str, set[tuple[str, str]]] = field(default_factory=lambda: defaultdict(set))
    """officer → (campaign, case) that they signed of persons who share a mark with them or a relative"""
    cases_of_double: dict[str, set[tuple[str, str]]] = field(default_factory=lambda: defaultdict(set))
    """officer → (campaign, case) that they signed together with another name of the same person"""
    codes_of_person: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """officer → the other officers' codes of the same person"""
    compromised_at: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    """position of a revocation as compromised → the keys that it ends"""
    alone_at: dict[int, str] = field(default_factory=dict)
    """position of what takes two registrars and was signed by one → that one"""
    payouts_of_key: dict[str, list[tuple[str, str]]] = field(default_factory=lambda: defaultdict(list))
    """compromised key → (campaign, payout) of those that it signed, or that were on what it approved"""
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


Batch = Mapping[type[Event], Sequence[Recorded]]
"""The batch's events by type."""


def look_up(cursor: Cursor, batch: Batch) -> Lookup:
    """Asks the views for all that the batch's events refer to."""
    look = Lookup()
    _look_up_payouts(cursor, batch, look)
    _look_up_cases(cursor, batch, look)
    _look_up_dossiers(cursor, batch, look)
    _look_up_campaigns(cursor, batch, look)
    _look_up_persons(cursor, batch, look)
    _look_up_officers(cursor, batch, look)
    return look


def _of(batch: Batch, *types: type[Event], name: str) -> set[str]:
    """What the events of these types name under this member."""
    return {
        value
        for kind in types
        for item in batch.get(kind, ())
        if (value := item.act.event.__dict__[name]) is not None
    }


def _ask(cursor: Cursor, query: str, names: Iterable[str]) -> list[Any]:
    """Rows for names, in a query with ``{names}``; none for none."""
    wanted = lines(sorted(names))
    if not wanted:
        return []
    return cursor.execute(query.format(names="ANY (string_to_array(%s, E'\\n'))"), (wanted,)).fetchall()


def _look_up_payouts(cursor: Cursor, batch: Batch, look: Lookup) -> None:
    returned = _of(batch, PayoutReturned, name="payout")
    look.dossier_of_payout.update(
        _ask(cursor, "SELECT payout, dossier FROM payouts WHERE payout = {names}", returned)
    )
    matched = _of(batch, BankLineMatched, name="payout")
    for payout, amount_fen, paid_on in _ask(
        cursor, "SELECT payout, amount_fen, paid_on::text FROM payouts WHERE payout = {names}", matched
    ):
        look.amount_of_payout[payout] = amount_fen
        look.paid_on[payout] = paid_on


def _look_up_cases(cursor: Cursor, batch: Batch, look: Lookup) -> None:
    ended = _of(batch, Rejected, Revoked, name="case")
    look.dossier_of_case.update(
        _ask(cursor, "SELECT DISTINCT case_id, dossier FROM cases WHERE case_id = {names}", ended)
    )
    changed = _of(batch, Approved, Revoked, name="case")
    for case, payout in _ask(cursor, "SELECT case_id, payout FROM payouts WHERE case_id = {names}", changed):
        look.payouts_of_case[case].append(payout)

    paid = _of(batch, Disbursed, name="case")
    look.repaid_cases.update(
        case
        for (case,) in _ask(
            cursor,
            "SELECT p.case_id FROM payouts p JOIN returns r USING (payout) WHERE p.case_id = {names}",
            paid,
        )
    )


def _look_up_dossiers(cursor: Cursor, batch: Batch, look: Lookup) -> None:
    dossiers = _of(batch, *(kind for kind in batch if "dossier" in kind.model_fields), name="dossier")
    dossiers.update(look.dossier_of_payout.values(), look.dossier_of_case.values())
    for dossier, person, marks, filed_on, died in _ask(
        cursor,
        "SELECT dossier, person, marks, greatest(amended_on, (SELECT (w.recorded_at AT TIME ZONE 'Asia/Shanghai')::date"
        " FROM timeline w WHERE w.position = filed_position))::text, facts ? 'died_on' FROM dossiers"
        " WHERE dossier = {names} ORDER BY from_position",
        dossiers,
    ):
        look.persons[dossier] = person
        look.marks[dossier].append(marks)
        look.filed_on.setdefault(dossier, filed_on)
        if died:
            look.died.add(dossier)
    amended = _of(batch, DossierAmended, name="dossier")
    for dossier, campaign, case in _ask(
        cursor, "SELECT DISTINCT dossier, campaign, case_id FROM cases WHERE dossier = {names}", amended
    ):
        look.cases_of_dossier[dossier].append((campaign, case))
    for dossier, campaign, payout in _ask(
        cursor, "SELECT dossier, campaign, payout FROM payouts WHERE dossier = {names}", amended
    ):
        look.payouts_of_dossier[dossier].append((campaign, payout))
    erased = _of(batch, DossierErased, name="dossier")
    for side in ("first", "second"):
        query = f"SELECT DISTINCT {side}, pair FROM links WHERE {side} = {{names}}"
        for dossier, pair in _ask(cursor, query, erased):
            look.pairs_of_dossier[dossier].append(pair)
    proxies = {
        mark
        for kind in (Disbursed, AidDelivered)
        for item in batch.get(kind, ())
        if (mark := item.act.marks.get("person")) is not None
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


def _look_up_campaigns(cursor: Cursor, batch: Batch, look: Lookup) -> None:
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
    amended = _of(batch, PolicyAmended, name="campaign")
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
    for item in batch.get(RosterFiled, ()):
        of = (item.act.event.__dict__["campaign"], item.act.event.__dict__["unit"])
        if of not in look.cases_of_unit:
            cursor.execute("SELECT DISTINCT case_id FROM cases WHERE campaign = %s AND unit = %s", of)
            look.cases_of_unit[of] = [case for (case,) in cursor.fetchall()]


def _look_up_persons(cursor: Cursor, batch: Batch, look: Lookup) -> None:
    paid = _of(batch, Disbursed, AidDelivered, name="dossier")
    helped = paid | _of(batch, Nominated, name="dossier")
    known = {person for of in look.persons_of_campaign.values() for person in of}
    persons = known | {look.persons[dossier] for dossier in helped}
    look.payouts_of_person.update(
        _ask(
            cursor,
            "SELECT person, count(*) FROM payouts WHERE person = {names} GROUP BY person",
            known | {look.persons[dossier] for dossier in paid},
        )
    )
    query = "SELECT person, unit, count(DISTINCT dossier) FROM dossiers WHERE person = {names} GROUP BY 1, 2"
    for person, unit, dossiers in _ask(cursor, query, persons):
        look.units_of_person[person].add(unit)
        look.dossiers_of_person[person] += dossiers
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


def _look_up_officers(cursor: Cursor, batch: Batch, look: Lookup) -> None:
    for key, double in cursor.execute(
        "SELECT s.key, bool_or(m.relation = 'self' AND EXISTS (SELECT FROM officer_marks o"
        " WHERE o.marks ->> 'person' = m.marks ->> 'person' AND o.relation = 'self'"
        " AND o.officer <> m.officer)) FROM officer_marks m JOIN signers s USING (officer) GROUP BY s.key"
    ).fetchall():
        look.marked_keys.add(key)
        if double:
            look.double_keys.add(key)
    declared = _of(batch, KinDeclared, OfficerEnrolled, OfficerIdentified, name="officer")
    for kind in ("person", "account", "phone", "address"):
        for officer, campaign, case in _ask(
            cursor, _CASES_OF_KIN.format(kind=kind, names="{names}"), declared
        ):
            look.cases_of_kin[officer].add((campaign, case))
    changed = _of(batch, OfficerEnrolled, OfficerIdentified, RolesChanged, name="officer")
    for officer, other in _ask(
        cursor,
        "SELECT m.officer, o.officer FROM officer_marks m"
        " JOIN officer_marks o ON o.marks ->> 'person' = m.marks ->> 'person'"
        " WHERE m.relation = 'self' AND o.relation = 'self' AND o.officer <> m.officer AND m.officer = {names}",
        changed,
    ):
        look.codes_of_person[officer].add(other)
    revoked = [item.position for item in batch.get(KeyRevoked, ()) if item.act.event.__dict__["compromised"]]
    for position, key in _ask(
        cursor,
        "SELECT from_position, key FROM keys WHERE compromised AND from_position::text = {names}",
        map(str, revoked),
    ):
        look.compromised_at[position].add(key)
    ended = {key for keys in look.compromised_at.values() for key in keys}
    for key, campaign, payout in _ask(cursor, _PAYOUTS_OF_KEY, ended):
        look.payouts_of_key[key].append((campaign, payout))
    taking_two = [
        str(i.position) for kind in (OfficerEnrolled, RolesChanged, KeyRotated) for i in batch.get(kind, ())
    ]
    look.alone_at.update(
        _ask(cursor, "SELECT position, officer FROM alone WHERE position::text = {names}", taking_two)
    )
    enrolled = _of(batch, OfficerEnrolled, OfficerIdentified, name="officer")
    for officer, campaign, case in _ask(cursor, _CASES_OF_DOUBLE, enrolled):
        look.cases_of_double[officer].add((campaign, case))


_PAYOUTS_OF_KEY = """
    SELECT s.key, p.campaign, p.payout
    FROM signers s
    JOIN timeline e ON e.officer = s.officer AND e.key = s.key
        OR e.seconds @> array[s.officer] AND s.key = ANY (e.second_keys)
    JOIN payouts p ON p.position = e.position
        OR e.type = 'Approved' AND p.case_id = e.case_id AND p.position > e.position
    WHERE s.key = {names}
"""
"""Payouts that a key signed, first or beside another, and those on what it approved."""

_CASES_OF_KIN = """
    SELECT DISTINCT m.officer, k.campaign, k.case_id
    FROM officer_marks m
    JOIN dossiers d ON d.marks ->> '{kind}' = m.marks ->> '{kind}'
    JOIN cases k ON k.dossier = d.dossier
    JOIN timeline e ON e.case_id = k.case_id AND (e.officer = m.officer OR m.officer = ANY (e.seconds))
    WHERE m.officer = {names}
"""
"""Cases that an officer signed of persons who share a mark with them or with a relative."""

_CASES_OF_DOUBLE = """
    SELECT DISTINCT m.officer, e.campaign, e.case_id
    FROM officer_marks m
    JOIN officer_marks o ON o.marks ->> 'person' = m.marks ->> 'person' AND o.relation = 'self'
        AND o.officer <> m.officer
    JOIN timeline e ON (e.officer = m.officer OR e.seconds @> array[m.officer]) AND e.case_id IS NOT NULL
    JOIN timeline f ON f.case_id = e.case_id AND (f.officer = o.officer OR o.officer = ANY (f.seconds))
    WHERE m.relation = 'self' AND m.officer = {names}
"""
"""Cases that an officer signed together with another officer's name of the same person."""
