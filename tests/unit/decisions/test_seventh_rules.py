"""What the seventh version of the rules made stricter; each beside what the sixth still let through."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

from ledger.domain.event import Grant, Role
from ledger.domain.state import Payout
from ledger.events.account_statement import AccountStatementRecorded
from ledger.events.bank import BankLineMatched, DayReconciled
from ledger.events.collective import CollectiveHelpApproved, CollectiveHelpGiven, CollectiveHelpReturned
from ledger.events.drawing import DrawnReturned, MoneyDrawn
from ledger.events.handover import MatterHandedOver, OutsideCaseRecorded
from ledger.events.household import HouseholdDeclared, MemberErased, MemberLeft, MemberRecorded
from ledger.events.nomination import Approved, Confirmed, Nominated, Rejected, Revoked
from ledger.events.objection import ObjectionLodged, ObjectionSettled
from ledger.events.oversight import CaseOpened, FlagKey, SanctionImposed
from ledger.events.payment_file import PaymentFileMade
from ledger.events.payout import PayoutReturned
from ledger.events.rectification import RectificationOrdered, RectificationStruckOff
from tests.scene import ON, Scene
from tests.unit.decisions.registrars import enrol, enrolled, grant
from tests.unit.decisions.stricter import Stricter
from tests.unit.decisions.test_voice import ORDERED, called_back

STRICTER = Stricter(7)
EITHER, outcome = STRICTER.either, STRICTER.outcome


def back(scene: Scene, payout: str, **more: Any) -> PayoutReturned:
    """A payout of 500 yuan that comes back whole, to be tried."""
    case = scene.state.get(Payout, payout).case
    said = {"payout": payout, "case": case, "line": "workers", "amount_fen": 50_000}
    return PayoutReturned.model_validate({**ON, **said, "kind": "bounced", "reason": "退票", **more})


class TestWhatComesBack:
    GIVEN_BACK = DrawnReturned(**ON, line="workers", amount_fen=20_000, reason="余款")

    @EITHER
    def test_finance_says_that_drawn_money_came_back(self, rules: int) -> None:
        """The clerk who drew it would keep it otherwise, and the line would say that it holds it."""
        scene = Scene(rules=rules).funds()
        scene.do("tea-clerk", MoneyDrawn(**ON, line="workers", amount_fen=20_000))
        outcome(scene.when("tea-clerk", self.GIVEN_BACK), rules, "return-is-finances")
        if rules >= 7:
            scene.when("tea-clerk2", self.GIVEN_BACK).refuses("return-is-finances")
            scene.when("finance", self.GIVEN_BACK).then(lambda s: s.balance_fen() == 25_000_000)

    @EITHER
    def test_and_not_alone_who_ever_drew_for_the_unit(self, rules: int) -> None:
        scene = Scene(rules=rules).funds()
        scene.drawn(10_000)
        if rules < 7:
            scene.do("finance", self.GIVEN_BACK.model_copy(update={"amount_fen": 10_000}))
        else:
            scene.do("finance2", self.GIVEN_BACK.model_copy(update={"amount_fen": 10_000}))
        scene.do("tea-clerk", MoneyDrawn(**ON, line="workers", amount_fen=20_000))
        outcome(scene.when("finance", self.GIVEN_BACK), rules, "return-by-payer")
        if rules >= 7:
            scene.when("finance", self.GIVEN_BACK, second="finance2").then(lambda s: True)

    @EITHER
    @pytest.mark.parametrize("method", ["bank", "cash"])
    def test_who_paid_does_not_say_alone_that_it_came_back(self, rules: int, method: str) -> None:
        """It could be paid again otherwise, while the first stays out."""
        scene = Scene(rules=rules).funds()
        payout = scene.do("finance", scene.payout(scene.approved(), method=method))
        outcome(scene.when("finance", back(scene, payout)), rules, "return-by-payer")
        if rules >= 7:
            part = back(scene, payout, amount_fen=20_000)
            scene.when("finance", part, second="finance2").then(lambda s: True)
            scene.when("finance2", part).then(lambda s: True)

    @EITHER
    def test_nor_under_another_code(self, rules: int) -> None:
        scene = Scene(rules=rules).funds()
        payout = scene.do("finance", scene.payout(scene.approved()))
        scene.do("registrar", enrolled("same", grant("finance", "county")), person="finance")
        outcome(scene.when("same", back(scene, payout)), rules, "return-by-payer")

    @EITHER
    def test_nor_who_handed_out_what_the_unit_drew(self, rules: int) -> None:
        """Finance of the unit drew it, handed it out, and says that it is back on the line."""
        scene = Scene(rules=rules).funds()
        enrol(scene, "tea-finance", grant("finance", "tea"))
        scene.do("tea-finance", MoneyDrawn(**ON, line="workers", amount_fen=50_000))
        paid = scene.payout(scene.approved(), source="drawn", method="cash")
        payout = scene.do("tea-finance", paid)
        outcome(scene.when("tea-finance", back(scene, payout, amount_fen=20_000)), rules, "return-by-payer")
        # To what the unit holds it comes back as before: whoever holds it answers for it.
        held = back(scene, payout, amount_fen=20_000, to="drawn", kind="refused")
        scene.when("tea-finance", held).then(lambda s: True)


class TestTheBanksLines:
    def line(self, payout: str, **more: Any) -> BankLineMatched:
        said = {"bank_reference": "1" * 64, "amount_fen": 50_000, "booked_on": "2026-01-10", "result": "paid"}
        return BankLineMatched.model_validate({**ON, "payout": payout, **said, **more})

    @EITHER
    def test_none_is_about_what_was_handed_over_in_cash(self, rules: int) -> None:
        scene = Scene(rules=rules).funds()
        payout = scene.do("finance", scene.payout(scene.approved(), method="cash"))
        outcome(scene.when("finance2", self.line(payout)), rules, "bank-line-of-cash")

    @EITHER
    @pytest.mark.parametrize("result", ["paid", "bounced"])
    def test_another_sum_is_a_difference(self, rules: int, result: str) -> None:
        scene = Scene(rules=rules).funds()
        payout = scene.do("finance", scene.payout(scene.approved()))
        small = self.line(payout, amount_fen=1, result=result)
        outcome(scene.when("finance2", small), rules, "bank-line-differs")
        said = self.line(payout, amount_fen=1, result="different", differs=["amount"])
        scene.when("finance2", said).then(lambda s: True)

    def test_the_bank_is_sent_what_stands_and_says_so(self) -> None:
        scene = Scene().funds()
        payout = scene.do("finance", scene.payout(scene.approved()))
        scene.do("finance2", back(scene, payout, amount_fen=10_000, kind="refused"))
        scene.when("finance2", self.line(payout, amount_fen=40_000)).then(lambda s: True)


class TestPaymentFiles:
    @EITHER
    def test_one_takes_the_place_of_another_on_record(self, rules: int) -> None:
        scene = Scene(rules=rules).funds()
        payout = scene.do("finance", scene.payout(scene.approved()))
        case = scene.case(scene.state.get(Payout, payout).case or "")
        line = {"payout": payout, "amount_fen": 50_000, "case": case.id, "dossier": case.dossier}
        said = {"batch": "26011002", "profile": "general", "file": "0" * 64, "count": 1, "sum_fen": 50_000}
        made = PaymentFileMade.model_validate({**ON, **said, "lines": [line], "replaces": "26011001"})
        outcome(scene.when("finance", made), rules, "payment-batch-unknown")


class TestStatementsAndDays:
    def statement(self, day: str = "2026-01-10", **entry: Any) -> AccountStatementRecorded:
        entries = (
            [{"bank_reference": "a" * 64, "booked_on": day, "direction": "debit", **entry}] if entry else []
        )
        sum_fen = sum(each["amount_fen"] for each in entries)
        said = {"campaign": "b2026", "account": "icbc", "lines": ["workers"], "from_day": day, "to_day": day}
        sums = {
            "opening_fen": 100_000,
            "closing_fen": 100_000 - sum_fen,
            "file": "5" * 64,
            "entries": entries,
        }
        return AccountStatementRecorded.model_validate({**said, **sums})

    CLOSED = DayReconciled(campaign="b2026", line="workers", day="2026-01-10", ledger_fen=0, bank_fen=0)

    @EITHER
    def test_the_date_that_a_payout_names_frees_nobody(self, rules: int) -> None:
        """Paid on the 10th and dated the 9th: the statement of the 10th is not the payer's."""
        scene = Scene(rules=rules).funds()
        scene.do("finance", scene.payout(scene.approved()), on="2026-01-09")
        outcome(scene.when("finance", self.statement()), rules, "statement-recorded-by-payer")
        outcome(scene.when("finance", self.CLOSED), rules, "closed-by-payer")

    @EITHER
    def test_nor_does_whoever_drew_close_the_day_alone(self, rules: int) -> None:
        scene = Scene(rules=rules).funds()
        scene.drawn(20_000)
        outcome(scene.when("finance", self.statement()), rules, "statement-recorded-by-payer")
        outcome(scene.when("finance", self.CLOSED), rules, "closed-by-payer")
        scene.when("finance2", self.CLOSED).then(lambda s: True)

    @EITHER
    def test_nor_record_the_statement_that_shows_their_own_drawing(self, rules: int) -> None:
        scene = Scene(rules=rules).funds()
        drawn = scene.drawn(20_000)
        shown = self.statement(amount_fen=20_000, moved_by=drawn)
        outcome(scene.when("finance", shown), rules, "statement-recorded-by-payer")

    @EITHER
    def test_no_date_is_later_than_chinas_day(self, rules: int) -> None:
        scene = Scene(rules=rules).funds()
        payout = scene.payout(scene.approved())
        outcome(scene.when("finance", payout, on="2026-01-11"), rules, "made-in-future")


class TestObjections:
    def objected(self, scene: Scene, case: str) -> str:
        return scene.do("inspector", ObjectionLodged(**ON, case=case, text="收入不实"))

    @EITHER
    def test_one_that_was_upheld_takes_two_to_approve(self, rules: int) -> None:
        scene = Scene(rules=rules).funds()
        case = scene.confirmed()
        objection = self.objected(scene, case)
        settled = ObjectionSettled(**ON, case=case, objection=objection, upheld=True, reason="属实")
        scene.do("inspector", settled)
        approval = Approved(**ON, case=case, line="workers", amount_fen=50_000)
        outcome(scene.when("approver", approval), rules, "second-person-missing")
        if rules >= 7:
            scene.when("approver", approval, second="approver2").then(lambda s: True)

    @EITHER
    @pytest.mark.parametrize("by", ["tea-clerk", "tea-confirmer"])
    def test_the_unit_does_not_end_the_case_and_nominate_anew(self, rules: int, by: str) -> None:
        scene = Scene(rules=rules)
        grants = {"tea-clerk": grant("clerk"), "tea-confirmer": grant("confirmer")}
        for officer, held in grants.items():
            scene.do("registrar", enrolled(f"{officer}-here", held, unit="tea"), person=f"{officer}-here")
        case = scene.nominated()
        objection = self.objected(scene, case)
        ended = (
            Revoked(**ON, case=case, target="nomination", reason="重报")
            if by == "tea-clerk"
            else Rejected(**ON, case=case, reason="重报")
        )
        outcome(scene.when(f"{by}-here", ended), rules, "objection-outstanding")
        if rules >= 7:
            said = {"objection": objection, "upheld": False, "reason": "不属实"}
            scene.do("inspector", ObjectionSettled.model_validate({**ON, "case": case, **said}))
            scene.when(f"{by}-here", ended).then(lambda s: True)


class TestHouseholds:
    HARDSHIP: ClassVar[dict[str, Any]] = {
        "exclusions": {
            "consent_required": False,
            "source": "文",
            "exclusions": [{"code": "car", "title": "有车", "source": "文"}],
        }
    }

    def scene_of(self, rules: int) -> tuple[Scene, str, str]:
        """A dossier with a spouse, whose person is the confirmer."""
        scene = Scene(rules=rules, **self.HARDSHIP).funds()
        dossier = scene.dossier()
        spouse = MemberRecorded(unit="tea", dossier=dossier, relation="spouse", identity_commitment="0" * 64)
        member = scene.do("tea-clerk", spouse, person="tea-confirmer")
        self.declare(scene, dossier)
        return scene, dossier, member

    def declare(self, scene: Scene, dossier: str) -> None:
        said = {
            "unit": "tea",
            "dossier": dossier,
            "locality": "县城",
            "year": 2026,
            "applicant": {"income_fen": 0},
        }
        no = [{"exclusion": "car", "applies": False}]
        scene.do("tea-clerk", HouseholdDeclared.model_validate({**said, "exclusions": no}))

    @EITHER
    def test_who_is_of_it_does_not_confirm(self, rules: int) -> None:
        scene, dossier, _ = self.scene_of(rules)
        case = scene.do("tea-clerk", Nominated(**ON, dossier=dossier, category="worker"))
        outcome(scene.when("tea-confirmer", Confirmed(**ON, case=case)), rules, "own-household")

    @EITHER
    def test_no_members_identity_is_erased_before_the_case_is_finished(self, rules: int) -> None:
        scene, dossier, member = self.scene_of(rules)
        scene.do("tea-clerk", Nominated(**ON, dossier=dossier, category="worker"))
        erased = MemberErased(unit="tea", dossier=dossier, member=member, reason="本人要求")
        outcome(scene.when("registrar", erased), rules, "case-not-finished")

    @EITHER
    def test_after_a_member_left_the_family_declares_anew(self, rules: int) -> None:
        scene, dossier, member = self.scene_of(rules)
        scene.do("tea-clerk", MemberLeft(unit="tea", dossier=dossier, member=member, reason="迁出"))
        nominated = Nominated(**ON, dossier=dossier, category="worker")
        outcome(scene.when("tea-clerk", nominated), rules, "household-not-declared")
        if rules >= 7:
            self.declare(scene, dossier)
            scene.when("tea-clerk", nominated).then(lambda s: True)


class TestHelpToSites:
    RULES: ClassVar[dict[str, Any]] = {
        "per_visit_cap_fen": 300_000,
        "per_head_cap_fen": 100_000,
        "source": "文",
    }

    def approval(self, amount_fen: int = 100_000, headcount: int = 10) -> CollectiveHelpApproved:
        site = {"line": "workers", "site": "一车间", "headcount": headcount, "reason": "坚守岗位"}
        return CollectiveHelpApproved.model_validate({**ON, **site, "amount_fen": amount_fen})

    def given(self, made: str, amount_fen: int = 100_000) -> CollectiveHelpGiven:
        said = {"line": "workers", "amount_fen": amount_fen, "document": {"number": "签收 1"}, "help": made}
        return CollectiveHelpGiven.model_validate({**ON, **said})

    @EITHER
    def test_one_person_is_no_site(self, rules: int) -> None:
        scene = Scene(rules=rules, collective=self.RULES).funds()
        outcome(scene.when("approver", self.approval(headcount=1)), rules, "collective-of-one")

    @EITHER
    def test_a_banned_unit_has_none(self, rules: int) -> None:
        scene = Scene(rules=rules, collective=self.RULES).funds()
        scene.do("inspector", SanctionImposed(unit="tea", year=2026, reason="不实"))
        outcome(scene.when("approver", self.approval()), rules, "unit-banned")

    @EITHER
    def test_its_parts_are_one_sum(self, rules: int) -> None:
        scene = Scene(rules=rules, collective=self.RULES, two_signatures_above_fen=100_000).funds()
        scene.do("approver", self.approval())
        outcome(scene.when("approver", self.approval()), rules, "second-signature-missing")
        scene.do("approver", self.approval(200_000), second="approver2")

    @EITHER
    def test_so_is_what_is_given_of_it(self, rules: int) -> None:
        scene = Scene(rules=rules, collective=self.RULES, two_signatures_above_fen=100_000).funds()
        made = scene.do("approver", self.approval(200_000), second="approver2")
        scene.do("finance", self.given(made))
        outcome(scene.when("finance", self.given(made)), rules, "second-signature-missing")

    @EITHER
    def test_who_gave_it_does_not_say_alone_that_it_came_back(self, rules: int) -> None:
        scene = Scene(rules=rules, collective=self.RULES).funds()
        made = scene.do("approver", self.approval())
        scene.do("finance", self.given(made))
        said = {"line": "workers", "amount_fen": 50_000, "reason": "多领", "help": made}
        came_back = CollectiveHelpReturned.model_validate({**ON, **said})
        outcome(scene.when("finance", came_back), rules, "return-by-payer")


class TestOversight:
    def ordered(self, unit: str = "tea", **item: Any) -> RectificationOrdered:
        first = {"what": "补齐签收单", "unit": unit, "due": "2026-02-01", **item}
        document = {"number": "整改1号"}
        return RectificationOrdered.model_validate(
            {"campaign": "b2026", "document": document, "items": [first]}
        )

    def struck_off(self, made: str, **more: Any) -> RectificationStruckOff:
        said = {
            "campaign": "b2026",
            "rectification": made,
            "item": 1,
            "evidence": {"number": "佐证1"},
            "text": "已补",
        }
        return RectificationStruckOff.model_validate({**said, **more})

    @EITHER
    def test_nobody_of_the_unit_strikes_off_under_another_code(self, rules: int) -> None:
        scene = Scene(rules=rules)
        scene.do("registrar", enrolled("there", unit="tea"), person="same")
        scene.do("registrar", enrolled("above", Grant(role="inspector", unit="county")), person="same")
        made = scene.do("inspector", self.ordered())
        outcome(scene.when("above", self.struck_off(made)), rules, "own-rectification")

    @EITHER
    def test_nor_who_had_a_part_in_what_gave_rise_to_it(self, rules: int) -> None:
        scene = Scene(rules=rules)
        flag = {"rule": "backdated", "subject": "officer:-/auditor", "raised_at": 1}
        made = scene.do("inspector", self.ordered(flag=flag))
        outcome(scene.when("auditor", self.struck_off(made)), rules, "own-doing-reviewed")

    @EITHER
    def test_nor_who_oversees_another_unit(self, rules: int) -> None:
        scene = Scene(rules=rules)
        enrol(scene, "sugars", grant("inspector", "sugar"))
        of_sugar = self.ordered().model_copy(update={"unit": "sugar"})
        made = scene.do("inspector", of_sugar)
        tried = scene.when("sugars", self.struck_off(made, unit="sugar"))
        outcome(tried, rules, "rectification-not-over-unit")

    @EITHER
    @pytest.mark.parametrize("what", ["order", "hand-over", "outside"])
    def test_who_a_discipline_case_is_about_does_nothing_on_it(self, rules: int, what: str) -> None:
        scene = Scene(rules=rules)
        flag = FlagKey(rule="backdated", subject="officer:-/auditor", raised_at=1)
        opened = CaseOpened(unit="county", title="核查", flags=[flag], text="核查")
        case = scene.do("inspector", opened)
        of: dict[str, Any] = {"unit": "county", "organ": "县监委", "investigation": case}
        letter = {"letter": {"number": "移送1号"}, "handed_over_on": "2026-01-09", "what": "线索"}
        event = {
            "order": self.ordered(investigation=case),
            "hand-over": MatterHandedOver.model_validate({**of, **letter}),
            "outside": OutsideCaseRecorded.model_validate(
                {**of, "file_number": "立案1号", "filed_on": "2026-01-10", "what": "违纪"}
            ),
        }[what]
        outcome(scene.when("auditor", event), rules, "own-doing-reviewed")


class TestCallingBack:
    @EITHER
    def test_nobody_of_the_unit_calls_back(self, rules: int) -> None:
        scene = Scene(rules=rules).funds()
        scene.state.put(ORDERED)
        payout = scene.do("finance", scene.payout(scene.approved()))
        scene.do("registrar", enrolled("there", grant("inspector"), unit="tea"), person="there")
        outcome(scene.when("there", called_back(payout)), rules, "own-doing-called-back")

    @EITHER
    def test_another_answer_than_a_denial_takes_two(self, rules: int) -> None:
        scene = Scene(rules=rules).funds()
        scene.state.put(ORDERED)
        payout = scene.do("finance", scene.payout(scene.approved()))
        scene.do("inspector", called_back(payout))
        scene.do("inspector", called_back(payout, answer="never"))
        scene.do("inspector", called_back(payout, answer="never"))
        outcome(scene.when("auditor", called_back(payout)), rules, "second-person-missing")
        if rules >= 7:
            scene.when("auditor", called_back(payout), second="inspector").then(lambda s: True)


class TestRegistrars:
    @EITHER
    @pytest.mark.parametrize("role", ["approver", "finance"])
    def test_two_of_a_unit_do_not_appoint_who_pays_there(self, rules: int, role: Role) -> None:
        scene = Scene(rules=rules)
        for name in ("tr1", "tr2"):
            enrol(scene, name, grant("registrar", "tea"), second=None if name == "tr1" else "tr1")
        payer = enrolled("payer", grant(role, "tea"), unit="tea")
        outcome(scene.when("tr1", payer, second="tr2", person="payer"), rules, "registrar-above-missing")
        if rules >= 7:
            scene.when("tr1", payer, second="registrar", person="payer").then(lambda s: True)

    def test_a_clerk_they_do(self) -> None:
        scene = Scene()
        enrol(scene, "tr1", grant("registrar", "tea"))
        scene.do("tr1", enrolled("clerk", grant("clerk"), unit="tea"), person="clerk")
