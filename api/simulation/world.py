"""The simulated world (模拟): its clock, units, officers and persons, and how they record.

Everything goes the way that officers' statements go. A seed gives the same world again, but for keys
and ids.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Literal

from stdnum import luhn

from api.demo.people import People
from api.demo.recording import Recording
from ledger.clock import CHINA
from ledger.crypto.keys import new_key, public_hex
from ledger.domain.event import Event, Grant, Role
from ledger.domain.level import Level
from ledger.domain.rules_version import NEWEST
from ledger.events.registry import KeyRotated, LedgerFounded, OfficerEnrolled, UnitRegistered
from ledger.events.rules import RulesAdopted
from ledger.identity.documents import PersonIdentity
from ledger.storage.store import OpenStore
from ledger.writing.batch import Receipt
from ledger.writing.signing import Signer, committed, possessed
from ledger.writing.writer import Writer

LATE: dict[str, Any] = {"after_the_fact": True, "after_the_fact_reason": "审计发现纸质签收单"}
"""What makes an act one after the fact."""


@dataclass
class Plan:
    """What is to happen to one recipient in one year; a planted fraud changes it.

    Sums in fen. ``paid_on`` are days after the day of payment. The ids are filled in as it happens;
    ``version`` is the dossier's where name or account were changed after the filing.
    """

    unit: str
    person: PersonIdentity
    facts: dict[str, Any] = field(default_factory=lambda: {"cause": "illness", "group": "worker"})
    category: str = "worker"
    line: str = "workers"
    amounts: list[int] = field(default_factory=lambda: [50_000])
    approved_fen: int | None = None
    method: Literal["bank", "cash"] = "bank"
    filed_days: int = 0
    nominated_days: int = 0
    paid_days: int = 0
    on_notice: bool = True
    on_roster: bool = True
    matched: bool = True
    proxy: PersonIdentity | None = None
    amended: bool = False
    objected: bool = False
    dossier: str = ""
    version: str | None = None
    case: str = ""
    payouts: list[str] = field(default_factory=list)

    @property
    def total_fen(self) -> int:
        """What is to be approved."""
        return sum(self.amounts) if self.approved_fen is None else self.approved_fen


class World(Recording):
    """Units, officers and persons, at its own time; in this world nothing may be refused."""

    def __init__(self, store: OpenStore, writer: Writer, clock: WorldClock, ledger: str, seed: int) -> None:
        super().__init__(writer, clock, ledger)
        self.store = store
        self.clock = clock
        self.random = random.Random(seed)
        self.people = People(seed)
        self._officials = People(seed + 1_000_003)
        self.marker = store.marker()
        self._numbers = 0

    # --- Persons ----------------------------------------------------------------------------------

    def person(self, **changes: Any) -> PersonIdentity:
        """A person who shares no phone, account, address or household with anybody else."""
        self._numbers += 1
        number = self._numbers
        drawn = self.people.person()
        card = f"6228480{number:011d}"
        own = {
            "phone": f"13{number:09d}",
            "account": card + luhn.calc_check_digit(card),
            "address": f"某县第{number}号",
            "household": f"H{number}",
            **changes,
        }
        return drawn.model_copy(update=own)

    def mark(self, person: PersonIdentity, kind: str = "person") -> str:
        """A mark of a person, as the views know it."""
        return self.marker.marks_of(person)[kind]

    # --- Units and officers -----------------------------------------------------------------------

    def day(self, days: int = 0) -> str:
        """The date in China, so many days from today."""
        return (self.clock.now.astimezone(CHINA).date() + timedelta(days=days)).isoformat()

    def found(self) -> None:
        """The ledger by the rules of before, the county, and its officers."""
        promise, disclosure = committed(self._officials.person())
        self.record(
            "registrar",
            LedgerFounded(
                name="模拟台账",
                officer="registrar",
                officer_name="授权管理员",
                public_key=public_hex(self.signer("registrar").key),
                ledger_key=self.store.ledger_public_key(),
                rules=1,
                identity_commitment=promise,
            ),
            disclosure,
        )
        self.unit("city", "city", None, None)
        self.unit("county", "county", "city", None)
        roles: dict[str, Role] = {
            "approver": "approver",
            "approver2": "approver",
            "finance": "finance",
            "accountant": "finance",
            "auditor": "auditor",
            "inspector": "inspector",
        }
        for officer, role in roles.items():
            self.enrol(officer, "county", role)

    def unit(self, unit: str, level: Level, parent: str | None, staff_count: int | None) -> None:
        """Registers a unit."""
        event = UnitRegistered(unit=unit, name=unit, level=level, parent=parent, staff_count=staff_count)
        self.record("registrar", event)

    def take_up_rules(self) -> None:
        """Takes up the newest rules, which bind from here on."""
        self.record("registrar", RulesAdopted(version=NEWEST, reason="采用现行规则"))

    def enrol(self, officer: str, unit: str, *roles: Role, person: PersonIdentity | None = None) -> Receipt:
        """Enrols an officer with roles over a unit."""
        promise, disclosure = committed(person or self._officials.person())
        event = OfficerEnrolled(
            officer=officer,
            name=officer,
            unit=unit,
            **possessed(self.signer(officer).key, self.ledger, officer),
            valid_from="2020-01-01T00:00:00+08:00",
            grants=[Grant(role=role, unit=unit) for role in roles],
            identity_commitment=promise,
        )
        return self.record("registrar", event, disclosure)

    def replace_key(self, officer: str) -> None:
        """An officer's key signs another in its place, which signs from then on."""
        key = new_key()
        event = KeyRotated(
            officer=officer,
            **possessed(key, self.ledger, officer),
            valid_from=self.clock.now.isoformat(timespec="seconds"),
        )
        self.record(officer, event)
        self.put_key(officer, key)

    def receive(self, event: Event) -> Receipt:
        """Records what came from outside under the ledger's own key."""
        receipt = self.writer.record(Signer(self.store.ledger_key(), self.ledger, self.clock).sign(event))
        self._note(receipt)
        return receipt


class WorldClock:
    """The world's time: it stands still but for the microseconds that order what is recorded."""

    def __init__(self) -> None:
        self.now = datetime(2023, 11, 20, 9, 0, tzinfo=CHINA)

    def at(self, day: date) -> None:
        """Goes on to nine o'clock of a day, never back."""
        self.now = max(datetime(day.year, day.month, day.day, 9, 0, tzinfo=CHINA), self.now)

    def later(self, **interval: float) -> None:
        """Lets some time go by."""
        self.now += timedelta(**interval)

    def __call__(self) -> datetime:
        """The time now."""
        return self.now
