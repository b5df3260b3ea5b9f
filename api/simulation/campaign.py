"""One simulated campaign, from its opening in December to its close in March, along the plans' phases."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from api.demo.recording import ToSign
from api.simulation.world import LATE, Plan, World
from ledger.domain.admission import MOST_BACKDATED
from ledger.domain.policy.campaign_policy import (
    BudgetLine,
    Category,
    Policy,
    Window,
)
from ledger.domain.policy.collective import CollectiveRules
from ledger.domain.policy.dossier_life import DossierLifeRules
from ledger.domain.policy.family_exclusions import ExclusionRules
from ledger.domain.policy.hardship_class import HardshipRules
from ledger.events.bank import BankLineMatched
from ledger.events.campaign import CampaignClosed, CampaignOpened, RosterFiled, SummaryFiled
from ledger.events.dossier import DossierAmended, DossierFiled, Facts
from ledger.events.fund_return import FundReturned
from ledger.events.funds import FundAllocated
from ledger.events.nomination import Approved, Confirmed, Nominated, NoticePosted
from ledger.events.payout import Disbursed
from ledger.events.recipient import Receipt
from ledger.writing.signing import committed

SITE_LINES = ("sites", "visits")
"""Lines that sites are helped from."""
LINES = ("workers", "models", "aid", "spare", "reserve", *SITE_LINES)
NOTICE_CASES = 1000
STEPS = ("enrol", "list", "widen", "object", "approve", "before-pay", "paid", "late", "sum-up")

IN_HARDSHIP = "in-hardship"
"""The category whose households are judged."""

MONTHLY_FEN = 80_000
LIMIT_FEN = 12 * MONTHLY_FEN
"""What one person alone has left in a year, below which they are in the class ``deep``."""

_BY = "某县认定办法"
_JUDGED = {"categories": [IN_HARDSHIP], "source": _BY}
HARDSHIP = HardshipRules.model_validate({
    **_JUDGED, "classes": [{"code": "deep", "title": "深度困难", "fixed_fen": MONTHLY_FEN, "source": _BY}],
})  # fmt: skip
EXCLUSIONS = ExclusionRules.model_validate({
    **_JUDGED, "consent_required": False,
    "exclusions": [{"code": "housing", "title": "两套以上住房", "source": _BY}],
})  # fmt: skip
LIFE = DossierLifeRules.model_validate(
    {**_JUDGED, "on_file_required": False, "visit_required": False, "review_months": 1}
)


def policy(year: int) -> Policy:
    """A plan like Plan B, with a category whose sums are not fixed."""
    return Policy(
        plan="union",
        locality="某县",
        year=year,
        window=Window(start=f"{year - 1}-12-01", end=f"{year}-03-05"),
        categories=[
            Category(
                code="worker", title="困难职工", line="workers", standard_fen=50_000, criteria=["cause-given"]
            ),
            Category(code="model", title="劳动模范", line="models", standard_fen=900_000),
            Category(code="aid", title="救助", line="aid"),
            Category(code=IN_HARDSHIP, title="在档困难职工", line="workers", standard_fen=50_000),
        ],
        excluded_groups=["farmer", "urban-resident"],
        lines=[BudgetLine(code=line, title=line, source="county") for line in LINES],
        bank_transfer_required=True,
        two_signatures_above_fen=100_000,
        roster_deadline=f"{year - 1}-12-25",
        summary_deadline=f"{year}-03-01",
        collective=CollectiveRules(per_visit_cap_fen=100_000, share_permille=300, source="年度慰问方案"),
        hardship=HARDSHIP,
        exclusions=EXCLUSIONS,
        dossier_life=LIFE,
    )


@dataclass
class Campaign:
    """A year's campaign: its plans by unit, and what happens beside them at each step."""

    world: World
    year: int
    plans: list[Plan] = field(default_factory=list)
    hooks: dict[str, list[Callable[[], object]]] = field(default_factory=dict)
    late_rosters: set[str] = field(default_factory=set)
    one_by_one: set[str] = field(default_factory=set)
    """units whose cases are approved one by one, a second after the other"""
    payers: dict[str, str] = field(default_factory=dict)
    """who pays for a unit, where it is not finance of the county"""

    @property
    def code(self) -> str:
        """The campaign's code."""
        return f"b{self.year}"

    def at(self, step: str, hook: Callable[[], object]) -> None:
        """Lets something happen beside the plans, once that step is done."""
        self.hooks.setdefault(step, []).append(hook)

    def run(self) -> None:
        """Runs the whole campaign."""
        day = self.world.clock.at
        last = self.year - 1
        for date_, step, act in (
            (date(last, 12, 1), "enrol", self._open),
            (date(last, 12, 8), "list", self._list),
            (date(last, 12, 15), "widen", self._file_rosters),
            (date(last, 12, 17), "object", self._confirm),
            (date(last, 12, 29), "approve", self._approve),
            (date(self.year, 1, 10), "before-pay", lambda: None),
            (date(self.year, 1, 12), "paid", self._pay),
            (date(self.year, 1, 14), "late", self._match),
            (date(self.year, 2, 26), "sum-up", self._sum_up),
            (date(self.year, 3, 10), "close", self._close),
        ):
            day(date_)
            act()
            for hook in self.hooks.get(step, ()):
                hook()

    def by_unit(self, plans: list[Plan] | None = None) -> dict[str, list[Plan]]:
        """The plans of each unit."""
        found: dict[str, list[Plan]] = {}
        for plan in self.plans if plans is None else plans:
            found.setdefault(plan.unit, []).append(plan)
        return found

    # --- The steps ----------------------------------------------------------------------------------

    def _open(self) -> None:
        opened = CampaignOpened(campaign=self.code, unit="county", title=self.code, policy=policy(self.year))
        self.world.record("approver", opened)
        for line in LINES:
            needed = sum(plan.total_fen for plan in self.plans if plan.line == line)
            if needed:
                event = FundAllocated(campaign=self.code, line=line, amount_fen=needed + needed // 20)
                self.world.record("finance", event)

    def _list(self) -> None:
        self.list_plans([plan for plan in self.plans if plan.on_roster])

    def list_plans(self, plans: list[Plan]) -> None:
        """Files dossiers where there are none yet, and nominates."""
        for unit, of_unit in self.by_unit(plans).items():
            self._file_dossiers(unit, [plan for plan in of_unit if not plan.dossier])
            self.world.together(
                f"{unit}-clerk",
                [
                    (
                        DossierAmended(unit=unit, dossier=p.dossier, facts=Facts(**p.facts), reason="核实"),
                        None,
                        None,
                    )
                    for p in of_unit
                    if p.amended
                ],
            )
            nominated: list[ToSign] = [
                (
                    Nominated(campaign=self.code, unit=unit, dossier=plan.dossier, category=plan.category),
                    None,
                    self.world.day(plan.nominated_days),
                )
                for plan in of_unit
            ]
            for plan, case in zip(of_unit, self.world.together(f"{unit}-clerk", nominated), strict=True):
                plan.case = case

    def _file_dossiers(self, unit: str, plans: list[Plan]) -> None:
        """By the unit's clerk; a date too long ago for that comes from an auditor, after the fact."""
        for late in (False, True):
            filed: list[ToSign] = []
            of = [plan for plan in plans if (plan.filed_days < -MOST_BACKDATED.days) is late]
            for plan in of:
                promise, disclosure = committed(plan.person)
                facts = Facts(**plan.facts)
                event = DossierFiled(
                    unit=unit, identity_commitment=promise, facts=facts, **(LATE if late else {})
                )
                filed.append((event, disclosure, self.world.day(plan.filed_days)))
            made = self.world.together("auditor" if late else f"{unit}-clerk", filed)
            for plan, dossier in zip(of, made, strict=True):
                plan.dossier = dossier

    def _file_rosters(self) -> None:
        for unit, plans in self.by_unit().items():
            if unit not in self.late_rosters:
                self.file_roster(unit, len(plans))

    def file_roster(self, unit: str, count: int) -> None:
        """A unit files its roster."""
        self.world.record(f"{unit}-clerk", RosterFiled(campaign=self.code, unit=unit, annex="2", count=count))

    def _confirm(self) -> None:
        for unit, plans in self.by_unit().items():
            self.world.together(
                f"{unit}-confirmer",
                [(Confirmed(campaign=self.code, unit=unit, case=plan.case), None, None) for plan in plans],
            )
            posted = [plan.case for plan in plans if plan.on_notice]
            for start in range(0, len(posted), NOTICE_CASES):
                self.world.record(
                    f"{unit}-confirmer",
                    NoticePosted(
                        campaign=self.code,
                        unit=unit,
                        cases=posted[start : start + NOTICE_CASES],
                        start=self.world.day(),
                        end=self.world.day(9),
                        place="公告栏",
                    ),
                )

    def _approve(self) -> None:
        for unit, plans in self.by_unit().items():
            self.world.clock.later(minutes=2)
            approvals = [(plan, self._approval(unit, plan)) for plan in plans]
            for plan, event in approvals:
                if plan.objected:
                    # Somebody objected: two approve it.
                    self.world.record("approver", event, second="approver2")
            events: list[ToSign] = [(event, None, None) for plan, event in approvals if not plan.objected]
            if unit in self.one_by_one:
                for each, _, _ in events:
                    self.world.clock.later(seconds=1)
                    self.world.record("approver2", each)
            elif events:
                self.world.together("approver", events)

    def _approval(self, unit: str, plan: Plan) -> Approved:
        return Approved(
            campaign=self.code, unit=unit, case=plan.case, line=plan.line, amount_fen=plan.total_fen
        )

    def _pay(self) -> None:
        for unit, plans in self.by_unit().items():
            events: list[ToSign] = []
            owners: list[Plan] = []
            payer = self.payers.get(unit, "finance")
            for plan in plans:
                for amount_fen in plan.amounts:
                    promise, disclosure = (None, None) if plan.proxy is None else committed(plan.proxy)
                    event = Disbursed(
                        campaign=self.code,
                        unit=unit,
                        dossier=plan.dossier,
                        dossier_version=plan.version,
                        case=plan.case,
                        line=plan.line,
                        amount_fen=amount_fen,
                        method=plan.method,
                        receipt=Receipt(received_by="self" if plan.proxy is None else "proxy"),
                        identity_commitment=promise,
                    )
                    events.append((event, disclosure, self.world.day(plan.paid_days)))
                    owners.append(plan)
            for plan, payout in zip(owners, self.world.together(payer, events), strict=True):
                plan.payouts.append(payout)

    def _match(self) -> None:
        for unit, plans in self.by_unit().items():
            self.world.together(
                "finance",
                [
                    (self.bank_line(unit, payout, amount_fen), None, None)
                    for plan in plans
                    if plan.matched and plan.method == "bank"
                    for payout, amount_fen in zip(plan.payouts, plan.amounts, strict=True)
                ],
            )

    def bank_line(self, unit: str, payout: str, amount_fen: int) -> BankLineMatched:
        """The bank says that a payout went."""
        return BankLineMatched(
            campaign=self.code,
            unit=unit,
            payout=payout,
            bank_reference=f"{int(payout[-12:], 16):064x}",
            amount_fen=amount_fen,
            booked_on=self.world.day(),
            result="paid",
        )

    def _sum_up(self) -> None:
        for unit, plans in self.by_unit().items():
            self.world.record(
                f"{unit}-clerk",
                SummaryFiled(
                    campaign=self.code,
                    unit=unit,
                    persons=len(plans),
                    amount_fen=sum(sum(plan.amounts) for plan in plans),
                    text="慰问完毕。",
                ),
            )

    def _close(self) -> None:
        with self.world.store.connect() as connection:
            left: dict[str, int] = dict(
                connection.execute(
                    "SELECT key, (value ->> 'balance_fen')::bigint FROM ledger.standing WHERE key = ANY(%s)",
                    ([f"line/{self.code}/{line}" for line in LINES],),
                ).fetchall()
            )
        for line in LINES:
            amount_fen = left.get(f"line/{self.code}/{line}", 0)
            if amount_fen > 0:
                event = FundReturned(campaign=self.code, line=line, amount_fen=amount_fen, reason="结余交回")
                self.world.record("finance", event, second="accountant")
        self.world.record("approver", CampaignClosed(campaign=self.code))
