"""Recipients on lists from outside (名单命中), as they are planted in simulated ledgers: one fraud for each kind.

Of each kind one recipient meets a row and one does not quite. Every other list comes before the nominations,
the others when all is paid.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import count, cycle

from api.simulation.frauds import Planting, planted
from api.simulation.world import Plan
from ledger.domain.register_kinds import COUNTYS_RULE, EARLIER_PAYOUTS, KINDS, RegisterKind
from ledger.events.register import EarlierPayoutsListed, ReferenceListed
from ledger.identity.documents import PersonIdentity
from ledger.identity.register_rows import Listed
from ledger.writing.registers import prepare
from projections.flags.subject import NO_CAMPAIGN

Facts = Mapping[str, str | int]

KIN = RegisterKind(
    code="cadres-kin",
    title_zh="干部亲属",
    title_en="Kin of cadres",
    meaning_zh="回避",
    meaning_en="kin of cadres",
)
_when = cycle(("enrol", "late"))
_sums = count(50_000, 100)
"""So that no two plantings' lists come to one sum."""


def _listed(p: Planting, kind: RegisterKind, rows: Sequence[tuple[PersonIdentity, Facts]]) -> None:
    """An auditor registers a list of these persons."""
    w = p.world
    listed = [Listed(person.number, line, facts) for line, (person, facts) in enumerate(rows, 2)]
    with w.store.connect() as connection:
        made = prepare(connection, listed, kind, (None, None), marker=w.marker, vault=w.store.vault())
    event = ReferenceListed(
        unit="county",
        kind=kind.code,
        title=kind.title_zh,
        source="有关部门",
        data_on=w.day(),
        keep_until=w.day(kind.keep_days),
        digest="0" * 64,
        root=made.root,
        rows=made.rows,
        duplicates=made.duplicates,
    )
    w.record("auditor", event)


def _brought_in(p: Planting, unit: str, who: PersonIdentity, day: int, fen: int, second: str | None) -> str:
    """An auditor brings in what was paid to somebody in a year before the ledger; answers the list's id."""
    w, kind, year = p.world, KINDS[EARLIER_PAYOUTS], p.campaign.year - 4
    row = Listed(who.number, 2, {"paid_on": f"{year}-01-{day:02}", "amount_fen": fen})
    with w.store.connect() as connection:
        made = prepare(connection, [row], kind, (None, None), marker=w.marker, vault=w.store.vault())
    event = EarlierPayoutsListed(
        unit=unit,
        year=year,
        title=f"{year}年发放",
        source="财务档案",
        data_on=w.day(),
        keep_until=w.day(kind.keep_days),
        digest=made.root,
        root=made.root,
        rows=made.rows,
        total_fen=made.total_fen,
    )
    return w.record("auditor", event, second=second).id


def _plant(
    p: Planting, plans: list[Plan], kind: RegisterKind, meets: Facts, misses: Facts | None, step: str = ""
) -> None:
    guilty, innocent = plans
    rows = [(guilty.person, meets), (p.world.person(), meets)]
    if misses is not None:
        rows.append((innocent.person, misses))
    p.campaign.at(step or next(_when), lambda: _listed(p, kind, rows))
    p.case(kind.rule, guilty)


@planted(2)
def had_died(p: Planting, plans: list[Plan]) -> None:
    """Died before the nomination; the other the day after the payout."""
    year = p.campaign.year
    died = {"died_on": f"{year - 1}-10-01"}
    _plant(p, plans, KINDS["deaths"], died, {"died_on": f"{year}-01-13"}, "late")


@planted(2)
def on_public_payroll(p: Planting, plans: list[Plan]) -> None:
    """Paid by the public purse then; the other no more."""
    since, until = f"{p.campaign.year - 9}-07-01", f"{p.campaign.year - 2}-06-30"
    _plant(p, plans, KINDS["public-payroll"], {"since": since}, {"since": since, "until": until})


@planted(2)
def paid_by_another(p: Planting, plans: list[Plan]) -> None:
    """Another department paid two months before; the other's payment was long ago."""
    year = p.campaign.year
    paid: Facts = {"paid_on": f"{year - 1}-11-15", "amount_fen": 80_000}
    _plant(p, plans, KINDS["other-payments"], paid, {**paid, "paid_on": f"{year - 2}-11-15"})


@planted(2)
def insured(p: Planting, plans: list[Plan]) -> None:
    """An employer insures the person; the other's insurance ended."""
    since, until = f"{p.campaign.year - 3}-01-01", f"{p.campaign.year - 1}-03-31"
    _plant(p, plans, KINDS["social-insurance"], {"since": since}, {"since": since, "until": until})


@planted(2)
def owns_a_company(p: Planting, plans: list[Plan]) -> None:
    """A company is registered in the person's name; the other's was struck off."""
    since, until = f"{p.campaign.year - 3}-01-01", f"{p.campaign.year - 1}-03-31"
    _plant(p, plans, KINDS["companies"], {"since": since}, {"since": since, "until": until})


@planted(2)
def owns_a_car(p: Planting, plans: list[Plan]) -> None:
    """A car is registered in the person's name; the other's was sold."""
    since, until = f"{p.campaign.year - 3}-01-01", f"{p.campaign.year - 1}-03-31"
    _plant(p, plans, KINDS["assets"], {"since": since}, {"since": since, "until": until})


@planted(2)
def is_kin(p: Planting, plans: list[Plan]) -> None:
    """On a list of a kind of the county's own; the other is not."""
    assert KIN.rule == COUNTYS_RULE
    _plant(p, plans, KIN, {}, None)


@planted(1)
def brought_in_again(p: Planting, plans: list[Plan]) -> None:
    """A list of an earlier year is brought in from a second file; another one comes to another sum."""
    again: list[str] = []

    def bring_in() -> None:
        who, fen = p.world.person(), next(_sums)
        for day, sum_fen, second in ((1, fen, None), (2, fen + 1, None), (3, fen, "inspector")):
            again.append(_brought_in(p, plans[0].unit, who, day, sum_fen, second))

    p.campaign.at("late", bring_in)
    p.entry("earlier-payouts-again", lambda: again[2], NO_CAMPAIGN)


@planted(1)
def not_reached(p: Planting, plans: list[Plan]) -> None:
    """On the list of those who should be helped, without a dossier; the other has one."""
    rows: list[tuple[PersonIdentity, Facts]] = [(plans[0].person, {}), (p.world.person(), {})]
    p.campaign.at("late", lambda: _listed(p, KINDS["subsistence"], rows))
    p.expect("eligible-not-reached", "unit", lambda: "county", "-")
