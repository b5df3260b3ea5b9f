"""What somebody with good signatures got past the tenth rules, and the eleventh refuse; and the dead ends they open."""

from __future__ import annotations

from typing import Any

from ledger.domain.claims import claim_of
from ledger.domain.policy.family_exclusions import ExclusionRules
from ledger.domain.state import Case
from ledger.events.draws import Draw, DrawOrdered
from ledger.events.household import ConsentRecorded, ConsentWithdrawn, HouseholdDeclared
from ledger.events.linkage import ComparedPair, LinkageStarted, PersonsLinked
from ledger.events.marking import MatchAnswerFiled
from ledger.events.nomination import Approved, Confirmed, Nominated, Rejected, Revoked
from ledger.events.objection import ObjectionLodged, ObjectionSettled
from ledger.events.oversight import (
    CaseClosed,
    CaseOpened,
    FlagKey,
    FlagReviewed,
    SampleExamined,
    SanctionImposed,
    SanctionLifted,
)
from ledger.events.payment_file import PaymentFileMade
from ledger.events.payout import AidDelivered, AidItem, PayoutReturned
from ledger.events.voice import CallBackRecorded
from tests.scene import ON, Scene
from tests.unit.decisions.as_the_writer import admitted_by_the_writer
from tests.unit.decisions.registrars import enrol, grant
from tests.unit.decisions.stricter import LATE, Stricter
from tests.unit.decisions.test_federation import reader

STRICTER = Stricter(11)
EITHER, outcome = STRICTER.either, STRICTER.outcome
AGAIN: dict[str, Any] = {**ON, "category": "worker"}


def limited(rules: int = 11, **policy_changes: Any) -> Scene:
    """A campaign where 1,000 yuan take two, with two inspectors of one unit beside the county's."""
    scene = Scene(rules=rules, two_signatures_above_fen=100_000, **policy_changes).funds()
    for name in ("tea-inspector", "tea-inspector2"):
        enrol(scene, name, grant("inspector", "tea"))
    return scene


def approval(case: str) -> Approved:
    return Approved(**ON, case=case, line="workers", amount_fen=50_000)


def confirmed_again(scene: Scene, case: str) -> str:
    """The person of a case that is over is nominated and confirmed anew."""
    made = scene.do("tea-clerk", Nominated(**AGAIN, dossier=scene.case(case).dossier))
    scene.do("tea-confirmer", Confirmed(**ON, case=made))
    return made


def objected(scene: Scene, case: str) -> str:
    return scene.do("tea-clerk2", ObjectionLodged(**ON, case=case, text="不实"))


def settled(case: str, objection: str, *, upheld: bool) -> ObjectionSettled:
    return ObjectionSettled(**ON, case=case, objection=objection, upheld=upheld, reason="查过")


class TestWhatGoesWithThePerson:
    @EITHER
    def test_an_open_objection_is_not_shaken_off_by_a_new_nomination(self, rules: int) -> None:
        scene = Scene(rules=rules).funds()
        case = scene.confirmed()
        objected(scene, case)
        scene.do("approver", Rejected(**ON, case=case, reason="补正"))
        again = confirmed_again(scene, case)
        outcome(scene.when("approver", approval(again)), rules, "second-person-missing")
        if rules >= 11:
            scene.when("approver", approval(again), second="approver2").then(lambda s: True)

    def test_how_it_is_settled_counts_for_the_new_one(self) -> None:
        for upheld in (True, False):
            scene = Scene().funds()
            case = scene.confirmed()
            objection = objected(scene, case)
            scene.do("approver", Rejected(**ON, case=case, reason="补正"))
            again = confirmed_again(scene, case)
            scene.do("approver", approval(again), second="approver2")
            state = admitted_by_the_writer(scene, "inspector", settled(case, objection, upheld=upheld))
            assert bool(state.get(Case, again).upheld_since) is upheld
            scene.do("inspector", settled(case, objection, upheld=upheld))
            attempt = scene.when("finance", scene.payout(again))
            attempt.refuses("objection-upheld-since") if upheld else attempt.then(lambda s: True)

    def test_one_to_a_case_that_is_over_is_told_to_the_next(self) -> None:
        scene = Scene().funds()
        case = scene.confirmed()
        scene.do("approver", Rejected(**ON, case=case, reason="补正"))
        objection = objected(scene, case)
        assert scene.case(confirmed_again(scene, case)).objections == [objection]

    @EITHER
    def test_what_came_back_since_counts_no_more(self, rules: int) -> None:
        scene = Scene(rules=rules).funds()
        case = scene.approved()
        payout = scene.do("finance", scene.payout(case))
        scene.do("tea-clerk", Revoked(**ON, case=case, target="nomination", reason="重报"))
        again = confirmed_again(scene, case)
        scene.when("approver", approval(again)).refuses("second-person-missing")
        back = PayoutReturned(
            **ON, case=case, payout=payout, line="workers", amount_fen=50_000, kind="refused", reason="退款"
        )
        admitted_by_the_writer(scene, "finance2", back)
        scene.do("finance2", back)
        attempt = scene.when("approver", approval(again))
        attempt.refuses("second-person-missing") if rules < 11 else attempt.then(lambda s: True)

    @EITHER
    def test_what_is_recorded_late_on_a_case_that_is_over_counts(self, rules: int) -> None:
        for before in (True, False):
            scene = Scene(rules=rules).funds()
            case = scene.approved()
            scene.do("tea-clerk", Revoked(**ON, case=case, target="nomination", reason="重报"))
            again = confirmed_again(scene, case) if before else None
            late = scene.payout(case, **LATE)
            admitted_by_the_writer(scene, "finance", late, second="finance2")
            scene.do("finance", late, second="finance2")
            again = again or confirmed_again(scene, case)
            outcome(scene.when("approver", approval(again)), rules, "second-person-missing")
            assert scene.state.claimant(claim_of("b2026", scene.case(case).recipient)) == again


class TestNothingAmiss:
    @EITHER
    def test_two_of_one_unit_do_not_dismiss_what_is_large(self, rules: int) -> None:
        scene = limited(rules)
        flag = FlagKey(rule="split-payout", subject="unit:b2026/tea", raised_at=1)
        review = FlagReviewed(**ON, flag=flag, disposition="dismissed", reason="查过")
        attempt = scene.when("tea-inspector", review, second="tea-inspector2")
        outcome(attempt, rules, "dismissed-below")
        scene.when("tea-inspector", review, second="inspector").then(lambda s: True)

    def test_where_nobody_is_above_two_do(self) -> None:
        scene = limited()
        flag = FlagKey(rule="split-payout", subject="unit:b2026/county", raised_at=1)
        review = FlagReviewed(
            campaign="b2026", unit="county", flag=flag, disposition="dismissed", reason="查过"
        )
        enrol(scene, "inspector2", grant("inspector", "county"))
        scene.when("inspector", review).refuses("dismissed-alone")
        scene.when("inspector", review, second="inspector2").then(lambda s: True)

    @EITHER
    def test_a_unit_does_not_close_a_case_about_itself(self, rules: int) -> None:
        scene = limited(rules)
        flag = FlagKey(rule="split-payout", subject="unit:b2026/tea", raised_at=1)
        for flags, finding in (([], "unsubstantiated"), ([flag], "partly"), ([flag], "substantiated")):
            opened = scene.do("tea-inspector", CaseOpened(**ON, title="核查", flags=flags, text="线索"))
            closed = CaseClosed.model_validate(
                {**ON, "investigation": opened, "finding": finding, "amount_fen": 0, "text": "查过"}
            )
            outcome(scene.when("tea-inspector", closed), rules, "dismissed-below")
            if rules >= 11:
                scene.when("inspector", closed).then(lambda s: True)

    @EITHER
    def test_a_unit_does_not_lift_its_own_sanction(self, rules: int) -> None:
        scene = limited(rules)
        opened = scene.do("inspector", CaseOpened(**ON, title="核查", text="线索"))
        imposed = SanctionImposed(unit="tea", year=2027, investigation=opened, reason="套取")
        lifted = SanctionLifted(unit="tea", sanction=scene.do("inspector", imposed), reason="复核")
        outcome(scene.when("tea-inspector", lifted), rules, "dismissed-below")
        if rules >= 11:
            scene.when("tea-inspector", lifted, second="tea-inspector2").refuses("dismissed-below")
            scene.when("inspector", lifted).then(lambda s: True)

    @EITHER
    def test_a_unit_clears_no_pair_of_its_own(self, rules: int) -> None:
        scene = limited(rules)
        pair = ComparedPair(first=scene.dossier("张三"), second=scene.dossier("李四"))
        for officer in ("tea-inspector", "inspector"):
            run = scene.do(officer, LinkageStarted(unit="tea", purpose="核查", model="m"))
            found: dict[str, Any] = {"unit": "tea", "run": run, "compared": 1, "set_aside": 0, "pairs": []}
            attempt = scene.when(officer, PersonsLinked(**found, not_found=[pair]))
            outcome(attempt, rules if officer == "tea-inspector" else 10, "dismissed-below")
            scene.when(officer, PersonsLinked(**found)).then(lambda s: True)

    @EITHER
    def test_a_unit_does_not_answer_a_match_of_its_own(self, rules: int) -> None:
        scene = limited(rules)
        scene.do("registrar", reader())
        said: dict[str, Any] = {
            "unit": "tea", "dossier": scene.dossier(), "upper": "city", "match": "1" * 64, "text": "查过",
            "rule": "person-paid-twice",
        }  # fmt: skip
        answer = MatchAnswerFiled(**said, answer="both-due")
        outcome(scene.when("tea-inspector", answer), rules, "dismissed-below")
        scene.when("tea-inspector", MatchAnswerFiled(**said, answer="inquiring")).then(lambda s: True)
        scene.when("inspector", answer).then(lambda s: True)
        enrol(scene, "helped", grant("inspector", "county"))
        own = {**said, "dossier": scene.dossier("helped")}
        outcome(scene.when("helped", MatchAnswerFiled(**own, answer="both-due")), rules, "own-doing-reviewed")


def ordered(scene: Scene, of: Any, officer: str, size: int, second: str | None = None) -> dict[str, Any]:
    draw = scene.do(officer, DrawOrdered(campaign="b2026", of=of, size=size), second=second)
    return {"draw": draw, "seed": scene.state.get(Draw, draw).seed, "size": size, "drawn_at": 1}


class TestDraws:
    @EITHER
    def test_one_call_back_frees_no_other_draw(self, rules: int) -> None:
        scene = Scene(rules=rules).funds()
        payouts = [scene.do("finance", scene.payout(scene.approved(name))) for name in ("张三", "李四")]
        by = ordered(scene, "call-back", "inspector", 2)

        def called(payout: str) -> CallBackRecorded:
            return CallBackRecorded(**ON, payout=payout, reached=True, answer="received", **by)

        again = DrawOrdered(campaign="b2026", of="call-back", size=5)
        scene.do("inspector", called(payouts[0]))
        scene.do("inspector", called(payouts[0]))
        outcome(scene.when("inspector", again), rules, "draw-outstanding")
        if rules >= 11:
            admitted_by_the_writer(scene, "inspector", called(payouts[1]))
            scene.do("inspector", called(payouts[1]))
            scene.when("inspector", again).then(lambda s: True)

    @EITHER
    def test_what_is_paid_later_was_not_drawn(self, rules: int) -> None:
        scene = Scene(rules=rules).funds()
        by = ordered(scene, "call-back", "inspector", 1)
        payout = scene.do("finance", scene.payout(scene.approved()))
        call = CallBackRecorded(**ON, payout=payout, reached=True, answer="received", **by)
        outcome(scene.when("inspector", call), rules, "payout-after-draw")

    def test_two_order_another_where_there_was_less_to_draw(self) -> None:
        scene = Scene().funds()
        ordered(scene, "call-back", "inspector", 5)
        again = DrawOrdered(campaign="b2026", of="call-back", size=5)
        scene.when("inspector", again).refuses("draw-outstanding")
        scene.when("inspector", again, second="auditor").then(lambda s: True)

    @EITHER
    def test_one_does_not_examine_a_draw_again(self, rules: int) -> None:
        scene = Scene(rules=rules)
        enrol(scene, "auditor2", grant("auditor", "county"))
        by = ordered(scene, "sample", "auditor", 1)
        said = SampleExamined(campaign="b2026", method="random", examined=1, conclusion="未发现问题", **by)
        scene.do("auditor", said)
        outcome(scene.when("auditor", said), rules, "second-person-missing")
        scene.when("auditor", said, second="auditor2").then(lambda s: True)


class TestMoney:
    @EITHER
    def test_goods_do_not_come_back_by_one_clerks_word(self, rules: int) -> None:
        scene = Scene(rules=rules).funds()
        enrol(scene, "tea-clerk3", grant("clerk", "tea"))
        case = scene.confirmed()
        scene.do("approver", Approved(**ON, case=case, forms=["goods"], goods_fen=20_000))
        rice = AidItem(name="大米", quantity=1, measure="袋", value_fen=20_000)
        of: dict[str, Any] = {**ON, "case": case}
        aid = AidDelivered(**of, dossier=scene.case(case).dossier, form="goods", items=[rice])
        payout = scene.do("tea-clerk2", aid)
        back = PayoutReturned(
            **of, payout=payout, line=None, amount_fen=20_000, kind="refused", reason="不要"
        )
        outcome(scene.when("tea-clerk3", back), rules, "second-person-missing")
        if rules >= 11:
            admitted_by_the_writer(scene, "finance", back)
            scene.when("tea-clerk3", back, second="tea-clerk2").then(
                lambda s: s.case(case).delivered_fen == 0
            )

    @EITHER
    def test_nothing_is_sent_to_the_bank_for_a_family_that_withdrew(self, rules: int) -> None:
        exclusions = ExclusionRules.model_validate({
            "source": "某县办法", "exclusions": [{"code": "housing", "title": "两套以上住房", "source": "某县办法"}],
        })  # fmt: skip
        scene = Scene(rules=rules, exclusions=exclusions).funds()
        of: dict[str, Any] = {"unit": "tea", "dossier": scene.dossier()}
        scene.do("tea-clerk", HouseholdDeclared.model_validate({
            **of, "locality": "某县", "year": 2026, "applicant": {"income_fen": 1_200_000}, "members": [],
            "exclusions": [{"exclusion": "housing", "applies": False}],
        }))  # fmt: skip
        consent = ConsentRecorded.model_validate({**of, "document": {"number": "2026-1"}, "members": []})
        scene.do("tea-clerk", consent)
        case = scene.do("tea-clerk", Nominated(**AGAIN, dossier=of["dossier"]))
        scene.do("tea-confirmer", Confirmed(**ON, case=case))
        scene.do("approver", approval(case))
        payout = scene.do("finance", scene.payout(case))
        scene.do("tea-clerk", ConsentWithdrawn(**of, reason="本户提出"))
        line = {"payout": payout, "amount_fen": 50_000, "case": case, "dossier": of["dossier"]}
        sent = PaymentFileMade.model_validate({
            **ON, "profile": "general", "file": "0" * 64, "count": 1, "batch": "26112801", "sum_fen": 50_000, "lines": [line],
        })  # fmt: skip
        outcome(scene.when("finance", sent), rules, "consent-withdrawn")
        if rules >= 11:
            scene.do("tea-clerk", consent)
            admitted_by_the_writer(scene, "finance", sent)
