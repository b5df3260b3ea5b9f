"""What the eighth version of the rules made stricter; each beside what the seventh still let through."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.domain.event import Document
from ledger.domain.policy.campaign_policy import BudgetLine
from ledger.domain.policy.funding import Funding, FundSource
from ledger.domain.policy.steps import Procedure, Step
from ledger.domain.state import Case
from ledger.events.campaign import CampaignOpened
from ledger.events.carry_over import FundsCarriedOver
from ledger.events.dossier import DossierAmended, Facts
from ledger.events.dossier_life import DossierEnded, HouseholdVisited, PlacedOnFile
from ledger.events.household import HouseholdDeclared, MemberRecorded
from ledger.events.nomination import Approved, Confirmed, Nominated, Revoked
from ledger.events.oversight import CaseOpened, FlagKey, FlagReviewed
from ledger.events.rectification import RectificationOrdered, RectificationStruckOff
from ledger.events.steps import StepTaken
from tests.scene import ON, Scene, person_mark, policy
from tests.unit.decisions.as_the_writer import admitted_by_the_writer
from tests.unit.decisions.registrars import enrol, enrolled, grant
from tests.unit.decisions.stricter import Stricter

STRICTER = Stricter(8)
EITHER, outcome = STRICTER.either, STRICTER.outcome

HOUSEHOLDS = {
    "exclusions": {
        "consent_required": False,
        "source": "文",
        "exclusions": [{"code": "car", "title": "有车", "source": "文"}],
    }
}


def declared(dossier: str) -> HouseholdDeclared:
    """A family's declaration, that it has no car."""
    said = {"locality": "县城", "year": 2026, "applicant": {"income_fen": 0}}
    no = [{"exclusion": "car", "applies": False}]
    return HouseholdDeclared.model_validate({"unit": "tea", "dossier": dossier, **said, "exclusions": no})


class TestPlacingOnFile:
    def placed(self, dossier: str) -> PlacedOnFile:
        return PlacedOnFile(unit="tea", dossier=dossier)

    def amended(self, dossier: str) -> DossierAmended:
        return DossierAmended(unit="tea", dossier=dossier, facts=Facts(cause="disaster"), reason="核实")

    @EITHER
    def test_who_changed_the_facts_does_not(self, rules: int) -> None:
        scene = Scene(rules=rules)
        dossier = scene.dossier()
        scene.do("many-hats", self.amended(dossier))
        outcome(scene.when("many-hats", self.placed(dossier)), rules, "duties-not-separated")
        if rules >= 8:
            scene.when("tea-confirmer", self.placed(dossier)).then(lambda s: True)

    @EITHER
    def test_nor_who_took_down_what_the_family_declared(self, rules: int) -> None:
        scene = Scene(rules=rules)
        dossier = scene.dossier()
        scene.do("many-hats", declared(dossier))
        outcome(scene.when("many-hats", self.placed(dossier)), rules, "duties-not-separated")

    def test_nor_after_it_had_ended_and_began_anew(self) -> None:
        scene = Scene()
        dossier = scene.dossier()
        scene.do("many-hats", self.amended(dossier))
        ended = DossierEnded(unit="tea", dossier=dossier, ending="withdrawn", reason="本人要求")
        scene.do("tea-confirmer", ended)
        visited = HouseholdVisited(unit="tea", dossier=dossier, visitors=["甲"], found="相符", agrees=True)
        scene.do("tea-clerk", visited)
        scene.when("many-hats", self.placed(dossier)).refuses("duties-not-separated")

    def test_the_writer_has_at_hand_what_it_asks_for(self) -> None:
        scene = Scene()
        dossier = scene.dossier()
        for event in (self.amended(dossier), declared(dossier)):
            admitted_by_the_writer(scene, "tea-clerk", event)
        admitted_by_the_writer(scene, "tea-confirmer", self.placed(dossier))


class TestMembersRecordedLater:
    def recorded(self, dossier: str) -> MemberRecorded:
        return MemberRecorded(unit="tea", dossier=dossier, relation="spouse", identity_commitment="0" * 64)

    def nominated(self, rules: int, **terms: Any) -> tuple[Scene, str, str]:
        scene = Scene(rules=rules, **(terms or HOUSEHOLDS)).funds()
        dossier = scene.dossier()
        scene.do("tea-clerk", declared(dossier))
        return scene, dossier, scene.do("tea-clerk", Nominated(**ON, dossier=dossier, category="worker"))

    @EITHER
    def test_keep_out_of_the_open_case(self, rules: int) -> None:
        """The clerk records the confirmer's spouse's household once the nomination is through."""
        scene, dossier, case = self.nominated(rules)
        scene.do("tea-clerk", self.recorded(dossier), person="tea-confirmer")
        outcome(scene.when("tea-confirmer", Confirmed(**ON, case=case)), rules, "own-household")

    @EITHER
    def test_and_of_its_payment(self, rules: int) -> None:
        scene, dossier, case = self.nominated(rules)
        scene.do("tea-confirmer", Confirmed(**ON, case=case))
        scene.do("approver", Approved(**ON, case=case, line="workers", amount_fen=50_000))
        scene.do("tea-clerk", self.recorded(dossier), person="finance")
        outcome(scene.when("finance", scene.payout(case)), rules, "own-household")

    def test_a_case_that_is_finished_stays_as_it_was(self) -> None:
        scene, dossier, case = self.nominated(8)
        scene.do("tea-confirmer", Confirmed(**ON, case=case))
        scene.do("approver", Approved(**ON, case=case, line="workers", amount_fen=50_000))
        scene.do("finance", scene.payout(case))
        scene.do("tea-clerk", self.recorded(dossier), person="finance2")
        assert scene.case(case).kin == []

    def test_the_writer_has_the_case_at_hand(self) -> None:
        scene, dossier, case = self.nominated(8)
        state = admitted_by_the_writer(scene, "tea-clerk", self.recorded(dossier), person="spouse")
        assert state.get(Case, case).kin == [person_mark("spouse")]


class TestSteps:
    STEPS = (
        Step(code="nominate", title="申报", role="clerk", act="nominate"),
        Step(code="confirm", title="审核", role="confirmer", act="confirm"),
        Step(code="discuss", title="集体研究", role="approver"),
        Step(code="approve", title="审批", role="approver", act="approve"),
        Step(code="pay", title="支付", role="finance", act="pay"),
    )

    def approved_once(self, rules: int) -> tuple[Scene, str]:
        """A case discussed and approved for 500 yuan, whose approval was revoked."""
        scene = Scene(rules=rules, procedure=Procedure(source="文", steps=list(self.STEPS))).funds()
        case = scene.confirmed()
        scene.do("approver2", self.discussed(case))
        scene.do("approver", self.approval(case, 50_000))
        scene.do("approver", Revoked(**ON, case=case, target="approval", reason="重新核定"))
        return scene, case

    def discussed(self, case: str) -> StepTaken:
        return StepTaken(**ON, case=case, step="discuss", role="approver")

    def approval(self, case: str, amount_fen: int, **more: Any) -> Approved:
        return Approved(**ON, case=case, line="workers", amount_fen=amount_fen, **more)

    @EITHER
    def test_are_taken_again_before_more_is_approved(self, rules: int) -> None:
        scene, case = self.approved_once(rules)
        outcome(scene.when("approver", self.approval(case, 90_000)), rules, "step-missing")
        if rules >= 8:
            scene.do("approver2", self.discussed(case))
            scene.when("approver", self.approval(case, 90_000)).then(lambda s: True)

    @EITHER
    def test_or_another_form_of_help(self, rules: int) -> None:
        scene, case = self.approved_once(rules)
        goods = self.approval(case, 50_000, forms=["money", "goods"], goods_fen=10_000)
        outcome(scene.when("approver", goods), rules, "step-missing")

    def test_stand_for_as_much_as_before_or_less(self) -> None:
        scene, case = self.approved_once(8)
        scene.do("approver", self.approval(case, 30_000))
        scene.when("approver2", self.discussed(case)).refuses("step-already-taken")
        # What the steps were good for is the most of all that rested on them.
        scene.do("approver", Revoked(**ON, case=case, target="approval", reason="重新核定"))
        scene.when("approver", self.approval(case, 50_000)).then(lambda s: True)


class TestCarryingOver:
    SPECIAL = FundSource(code="county", title="专项", kind="财政专项", earmarked=True, carries_over=True)
    LINES = (
        BudgetLine(code="workers", title="困难职工", source="county"),
        BudgetLine(code="models", title="劳模", source="county"),
    )

    def scene_of(self, rules: int, there: Funding | None) -> Scene:
        here = Funding(source="文", sources=[self.SPECIAL])
        scene = Scene(rules=rules, funding=here, lines=list(self.LINES)).funds()
        terms = policy(funding=there, lines=list(self.LINES), year=2027)
        scene.do("approver", CampaignOpened(campaign="b2027", unit="county", title="送温暖", policy=terms))
        return scene

    CARRIED = FundsCarriedOver(
        campaign="b2026",
        from_line="workers",
        to_campaign="b2027",
        to_line="workers",
        amount_fen=100,
        reason="结转",
    )

    @EITHER
    @pytest.mark.parametrize("is_named", [True, False])
    def test_what_is_earmarked_stays_so(self, rules: int, is_named: bool) -> None:
        free = self.SPECIAL.model_copy(update={"earmarked": False})
        scene = self.scene_of(rules, Funding(source="文", sources=[free]) if is_named else None)
        outcome(scene.when("finance", self.CARRIED, second="finance2"), rules, "carry-over-earmark-lost")

    def test_into_a_campaign_that_earmarks_it_as_well(self) -> None:
        scene = self.scene_of(8, Funding(source="文", sources=[self.SPECIAL]))
        scene.when("finance", self.CARRIED, second="finance2").then(
            lambda s: s.balance_fen("b2027/workers") == 100
        )


class TestOversight:
    def flag(self, subject: str) -> FlagKey:
        return FlagKey(rule="over-standard", subject=subject, raised_at=1)

    def paid_elsewhere(self, rules: int) -> tuple[Scene, str]:
        """Somebody whom an officer paid in a campaign of one unit, helped in another's campaign too.

        The officer is an inspector of the second campaign's alone.
        """
        scene = Scene(rules=rules).funds()
        terms = policy(year=2026)
        enrol(scene, "sugar-approver", grant("approver", "sugar"))
        scene.do("sugar-approver", CampaignOpened(campaign="s2026", unit="sugar", title="糖厂", policy=terms))
        enrol(scene, "payer", grant("finance", "tea"))
        scene.do("registrar", enrolled("judge", grant("inspector", "sugar")), person="payer")
        case = scene.approved("张三")
        payout = scene.payout(case, method="cash")
        scene.do("payer", payout)
        return scene, f"person:s2026/{person_mark('张三')}"

    @EITHER
    def test_who_paid_somebody_elsewhere_does_not_review_a_flag_on_them(self, rules: int) -> None:
        scene, subject = self.paid_elsewhere(rules)
        review = FlagReviewed(
            unit="sugar",
            campaign="s2026",
            flag=self.flag(subject),
            disposition="dismissed",
            reason="核实无误",
        )
        outcome(scene.when("judge", review), rules, "own-doing-reviewed")
        opened = CaseOpened(
            unit="sugar", campaign="s2026", title="核查", flags=[self.flag(subject)], text="核查"
        )
        outcome(scene.when("judge", opened), rules, "own-doing-reviewed")

    def test_the_writer_has_the_cases_at_hand(self) -> None:
        scene, subject = self.paid_elsewhere(8)
        enrol(scene, "apart", grant("inspector", "sugar"))
        review = FlagReviewed(
            unit="sugar",
            campaign="s2026",
            flag=self.flag(subject),
            disposition="dismissed",
            reason="核实无误",
        )
        admitted_by_the_writer(scene, "apart", review)


class TestStrikingOff:
    """No rule of a version: the writer could not decide it where the item rested on a flag or a discipline case."""

    def ordered(self, **item: Any) -> RectificationOrdered:
        first = {"what": "补齐签收单", "unit": "tea", "due": "2026-02-01", **item}
        return RectificationOrdered.model_validate(
            {"campaign": "b2026", "document": {"number": "整改1号"}, "items": [first]}
        )

    @pytest.mark.parametrize("rests_on", ["flag", "case"])
    def test_the_writer_can_decide_it(self, rests_on: str) -> None:
        scene = Scene()
        flag = FlagKey(rule="backdated", subject=f"case:b2026/{scene.confirmed()}", raised_at=1)
        item: dict[str, Any] = {"flag": flag.model_dump()}
        if rests_on == "case":
            opened = CaseOpened(unit="county", title="核查", flags=[flag], text="核查")
            item = {"investigation": scene.do("inspector", opened)}
        made = scene.do("inspector", self.ordered(**item))
        struck_off = RectificationStruckOff(
            campaign="b2026", rectification=made, item=1, evidence=Document(number="佐证1"), text="已补"
        )
        admitted_by_the_writer(scene, "auditor", struck_off)
