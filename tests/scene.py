"""A scene for decisions: what stands, folded in memory, and sentences to try statements in.

``scene.given(…).when(…).then(…)`` or ``.refuses("code")``. Signatures are taken as verified; the
writer's tests make real ones.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from uuid_utils import uuid7

from ledger.crypto.signatures import key_id
from ledger.domain.admission import admit, decide
from ledger.domain.event import (
    Event,
    Grant,
    Role,
    VerifiedEvent,
    recorded_event,
    utc_text,
)
from ledger.domain.level import Level
from ledger.domain.policy.campaign_policy import (
    BudgetLine,
    Category,
    Policy,
    Window,
)
from ledger.domain.record import Record
from ledger.domain.rules_version import NEWEST
from ledger.domain.state import Case, Line, State
from ledger.errors import Refused
from ledger.events.campaign import CampaignOpened
from ledger.events.dossier import DossierFiled, Facts
from ledger.events.drawing import MoneyDrawn
from ledger.events.funds import FundAllocated
from ledger.events.nomination import Approved, Confirmed, Nominated
from ledger.events.payout import Disbursed
from ledger.events.registry import LedgerFounded, OfficerEnrolled, UnitRegistered
from ledger.events.rules import RulesAdopted
from ledger.statements.statement import Statement

LEDGER = "0b3f0d3a-9f3e-4c55-8f3e-5d1f0c9a7b11"
OFFICERS: dict[str, tuple[str, list[Role]]] = {
    "approver": ("county", ["approver"]),
    "approver2": ("county", ["approver"]),
    "finance": ("county", ["finance"]),
    "finance2": ("county", ["finance"]),
    "auditor": ("county", ["auditor"]),
    "inspector": ("county", ["inspector"]),
    "tea-clerk": ("tea", ["clerk"]),
    "tea-clerk2": ("tea", ["clerk"]),
    "tea-confirmer": ("tea", ["confirmer"]),
    "sugar-clerk": ("sugar", ["clerk"]),
    "sugar-confirmer": ("sugar", ["confirmer"]),
    "many-hats": ("county", ["clerk", "confirmer", "approver"]),
}


NOBODY = "019bf000-0000-7000-8000-000000000000"
"""An id that nothing has."""

ON: dict[str, Any] = {"campaign": "b2026", "unit": "tea"}


def records_of(state: State) -> list[Record]:
    """All records of a state that put none away."""
    assert isinstance(state._records, dict)
    return list(state._records.values())


def public_key(officer: str) -> str:
    """A made-up public key of an officer, hex."""
    return sha256(f"key of {officer}".encode()).hexdigest()


def key_of(officer: str) -> str:
    """The id of an officer's key."""
    return key_id(bytes.fromhex(public_key(officer)))


def person_mark(name: str) -> str:
    """A made-up mark of a person."""
    return f"1:{sha256(name.encode()).hexdigest()[:43]}"


def policy(**changes: Any) -> Policy:
    """A small Plan B."""
    fields: dict[str, Any] = {
        "plan": "union",
        "locality": "某县",
        "year": 2026,
        "window": Window(start="2026-01-01", end="2026-03-05"),
        "categories": [
            Category(code="worker", title="困难职工", line="workers", standard_fen=50_000),
            Category(code="model-worker", title="劳动模范", line="models", standard_fen=900_000),
        ],
        "lines": [
            BudgetLine(code="workers", title="困难职工", source="county"),
            BudgetLine(code="models", title="劳模", source="county"),
        ],
        "excluded_groups": ["farmer", "urban-resident"],
        **changes,
    }
    return Policy(**fields)


@dataclass
class Attempt:
    """A statement that was tried, and what came of it."""

    scene: Scene
    id: str
    refusal: Refused | None

    def refuses(self, code: str, **details: Any) -> Attempt:
        """It was refused by that rule, saying these details."""
        assert self.refusal is not None, "it was admitted"
        assert self.refusal.code == code, f"refused as {self.refusal.code}: {self.refusal}"
        for name, value in details.items():
            assert self.refusal.details[name] == value, self.refusal.details
        assert self.refusal.message("zh")
        assert "?" not in self.refusal.message("zh"), self.refusal.message("zh")
        assert "?" not in self.refusal.message("en"), self.refusal.message("en")
        return self

    def then(self, check: Callable[[Scene], object]) -> Attempt:
        """It was admitted, and the check holds."""
        if self.refusal is not None:
            raise self.refusal
        assert check(self.scene)
        return self


class Scene:
    """A ledger in memory, with a campaign, units and officers."""

    def __init__(self, *, rules: int = NEWEST, **policy_changes: Any) -> None:
        self.state = State()
        self.acts: list[VerifiedEvent] = []
        self.time = datetime(2026, 1, 10, 1, 0, tzinfo=UTC)
        self.do(
            "registrar",
            LedgerFounded(
                name="台账",
                officer="registrar",
                officer_name="授权管理员",
                public_key=public_key("registrar"),
                ledger_key=public_key("ledger"),
                rules=rules,
                identity_commitment="0" * 64,
            ),
            person="registrar",
        )
        for unit, parent in (("county", None), ("tea", "county"), ("sugar", "county")):
            level: Level = "county" if parent is None else "grass-roots"
            self.do("registrar", UnitRegistered(unit=unit, name=unit, level=level, parent=parent))
        for officer, (unit, roles) in OFFICERS.items():
            self.do(
                "registrar",
                OfficerEnrolled(
                    officer=officer,
                    name=officer,
                    unit=unit,
                    public_key=public_key(officer),
                    valid_from="2026-01-01T00:00:00+08:00",
                    grants=[Grant(role=role, unit=unit) for role in roles],
                    identity_commitment="0" * 64,
                ),
                person=officer,
            )
        self.do(
            "approver",
            CampaignOpened(campaign="b2026", unit="county", title="送温暖", policy=policy(**policy_changes)),
        )

    # --- Trying -----------------------------------------------------------------------------------

    def act(
        self,
        officer: str,
        event: Event,
        *,
        person: str | None = None,
        second: str | None = None,
        on: str | None = None,
        made_at: str | None = None,
        ledger: str = LEDGER,
        id: str | None = None,
        proved: bool = True,
    ) -> VerifiedEvent:
        """A verified act, ready to be decided; a new key's own signature is made up like the others."""
        if event.ENROLS and event.__dict__["proof_of_possession"] is None and proved:
            event = event.model_copy(update={"proof_of_possession": "0" * 128})
        self.time += timedelta(seconds=1)
        signers = [key_id(bytes.fromhex(public_key(name))) for name in (officer, second) if name]
        statement = Statement(
            by=signers[0],
            body=event.model_dump(mode="json", exclude_defaults=True),
            id=id or str(uuid7()),
            ledger=ledger,
            made_at=made_at or self.time.isoformat(timespec="seconds"),
            on=on or self.time.date().isoformat(),
            type=event.topic(),
        )
        # Whatever is tried is also read back as replay reads it, without validation.
        assert recorded_event(statement.type, statement.body) == event
        marks = {"person": person_mark(person)} if person else {}
        return VerifiedEvent(statement, event, tuple(signers), marks, utc_text(self.time))

    def do(self, officer: str, event: Event, **options: Any) -> str:
        """Admits a statement, which must pass; returns its id."""
        act = self.act(officer, event, **options)
        admit(act, self.state)
        self.acts.append(act)
        return act.id

    def given(self, *steps: Callable[[Scene], object]) -> Scene:
        """Lets these things happen first."""
        for step in steps:
            step(self)
        return self

    def when(self, officer: str, event: Event, **options: Any) -> Attempt:
        """Tries a statement. A refused one must change nothing."""
        act = self.act(officer, event, **options)
        before = {record.key: record.value() for record in records_of(self.state)}
        try:
            decide(act, self.state)
        except Refused as refusal:
            after = {record.key: record.value() for record in records_of(self.state)}
            assert before == after
            return Attempt(self, act.id, refusal)
        act.event.apply(act, self.state)
        self.acts.append(act)
        return Attempt(self, act.id, None)

    def take_up_newest(self) -> Scene:
        """From here on the newest rules bind."""
        self.do("registrar", RulesAdopted(version=NEWEST, reason="上级要求"))
        return self

    # --- Usual steps ------------------------------------------------------------------------------

    def funds(self, amount_fen: int = 25_000_000, line: str = "workers") -> Scene:
        """Money on a line."""
        self.do("finance", FundAllocated(campaign="b2026", line=line, amount_fen=amount_fen))
        return self

    def dossier(self, person: str = "张三", unit: str = "tea", **facts: Any) -> str:
        """A dossier with the unit."""
        return self.do(
            f"{unit}-clerk",
            DossierFiled(unit=unit, identity_commitment="0" * 64, facts=Facts(**facts)),
            person=person,
        )

    def nominated(
        self, person: str = "张三", unit: str = "tea", category: str = "worker", **facts: Any
    ) -> str:
        """A nominated case."""
        dossier = self.dossier(person, unit, **facts)
        return self.do(
            f"{unit}-clerk",
            Nominated(campaign="b2026", unit=unit, dossier=dossier, category=category),
        )

    def confirmed(self, person: str = "张三", unit: str = "tea", **options: Any) -> str:
        """A confirmed case."""
        case = self.nominated(person, unit, **options)
        self.do(f"{unit}-confirmer", Confirmed(campaign="b2026", unit=unit, case=case))
        return case

    def approved(
        self,
        person: str = "张三",
        amount_fen: int = 50_000,
        unit: str = "tea",
        line: str = "workers",
        **options: Any,
    ) -> str:
        """An approved case."""
        case = self.confirmed(person, unit, **options)
        self.do(
            "approver",
            Approved(campaign="b2026", unit=unit, case=case, line=line, amount_fen=amount_fen),
        )
        return case

    def drawn(self, amount_fen: int, unit: str = "tea", line: str = "workers") -> str:
        """Money drawn by a unit."""
        return self.do("finance", MoneyDrawn(campaign="b2026", unit=unit, line=line, amount_fen=amount_fen))

    def payout(self, case: str, amount_fen: int = 50_000, **changes: Any) -> Disbursed:
        """A payout on a case, to be tried."""
        record = self.state.get(Case, case)
        fields = {"line": record.line or "workers", **changes}
        return Disbursed(
            campaign="b2026",
            unit=record.unit,
            dossier=record.dossier,
            case=case,
            amount_fen=amount_fen,
            **fields,
        )

    def balance_fen(self, line: str = "b2026/workers") -> int:
        """What a line holds."""
        return self.state.line(line).balance_fen

    def case(self, case: str) -> Case:
        """A case's record."""
        return self.state.get(Case, case)

    def lines(self) -> list[Line]:
        """All lines that ever moved."""
        return list(self.state.records(Line))
