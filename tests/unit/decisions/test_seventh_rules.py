"""What the seventh version of the rules made stricter; each beside what the sixth still let through."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.domain.state import Payout
from ledger.events.bank import BankLineMatched
from ledger.events.drawing import DrawnReturned, MoneyDrawn
from ledger.events.payment_file import PaymentFileMade
from ledger.events.payout import PayoutReturned
from tests.scene import ON, Scene
from tests.unit.decisions.registrars import enrol, enrolled, grant
from tests.unit.decisions.stricter import Stricter

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
