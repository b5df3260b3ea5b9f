"""Who keeps the cash keeps no books (管钱不管账): the cashier pays, the accountant reconciles."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.domain.event import Grant
from ledger.domain.state import Officer
from ledger.events.drawing import DrawnReturned, MoneyDrawn
from ledger.events.funds import FundAllocated
from ledger.events.payout import PayoutReturned
from ledger.events.registry import RolesChanged
from tests.scene import ON, Scene

IN_COUNTY: dict[str, Any] = {"unit": "county"}
ALLOCATED = FundAllocated(campaign="b2026", line="workers", amount_fen=100_000)


def _becomes(scene: Scene, officer: str, *roles: Any) -> None:
    grants = [Grant(role=role, **IN_COUNTY) for role in roles]
    scene.do("registrar", RolesChanged(officer=officer, grants=grants, reason="分设出纳、会计"))


@pytest.fixture
def split(scene: Scene) -> Scene:
    """The county has a cashier and an accountant: the two who were finance officers."""
    _becomes(scene, "finance", "cashier")
    _becomes(scene, "finance2", "accountant")
    return scene


class TestWhoDoesWhat:
    def test_the_accountant_keeps_the_lines_and_the_cashier_does_not(self, split: Scene) -> None:
        split.when("finance", ALLOCATED).refuses("role-not-held", roles=["accountant", "finance"])
        split.when("finance2", ALLOCATED).then(lambda s: s.balance_fen() == 100_000)

    def test_the_cashier_pays_and_the_accountant_does_not(self, split: Scene) -> None:
        split.do("finance2", ALLOCATED)
        case = split.approved()
        split.when("finance2", split.payout(case)).refuses("role-not-held", roles=["cashier", "finance"])
        split.when("finance", split.payout(case)).then(lambda s: s.balance_fen() < 100_000)

    def test_the_accountant_says_what_came_back(self, split: Scene) -> None:
        split.do("finance2", ALLOCATED)
        case = split.approved()
        payout = split.do("finance", split.payout(case))
        back = PayoutReturned(
            **ON,
            payout=payout,
            case=case,
            line="workers",
            amount_fen=50_000,
            kind="bounced",
            reason="账号有误",
        )
        split.when("finance", back).refuses("return-by-payer")
        split.when("finance2", back).then(lambda s: s.balance_fen() == 100_000)

    def test_drawn_money_is_given_out_by_the_cashier_and_taken_back_by_the_accountant(
        self, split: Scene
    ) -> None:
        split.do("finance2", ALLOCATED)
        drawn = MoneyDrawn(**ON, line="workers", amount_fen=30_000)
        split.when("finance2", drawn).refuses("role-not-held")
        split.do("finance", drawn)
        back = DrawnReturned(**ON, line="workers", amount_fen=30_000, reason="未发")
        split.when("finance", back).refuses("return-by-payer")
        split.when("finance2", back).then(lambda s: s.balance_fen() == 100_000)


class TestWhoMayBeBoth:
    def test_one_person_is_not_cashier_and_accountant(self, scene: Scene) -> None:
        both = [Grant(role="cashier", **IN_COUNTY), Grant(role="accountant", unit=None)]
        scene.when("registrar", RolesChanged(officer="finance", grants=both, reason="兼任")).refuses(
            "roles-exclude-each-other", role="出纳", other="会计"
        )

    @pytest.mark.parametrize("role", ["cashier", "accountant"])
    @pytest.mark.parametrize("officer", ["approver", "auditor", "inspector", "registrar"])
    def test_what_excludes_finance_excludes_its_parts(self, scene: Scene, officer: str, role: Any) -> None:
        held: Any = scene.state.get(Officer, officer).grants[0]["role"]
        grants = [Grant(role=held, **IN_COUNTY), Grant(role=role, **IN_COUNTY)]
        scene.when("registrar", RolesChanged(officer=officer, grants=grants, reason="兼任")).refuses(
            "roles-exclude-each-other"
        )
