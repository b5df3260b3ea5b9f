"""A founded ledger in a real database: real keys, real signatures, for tests of the write path."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from api.demo.people import People
from ledger.clock import CHINA, utc_now
from ledger.crypto.keys import new_key, public_hex
from ledger.domain.admission import MOST_BACKDATED
from ledger.domain.event import Event, Grant
from ledger.domain.level import Level
from ledger.domain.policy.campaign_policy import Policy
from ledger.domain.register_kinds import KINDS, RegisterKind
from ledger.domain.rules_version import NEWEST
from ledger.errors import Refused
from ledger.events.campaign import CampaignOpened
from ledger.events.dossier import DossierFiled, Facts
from ledger.events.draws import DrawOf, DrawOrdered, seed_of
from ledger.events.funds import FundAllocated
from ledger.events.nomination import Approved, Confirmed, Nominated
from ledger.events.payout import Disbursed
from ledger.events.register import EarlierPayoutsListed, ReferenceListed
from ledger.events.registry import LedgerFounded, OfficerEnrolled, UnitRegistered
from ledger.identity.documents import PersonIdentity
from ledger.identity.register_rows import Listed
from ledger.identity.vault import Disclosure
from ledger.log.checkpoint import origin_of
from ledger.log.note import NoteKey, note_key
from ledger.storage.store import OpenStore
from ledger.writing import registers
from ledger.writing.batch import Receipt
from ledger.writing.intake import Submission
from ledger.writing.signing import Signer, committed, possessed
from ledger.writing.writer import Writer
from tests.scene import OFFICERS, policy


@dataclass
class Founded:
    """The officers of a founded ledger, at work."""

    store: OpenStore
    ledger: str
    keys: dict[str, Ed25519PrivateKey] = field(default_factory=dict)
    people: People = field(default_factory=lambda: People(7))
    officials: People = field(default_factory=lambda: People(97))
    ahead: timedelta = timedelta()

    def clock(self) -> datetime:
        """The time for officers and writer: now, or as many days later as the test let pass."""
        return utc_now() + self.ahead

    @property
    def log_key(self) -> NoteKey:
        """The key that the log's checkpoints are verified with."""
        return note_key(self.store.ledger_key(), origin_of(self.ledger))

    def day(self, later: int = 0) -> str:
        """The date in China, or so many days later or earlier."""
        return (self.clock().astimezone(CHINA) + timedelta(days=later)).date().isoformat()

    def late(self, on: str | None) -> dict[str, Any]:
        """The members that make an act one after the fact, where its date is too early for another."""
        if on is None or on >= self.day(-MOST_BACKDATED.days):
            return {}
        return {"after_the_fact": True, "after_the_fact_reason": "补录"}

    def let_pass(self, writer: Writer, days: int) -> None:
        """Days go by, and the ledger says so; its writer must go by this clock."""
        self.ahead += timedelta(days=days)
        writer.end_day()

    def key(self, officer: str) -> Ed25519PrivateKey:
        """An officer's key, made when it is first asked for."""
        return self.keys.setdefault(officer, new_key())

    def signer(self, officer: str) -> Signer:
        """An officer with their key."""
        return Signer(self.key(officer), self.ledger, self.clock)

    def sign(
        self,
        officer: str,
        event: Event,
        disclosure: Disclosure | None = None,
        on: str | None = None,
        second: str | None = None,
    ) -> Submission:
        """A signed statement, by two officers where a second is named."""
        other = None if second is None else self.signer(second).key
        return self.signer(officer).sign(event, disclosure, on=on, second=other)

    def found(self, writer: Writer, terms: Policy | None = None, rules: int = NEWEST) -> None:
        """Units, officers, a campaign, and money on its line, by the newest rules or older ones."""
        registrar = self.signer("registrar").key
        promise, disclosure = committed(self.officials.person())
        self.record(
            writer,
            "registrar",
            LedgerFounded(
                name="测试台账",
                officer="registrar",
                officer_name="授权管理员",
                public_key=public_hex(registrar),
                ledger_key=self.store.ledger_public_key(),
                rules=rules,
                identity_commitment=promise,
            ),
            disclosure,
        )
        for unit, parent in (("county", None), ("tea", "county"), ("sugar", "county")):
            level: Level = "county" if parent is None else "grass-roots"
            self.record(writer, "registrar", UnitRegistered(unit=unit, name=unit, level=level, parent=parent))
        for officer, (unit, roles) in OFFICERS.items():
            self.enrol(writer, officer, unit, [Grant(role=role, unit=unit) for role in roles])
        self.record(
            writer,
            "approver",
            CampaignOpened(campaign="b2026", unit="county", title="送温暖", policy=terms or policy()),
        )
        self.record(writer, "finance", FundAllocated(campaign="b2026", line="workers", amount_fen=25_000_000))

    def enrol(
        self,
        writer: Writer,
        officer: str,
        unit: str,
        grants: list[Grant],
        person: PersonIdentity | None = None,
        valid_from: str = "2026-01-01T00:00:00+08:00",
    ) -> Receipt:
        """Enrols an officer, who is somebody new where it is not said who."""
        return writer.record(self.enrolment(officer, unit, grants, person, valid_from))

    def enrolment(
        self,
        officer: str,
        unit: str,
        grants: list[Grant],
        person: PersonIdentity | None = None,
        valid_from: str = "2026-01-01T00:00:00+08:00",
    ) -> Submission:
        """An officer's enrolment, signed by the registrar."""
        promise, disclosure = committed(person or self.officials.person())
        event = OfficerEnrolled(
            officer=officer,
            name=officer,
            unit=unit,
            **possessed(self.signer(officer).key, self.ledger, officer),
            valid_from=valid_from,
            grants=grants,
            identity_commitment=promise,
        )
        return self.sign("registrar", event, disclosure)

    def record(
        self,
        writer: Writer,
        officer: str,
        event: Event,
        disclosure: Disclosure | None = None,
        on: str | None = None,
        second: str | None = None,
    ) -> Receipt:
        """Signs and records one statement; a refusal is an error."""
        return writer.record(self.sign(officer, event, disclosure, on, second))

    def record_all(self, writer: Writer, submissions: list[Submission]) -> list[Receipt]:
        """Records many; a refusal is an error."""
        receipts = []
        for outcome in writer.record_all(submissions):
            if isinstance(outcome, Refused):
                raise outcome
            receipts.append(outcome)
        return receipts

    def dossiers(self, count: int, unit: str = "tea") -> list[Submission]:
        """Dossiers of new persons, signed together."""
        signer = self.signer(f"{unit}-clerk")
        made, disclosures = [], []
        for _ in range(count):
            promise, disclosure = committed(self.people.person())
            made.append(
                signer.statement(
                    DossierFiled(unit=unit, identity_commitment=promise, facts=Facts(cause="illness"))
                )
            )
            disclosures.append(disclosure)
        return signer.sign_together(made, disclosures)

    def dossier(
        self,
        writer: Writer,
        person: PersonIdentity | None = None,
        unit: str = "tea",
        on: str | None = None,
        **facts: Any,
    ) -> str:
        """One dossier, after the fact by the auditor where its date is long ago; returns its id."""
        promise, disclosure = committed(person or self.people.person())
        late = self.late(on)
        event = DossierFiled(unit=unit, identity_commitment=promise, facts=Facts(**facts), **late)
        return self.record(writer, "auditor" if late else f"{unit}-clerk", event, disclosure, on).id

    def nominated(
        self,
        writer: Writer,
        person: PersonIdentity | None = None,
        unit: str = "tea",
        category: str = "worker",
        **facts: Any,
    ) -> tuple[str, str]:
        """A nominated case and its dossier."""
        dossier = self.dossier(writer, person, unit, **facts)
        event = Nominated(campaign="b2026", unit=unit, dossier=dossier, category=category)
        return self.record(writer, f"{unit}-clerk", event).id, dossier

    def approved(
        self,
        writer: Writer,
        person: PersonIdentity | None = None,
        unit: str = "tea",
        amount_fen: int = 50_000,
        **options: Any,
    ) -> tuple[str, str]:
        """An approved case and its dossier."""
        case, dossier = self.nominated(writer, person, unit, **options)
        self.record(writer, f"{unit}-confirmer", Confirmed(campaign="b2026", unit=unit, case=case))
        self.record(
            writer,
            "approver",
            Approved(campaign="b2026", unit=unit, case=case, line="workers", amount_fen=amount_fen),
        )
        return case, dossier

    def ordered(self, writer: Writer, of: DrawOf, officer: str, size: int = 1, **more: Any) -> dict[str, Any]:
        """A draw that is ordered: its id, seed, size and entry, as what comes of it states them."""
        receipt = self.record(writer, officer, DrawOrdered(campaign="b2026", of=of, size=size, **more))
        seed = seed_of(receipt.id, receipt.recorded_at)
        return {"draw": receipt.id, "seed": seed, "size": size, "drawn_at": receipt.position}

    def paid(
        self,
        writer: Writer,
        person: PersonIdentity | None = None,
        unit: str = "tea",
        amount_fen: int = 50_000,
        **options: Any,
    ) -> tuple[str, str, str]:
        """A paid case, its dossier and the payout."""
        case, dossier = self.approved(writer, person, unit, amount_fen, **options)
        event = Disbursed(
            campaign="b2026", unit=unit, dossier=dossier, case=case, line="workers", amount_fen=amount_fen
        )
        return case, dossier, self.record(writer, "finance", event).id

    def listed(
        self,
        writer: Writer,
        kind: str,
        rows: Sequence[tuple[PersonIdentity, Mapping[str, str | int]]],
        officer: str = "auditor",
        unit: str | None = "county",
        kinds: Mapping[str, RegisterKind] = KINDS,
        store: OpenStore | None = None,
        second: str | None = None,
        **said: Any,
    ) -> str:
        """A list of persons, loaded and signed; returns its id. ``store`` is another than the ledger's own."""
        listed = [Listed(person.number, line, facts) for line, (person, facts) in enumerate(rows, 2)]
        period = said.get("period_start"), said.get("period_end")
        with (store or self.store).connect() as connection:
            prepared = registers.prepare(
                connection, listed, kinds[kind], period, marker=self.store.marker(), vault=self.store.vault()
            )
        is_help = kinds[kind].relation == "given"
        event_type: type[ReferenceListed] = EarlierPayoutsListed if is_help else ReferenceListed
        brought_in = {"total_fen": prepared.total_fen, "digest": prepared.root} if is_help else {}
        event = event_type(
            **{
                "unit": unit,
                "kind": kind,
                "title": "外部名单",
                "source": "有关部门",
                "data_on": self.day(),
                "keep_until": self.day(),
                "digest": "0" * 64,
                "root": prepared.root,
                "rows": prepared.rows,
                "duplicates": prepared.duplicates,
                **brought_in,
                **said,
            }
        )
        return self.record(writer, officer, event, second=second).id


def prepare(store: OpenStore) -> Founded:
    """Secrets and a ledger id for a new ledger."""
    ledger = str(uuid4())
    store.create_secrets(ledger)
    return Founded(store, ledger)
