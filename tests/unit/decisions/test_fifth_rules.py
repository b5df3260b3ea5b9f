"""What the fifth version of the rules made stricter; each beside what the fourth still let through."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from ledger.domain.event import Event
from ledger.domain.state import Campaign
from ledger.events.campaign import CampaignOpened, PolicyAmended
from ledger.events.dossier import DossierFiled, Facts
from ledger.events.linkage import LinkageStarted, LinkedPair, PersonsLinked
from ledger.events.nomination import Approved, Confirmed, Nominated, Revoked
from ledger.events.objection import ObjectionLodged, ObjectionSettled
from ledger.events.oversight import (
    CaseClosed,
    CaseExtended,
    CaseOpened,
    FlagKey,
    FlagReviewed,
    SampleExamined,
    SanctionImposed,
    SanctionLifted,
)
from ledger.events.payout import Disbursed
from ledger.events.registry import KeyRevoked, RolesChanged
from ledger.events.rules import RulesAdopted
from tests.scene import ON, Scene, key_of, person_mark, policy
from tests.unit.decisions.registrars import (
    SINCE,
    compromised,
    enrol,
    enrolled,
    give,
    grant,
    later,
    other_account,
    with_second,
)
from tests.unit.decisions.stricter import LATE, Stricter

STRICTER = Stricter(5)
EITHER, outcome = STRICTER.either, STRICTER.outcome


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

    @EITHER
    def test_who_worked_there_does_not_close_the_case_on_it_either(self, rules: int) -> None:
        scene = Scene(rules=rules)
        case = scene.nominated()
        flag = FlagKey(rule="out-of-category", subject=f"case:b2026/{case}", raised_at=1)
        opened = scene.do("inspector", CaseOpened(**ON, title="立", flags=[], text="查"))
        scene.do("inspector", CaseExtended(**ON, investigation=opened, flags=[flag], text="并案"))
        enrol(scene, "changed", grant("finance", "tea"))
        give(scene, "changed", by="registrar")
        give(scene, "changed", grant("inspector", "county"), by="registrar")
        closed = CaseClosed(
            **ON, investigation=opened, finding="unsubstantiated", amount_fen=0, text="查无实据"
        )
        outcome(scene.when("changed", closed), rules, "own-doing-reviewed")

    @EITHER
    def test_who_was_helped_judges_nothing_of_it_once_the_nomination_is_revoked_either(
        self, rules: int
    ) -> None:
        scene = Scene(rules=rules).funds()
        case = scene.approved("inspector")
        scene.do("finance", scene.payout(case))
        objection = scene.do("tea-confirmer", ObjectionLodged(**ON, case=case, text="不是职工"))
        scene.do("tea-clerk", Revoked(**ON, case=case, target="nomination", reason="误报"))
        flag = FlagKey(rule="out-of-category", subject=f"case:b2026/{case}", raised_at=1)
        review = FlagReviewed(**ON, flag=flag, disposition="dismissed", reason="查过")
        outcome(scene.when("inspector", review), rules, "own-doing-reviewed")
        settled = ObjectionSettled(**ON, case=case, objection=objection, upheld=False, reason="无据")
        outcome(scene.when("inspector", settled), rules, "own-case")

    @EITHER
    def test_a_flag_on_an_officer_is_judged_over_all_campaigns_that_a_role_is_held_in(
        self, rules: int
    ) -> None:
        scene = Scene(rules=rules)
        enrol(scene, "inspector2", grant("inspector", "tea").model_copy(update={"campaign": "b2026"}))
        flag = FlagKey(rule="gift-accepted", subject="officer:b2026/tea-clerk", raised_at=1)
        review = FlagReviewed(**ON, flag=flag, disposition="dismissed", reason="查过")
        outcome(scene.when("inspector2", review), rules, "beyond-own-scope")
        scene.when("inspector", review).then(lambda s: True)

    @EITHER
    def test_who_filed_a_dossier_does_not_sign_what_was_found_of_it(self, rules: int) -> None:
        scene = Scene(rules=rules)
        enrol(scene, "changed", grant("clerk", "tea"))
        filed = DossierFiled(unit="tea", identity_commitment="0" * 64, facts=Facts())
        first = scene.do("changed", filed, person="李四")
        give(scene, "changed", by="registrar")
        give(scene, "changed", grant("inspector", "county"), by="registrar")
        run = scene.do("changed", LinkageStarted(unit="county", purpose="查重", model="m"))
        levels = {"name": 1, "number": 1, "phone": 0, "account": 0, "home": 0, "unit": 0}
        pair = LinkedPair(
            first=first, second=scene.dossier("李肆"), weight_milli=0, guarded=False, one_edit=False, **levels
        )
        found = PersonsLinked(unit="county", run=run, compared=2, set_aside=0, pairs=[pair])
        outcome(scene.when("changed", found), rules, "own-dossier-compared")

    @EITHER
    def test_nor_does_whose_dossier_it_is(self, rules: int) -> None:
        scene = Scene(rules=rules)
        run = scene.do("inspector", LinkageStarted(unit="county", purpose="查重", model="m"))
        levels = {"name": 1, "number": 1, "phone": 0, "account": 0, "home": 0, "unit": 0}
        pair = LinkedPair(
            first=scene.dossier("inspector"), second=scene.dossier("李肆"), weight_milli=0, guarded=False,
            one_edit=False, **levels,
        )  # fmt: skip
        found = PersonsLinked(unit="county", run=run, compared=2, set_aside=0, pairs=[pair])
        outcome(scene.when("inspector", found), rules, "own-dossier-compared")

    @EITHER
    def test_an_objection_that_a_stolen_key_settled_is_settled_anew(self, rules: int) -> None:
        scene, since = with_second(rules)
        enrol(scene, "inspector2", grant("inspector", "county"), by="reg2")
        case = scene.nominated()
        objection = scene.do("tea-confirmer", ObjectionLodged(**ON, case=case, text="不是职工"))
        settled = ObjectionSettled(**ON, case=case, objection=objection, upheld=False, reason="无据")
        scene.do("inspector2", settled)
        scene.when("inspector", settled).refuses("state-not-allowed")
        compromised(scene, "reg2", since)
        again = scene.when("inspector", settled)
        if rules < 5:
            again.refuses("state-not-allowed")
        else:
            again.then(lambda s: True)


class TestPaying:
    @EITHER
    def test_what_was_approved_under_a_loosened_policy_is_not_payable_once_that_is_set_back(
        self, rules: int
    ) -> None:
        scene, since = with_second(rules, two_signatures_above_fen=50_000)
        enrol(scene, "thief", grant("approver", "county"), by="registrar", second="reg2")
        strict = scene.state.get(Campaign, "b2026").terms
        loose = strict.model_copy(update={"two_signatures_above_fen": 90_000_000})
        scene.do("approver", PolicyAmended(campaign="b2026", policy=loose, reason="放宽"), second="thief")
        case = scene.approved(amount_fen=900_000)
        compromised(scene, "thief", since)
        scene.when("finance", scene.payout(case, 900_000)).refuses("policy-distrusted")
        scene.do("approver", PolicyAmended(campaign="b2026", policy=strict, reason="改回"))
        paid = scene.when("finance", scene.payout(case, 900_000), second="finance2")
        outcome(paid, rules, "approval-distrusted")

    @EITHER
    def test_nothing_is_approved_in_a_campaign_that_a_stolen_key_opened(self, rules: int) -> None:
        scene, since = with_second(rules)
        enrol(scene, "thief", grant("approver", "county"), by="registrar", second="reg2")
        opened = CampaignOpened(campaign="c2026", unit="county", title="假活动", policy=policy())
        scene.do("thief", opened)
        dossier = scene.dossier()
        on: dict[str, Any] = {"campaign": "c2026", "unit": "tea"}
        case = scene.do("tea-clerk", Nominated(**on, dossier=dossier, category="worker"))
        scene.do("tea-confirmer", Confirmed(**on, case=case))
        compromised(scene, "thief", since)
        approval = Approved(**on, case=case, line="workers", amount_fen=50_000)
        if rules == 5:
            scene.when("approver", approval).refuses("policy-distrusted")
            amended = PolicyAmended(campaign="c2026", policy=policy(), reason="核实")
            scene.do("approver", amended, second="approver2")
        scene.when("approver", approval).then(lambda s: True)

    @EITHER
    def test_nobody_records_the_own_payout_without_a_case(self, rules: int) -> None:
        scene = Scene(rules=rules)
        dossier = scene.dossier("finance")
        paid = Disbursed(**ON, dossier=dossier, line="workers", amount_fen=50_000, **LATE)
        outcome(scene.when("auditor", paid, second="finance"), rules, "own-case")

    @EITHER
    def test_after_the_fact_what_nobody_approved_is_recorded_by_two(self, rules: int) -> None:
        scene = Scene(rules=rules)
        case = scene.confirmed()
        outcome(scene.when("finance", scene.payout(case, **LATE)), rules, "second-person-missing")
        scene = Scene(rules=rules).funds()
        case = scene.approved()
        outcome(scene.when("finance", scene.payout(case, 50_001, **LATE)), rules, "second-person-missing")
        scene.when("finance", scene.payout(case, 1, **LATE), second="finance2").then(lambda s: True)

    @EITHER
    def test_who_changed_the_payee_has_not_approved_the_version_before_either(self, rules: int) -> None:
        scene = Scene(rules=rules).funds()
        enrol(scene, "dual", grant("clerk"), grant("approver", "county"))
        case = scene.confirmed()
        basis = other_account(scene, case, "dual")
        scene.do("dual", Approved(**ON, case=case, line="workers", amount_fen=50_000))
        scene.do("tea-confirmer", Confirmed(**ON, case=case, basis=basis))
        paid = scene.when("finance", scene.payout(case, dossier_version=basis.version))
        outcome(paid, rules, "payee-changed-by-approver")


class TestARegistrarIsLeft:
    @EITHER
    def test_nobody_ends_the_own_key_with_all_that_it_gave(self, rules: int) -> None:
        scene, _ = with_second(rules)
        own = KeyRevoked(key=key_of("registrar"), revoked_from=SINCE, compromised=True, reason="被盗")
        outcome(scene.when("registrar", own), rules, "no-registrar-left")

    @EITHER
    def test_nor_the_last_one(self, rules: int) -> None:
        scene = Scene(rules=rules)
        own = KeyRevoked(key=key_of("registrar"), revoked_from=later(scene), compromised=False, reason="离职")
        outcome(scene.when("registrar", own), rules, "no-registrar-left")

    @EITHER
    def test_nor_gives_up_the_last_role(self, rules: int) -> None:
        scene = Scene(rules=rules)
        own = RolesChanged(officer="registrar", grants=[], reason="离职")
        outcome(scene.when("registrar", own), rules, "no-registrar-left")

    def test_nor_do_the_rules_themselves_end_it(self) -> None:
        """By the first rules a revocation as compromised ended the key alone; the fifth end all that followed on it."""
        scene = Scene(rules=1)
        enrol(scene, "reg2", grant("registrar", None))
        scene.do(
            "reg2", KeyRevoked(key=key_of("registrar"), revoked_from=SINCE, compromised=True, reason="被盗")
        )
        scene.when("reg2", RulesAdopted(version=5, reason="上级要求")).refuses("no-registrar-left")

    def test_one_of_two_may_go(self) -> None:
        scene, _ = with_second(5)
        own = KeyRevoked(key=key_of("reg2"), revoked_from=later(scene), compromised=True, reason="被盗")
        scene.when("reg2", own).then(lambda s: True)

    @EITHER
    @pytest.mark.parametrize("role", ["approver", "finance"])
    def test_two_give_who_approves_and_pays_at_any_level(self, rules: int, role: Any) -> None:
        scene, _ = with_second(rules)
        low = enrolled("low", grant(role, "tea"), unit="tea")
        outcome(scene.when("registrar", low, person="low"), rules, "second-registrar-missing")


class TestOneBatch:
    """All that is recorded in one batch is recorded at one moment."""

    @pytest.mark.parametrize("rules", [4, 5])
    def test_a_role_given_used_and_taken_away_is_behind_what_it_did(self, rules: int) -> None:
        scene, since = with_second(rules)
        case = scene.confirmed()

        def at_once(officer: str, event: Event, second: str | None = None) -> None:
            scene.time -= timedelta(seconds=1)
            scene.do(officer, event, second=second)

        scene.time += timedelta(seconds=5)
        at_once("reg2", RolesChanged(officer="friend", grants=[grant("approver")], reason="借"), "registrar")
        at_once("friend", Approved(**ON, case=case, line="workers", amount_fen=50_000))
        at_once("reg2", RolesChanged(officer="friend", grants=[], reason="还"), "registrar")
        compromised(scene, "reg2", since)
        scene.when("finance", scene.payout(case)).refuses("approval-distrusted")


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
