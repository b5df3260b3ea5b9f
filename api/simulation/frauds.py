"""Planted frauds (植入的违规): each changes a campaign's plans, and writes down which flags are due.

The truth is a set of (rule, subject). A fraud that rightly raises other rules too, as a payout on paper
does, writes those down as well.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from api.simulation.campaign import Campaign, policy
from api.simulation.world import LATE, Plan, World
from ledger.events.campaign import PolicyAmended
from ledger.events.dossier import DossierAmended, DossierErased, DossierFiled, Facts
from ledger.events.funds import FundAllocated
from ledger.events.nomination import Confirmed
from ledger.events.objection import ObjectionLodged
from ledger.events.oversight import ConductReported
from ledger.events.payout import Disbursed, PayoutReturned
from ledger.events.registry import KinDeclared
from ledger.events.versions import Basis
from ledger.identity.documents import PersonIdentity
from ledger.writing.signing import committed

Due = Callable[[], tuple[str, str]]


@dataclass
class Planting:
    """Where frauds are planted: in one campaign, at one share of its recipients."""

    world: World
    campaign: Campaign
    due: list[Due] = field(default_factory=list)

    @property
    def code(self) -> str:
        """The campaign's code."""
        return self.campaign.code

    def expect(self, rule: str, kind: str, name: Callable[[], str], campaign: str | None = None) -> None:
        """A flag is due, on a subject whose name is known once all has happened."""
        where = self.code if campaign is None else campaign
        self.due.append(lambda: (rule, f"{kind}:{where}/{name()}"))

    def case(self, rule: str, plan: Plan) -> None:
        """A flag is due on the plan's case."""
        self.expect(rule, "case", lambda: plan.case)

    def payout(self, rule: str, plan: Plan) -> None:
        """A flag is due on the plan's first payout."""
        self.expect(rule, "payout", lambda: plan.payouts[0])

    def person(self, rule: str, person: PersonIdentity) -> None:
        """A flag is due on a person."""
        self.expect(rule, "person", lambda: self.world.mark(person))

    def entry(self, rule: str, name: Callable[[], str], campaign: str | None = None) -> None:
        """A flag is due on the entry of a statement, given its id."""
        self.expect(rule, "event", lambda: str(self.world.positions[name()]), campaign)

    def on_paper(self, person: PersonIdentity, unit: str, line: str = "workers") -> None:
        """An audit finds an old paper payout, with all the flags that this alone raises."""
        w = self.world
        promise, disclosure = committed(person)
        filed = DossierFiled(unit=unit, identity_commitment=promise, facts=Facts(), **LATE)
        dossier = w.record("auditor", filed, disclosure).id
        event = Disbursed(
            campaign=self.code,
            unit=unit,
            dossier=dossier,
            line=line,
            amount_fen=50_000,
            method="cash",
            **LATE,
        )
        payout = w.record("auditor", event, second="finance").id
        self.entry("recorded-after-the-fact", lambda: dossier, "-")
        self.entry("recorded-after-the-fact", lambda: payout)
        self.expect("paid-before-approval", "payout", lambda: payout)
        self.expect("cash-where-bank", "payout", lambda: payout)

    def returned(self, plan: Plan, amount_fen: int = 50_000) -> None:
        """The plan's first payout is clawed back."""
        event = PayoutReturned(
            campaign=self.code,
            unit=plan.unit,
            payout=plan.payouts[0],
            case=plan.case,
            line=plan.line,
            amount_fen=amount_fen,
            kind="clawed-back",
            reason="追回",
        )
        self.world.record("accountant", event)

    def pay_again(self, plan: Plan) -> str:
        """The plan's case is paid once more, by bank, and matched."""
        event = Disbursed(
            campaign=self.code,
            unit=plan.unit,
            dossier=plan.dossier,
            case=plan.case,
            line=plan.line,
            amount_fen=50_000,
        )
        payout = self.world.record("finance", event).id
        self.world.record("finance", self.campaign.bank_line(plan.unit, payout, 50_000))
        return payout


Fraud = Callable[[Planting, list[Plan]], None]
FRAUDS: list[tuple[int, Fraud]] = []
"""Each with how many ordinary plans it takes."""


def planted(takes: int) -> Callable[[Fraud], Fraud]:
    """Declares a fraud on so many ordinary plans."""

    def declare(fraud: Fraud) -> Fraud:
        FRAUDS.append((takes, fraud))
        return fraud

    return declare


# --- On the plan alone -----------------------------------------------------------------------------


@planted(1)
def paid_too_much(p: Planting, plans: list[Plan]) -> None:
    """A sum above the standard."""
    plans[0].amounts = [80_000]
    p.person("over-standard", plans[0].person)


@planted(1)
def farmer(p: Planting, plans: list[Plan]) -> None:
    """An excluded group."""
    plans[0].facts = {"cause": "illness", "group": "farmer"}
    p.case("out-of-category", plans[0])


@planted(1)
def without_cause(p: Planting, plans: list[Plan]) -> None:
    """A criterion not shown."""
    plans[0].facts = {"group": "worker"}
    p.case("criteria-not-met", plans[0])


@planted(1)
def dead(p: Planting, plans: list[Plan]) -> None:
    """A date of death before the nomination."""
    plans[0].facts = {**plans[0].facts, "died_on": "2020-01-01"}
    p.case("paid-to-deceased", plans[0])


@planted(1)
def another_name(p: Planting, plans: list[Plan]) -> None:
    """An account in another name."""
    plans[0].person = plans[0].person.model_copy(update={"account_holder": "某某"})
    p.case("account-name-mismatch", plans[0])


@planted(1)
def stale(p: Planting, plans: list[Plan]) -> None:
    """A dossier of last year, recorded now by an auditor."""
    plans[0].filed_days = -400
    p.case("stale-dossier", plans[0])
    p.entry("recorded-after-the-fact", lambda: plans[0].dossier, "-")
    p.entry("backdated", lambda: plans[0].dossier, "-")


@planted(1)
def late_dossier(p: Planting, plans: list[Plan]) -> None:
    """A dossier recorded ten days after its date."""
    plans[0].filed_days = -10
    p.entry("backdated", lambda: plans[0].dossier, "-")


@planted(1)
def nominated_first(p: Planting, plans: list[Plan]) -> None:
    """A nomination dated before the dossier."""
    plans[0].nominated_days = -3
    p.expect("no-dossier-first", "dossier", lambda: plans[0].dossier)


@planted(1)
def paid_first(p: Planting, plans: list[Plan]) -> None:
    """A payout dated before the approval."""
    plans[0].paid_days = -20
    p.payout("paid-before-approval", plans[0])
    p.payout("unreconciled", plans[0])  # the bank's line comes more than five days after that date
    p.entry("backdated", lambda: plans[0].payouts[0])


@planted(1)
def wrong_line(p: Planting, plans: list[Plan]) -> None:
    """A payout from another category's line."""
    plans[0].line = "models"
    p.payout("line-misused", plans[0])


@planted(1)
def in_cash(p: Planting, plans: list[Plan]) -> None:
    """Cash where the bank is due."""
    plans[0].method = "cash"
    p.payout("cash-where-bank", plans[0])


@planted(1)
def unmatched(p: Planting, plans: list[Plan]) -> None:
    """No line of the bank's."""
    plans[0].matched = False
    p.payout("unreconciled", plans[0])


@planted(1)
def in_parts(p: Planting, plans: list[Plan]) -> None:
    """Two payouts at the standard or below, together above it."""
    plans[0].amounts = [40_000, 40_000]
    p.person("split-payout", plans[0].person)


@planted(1)
def by_proxy(p: Planting, plans: list[Plan]) -> None:
    """Received by somebody without a paper."""
    plans[0].proxy = p.world.person()
    p.payout("proxy-receipt", plans[0])


@planted(1)
def unposted(p: Planting, plans: list[Plan]) -> None:
    """On no public notice."""
    plans[0].on_notice = False
    p.case("no-public-notice", plans[0])


@planted(1)
def added_later(p: Planting, plans: list[Plan]) -> None:
    """Nominated after the roster was filed."""
    plans[0].on_roster = False
    p.campaign.at("widen", lambda: p.campaign.list_plans([plans[0]]))
    p.case("roster-widened", plans[0])


# --- What several share ----------------------------------------------------------------------------


def _share(plans: list[Plan], **fields: Any) -> None:
    for plan in plans:
        plan.person = plan.person.model_copy(update=fields)


@planted(2)
def one_household(p: Planting, plans: list[Plan]) -> None:
    """Two of one household."""
    _share(plans, household=plans[0].person.household)
    p.expect("duplicate-household", "household", lambda: p.world.mark(plans[0].person, "household"))


@planted(2)
def one_account(p: Planting, plans: list[Plan]) -> None:
    """Two on one account."""
    _share(plans, account=plans[0].person.account)
    p.expect("shared-account", "account", lambda: p.world.mark(plans[0].person, "account"))


@planted(3)
def one_phone(p: Planting, plans: list[Plan]) -> None:
    """Three on one phone."""
    _share(plans, phone=plans[0].person.phone)
    p.expect("shared-phone", "phone", lambda: p.world.mark(plans[0].person, "phone"))


@planted(3)
def one_address(p: Planting, plans: list[Plan]) -> None:
    """Three households at one address."""
    _share(plans, address=plans[0].person.address)
    p.expect("shared-address", "address", lambda: p.world.mark(plans[0].person, "address"))


# --- What happens beside the plans ------------------------------------------------------------------


@planted(1)
def paid_twice(p: Planting, plans: list[Plan]) -> None:
    """Paid once more on another unit's paper."""
    plan = plans[0]
    other = next(each.unit for each in p.campaign.plans if each.unit != plan.unit)
    p.campaign.at("paid", lambda: p.on_paper(plan.person, other))
    p.person("duplicate-identity", plan.person)
    p.person("duplicate-across-units", plan.person)


@planted(1)
def new_account(p: Planting, plans: list[Plan]) -> None:
    """Another account two days before the payout."""
    plan = plans[0]

    def amend() -> None:
        other = plan.person.model_copy(update={"account": p.world.person().account})
        promise, disclosure = committed(other)
        event = DossierAmended(
            unit=plan.unit,
            dossier=plan.dossier,
            facts=Facts(**plan.facts),
            identity_commitment=promise,
            reason="换卡",
        )
        plan.version = p.world.record(f"{plan.unit}-clerk", event, disclosure).id
        again = Basis(dossier=plan.dossier, version=plan.version)
        confirmed = Confirmed(campaign=p.code, unit=plan.unit, case=plan.case, basis=again)
        p.world.record(f"{plan.unit}-confirmer", confirmed)

    p.campaign.at("before-pay", amend)
    p.payout("account-changed", plan)


@planted(1)
def paid_back_and_forth(p: Planting, plans: list[Plan]) -> None:
    """Clawed back, and paid again to the same account."""
    again: list[str] = []

    def act() -> None:
        p.returned(plans[0])
        again.append(p.pay_again(plans[0]))

    p.campaign.at("paid", act)
    p.expect("returned-and-repaid", "payout", lambda: again[0])


@planted(1)
def objected(p: Planting, plans: list[Plan]) -> None:
    """Approved with an objection open."""
    plan = plans[0]

    def act() -> None:
        event = ObjectionLodged(campaign=p.code, unit=plan.unit, case=plan.case, text="不符合条件")
        p.world.record(f"{plan.unit}-confirmer", event)

    plan.objected = True
    p.campaign.at("object", act)
    p.case("open-objection", plan)


@planted(1)
def kin(p: Planting, plans: list[Plan]) -> None:
    """The clerk's own child."""
    plan = plans[0]

    def act() -> None:
        promise, disclosure = committed(plan.person)
        event = KinDeclared(officer=f"{plan.unit}-clerk", relation="child", identity_commitment=promise)
        p.world.record(f"{plan.unit}-clerk", event, disclosure)

    p.campaign.at("late", act)
    p.case("self-dealing", plan)


@planted(1)
def on_last_day(p: Planting, plans: list[Plan]) -> None:
    """Clawed back in January, paid in March after the window."""
    plan = plans[0]
    again: list[str] = []
    plan.paid_days = 0

    def act() -> None:
        event = Disbursed(
            campaign=p.code,
            unit=plan.unit,
            dossier=plan.dossier,
            case=plan.case,
            line=plan.line,
            amount_fen=10_000,
            **LATE,
        )
        again.append(p.world.record("finance", event, on=p.world.day(-150)).id)
        p.world.record("finance", p.campaign.bank_line(plan.unit, again[0], 10_000))

    plan.approved_fen = 60_000
    p.campaign.at("late", act)
    p.entry("out-of-window", lambda: again[0])
    p.entry("backdated", lambda: again[0])
    p.entry("recorded-after-the-fact", lambda: again[0])
    p.expect("paid-before-approval", "payout", lambda: again[0])
    p.expect("no-dossier-first", "dossier", lambda: plan.dossier)
    p.person("split-payout", plan.person)  # finance's own date does not take it out of the week


@planted(1)
def wrong_number(p: Planting, plans: list[Plan]) -> None:
    """A paper dossier with an impossible number."""
    person = p.world.person()
    last = "0" if person.number[-1] != "0" else "1"
    promise, disclosure = committed(person.model_copy(update={"number": person.number[:-1] + last}))
    made: list[str] = []

    def act() -> None:
        event = DossierFiled(unit=plans[0].unit, identity_commitment=promise, facts=Facts(), **LATE)
        made.append(p.world.record("auditor", event, disclosure).id)

    p.campaign.at("paid", act)
    p.expect("identity-invalid", "dossier", lambda: made[0], "-")
    p.entry("recorded-after-the-fact", lambda: made[0], "-")


@planted(1)
def erased_in_time(p: Planting, plans: list[Plan]) -> None:
    """A dossier with an impossible number, erased before anybody looks at the flag."""
    made: list[str] = []

    def act() -> None:
        person = p.world.person()
        last = "0" if person.number[-1] != "0" else "1"
        promise, disclosure = committed(person.model_copy(update={"number": person.number[:-1] + last}))
        unit = plans[0].unit
        filed = DossierFiled(unit=unit, identity_commitment=promise, facts=Facts(), **LATE)
        made.append(p.world.record("auditor", filed, disclosure).id)
        p.world.record("registrar", DossierErased(unit=unit, dossier=made[0], reason="误建"))

    p.campaign.at("paid", act)
    p.expect("identity-invalid", "dossier", lambda: made[0], "-")
    p.expect("erased-under-scrutiny", "dossier", lambda: made[0], "-")
    p.entry("recorded-after-the-fact", lambda: made[0], "-")


@planted(0)
def gift(p: Planting, plans: list[Plan]) -> None:
    """A gift is reported."""
    event = ConductReported(campaign=p.code, unit="county", officer="finance", kind="gift", text="收受礼品")
    p.campaign.at("paid", lambda: p.world.record("inspector", event))
    p.expect("gift-accepted", "officer", lambda: "finance")


@planted(1)
def empty_line(p: Planting, plans: list[Plan]) -> None:
    """A paper payout from a line without money."""
    p.campaign.at("paid", lambda: p.on_paper(p.world.person(), plans[0].unit, "spare"))
    p.expect("line-overdrawn", "line", lambda: "spare")


@planted(0)
def idle(p: Planting, plans: list[Plan]) -> None:
    """Money on a line that nobody uses."""
    event = FundAllocated(campaign=p.code, line="reserve", amount_fen=1_000_000)
    p.campaign.at("enrol", lambda: p.world.record("finance", event))
    p.expect("idle-funds", "line", lambda: "reserve")


@planted(0)
def loosened(p: Planting, plans: list[Plan]) -> None:
    """Once all is over, two approvers shorten the notice, and nobody knows why."""
    amended: list[str] = []

    def loosen() -> None:
        shorter = policy(p.campaign.year).model_copy(update={"notice_working_days": 4})
        event = PolicyAmended(campaign=p.code, policy=shorter, reason="调整")
        amended.append(p.world.record("approver", event, second="approver2").id)

    p.campaign.at("sum-up", loosen)
    p.entry("policy-loosened", lambda: amended[0])
