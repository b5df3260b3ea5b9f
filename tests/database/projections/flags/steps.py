"""Steps that the flags' tests share, on a real ledger with its views."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Literal

from api.objections.queries import new_number
from ledger.clock import CHINA
from ledger.domain.event import Grant, Role
from ledger.events.campaign import CampaignOpened, PolicyAmended
from ledger.events.dossier import DossierAmended, DossierFiled, Facts
from ledger.events.funds import FundAllocated
from ledger.events.inbox import ObjectionReceived
from ledger.events.nomination import Approved, Confirmed, Nominated, NoticePosted, Revoked
from ledger.events.opening import Opening
from ledger.events.payout import Disbursed, PayoutReturned
from ledger.events.registry import UnitRegistered
from ledger.events.slip import IssuedSlip, RecipientSpoke, SlipsIssued, new_slip_number, slip_digest
from ledger.events.versions import Basis
from ledger.identity.documents import PersonIdentity
from ledger.writing.batch import Receipt
from ledger.writing.signing import Signer, committed
from tests.database.projections.conftest import Views
from tests.scene import policy

ON: dict[str, Any] = {"campaign": "b2026", "unit": "tea"}


def subject(views: Views, person: PersonIdentity, campaign: str = "b2026") -> str:
    return f"person:{campaign}/{views.founded.store.marker().marks_of(person)['person']}"


def days_ago(days: int) -> str:
    """A date of business, counted back from today in China."""
    return (datetime.now(CHINA) - timedelta(days=days)).date().isoformat()


def on_paper(views: Views, person: PersonIdentity, unit: str = "sugar", on: str | None = None) -> str:
    """An old paper payout found by an audit; returns its payout."""
    f, w = views.founded, views.writer
    promise, disclosure = committed(person)
    reason: dict[str, Any] = {"after_the_fact": True, "after_the_fact_reason": "审计发现纸质签收单"}
    filed = DossierFiled(unit=unit, identity_commitment=promise, facts=Facts(), **reason)
    dossier = f.record(w, "auditor", filed, disclosure).id
    paid = Disbursed(
        campaign="b2026", unit=unit, dossier=dossier, line="workers", amount_fen=50_000, **reason
    )
    return f.record(w, "auditor", paid, on=on, second="finance").id


def returned(views: Views, payout: str, case: str | None, amount_fen: int = 50_000, unit: str = "tea") -> int:
    event = PayoutReturned(
        campaign="b2026",
        unit=unit,
        payout=payout,
        case=case,
        line="workers",
        amount_fen=amount_fen,
        kind="clawed-back",
        reason="追回",
    )
    return views.founded.record(views.writer, "finance2", event).position


def amend(
    views: Views, dossier: str, person: PersonIdentity | None = None, on: str | None = None, **facts: Any
) -> int:
    """Brings a dossier up to date; returns the position."""
    promise, disclosure = (None, None) if person is None else committed(person)
    event = DossierAmended(
        unit="tea", dossier=dossier, facts=Facts(**facts), identity_commitment=promise, reason="核实"
    )
    return views.founded.record(views.writer, "tea-clerk", event, disclosure, on).position


def agree(views: Views, case: str) -> str:
    """Confirms a suspended case again; returns the version of its dossier that is agreed on."""
    [(dossier, version)] = views.rows(
        "SELECT dossier, dossier_version FROM views.cases WHERE case_id = %s AND to_position IS NULL", case
    )
    event = Confirmed(**ON, case=case, basis=Basis(dossier=str(dossier), version=str(version)))
    views.founded.record(views.writer, "tea-confirmer", event)
    return str(version)


def notice(views: Views, cases: list[str], start: str, end: str) -> Receipt:
    """Posts a list with these cases."""
    event = NoticePosted(**ON, cases=cases, start=start, end=end, place="公告栏")
    return views.founded.record(views.writer, "tea-confirmer", event)


OBJECTED = "不符合条件"
OPENING = Opening(salt="0" * 32, received_at="2026-01-10T09:00:00+08:00")


def receive(views: Views, case: str) -> tuple[str, int]:
    """The public objects to a case in the words :data:`OBJECTED`, and the ledger says so; returns number and position."""
    f = views.founded
    posted = notice(views, [case], f.day(0), f.day(1)).id
    number = new_number()
    event = ObjectionReceived(
        **ON, case=case, notice=posted, number=number, digest=OPENING.digest_of(OBJECTED)
    )
    ledgers = Signer(f.store.ledger_key(), f.ledger, f.clock)
    return number, views.writer.record(ledgers.sign(event)).position


def slip_of(views: Views, payout: str) -> str:
    """A new slip for a payout, by its hash."""
    digest = slip_digest(new_slip_number())
    slips = [IssuedSlip(payout=payout, digest=digest)]
    views.founded.record(views.writer, "finance2", SlipsIssued(**ON, slips=slips))
    return digest


def speak(views: Views, payout: str, slip: str, answer: str, **more: Any) -> int:
    """A recipient says so by a slip, and the ledger says that; where."""
    f = views.founded
    said = {**ON, "payout": payout, "slip": slip, "number": new_number(), "answer": answer, **more}
    ledgers = Signer(f.store.ledger_key(), f.ledger, f.clock)
    return views.writer.record(ledgers.sign(RecipientSpoke.model_validate(said))).position


def set_policy(views: Views, **changes: object) -> None:
    event = PolicyAmended(campaign="b2026", policy=policy(**changes), reason="调整")
    f = views.founded
    views.writer.record(f.signer("approver").sign(event, second=f.signer("approver2").key))


def revoke(views: Views, case: str, target: Literal["nomination", "approval"] = "nomination") -> int:
    event = Revoked(**ON, case=case, target=target, reason="误报")
    return views.founded.record(views.writer, "inspector", event).position


def subjects(views: Views, rule: str) -> list[object]:
    return [row[0] for row in views.flags(rule)]


def own_nothing(person: PersonIdentity) -> PersonIdentity:
    return person.model_copy(update={"account": None, "account_holder": None})


def mark(views: Views, person: PersonIdentity, field: str) -> str:
    return views.founded.store.marker().marks_of(person)[field]


def open_campaign(views: Views, campaign: str, **changes: object) -> None:
    """A further campaign of the county, with money on its line."""
    terms = policy(**changes)
    event = CampaignOpened(campaign=campaign, unit="county", title=campaign, policy=terms)
    views.founded.record(views.writer, "approver", event)
    fund = FundAllocated(campaign=campaign, line="workers", amount_fen=10_000_000)
    views.founded.record(views.writer, "finance", fund)


def pay(
    views: Views,
    dossier: str,
    case: str | None,
    amount_fen: int = 50_000,
    *,
    unit: str = "tea",
    campaign: str = "b2026",
    officer: str = "finance",
    on: str | None = None,
    **changes: object,
) -> str:
    """One more payout, after the fact where its date is long ago, by two where it has no case; returns its id."""
    paid = Disbursed(
        campaign=campaign,
        unit=unit,
        dossier=dossier,
        case=case,
        line="workers",
        amount_fen=amount_fen,
        **{**views.founded.late(on), **changes},
    )
    second = "finance2" if case is None else None
    return views.founded.record(views.writer, officer, paid, on=on, second=second).id


def approve(
    views: Views,
    dossier: str,
    *,
    unit: str = "tea",
    campaign: str = "b2026",
    amount_fen: int = 50_000,
    category: str = "worker",
    on: str | None = None,
) -> str:
    """Nominates, confirms and approves on a dossier; returns the case."""
    f, w = views.founded, views.writer
    where: dict[str, Any] = {"campaign": campaign, "unit": unit}
    case = f.record(w, f"{unit}-clerk", Nominated(**where, dossier=dossier, category=category)).id
    f.record(w, f"{unit}-confirmer", Confirmed(**where, case=case))
    approved = Approved(**where, case=case, line="workers", amount_fen=amount_fen)
    f.record(w, "approver", approved, on=on)
    return case


def register_unit(views: Views, unit: str, staff_count: int) -> None:
    """A further grass-roots unit with its clerk and confirmer."""
    f, w = views.founded, views.writer
    made = UnitRegistered(unit=unit, name=unit, level="grass-roots", parent="county", staff_count=staff_count)
    f.record(w, "registrar", made)
    for role in ("clerk", "confirmer"):
        enrol(views, f"{unit}-{role}", unit, role)


def enrol(views: Views, officer: str, unit: str, role: Role, person: PersonIdentity | None = None) -> Receipt:
    return views.founded.enrol(views.writer, officer, unit, [Grant(role=role, unit=unit)], person)
