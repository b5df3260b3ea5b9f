"""The registry (登记) as it stood: units, officers and what marks are known of them, keys, days."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import orjson

from ledger.crypto.signatures import key_id
from ledger.domain.authority import is_high_role
from ledger.domain.compromise import Enrolled, Given, distrusted, grants_to_end
from ledger.domain.distrust import KeyEnrolled, RoleHeld, spread
from ledger.domain.event import Grant, utc
from ledger.events.calendar import DayPassed
from ledger.events.oversight import SanctionImposed, SanctionLifted
from ledger.events.registry import (
    KeyRevoked,
    KeyRotated,
    KinDeclared,
    LedgerFounded,
    OfficerEnrolled,
    OfficerIdentified,
    RolesChanged,
    UnitRegistered,
)
from ledger.events.rules import RulesAdopted
from projections.frame.recorded import Recorded, of_types
from projections.frame.view import (
    Cursor,
    Dispatch,
    Table,
    TemporalTable,
    Versions,
    found,
    named,
)
from projections.views.registry_rows import (
    AloneRow,
    DayRow,
    GrantsRow,
    KeyRow,
    OfficerMarksRow,
    OfficerRow,
    RulesRow,
    SanctionRow,
    UnitRow,
)

OWN = "self"
"""The relation under which an officer's own marks stand; a relative's is the one declared."""


KEYS = TemporalTable("keys", KeyRow)
GRANTS = TemporalTable("grants", GrantsRow)
SANCTIONS = TemporalTable("sanctions", SanctionRow)
UNITS = Table("units", UnitRow, "unit")
OFFICERS = Table("officers", OfficerRow, "officer")
OFFICER_MARKS = Table("officer_marks", OfficerMarksRow, "officer", "position")
RULES = Table("rules", RulesRow, "position")
ALONE = Table("alone", AloneRow, "position")
DAYS = Table("days", DayRow, "position")


class Registry:
    """Keeps units, officers with their roles and keys, sanctions, and the days that passed."""

    name: ClassVar[str] = "registry"
    title: ClassVar[tuple[str, str]] = ("登记", "registry")
    needs: ClassVar[tuple[str, ...]] = ()
    version: ClassVar[int] = 6
    tables: ClassVar[str] = f"""
        {UNITS.create}
        CREATE INDEX units_ancestors ON units USING gin (ancestors);
        {OFFICERS.create}
        {OFFICER_MARKS.create}
        CREATE INDEX officer_marks_person ON officer_marks ((marks ->> 'person'));
        {KEYS.create}
        {GRANTS.create}
        {SANCTIONS.create}
        CREATE INDEX sanctions_unit ON sanctions (unit, year);
        {RULES.create}
        {ALONE.create}
        CREATE INDEX alone_officer ON alone (officer);
        {DAYS.create}
    """

    def project(self, cursor: Cursor, events: Sequence[Recorded]) -> None:
        """Applies events in order."""
        batch = _RegistryBatch(cursor, events)
        batch.dispatch.apply(batch, events)
        UNITS.add(cursor, batch.units)
        OFFICERS.add(cursor, batch.officers)
        OFFICER_MARKS.add(cursor, batch.marks)
        DAYS.add(cursor, batch.days)
        ALONE.add(cursor, batch.alone)
        RULES.add(cursor, batch.rules)
        KEYS.save(cursor, batch.keys.finish())
        SANCTIONS.save(cursor, batch.sanctions.finish())
        GRANTS.save(cursor, batch.grants.finish())


class _RegistryBatch:
    dispatch = Dispatch()

    def __init__(self, cursor: Cursor, events: Sequence[Recorded]) -> None:
        self.keys: Versions[KeyRow] = KEYS.load(cursor, _keys_wanted(cursor, events))
        lifted = [event.sanction for event, _ in of_types(events, SanctionLifted)]
        self.sanctions: Versions[SanctionRow] = SANCTIONS.load(cursor, lifted)
        self.grants: Versions[GrantsRow] = GRANTS.load(cursor, _grants_wanted(cursor, events))
        self.units: list[UnitRow] = []
        self.officers: list[OfficerRow] = []
        self.marks: list[OfficerMarksRow] = []
        self.days: list[DayRow] = []
        self.rules: list[RulesRow] = []
        self.alone: list[AloneRow] = []
        before = cursor.execute("SELECT version FROM rules ORDER BY position DESC LIMIT 1").fetchone()
        self._rules = 1 if before is None else int(before[0])
        self._ancestors: dict[str, list[str]] = {}
        self._levels: dict[str, str] = {}
        if of_types(events, UnitRegistered, *TAKING_TWO):
            for unit, ancestors, level in cursor.execute(
                "SELECT unit, ancestors, level FROM units"
            ).fetchall():
                self._ancestors[unit], self._levels[unit] = ancestors, level

    @dispatch(LedgerFounded)
    def _ledger_founded(self, event: LedgerFounded, item: Recorded) -> None:
        self.officers.append(OfficerRow(event.officer, event.officer_name, None, item.position))
        self._put_key(event.public_key, event.officer, item.act.statement.made_at, item)
        self._put_grants(event.officer, [Grant(role="registrar")], item)
        self._put_rules(event.rules, item)
        if item.act.marks:
            self._mark(event.officer, OWN, item)

    @dispatch(RulesAdopted)
    def _rules_adopted(self, event: RulesAdopted, item: Recorded) -> None:
        self._put_rules(event.version, item)
        if event.version >= 4:
            self._end_what_follows(item)

    @dispatch(UnitRegistered)
    def _unit_registered(self, event: UnitRegistered, item: Recorded) -> None:
        ancestors = [] if event.parent is None else [event.parent, *self._ancestors[event.parent]]
        self._ancestors[event.unit], self._levels[event.unit] = ancestors, event.level
        self.units.append(
            UnitRow(
                unit=event.unit,
                name=event.name,
                level=event.level,
                parent=event.parent,
                ancestors=ancestors,
                staff_count=event.staff_count,
                position=item.position,
            )
        )

    @dispatch(OfficerEnrolled)
    def _officer_enrolled(self, event: OfficerEnrolled, item: Recorded) -> None:
        self.officers.append(OfficerRow(event.officer, event.name, event.unit, item.position))
        self._put_key(event.public_key, event.officer, event.valid_from, item)
        self._note_who_gave(event.grants, item)
        self._put_grants(event.officer, event.grants, item)
        if item.act.marks:
            self._mark(event.officer, OWN, item)

    @dispatch(RolesChanged)
    def _roles_changed(self, event: RolesChanged, item: Recorded) -> None:
        row = found(self.grants.get(event.officer), event.officer)
        before = [Grant(**each) for each in orjson.loads(row.grants)]
        self._note_who_gave(
            [each for each in (*before, *event.grants) if (each in before) != (each in event.grants)], item
        )
        held = list(zip(before, orjson.loads(row.given), strict=True))
        ended = [
            [grant.model_dump(), *how, item.act.recorded_at, False]
            for grant, how in held
            if grant not in event.grants
        ]
        self._put_grants(event.officer, event.grants, item, held, [*orjson.loads(row.past), *ended])

    @dispatch(OfficerIdentified)
    def _officer_identified(self, event: OfficerIdentified, item: Recorded) -> None:
        self._mark(event.officer, OWN, item)

    @dispatch(KinDeclared)
    def _kin_declared(self, event: KinDeclared, item: Recorded) -> None:
        self._mark(event.officer, event.relation, item)

    @dispatch(KeyRotated)
    def _key_rotated(self, event: KeyRotated, item: Recorded) -> None:
        if self._signers(item) != [event.officer]:
            self._note_alone(item)
        if event.replaces is not None:
            self._end_key(event.replaces, event.valid_from, None, item)
        self._put_key(event.public_key, event.officer, event.valid_from, item)

    @dispatch(KeyRevoked)
    def _key_revoked(self, event: KeyRevoked, item: Recorded) -> None:
        if not event.compromised:
            self._end_key(event.key, event.revoked_from, None, item)
            return
        taken = utc(event.revoked_from)
        if self._rules < 3:
            taken = min(taken, found(self.keys.get(event.key), event.key).revoked_from or taken)
        self._end_key(event.key, event.revoked_from, taken, item)
        if self._rules < 2:
            return
        if self._rules >= 4:
            self._end_what_follows(item)
            return
        enrolled = [Enrolled(row.key, row.enrolled_by, row.enrolled_at) for row in self.keys.current()]
        for key, since in distrusted(event.key, taken, enrolled).items():
            self._end_key(key, since, since, item)
        if self._rules >= 3:
            self._take_back_grants(item)

    def _end_what_follows(self, item: Recorded) -> None:
        """Every key and role behind which a stolen key stands ends, or is noted as what it was, as in the state."""
        stolen = {
            row.key: row.compromised_from for row in self.keys.current() if row.compromised_from is not None
        }
        keys = [
            KeyEnrolled(row.key, row.officer, row.enrolled_by, row.enrolled_at) for row in self.keys.current()
        ]
        rows = list(self.grants.current())
        found_unsound = spread(stolen, keys, [held for row in rows for held in _held(row)])
        for key, since in found_unsound.keys.items():
            if key not in stolen or since < stolen[key]:
                self._end_key(key, since, since, item)
        place = 0
        for row in rows:
            grants, given, past = map(orjson.loads, (row.grants, row.given, row.past))
            lost = [place + offset in found_unsound.roles for offset in range(len(grants) + len(past))]
            place += len(lost)
            if any(lost):
                self._take_back(row.officer, list(zip(grants, given, strict=True)), past, lost, item)

    def _take_back(
        self, officer: str, held: list[tuple[Any, Any]], past: list[Any], lost: list[bool], item: Recorded
    ) -> None:
        """Those of an officer's roles, held and past, that are lost."""
        at = item.act.recorded_at
        kept = [role for role, is_lost in zip(held, lost, strict=False) if not is_lost]
        known = [
            [*each[:4], each[4] or is_lost] for each, is_lost in zip(past, lost[len(held) :], strict=True)
        ]
        known += [
            [grant, *how, at, True] for (grant, how), is_lost in zip(held, lost, strict=False) if is_lost
        ]
        texts = ([grant for grant, _ in kept], [how for _, how in kept], known)
        self.grants.put(GrantsRow(officer, *(orjson.dumps(each).decode() for each in texts)), item.position)

    def _take_back_grants(self, item: Recorded) -> None:
        """What a key gave while it was in others' hands ends, as in the state."""
        held = {
            row.officer: (orjson.loads(row.grants), orjson.loads(row.given)) for row in self.grants.current()
        }
        keys: dict[str, list[str]] = {}
        for row in self.keys.current():
            keys.setdefault(row.officer, []).append(row.key)
        ends = grants_to_end(
            {
                officer: [
                    Given(grant["role"] == "registrar", by, at)
                    for grant, (by, at) in zip(grants, given, strict=True)
                ]
                for officer, (grants, given) in held.items()
            },
            {
                row.key: row.compromised_from
                for row in self.keys.current()
                if row.compromised_from is not None
            },
            keys,
        )
        past = {row.officer: orjson.loads(row.past) for row in self.grants.current()}
        for officer, places in ends.items():
            roles = list(zip(*held[officer], strict=True))
            lost = [place in places for place in range(len(roles))] + [False] * len(past[officer])
            self._take_back(officer, roles, past[officer], lost, item)

    @dispatch(SanctionImposed)
    def _sanction_imposed(self, event: SanctionImposed, item: Recorded) -> None:
        self.sanctions.put(SanctionRow(item.act.id, event.unit, event.year), item.position)

    @dispatch(SanctionLifted)
    def _sanction_lifted(self, event: SanctionLifted, item: Recorded) -> None:
        self.sanctions.remove(event.sanction, item.position)

    @dispatch(DayPassed)
    def _day_passed(self, event: DayPassed, item: Recorded) -> None:
        self.days.append(DayRow(item.position, event.day))

    def _mark(self, officer: str, relation: str, item: Recorded) -> None:
        marks = orjson.dumps(item.act.marks).decode()
        self.marks.append(OfficerMarksRow(officer, item.position, relation, marks))

    def _put_grants(
        self,
        officer: str,
        grants: Sequence[Grant],
        item: Recorded,
        before: Sequence[tuple[Grant, object]] = (),
        past: Sequence[object] = (),
    ) -> None:
        """The roles; one that was held before goes on as it was given then."""
        now = [list(item.act.signers), item.act.recorded_at]
        given = [next((how for held, how in before if held == grant), now) for grant in grants]
        texts = ([grant.model_dump() for grant in grants], given, list(past))
        self.grants.put(GrantsRow(officer, *(orjson.dumps(each).decode() for each in texts)), item.position)

    def _put_key(self, public_key: str, officer: str, valid_from: str, item: Recorded) -> None:
        act = item.act
        key = key_id(bytes.fromhex(public_key))
        by = [signer for signer in act.signers if signer != key]
        row = KeyRow(key, officer, utc(valid_from), None, False, None, by, act.recorded_at)
        self.keys.put(row, item.position)

    def _note_who_gave(self, changed: Sequence[Grant], item: Recorded) -> None:
        if any(
            is_high_role(each.role, None if each.unit is None else self._levels[each.unit], self._rules)
            for each in changed
        ):
            self._note_alone(item)

    def _note_alone(self, item: Recorded) -> None:
        """What takes two registrars, where but one signed."""
        signers = self._signers(item)
        if self._rules >= 2 and len(signers) < 2:
            self.alone.append(AloneRow(item.position, signers[0]))

    def _signers(self, item: Recorded) -> list[str]:
        """The officers who signed, each once, in order."""
        return list(dict.fromkeys(found(self.keys.get(key), key).officer for key in item.act.signers))

    def _put_rules(self, version: int, item: Recorded) -> None:
        self._rules = version
        self.rules.append(RulesRow(item.position, version))

    def _end_key(self, key: str, ends: str, taken: str | None, item: Recorded) -> None:
        """The earliest end counts, and the earliest moment from which others may have had it, as in the state."""
        row = found(self.keys.get(key), key)
        revoked_from = min(utc(ends), row.revoked_from) if row.revoked_from else utc(ends)
        since = min(filter(None, (taken, row.compromised_from)), default=None)
        changed = row.changed(
            revoked_from=revoked_from, compromised=since is not None, compromised_from=since
        )
        self.keys.put(changed, item.position)


def _held(row: GrantsRow) -> list[RoleHeld]:
    """All that an officer holds and ever held, in that order."""
    grants, given, past = map(orjson.loads, (row.grants, row.given, row.past))
    return [
        *(
            RoleHeld(row.officer, grant["role"], by, at, None)
            for grant, (by, at) in zip(grants, given, strict=True)
        ),
        *(RoleHeld(row.officer, grant["role"], by, since, until) for grant, by, since, until, _ in past),
    ]


def _may_spread(events: Sequence[Recorded]) -> bool:
    """Whether something in a batch may end keys and roles that it does not name."""
    return bool(of_types(events, RulesAdopted)) or any(
        event.compromised for event, _ in of_types(events, KeyRevoked)
    )


def _grants_wanted(cursor: Cursor, events: Sequence[Recorded]) -> set[str]:
    """The officers whose roles the events change: all of them where a key may take back what it gave."""
    if _may_spread(events):
        return {officer for (officer,) in cursor.execute("SELECT DISTINCT officer FROM grants").fetchall()}
    return {event.officer for event, _ in of_types(events, RolesChanged)}


def _keys_wanted(cursor: Cursor, events: Sequence[Recorded]) -> set[str]:
    """The keys that the events change: all of them where one may take others with it."""
    if _may_spread(events):
        return {key for (key,) in cursor.execute("SELECT DISTINCT key FROM keys").fetchall()}
    signed = {key for _, item in of_types(events, *TAKING_TWO) for key in item.act.signers}
    return named(events, "key", "replaces") | signed


TAKING_TWO: tuple[type[OfficerEnrolled | RolesChanged | KeyRotated], ...] = (
    OfficerEnrolled,
    RolesChanged,
    KeyRotated,
)
"""What may take two registrars."""
