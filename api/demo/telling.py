"""How the demonstration is told: its clock, its officers, and the recording of what they sign."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from api.demo.people import People
from api.demo.recording import Recording
from api.roster.roster_file import Roster
from ledger.clock import CHINA
from ledger.crypto.keys import OfficerKey
from ledger.domain.event import Event, Grant, Role
from ledger.domain.level import Level
from ledger.domain.policy.campaign_policy import Form
from ledger.errors import Refused
from ledger.events.dossier import DossierFiled, Facts
from ledger.events.nomination import (
    Nominated,
)
from ledger.events.registry import OfficerEnrolled, UnitRegistered
from ledger.identity.documents import EnterpriseIdentity, PersonIdentity
from ledger.identity.vault import Disclosure
from ledger.storage.store import OpenStore
from ledger.writing.intake import Submission
from ledger.writing.signing import committed, possessed
from projections.following.runner import Followers


@dataclass(frozen=True)
class Refusal:
    """A refused attempt of the story: what was tried, and the ledger's answer."""

    attempt: str
    refusal: Refused


@dataclass
class Told:
    """What the story leaves behind, for the demonstration to show."""

    ledger: str = ""
    keys: dict[str, OfficerKey] = field(default_factory=dict)
    refusals: list[Refusal] = field(default_factory=list)
    roster: Roster | None = None
    recorded: int = 0


class StoryClock:
    """A clock that the story sets; it moves on by a second with every look."""

    def __init__(self) -> None:
        self._now = datetime(2025, 12, 1, 9, 0, tzinfo=CHINA)

    def at(self, text: str) -> None:
        """Goes on to a moment, like ``2026-01-15 09:30``."""
        self._now = max(datetime.fromisoformat(text).replace(tzinfo=CHINA), self._now)

    def later(self, minutes: int) -> None:
        """Lets some time go by."""
        self._now += timedelta(minutes=minutes)

    def __call__(self) -> datetime:
        """The story's time now."""
        self._now += timedelta(milliseconds=20)
        return self._now


class Teller:
    """What the chapters share. ``desk`` is where the story's officers record; it opens with the ledger."""

    def __init__(self, store: OpenStore, follower: Followers, clock: StoryClock) -> None:
        self._store = store
        self._follower = follower
        self._clock = clock
        self._people = People(20260101)
        self._officials = People(20251201)
        self._cases: dict[str, dict[str, tuple[str, str]]] = {}
        self._persons: dict[str, PersonIdentity | EnterpriseIdentity] = {}
        self._facts: dict[str, Facts] = {}
        self._approved: dict[str, list[str]] = {}
        self._payouts: dict[str, str] = {}
        self.told = Told()
        self.desk: Recording

    def _together(self, officer: str, events: list[Event]) -> list[str]:
        """Records many events under one batch signature; returns their ids."""
        return self.desk.together(officer, [(event, None, None) for event in events])

    def _refused(self, attempt: str, submission: Submission) -> None:
        try:
            self.desk.writer.record(submission)
        except Refused as refusal:
            self.told.refusals.append(Refusal(attempt, refusal))
        else:
            raise RuntimeError(f"the ledger should have refused: {attempt}")

    def _unit(
        self, code: str, name: str, level: Level, parent: str | None, staff_count: int | None = None
    ) -> None:
        self.desk.record(
            "registrar",
            UnitRegistered(
                unit=code,
                name=name,
                level=level,
                parent=parent,
                staff_count=staff_count,
            ),
        )

    def _enrol(
        self,
        officer: str,
        name: str,
        unit: str,
        roles: list[Role],
        *,
        everywhere: bool = False,
        second: str | None = None,
    ) -> None:
        event, disclosure = self._enrolment(officer, name, unit, roles, everywhere=everywhere)
        self.desk.record("registrar", event, disclosure, second=second)

    def _enrolment(
        self, officer: str, name: str, unit: str, roles: list[Role], *, everywhere: bool = False
    ) -> tuple[OfficerEnrolled, Disclosure]:
        promise, disclosure = committed(self._officials.person())
        event = OfficerEnrolled(
            officer=officer,
            name=name,
            unit=unit,
            **possessed(self.desk.signer(officer).key, self.desk.ledger, officer),
            valid_from="2025-12-01T00:00:00+08:00",
            grants=[Grant(role=role, unit=None if everywhere else unit) for role in roles],
            identity_commitment=promise,
        )
        return event, disclosure

    def _file(
        self,
        unit: str,
        campaign: str,
        rows: Sequence[tuple[PersonIdentity | EnterpriseIdentity, Facts, str, int | None]],
        forms: list[Form] | None = None,
    ) -> None:
        """Files dossiers and nominates, under one batch signature of the unit's clerk."""
        signer = self.desk.signer(f"{unit}-clerk")
        made, disclosures = [], []
        for identity, facts, category, amount_fen in rows:
            promise, disclosure = committed(identity)
            filed = signer.statement(
                DossierFiled(unit=unit, recipient=identity.kind, identity_commitment=promise, facts=facts)
            )
            nominated = signer.statement(
                Nominated(
                    campaign=campaign,
                    unit=unit,
                    dossier=filed.id,
                    category=category,
                    amount_fen=amount_fen,
                    forms=forms or ["money"],
                )
            )
            made += [filed, nominated]
            disclosures += [disclosure, None]
            self._cases.setdefault(unit, {})[nominated.id] = (filed.id, category)
            self._persons[filed.id], self._facts[filed.id] = identity, facts
        self.desk.submit(signer.sign_together(made, disclosures))
