"""The simulator: years of campaigns over many units, with a share of frauds, and their ground truth."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple
from uuid import uuid4

import psycopg

from api.simulation import planted
from api.simulation.campaign import Campaign
from api.simulation.frauds import FRAUDS, Planting
from api.simulation.unit_frauds import UNIT_FRAUDS
from api.simulation.world import Plan, World, WorldClock
from ledger.crypto.keys import OfficerKey
from ledger.errors import Explained
from ledger.storage.store import OpenStore

for _module in pkgutil.iter_modules(planted.__path__):
    importlib.import_module(f"{planted.__name__}.{_module.name}")

FIRST_YEAR = 2024
STAFF_PER_RECIPIENT = (15, 30)
"""Between how many heads of staff an ordinary unit has one recipient."""


@dataclass(frozen=True)
class Size:
    """How large: years, ordinary units, recipients in each and year.

    ``share`` is that of a year's recipients on whom each fraud is planted; each is at least once a year.
    """

    years: int = 3
    units: int = 12
    recipients: int = 20
    share: float = 0.01
    seed: int = 1

    @property
    def times(self) -> int:
        """How often each fraud is planted in a year."""
        return max(1, round(self.units * self.recipients * self.share))


EVENTS_PER_RECIPIENT = 6.2
"""About how many entries come of one recipient and year."""
FEW = 30_000
"""Up to so many entries the units are small, so that there are several."""


def size_for(events: int) -> Size:
    """A simulation of about that many events in three years."""
    recipients, share = (20, 0.0125) if events < FEW else (200, 0.0004)
    units = max(4, round(events / (3 * recipients * EVENTS_PER_RECIPIENT)))
    return Size(years=3, units=units, recipients=recipients, share=share)


class Measured(NamedTuple):
    """What a rule found of what was planted."""

    rule: str
    due: int
    found: int
    right: int

    @property
    def precision(self) -> float | None:
        """The share of what was found that was planted; None where nothing was found."""
        return self.right / self.found if self.found else None

    @property
    def recall(self) -> float | None:
        """The share of what was planted that was found; None where nothing was planted."""
        return self.right / self.due if self.due else None


def share_shown(share: float | None) -> str:
    """A share for a table; a dash where there was nothing to measure it by.

    >>> share_shown(1.0), share_shown(None)
    ('1.000', '—')
    """
    return "—" if share is None else f"{share:.3f}"


Truth = set[tuple[str, str]]
"""(rule, subject) of every flag that is due, at some position."""


def simulate(
    store: OpenStore,
    size: Size,
    progress: Callable[[str, int], None] = lambda step, recorded: None,
    keep: Callable[[Mapping[str, OfficerKey]], None] = lambda keys: None,
) -> Truth:
    """Founds a ledger in an empty store and simulates its years; returns the ground truth.

    ``keep`` takes the officers' keys as they stand at the end, by officer; nothing else keeps them.
    """
    ledger = str(uuid4())
    store.create_secrets(ledger)
    clock = WorldClock()
    truth: Truth = set()
    with store.writer(clock=clock) as writer:
        world = World(store, writer, clock, ledger, size.seed)
        world.found()
        truth |= _plant_before_the_rules(world)
        world.take_up_rules()
        truth |= _plant_a_lone_registrar(world)
        ordinary = [f"u{number}" for number in range(size.units)]
        for unit in ordinary:
            staff = size.recipients * world.random.randint(*STAFF_PER_RECIPIENT)
            world.unit(unit, "grass-roots", "county", staff)
            _enrol_staff(world, unit)
        before: list[Plan] = []
        for year in range(FIRST_YEAR, FIRST_YEAR + size.years):
            campaign = Campaign(world, year)
            planting = Planting(world, campaign)
            campaign.plans = [Plan(unit, world.person()) for unit in ordinary for _ in range(size.recipients)]
            _plant(planting, size, ordinary)
            before = _plant_repeats(planting, before, size)
            campaign.run()
            truth |= {due() for due in planting.due}
            progress(campaign.code, world.recorded)
    keep(world.keys)
    return truth


def _plant_before_the_rules(world: World) -> Truth:
    """What the rules of before let pass, and those of today flag: an officer who approves and pays."""
    world.enrol("cashier", "county", "approver", "finance")
    return {("roles-exclude", "officer:-/cashier")}


def _plant_a_lone_registrar(world: World) -> Truth:
    """The only registrar gives a role alone that takes two."""
    world.enrol("approver3", "county", "approver")
    return {("lone-registrar", "officer:-/registrar")}


def _enrol_staff(world: World, unit: str) -> None:
    world.enrol(f"{unit}-clerk", unit, "clerk")
    world.enrol(f"{unit}-confirmer", unit, "confirmer")


def _plant(planting: Planting, size: Size, ordinary: list[str]) -> None:
    """Plants each fraud as often as its share says, each on plans of its own, and each unit's fraud once."""
    campaign, world = planting.campaign, planting.world
    free = list(campaign.plans)
    world.random.shuffle(free)
    wanted = sum(takes * size.times for takes, _ in FRAUDS)
    if len(free) < wanted:
        raise Explained(
            "simulation-too-small",
            f"模拟规模过小：每年至少须有 {wanted} 名对象方可植入各类违规，现有 {len(free)} 名，请增加 --units 或 --recipients",
            f"the simulation is too small: a year needs {wanted} recipients for every fraud to be planted, and has"
            f" {len(free)}; raise --units or --recipients",
        )
    for takes, fraud in FRAUDS:
        for _ in range(size.times if takes else 1):
            fraud(planting, [free.pop() for _ in range(takes)])
    for unit_fraud in UNIT_FRAUDS:
        unit = f"{unit_fraud.name}{campaign.year}"
        world.unit(unit, "grass-roots", "county", unit_fraud.staff)
        _enrol_staff(world, unit)
        plans = [Plan(unit, world.person()) for _ in range(unit_fraud.recipients)]
        campaign.plans += plans
        unit_fraud.plant(planting, unit, plans)


def _plant_repeats(planting: Planting, before: list[Plan], size: Size) -> list[Plan]:
    """Persons paid year after year: some with the dossier brought up to date, others not.

    Returns those of this year, for the next.
    """
    campaign, world = planting.campaign, planting.world
    if not before:
        plans = [Plan(f"u{number % size.units}", world.person()) for number in range(size.times * 2)]
        campaign.plans += plans
        return plans
    plans = []
    for number, old in enumerate(before):
        plan = Plan(old.unit, old.person, amended=number % 2 == 0, dossier=old.dossier)
        planting.person("prior-year-repeat", plan.person)
        if not plan.amended:
            planting.case("stale-dossier", plan)
            if campaign.year >= FIRST_YEAR + 2:
                planting.person("perennial-recipient", plan.person)
        plans.append(plan)
    campaign.plans += plans
    return plans


def measure(connection: psycopg.Connection, truth: Truth) -> list[Measured]:
    """Compares every flag that ever stood with the ground truth, rule by rule."""
    from projections.flags.catalogue import all_rules

    found = set(connection.execute("SELECT DISTINCT rule, subject FROM views.flags").fetchall())
    return [
        Measured(
            rule.id,
            sum(each == rule.id for each, _ in truth),
            sum(each == rule.id for each, _ in found),
            sum(each == rule.id for each, _ in truth & found),
        )
        for rule in all_rules()
    ]
