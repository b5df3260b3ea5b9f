"""Frauds of whole units (整个单位的违规), planted once a year in a unit of their own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from api.simulation.frauds import Planting
from api.simulation.planted.voices import issue_slip, speak
from api.simulation.world import Plan
from ledger.crypto.keys import key_id_of
from ledger.events.dossier import IdentityRevealed
from ledger.events.drawing import DrawnReturned, MoneyDrawn
from ledger.events.funds import FundAllocated
from ledger.events.oversight import SanctionImposed
from ledger.events.payout import Disbursed, PayoutReturned
from ledger.events.registry import KeyRevoked


@dataclass(frozen=True)
class UnitFraud:
    """A fraud of a whole unit: its name, its staff and recipients, and what it does."""

    name: str
    staff: int
    recipients: int
    plant: Callable[[Planting, str, list[Plan]], None]


def _covers_all(p: Planting, unit: str, plans: list[Plan]) -> None:
    p.expect("blanket-coverage", "unit", lambda: unit)
    p.expect("unit-share-spike", "unit", lambda: unit)


def _spikes(p: Planting, unit: str, plans: list[Plan]) -> None:
    """Many more than last year; and somebody looks all of them up."""
    clerk = f"{unit}-clerk"

    def read_all() -> None:
        key = key_id_of(p.world.signer(clerk).key)
        for plan in plans:
            event = IdentityRevealed(unit=unit, dossier=plan.dossier, purpose="核对名单")
            p.world.record(clerk, event)
        p.expect("mass-reading", "key", lambda: key, "-")

    p.campaign.at("late", read_all)
    p.expect("unit-share-spike", "unit", lambda: unit)


def _just_below(p: Planting, unit: str, plans: list[Plan]) -> None:
    for plan in plans:
        plan.category, plan.line, plan.amounts = "aid", "aid", [98_000]
    p.expect("just-below-limit", "unit", lambda: unit)


def _stamps(p: Planting, unit: str, plans: list[Plan]) -> None:
    p.campaign.one_by_one.add(unit)
    p.expect("rubber-stamp", "officer", lambda: "approver2")


def _files_late(p: Planting, unit: str, plans: list[Plan]) -> None:
    p.campaign.late_rosters.add(unit)
    p.campaign.at("approve", lambda: p.campaign.file_roster(unit, len(plans)))
    p.expect("late-roster", "unit", lambda: unit)


def _is_banned(p: Planting, unit: str, plans: list[Plan]) -> None:
    event = SanctionImposed(unit=unit, year=p.campaign.year, reason="材料不实")
    p.campaign.at("object", lambda: p.world.record("inspector", event))
    for plan in plans:
        p.case("paid-while-banned", plan)


def _keeps_money(p: Planting, unit: str, plans: list[Plan]) -> None:
    """Draws in two parts what would take two signatures, and keeps it until the end."""
    where: dict[str, Any] = {"campaign": p.code, "unit": unit, "line": "workers"}

    def draw() -> None:
        p.world.record("finance", FundAllocated(campaign=p.code, line="workers", amount_fen=120_000))
        for _ in range(2):
            p.world.record("finance", MoneyDrawn(**where, amount_fen=60_000))

    def give_back() -> None:
        p.world.record("accountant", DrawnReturned(**where, amount_fen=120_000, reason="余款交回"))

    p.campaign.at("paid", draw)
    p.campaign.at("sum-up", give_back)
    for rule in ("drawn-not-handed-out", "split-drawing"):
        p.expect(rule, "line", lambda: f"workers@{unit}")


def _takes_back(p: Planting, unit: str, plans: list[Plan]) -> None:
    """The unit hands out cash that it drew, and takes it back again by itself."""
    payer, world = f"{unit}-payer", p.world
    where: dict[str, Any] = {"campaign": p.code, "unit": unit, "line": "workers"}
    handed = plans[:3]
    again: list[str] = []
    for plan in handed:
        plan.amounts, plan.approved_fen = [40_000], 50_000
    p.campaign.at("enrol", lambda: world.enrol(payer, unit, "clerk"))

    def act() -> None:
        world.record("finance", MoneyDrawn(**where, amount_fen=30_000))
        for plan in handed:
            of = {**where, "case": plan.case, "amount_fen": 10_000}
            paid = Disbursed(**of, dossier=plan.dossier, source="drawn", method="cash")
            again.append(world.record(payer, paid).id)
            back = PayoutReturned(**of, payout=again[-1], kind="refused", to="drawn", reason="本人不要")
            world.record(payer, back, second="finance")
        world.record("accountant", DrawnReturned(**where, amount_fen=30_000, reason="余款交回"))

    p.campaign.at("paid", act)
    p.expect("unit-takes-back", "unit", lambda: unit)
    for index in range(len(handed)):
        p.expect("cash-where-bank", "payout", partial(again.__getitem__, index))


def _collects(p: Planting, unit: str, plans: list[Plan]) -> None:
    """The unit collects from recipients what they were paid: two say so by their slips, one of whom unsays it."""

    def say() -> None:
        for plan in plans[:2]:
            slip = issue_slip(p, plan)
            speak(p, plan, slip, "given-back")
        speak(p, plans[1], slip, "received")

    p.campaign.at("late", say)
    p.expect("taken-back", "unit", lambda: unit)
    for plan in plans[:2]:
        p.payout("recipient-disagrees", plan)


def _is_one_person(p: Planting, unit: str, plans: list[Plan]) -> None:
    person = p.world.person()

    def enrol() -> None:
        p.world.enrol(f"{unit}-one", unit, "clerk", person=person)
        p.world.enrol(f"{unit}-two", unit, "confirmer", person=person)
        p.world.let_sign(f"{unit}-one", instead_of=f"{unit}-clerk")

    # Confirming as the one what they nominated as the other is refused; the second code is what shows.
    p.campaign.at("enrol", enrol)
    p.expect("duties-not-separated", "officer", lambda: f"{unit}-two", "-")


def _loses_key(p: Planting, unit: str, plans: list[Plan]) -> None:
    officer = f"{unit}-confirmer"
    since = p.world.clock

    def revoke() -> None:
        key = key_id_of(p.world.signer(officer).key)
        lost = since.now.replace(month=12, day=10, year=p.campaign.year - 1).isoformat(timespec="seconds")
        event = KeyRevoked(key=key, revoked_from=lost, compromised=True, reason="遗失")
        p.world.record("registrar", event)
        p.world.enrol(f"{officer}-new", unit, "confirmer")
        p.world.let_sign(f"{officer}-new", instead_of=officer)
        p.expect("key-anomaly", "key", lambda: key, "-")

    p.campaign.at("late", revoke)


def _is_robbed(p: Planting, unit: str, plans: list[Plan]) -> None:
    """The cashier's key is stolen and replaced by the thief's, who pays with it until somebody notices."""
    cashier, world = f"{unit}-cashier", p.world
    keys: list[str] = []
    p.campaign.payers[unit] = cashier
    p.campaign.at("enrol", lambda: world.enrol(cashier, unit, "finance"))

    def rob() -> None:
        keys.append(key_id_of(world.signer(cashier).key))
        world.replace_key(cashier)
        keys.append(key_id_of(world.signer(cashier).key))

    def revoke() -> None:
        lost = world.clock.now.replace(month=1, day=10, hour=0).isoformat(timespec="seconds")
        event = KeyRevoked(key=keys[0], revoked_from=lost, compromised=True, reason="失窃")
        world.record("registrar", event)

    p.campaign.at("before-pay", rob)
    p.campaign.at("late", revoke)
    for plan in plans:
        p.payout("paid-under-compromised-key", plan)
    for index in (0, 1):
        p.expect("key-anomaly", "key", partial(keys.__getitem__, index), "-")


UNIT_FRAUDS = (
    UnitFraud("blanket", 20, 19, _covers_all),
    UnitFraud("spike", 100, 45, _spikes),
    UnitFraud("below", 100, 6, _just_below),
    UnitFraud("stamp", 200, 12, _stamps),
    UnitFraud("late", 100, 5, _files_late),
    UnitFraud("banned", 100, 5, _is_banned),
    UnitFraud("keeps", 100, 5, _keeps_money),
    UnitFraud("double", 100, 5, _is_one_person),
    UnitFraud("lost", 100, 5, _loses_key),
    UnitFraud("robbed", 100, 5, _is_robbed),
    UnitFraud("takes", 100, 4, _takes_back),
    UnitFraud("collects", 100, 4, _collects),
)
