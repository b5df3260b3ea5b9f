"""What somebody with good signatures got past the ninth rules, and the tenth refuse; and the dead ends they open."""

from __future__ import annotations

from typing import Any

from ledger.domain.appointment import not_appointed_from_above
from ledger.domain.policy.family_exclusions import ExclusionRules
from ledger.events.dossier import DossierFiled, Facts
from ledger.events.draws import Draw, DrawOrdered
from ledger.events.funds import FundTransferred
from ledger.events.household import ConsentRecorded, ConsentWithdrawn, HouseholdDeclared
from ledger.events.nomination import Approved, Confirmed, Nominated
from ledger.events.objection import ObjectionLodged, ObjectionSettled
from ledger.events.oversight import CaseClosed, CaseOpened, FlagKey, FlagReviewed, SampleExamined
from ledger.events.payout import PayoutReturned
from ledger.events.registry import UnitRegistered
from ledger.events.voice import CallBackRecorded
from tests.scene import ON, Scene
from tests.unit.decisions.as_the_writer import admitted_by_the_writer
from tests.unit.decisions.registrars import enrol, enrolled, grant
from tests.unit.decisions.stricter import LATE, Stricter

STRICTER = Stricter(10)
EITHER, outcome = STRICTER.either, STRICTER.outcome


def limited(rules: int = 10, **policy_changes: Any) -> Scene:
    """A campaign where 1,000 yuan take two, with an inspector of one unit beside the county's."""
    scene = Scene(rules=rules, two_signatures_above_fen=100_000, **policy_changes).funds()
    enrol(scene, "tea-inspector", grant("inspector", "tea"))
    return scene


def dismissed(subject: str) -> FlagReviewed:
    flag = FlagKey(rule="split-payouts", subject=subject, raised_at=1)
    return FlagReviewed(**ON, flag=flag, disposition="dismissed", reason="查过")


def large(scene: Scene) -> str:
    """A case of 2,000 yuan, approved by two."""
    case = scene.confirmed()
    approved = Approved(**ON, case=case, line="workers", amount_fen=200_000)
    scene.do("approver", approved, second="approver2")
    return case


class TestNothingAmiss:
    @EITHER
    def test_a_units_own_inspector_does_not_dismiss_a_large_flag_alone(self, rules: int) -> None:
        scene = limited(rules)
        review = dismissed(f"case:b2026/{large(scene)}")
        outcome(scene.when("tea-inspector", review), rules, "dismissed-alone")

    def test_one_from_above_does_or_two(self) -> None:
        scene = limited()
        review = dismissed(f"case:b2026/{large(scene)}")
        scene.when("inspector", review).then(lambda s: True)
        scene.when("tea-inspector", review, second="inspector").then(lambda s: True)

    def test_a_small_one_may_and_so_may_whoever_confirms(self) -> None:
        scene = limited()
        scene.when("tea-inspector", dismissed(f"case:b2026/{scene.approved()}")).then(lambda s: True)
        flag = FlagKey(rule="split-payouts", subject="unit:b2026/tea", raised_at=1)
        confirmed = FlagReviewed(**ON, flag=flag, disposition="confirmed", reason="属实")
        scene.when("tea-inspector", confirmed).then(lambda s: True)

    @EITHER
    def test_of_an_unknown_sum_it_is_as_of_a_large_one(self, rules: int) -> None:
        scene = limited(rules)
        outcome(scene.when("tea-inspector", dismissed("unit:b2026/tea")), rules, "dismissed-alone")

    @EITHER
    def test_at_the_top_two_do_as_soon_as_there_are_two(self, rules: int) -> None:
        scene = limited(rules)
        of_line = FlagReviewed(
            campaign="b2026",
            flag=FlagKey(rule="line-overdrawn", subject="line:b2026/workers", raised_at=1),
            disposition="dismissed",
            reason="查过",
        ).model_copy(update={"unit": "county"})
        scene.when("inspector", of_line).then(lambda s: True)
        enrol(scene, "inspector2", grant("inspector", "county"))
        outcome(scene.when("inspector", of_line), rules, "dismissed-alone")
        scene.when("inspector", of_line, second="inspector2").then(lambda s: True)

    @EITHER
    def test_nor_is_a_case_closed_as_unsubstantiated(self, rules: int) -> None:
        scene = limited(rules)
        flag = FlagKey(rule="split-payouts", subject="unit:b2026/tea", raised_at=1)
        opened = scene.do("tea-inspector", CaseOpened(**ON, title="核查", flags=[flag], text="线索"))
        said = {**ON, "investigation": opened, "amount_fen": 0, "text": "查过"}
        closed = CaseClosed(**said, finding="unsubstantiated")
        outcome(scene.when("tea-inspector", closed), rules, "dismissed-alone")
        if rules >= 10:
            scene.when("inspector", closed).then(lambda s: True)

    @EITHER
    def test_an_objection_at_the_top_is_refuted_by_two(self, rules: int) -> None:
        scene = limited(rules)
        enrol(scene, "county-clerk", grant("clerk", "county"))
        enrol(scene, "inspector2", grant("inspector", "county"))
        dossier = scene.do(
            "county-clerk",
            DossierFiled(unit="county", identity_commitment="0" * 64, facts=Facts()),
            person="李四",
        )
        case = scene.do(
            "county-clerk", Nominated(campaign="b2026", unit="county", dossier=dossier, category="worker")
        )
        at: dict[str, Any] = {"campaign": "b2026", "unit": "county", "case": case}
        objection = scene.do("county-clerk", ObjectionLodged(**at, text="不实"))
        refuted = ObjectionSettled(**at, objection=objection, upheld=False, reason="不属实")
        outcome(scene.when("inspector", refuted), rules, "dismissed-alone")
        if rules >= 10:
            scene.when("inspector", refuted, second="inspector2").then(lambda s: True)


class TestMoney:
    @EITHER
    def test_cash_that_came_back_to_the_unit_is_seen_by_finance(self, rules: int) -> None:
        scene = Scene(rules=rules).funds()
        scene.drawn(100_000)
        case = scene.approved()
        payout = scene.do("tea-clerk2", scene.payout(case, source="drawn", method="cash"))
        back = PayoutReturned(
            **ON,
            case=case,
            payout=payout,
            line="workers",
            amount_fen=50_000,
            kind="refused",
            to="drawn",
            reason="不要",
        )
        outcome(scene.when("tea-clerk2", back), rules, "return-unseen")
        if rules >= 10:
            scene.when("tea-clerk2", back, second="finance").then(lambda s: s.case(case).paid_fen == 0)

    def test_who_paid_it_does_not_see_it_back(self) -> None:
        scene = Scene().funds()
        scene.drawn(100_000)
        case = scene.approved()
        payout = scene.do("finance", scene.payout(case, source="drawn", method="cash"))
        back = PayoutReturned(
            **ON,
            case=case,
            payout=payout,
            line="workers",
            amount_fen=50_000,
            kind="refused",
            to="drawn",
            reason="不要",
        )
        scene.when("finance", back).refuses("return-by-payer")
        scene.when("finance2", back).then(lambda s: s.case(case).paid_fen == 0)

    @EITHER
    def test_one_does_not_move_money_between_lines(self, rules: int) -> None:
        scene = Scene(rules=rules).funds()
        moved = FundTransferred(
            campaign="b2026", from_line="workers", to_line="models", amount_fen=10_000, reason="调剂"
        )
        outcome(scene.when("finance", moved), rules, "second-person-missing")
        if rules >= 10:
            scene.when("finance", moved, second="finance2").then(lambda s: True)

    def test_a_cashier_only_signs_beside_an_accountant(self) -> None:
        scene = Scene().funds()
        for name in ("cashier", "cashier2"):
            enrol(scene, name, grant("cashier", "county"))
        moved = FundTransferred(
            campaign="b2026", from_line="workers", to_line="models", amount_fen=10_000, reason="调剂"
        )
        scene.when("cashier", moved, second="cashier2").refuses("transfer-without-accountant")
        scene.when("cashier", moved, second="finance").then(lambda s: True)


EXCLUSIONS = ExclusionRules.model_validate({
    "source": "某县办法", "exclusions": [{"code": "housing", "title": "两套以上住房", "source": "某县办法"}],
})  # fmt: skip


class TestConsent:
    def approved(self, rules: int) -> tuple[Scene, str, dict[str, Any]]:
        """A case that was nominated on the family's consent, and approved; and its dossier."""
        scene = Scene(rules=rules, exclusions=EXCLUSIONS).funds()
        of: dict[str, Any] = {"unit": "tea", "dossier": scene.dossier()}
        scene.do("tea-clerk", HouseholdDeclared.model_validate({
            **of, "locality": "某县", "year": 2026, "applicant": {"income_fen": 1_200_000}, "members": [],
            "exclusions": [{"exclusion": "housing", "applies": False}],
        }))  # fmt: skip
        self.consent(scene, of)
        case = scene.do("tea-clerk", Nominated(**ON, dossier=of["dossier"], category="worker"))
        scene.do("tea-confirmer", Confirmed(**ON, case=case))
        scene.do("approver", Approved(**ON, case=case, line="workers", amount_fen=50_000))
        return scene, case, of

    def consent(self, scene: Scene, of: dict[str, Any]) -> None:
        given = ConsentRecorded.model_validate({**of, "document": {"number": "2026-1"}, "members": []})
        scene.do("tea-clerk", given)

    @EITHER
    def test_withdrawn_after_the_nomination_it_stops_the_payout(self, rules: int) -> None:
        scene, case, of = self.approved(rules)
        scene.do("tea-clerk", ConsentWithdrawn(**of, reason="本户提出"))
        outcome(scene.when("finance", scene.payout(case)), rules, "consent-withdrawn")
        if rules >= 10:
            late = scene.payout(case, 10_000, **LATE)
            scene.when("finance", late).refuses("second-person-missing")
            scene.when("finance", late, second="finance2").then(lambda s: True)
            self.consent(scene, of)
            admitted_by_the_writer(scene, "finance", scene.payout(case, 40_000))

    def test_what_was_nominated_by_the_rules_before_is_paid(self) -> None:
        scene, case, of = self.approved(9)
        scene.take_up_newest()
        scene.do("tea-clerk", ConsentWithdrawn(**of, reason="本户提出"))
        scene.when("finance", scene.payout(case)).then(lambda s: True)


def ordered(scene: Scene, of: Any, officer: str, size: int = 1) -> dict[str, Any]:
    """A draw that is ordered: its id, seed and size, as what comes of it states them."""
    draw = scene.do(officer, DrawOrdered(campaign="b2026", of=of, size=size))
    return {"draw": draw, "seed": scene.state.get(Draw, draw).seed, "size": size, "drawn_at": 1}


def examined(**by: Any) -> SampleExamined:
    said: dict[str, Any] = {"method": "random", "seed": "挑选", "size": 1, "drawn_at": 1, "examined": 1, **by}
    return SampleExamined(campaign="b2026", conclusion="未发现问题", **said)


class TestDraws:
    @EITHER
    def test_a_sample_by_a_chosen_seed_is_none(self, rules: int) -> None:
        outcome(Scene(rules=rules).when("auditor", examined()), rules, "draw-not-ordered")

    def test_it_is_as_was_ordered(self) -> None:
        scene = Scene()
        by = ordered(scene, "sample", "auditor")
        for change in ({"seed": "挑选"}, {"size": 2}, {"method": "sum"}):
            scene.when("auditor", examined(**{**by, **change})).refuses("draw-differs")
        admitted_by_the_writer(scene, "auditor", examined(**by))

    def test_nobody_orders_one_after_another_until_one_pleases(self) -> None:
        scene = Scene()
        by = ordered(scene, "sample", "auditor")
        again = DrawOrdered(campaign="b2026", of="sample", size=2)
        scene.when("auditor", again).refuses("draw-outstanding", draw=by["draw"])
        scene.do("auditor", examined(**by))
        scene.when("auditor", again).then(lambda s: True)
        admitted_by_the_writer(scene, "inspector", DrawOrdered(campaign="b2026", of="call-back", size=2))

    def test_each_order_has_another_seed(self) -> None:
        scene = Scene()
        seeds = {
            ordered(scene, of, officer)["seed"]
            for of, officer in (("sample", "auditor"), ("call-back", "inspector"))
        }
        assert len(seeds) == 2

    def test_an_inspector_orders_no_sample(self) -> None:
        Scene().when("inspector", DrawOrdered(campaign="b2026", of="sample", size=1)).refuses("role-not-held")

    @EITHER
    def test_a_call_back_by_a_chosen_seed_is_none(self, rules: int) -> None:
        scene = Scene(rules=rules).funds()
        payout = scene.do("finance", scene.payout(scene.approved()))
        said: dict[str, Any] = {**ON, "payout": payout, "reached": True, "answer": "received"}
        chosen: dict[str, Any] = {"seed": "挑选", "size": 1, "drawn_at": 1}
        outcome(scene.when("inspector", CallBackRecorded(**said, **chosen)), rules, "draw-not-ordered")
        if rules >= 10:
            by = ordered(scene, "call-back", "inspector")
            admitted_by_the_writer(scene, "inspector", CallBackRecorded(**said, **by))
            sample = ordered(scene, "sample", "auditor")
            scene.when("auditor", CallBackRecorded(**said, **sample)).refuses("draw-differs")

    def test_of_a_unit_it_is_about_that_one(self) -> None:
        scene = Scene().funds()
        payout = scene.do("finance", scene.payout(scene.approved()))
        draw = scene.do("inspector", DrawOrdered(campaign="b2026", unit="sugar", of="call-back", size=1))
        by: dict[str, Any] = {
            "draw": draw,
            "seed": scene.state.get(Draw, draw).seed,
            "size": 1,
            "drawn_at": 1,
        }
        call = CallBackRecorded(**ON, payout=payout, reached=True, answer="received", **by)
        scene.when("inspector", call).refuses("draw-differs", what="unit")


class TestWhomACampaignWillRefuse:
    def test_they_are_known_before_it_is_opened(self) -> None:
        scene = Scene(rules=7)
        for name in ("tr1", "tr2"):
            enrol(scene, name, grant("registrar", "tea"), second=None if name == "tr1" else "tr1")
        scene.do("tr1", UnitRegistered(unit="shop", name="车间", level="grass-roots", parent="tea"))
        for name, second in (("payer", "tr2"), ("other", "registrar")):
            event = enrolled(name, grant("finance", "shop"), unit="shop")
            scene.do("tr1", event, second=second, person=name)
        assert not_appointed_from_above(scene.state) == [("payer", "finance", "shop", "county")]
