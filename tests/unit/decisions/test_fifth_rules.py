"""What the fifth version of the rules made stricter; each beside what the fourth still let through."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.events.campaign import CampaignOpened
from ledger.events.dossier import DossierFiled, Facts
from ledger.events.nomination import Nominated
from ledger.events.oversight import FlagKey, FlagReviewed, SampleExamined, SanctionImposed, SanctionLifted
from ledger.events.payout import Disbursed
from tests.scene import ON, Attempt, Scene, person_mark, policy
from tests.unit.decisions.registrars import compromised, enrol, give, grant, later, with_second

LATE: dict[str, Any] = {"after_the_fact": True, "after_the_fact_reason": "系统停用"}

EITHER = pytest.mark.parametrize("rules", [4, 5])
"""By the fourth version of the rules it is let through, by the fifth it is refused."""


def outcome(attempt: Attempt, rules: int, code: str) -> None:
    """What is let through by the fourth rules and refused by the fifth."""
    if rules < 5:
        attempt.then(lambda scene: True)
    else:
        attempt.refuses(code)


def sampled(**where: Any) -> SampleExamined:
    """A sample of the campaign, to be tried."""
    return SampleExamined(
        campaign="b2026",
        method="random",
        seed="1",
        size=5,
        drawn_at=1,
        examined=5,
        conclusion="无误",
        **where,
    )


class TestJudging:
    @EITHER
    @pytest.mark.parametrize("unit", [None, "tea"])
    def test_who_recorded_after_the_fact_does_not_examine_a_sample(
        self, rules: int, unit: str | None
    ) -> None:
        scene = Scene(rules=rules).funds()
        enrol(scene, "auditor2", grant("auditor", "county"))
        dossier = scene.dossier()
        paid = Disbursed(**ON, dossier=dossier, line="workers", amount_fen=50_000, **LATE)
        scene.do("auditor", paid, second="finance")
        outcome(scene.when("auditor", sampled(unit=unit)), rules, "own-doing-reviewed")
        scene.when("auditor2", sampled(unit=unit)).then(lambda s: True)

    @EITHER
    def test_who_worked_in_the_campaign_does_not_examine_it_as_an_auditor(self, rules: int) -> None:
        scene = Scene(rules=rules)
        enrol(scene, "changed", grant("finance", "tea"))
        give(scene, "changed", by="registrar")
        give(scene, "changed", grant("auditor", "county"), by="registrar")
        outcome(scene.when("changed", sampled()), rules, "own-doing-reviewed")

    @EITHER
    @pytest.mark.parametrize("kind", ["person", "household", "account", "phone", "address"])
    def test_who_worked_elsewhere_in_these_years_does_not_review_what_is_gathered_over_them(
        self, rules: int, kind: str
    ) -> None:
        scene = Scene(rules=rules)
        scene.do(
            "approver",
            CampaignOpened(campaign="b2025", unit="county", title="上年", policy=policy(year=2025)),
        )
        enrol(scene, "changed", grant("finance", "county").model_copy(update={"campaign": "b2025"}))
        give(scene, "changed", by="registrar")
        give(scene, "changed", grant("inspector", "county"), by="registrar")
        flag = FlagKey(rule="duplicate-identity", subject=f"{kind}:b2026/{person_mark('张三')}", raised_at=1)
        review = FlagReviewed(
            unit="county", campaign="b2026", flag=flag, disposition="dismissed", reason="查过"
        )
        outcome(scene.when("changed", review), rules, "own-doing-reviewed")
        scene.when("inspector", review).then(lambda s: True)


class TestSanctions:
    @EITHER
    def test_who_worked_in_the_unit_does_not_lift_its_sanction(self, rules: int) -> None:
        scene = Scene(rules=rules)
        enrol(scene, "changed", grant("clerk", "tea"))
        give(scene, "changed", by="registrar")
        give(scene, "changed", grant("inspector", "county"), by="registrar")
        sanction = scene.do("inspector", SanctionImposed(unit="tea", year=2026, reason="虚报"))
        lifted = SanctionLifted(unit="tea", sanction=sanction, reason="复核")
        outcome(scene.when("changed", lifted), rules, "own-doing-reviewed")

    @EITHER
    def test_what_a_stolen_key_lifted_stands_again(self, rules: int) -> None:
        scene, since = with_second(rules)
        enrol(scene, "inspector2", grant("inspector", "county"), by="reg2")
        sanction = scene.do("inspector", SanctionImposed(unit="tea", year=2026, reason="虚报"))
        scene.do("inspector2", SanctionLifted(unit="tea", sanction=sanction, reason="复核"))
        filed = DossierFiled(unit="tea", identity_commitment="0" * 64, facts=Facts())
        dossier = scene.do("tea-clerk", filed, person="李四")
        compromised(scene, "reg2", since)
        nominated = Nominated(**ON, dossier=dossier, category="worker")
        outcome(scene.when("tea-clerk", nominated), rules, "unit-banned")

    def test_lifted_by_another_it_is_lifted(self) -> None:
        scene = Scene()
        sanction = scene.do("inspector", SanctionImposed(unit="tea", year=2026, reason="虚报"))
        scene.do("inspector", SanctionLifted(unit="tea", sanction=sanction, reason="复核"))
        since = later(scene)
        enrol(scene, "inspector2", grant("inspector", "county"))
        compromised(scene, "inspector2", since)
        dossier = scene.dossier("李四")
        scene.when("tea-clerk", Nominated(**ON, dossier=dossier, category="worker")).then(lambda s: True)
