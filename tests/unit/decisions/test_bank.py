"""Returns of bank payouts, and days closed against the bank (given/when/then)."""

from __future__ import annotations

from typing import Any, Literal

import pytest

from ledger.domain.event import Grant
from ledger.events.bank import BankLineMatched, DayReconciled
from ledger.events.payout import PayoutReturned
from ledger.events.registry import RolesChanged
from ledger.events.rules import RulesAdopted
from tests.scene import ON, Scene

DAY = "2026-01-10"
CLOSED = DayReconciled(campaign="b2026", line="workers", day=DAY, ledger_fen=50_000, bank_fen=50_000)


@pytest.fixture
def scene() -> Scene:
    return Scene().funds()


def coming_back(
    scene: Scene,
    case: str,
    payout: str,
    kind: Literal["refused", "bounced", "clawed-back"] = "bounced",
    to: Literal["line", "drawn"] = "line",
) -> PayoutReturned:
    return PayoutReturned(
        **ON, payout=payout, case=case, line="workers", amount_fen=50_000, kind=kind, to=to, reason="户名不符"
    )


class TestReturns:
    @pytest.mark.parametrize("method", ["bank", "cash"])
    def test_what_was_paid_from_the_line_is_finances(self, scene: Scene, method: str) -> None:
        case = scene.approved()
        back = coming_back(scene, case, scene.do("finance", scene.payout(case, method=method)))
        for clerk in ("tea-clerk", "tea-clerk2"):
            scene.when(clerk, back).refuses("return-is-finances", officer=clerk)
        scene.when("finance", back, second="tea-clerk2").refuses("return-is-finances", officer="tea-clerk2")
        scene.when("finance2", back).then(lambda s: s.case(case).paid_fen == 0)

    def test_what_was_drawn_and_paid_by_bank_is_finances_too(self, scene: Scene) -> None:
        case = scene.approved()
        scene.drawn(50_000)
        payout = scene.do("tea-clerk2", scene.payout(case, source="drawn"))
        scene.when("tea-clerk2", coming_back(scene, case, payout)).refuses("return-is-finances")

    def test_what_the_unit_handed_out_it_takes_back_with_finance(self, scene: Scene) -> None:
        case = scene.approved()
        scene.drawn(50_000)
        payout = scene.do("tea-clerk2", scene.payout(case, source="drawn", method="cash"))
        back = coming_back(scene, case, payout, "refused", "drawn")
        scene.when("tea-clerk2", back, second="finance").then(lambda s: s.case(case).paid_fen == 0)

    def test_who_nominated_records_none_as_finance_either(self, scene: Scene) -> None:
        case = scene.approved()
        back = coming_back(scene, case, scene.do("finance", scene.payout(case)))
        grants = [Grant(role="clerk", unit="tea"), Grant(role="finance", unit="tea")]
        scene.do("registrar", RolesChanged(officer="tea-clerk", reason="兼任", grants=grants))
        scene.when("tea-clerk", back).refuses("duties-not-separated", officer="tea-clerk")

    def test_by_the_first_rules_a_clerk_recorded_them(self) -> None:
        old = Scene(rules=1).funds()
        case = old.approved()
        payout = old.do("finance", old.payout(case))
        old.when("tea-clerk", coming_back(old, case, payout)).then(lambda s: s.case(case).paid_fen == 0)


class TestClosingADay:
    def test_who_paid_by_bank_on_that_day_does_not_close_it_alone(self, scene: Scene) -> None:
        scene.do("finance", scene.payout(scene.approved()))
        scene.when("finance", CLOSED).refuses("closed-by-payer", officer="finance", day=DAY)
        scene.when("finance2", CLOSED).then(lambda s: True)
        scene.when("finance", CLOSED, second="finance2").then(lambda s: True)

    def test_two_who_both_paid_need_a_third(self, scene: Scene) -> None:
        scene.do("finance", scene.payout(scene.approved()))
        scene.do("finance2", scene.payout(scene.approved("李四")))
        scene.when("finance", CLOSED, second="finance2").refuses("closed-by-payer")

    def test_another_day_another_line_and_cash_are_free(self, scene: Scene) -> None:
        scene.do("finance", scene.payout(scene.approved()), on="2026-01-09")
        scene.do("finance", scene.payout(scene.approved("李四"), method="cash"))
        scene.when("finance", CLOSED.model_copy(update={"day": "2026-01-08"})).then(lambda s: True)
        scene.when("finance", CLOSED.model_copy(update={"day": "2026-01-09"})).refuses("closed-by-payer")
        other = CLOSED.model_copy(update={"day": "2026-01-09", "line": "models"})
        scene.when("finance", other).then(lambda s: True)

    def test_who_closed_it_alone_pays_nothing_more_on_it(self, scene: Scene) -> None:
        scene.do("finance", CLOSED)
        scene.when("finance", scene.payout(scene.approved())).refuses(
            "paid-by-closer", officer="finance", day=DAY
        )
        scene.when("finance", scene.payout(scene.approved("李四")), second="finance2").refuses(
            "paid-by-closer", officer="finance"
        )

    def test_what_is_recorded_after_the_fact_is_no_way_round(self, scene: Scene) -> None:
        case = scene.approved()
        scene.do("finance", CLOSED)
        late = scene.payout(case, after_the_fact=True, after_the_fact_reason="漏记")
        scene.when("finance", late).refuses("paid-by-closer", officer="finance")
        scene.when("finance2", late).then(lambda s: s.case(case).paid_fen == 50_000)

    def test_of_two_who_closed_it_one_may_not_have_paid(self, scene: Scene) -> None:
        scene.do("finance", scene.payout(scene.approved()))
        scene.do("finance", CLOSED, second="finance2")
        scene.when("finance2", scene.payout(scene.approved("李四"))).refuses(
            "paid-by-closer", officer="finance2"
        )
        scene.when("finance", scene.payout(scene.approved("王五"))).then(lambda s: True)

    def test_another_line_and_cash_are_free_to_who_closed_it(self, scene: Scene) -> None:
        scene.funds(line="models")
        scene.do("finance", CLOSED)
        scene.when("finance", scene.payout(scene.approved("李四"), method="cash")).then(lambda s: True)
        other = scene.approved("王五", line="models")
        scene.when("finance", scene.payout(other)).then(lambda s: True)

    def test_what_somebody_else_pays_opens_it_and_the_payer_does_not_close_it_again(
        self, scene: Scene
    ) -> None:
        scene.do("finance", CLOSED)
        scene.when("finance2", scene.payout(scene.approved())).then(lambda s: True)
        scene.when("finance2", CLOSED).refuses("closed-by-payer", officer="finance2")
        # Open again: who closed it may pay, and closes it no more then.
        scene.when("finance", scene.payout(scene.approved("李四"))).then(lambda s: True)
        scene.when("finance", CLOSED, second="finance2").refuses("closed-by-payer")

    def test_no_day_is_closed_before_it_comes(self, scene: Scene) -> None:
        later = CLOSED.model_copy(update={"day": "2026-01-11"})
        scene.when("finance", later).refuses("day-to-come", expected=DAY, found="2026-01-11")
        scene.when("finance", later, on="2026-01-11").refuses("made-in-future", expected=DAY)

    def test_by_the_first_rules_who_closed_it_paid_on_and_closed_days_to_come(self) -> None:
        old = Scene(rules=1).funds()
        old.when("finance", CLOSED.model_copy(update={"day": "2026-01-11"})).then(lambda s: True)
        old.do("finance", CLOSED)
        old.when("finance", old.payout(old.approved())).then(lambda s: True)

    def test_a_closing_by_the_first_rules_binds_who_pays_by_the_second(self) -> None:
        old = Scene(rules=1).funds()
        case = old.approved()
        old.do("finance", CLOSED)
        old.do("registrar", RulesAdopted(version=2, reason="上级要求"))
        old.when("finance", old.payout(case)).refuses("paid-by-closer", officer="finance")

    def test_by_the_first_rules_one_person_closed_it(self) -> None:
        old = Scene(rules=1).funds()
        old.do("finance", old.payout(old.approved()))
        old.when("finance", CLOSED).then(lambda s: True)


def matched(payout: str, reference: str = "1", **more: Any) -> BankLineMatched:
    said: dict[str, Any] = {"amount_fen": 50_000, "booked_on": DAY, "result": "paid", **more}
    return BankLineMatched(**ON, payout=payout, bank_reference=reference * 64, **said)


class TestALineOfTheBank:
    @pytest.mark.parametrize("rules", [4, 5])
    def test_it_is_about_one_payout(self, rules: int) -> None:
        scene = Scene(rules=rules).funds()
        one, other = (scene.do("finance", scene.payout(scene.approved(name))) for name in ("张三", "李四"))
        scene.do("finance", matched(one))
        tried = scene.when("finance", matched(other))
        if rules < 5:
            tried.then(lambda s: True)
        else:
            tried.refuses("bank-line-used", expected=one, found=other)

    def test_it_may_be_told_again_of_the_same(self, scene: Scene) -> None:
        payout = scene.do("finance", scene.payout(scene.approved()))
        scene.do("finance", matched(payout))
        scene.when("finance", matched(payout, result="bounced")).then(lambda s: True)

    def test_what_was_recorded_for_two_by_older_rules_counts_for_the_first(self) -> None:
        scene = Scene(rules=4).funds()
        one, other = (scene.do("finance", scene.payout(scene.approved(name))) for name in ("张三", "李四"))
        scene.do("finance", matched(one))
        scene.do("finance", matched(other))
        scene.do("registrar", RulesAdopted(version=5, reason="上级要求"))
        scene.when("finance", matched(other)).refuses("bank-line-used")
        scene.when("finance", matched(one)).then(lambda s: True)

    def test_where_it_differs_it_is_said_to_differ(self) -> None:
        with pytest.raises(ValueError, match="has the result different"):
            matched("019bf000-0000-7000-8000-000000000000", differs=["account"])
