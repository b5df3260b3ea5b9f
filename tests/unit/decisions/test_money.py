"""What may be paid, drawn, returned and recorded after the fact (given/when/then)."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.domain.event import Grant
from ledger.events.drawing import DrawnReturned, MoneyDrawn
from ledger.events.fund_return import FundReturned
from ledger.events.funds import FundTransferred
from ledger.events.nomination import (
    Approved,
    Nominated,
    Revoked,
)
from ledger.events.payout import (
    AidDelivered,
    AidItem,
    Disbursed,
    PayoutReturned,
    RecipientAbsent,
)
from ledger.events.registry import (
    RolesChanged,
)
from tests.scene import NOBODY, ON, Scene


class TestMoney:
    def test_a_line_never_goes_below_zero(self, scene: Scene) -> None:
        scene.funds(40_000)
        case = scene.approved()
        scene.when("finance", scene.payout(case)).refuses("line-below-zero", expected=50_000, found=40_000)
        for event in (
            MoneyDrawn(**ON, line="workers", amount_fen=40_001),
            FundTransferred(
                campaign="b2026", from_line="workers", to_line="models", amount_fen=40_001, reason="调剂"
            ),
            DrawnReturned(**ON, line="workers", amount_fen=1, reason="余款"),
        ):
            scene.when("finance", event, second="finance2").refuses("line-below-zero")

    def test_money_moves_between_lines_and_back_to_its_source(self, scene: Scene) -> None:
        scene.funds(100)
        scene.do(
            "finance",
            FundTransferred(
                campaign="b2026", from_line="workers", to_line="models", amount_fen=30, reason="调剂"
            ),
            second="finance2",
        )
        returned = FundReturned(campaign="b2026", line="models", amount_fen=10, reason="结余")
        too_much = returned.model_copy(update={"amount_fen": 31})
        scene.when("finance", too_much, second="finance2").refuses("line-below-zero")
        scene.do("finance", returned, second="finance2")
        assert (scene.balance_fen(), scene.balance_fen("b2026/models")) == (70, 20)
        same = FundTransferred(
            campaign="b2026", from_line="workers", to_line="workers", amount_fen=1, reason="误"
        )
        scene.when("finance", same, second="finance2").refuses("same-line")

    def test_a_payout_within_what_is_approved_and_unpaid(self, scene: Scene) -> None:
        scene.funds()
        case = scene.approved()
        scene.do("finance", scene.payout(case, 30_000))
        scene.when("finance", scene.payout(case, 20_001)).refuses(
            "payout-above-approval", expected=20_000, found=20_001
        )
        scene.when("finance", scene.payout(case, 20_000)).then(lambda s: s.case(case).paid_fen == 50_000)

    def test_no_payout_without_approval_or_case(self, scene: Scene) -> None:
        scene.funds()
        case = scene.confirmed()
        scene.when("finance", scene.payout(case)).refuses("not-approved")
        scene.when("finance", scene.payout(case).model_copy(update={"case": None})).refuses("case-missing")

    def test_no_payout_on_what_is_revoked(self, scene: Scene) -> None:
        scene.funds()
        case = scene.approved()
        scene.do("inspector", Revoked(**ON, case=case, target="nomination", reason="不实"))
        scene.when("finance", scene.payout(case)).refuses("case-revoked", case=case)

    def test_nobody_pays_what_they_nominated_or_approved(self, scene: Scene) -> None:
        scene.funds()
        case = scene.approved()
        scene.drawn(50_000)
        out_of_hand = scene.payout(case, source="drawn", method="cash")
        scene.when("tea-clerk", out_of_hand).refuses("duties-not-separated", officer="tea-clerk")
        scene.when("tea-clerk2", out_of_hand).then(lambda s: s.balance_fen("b2026/workers@tea") == 0)
        scene.do(
            "registrar",
            RolesChanged(
                officer="approver",
                reason="兼任",
                grants=[Grant(role="approver", unit="county"), Grant(role="clerk", unit="county")],
            ),
        )
        other = scene.approved("李四")
        scene.drawn(50_000)
        out_of_hand = scene.payout(other, source="drawn", method="cash")
        scene.when("approver", out_of_hand).refuses("duties-not-separated", officer="approver")

    def test_a_clerk_pays_only_out_of_drawn_money(self, scene: Scene) -> None:
        scene.funds()
        case = scene.approved()
        scene.when("tea-clerk2", scene.payout(case)).refuses("role-not-held", roles=["cashier", "finance"])
        scene.when("tea-clerk2", scene.payout(case, source="drawn")).refuses("line-below-zero", found=0)

    def test_a_return_is_no_more_than_was_paid(self, scene: Scene) -> None:
        scene.funds()
        case = scene.approved()
        payout = scene.do("finance", scene.payout(case))
        back = PayoutReturned(
            **ON,
            payout=payout,
            case=case,
            line="workers",
            amount_fen=50_001,
            kind="bounced",
            reason="户名不符",
        )
        scene.when("finance2", back).refuses("return-above-payout", expected=50_000)
        scene.do("finance2", back.model_copy(update={"amount_fen": 20_000}))
        scene.when("finance2", back.model_copy(update={"amount_fen": 30_001})).refuses(
            "return-above-payout", expected=30_000
        )
        scene.when("finance2", back.model_copy(update={"amount_fen": 30_000})).then(
            lambda s: (s.balance_fen(), s.case(case).paid_fen) == (25_000_000, 0)
        )

    def test_a_return_goes_where_the_money_came_from(self, scene: Scene) -> None:
        scene.funds()
        case = scene.approved()
        payout = scene.do("finance", scene.payout(case))
        back = PayoutReturned(
            **ON, payout=payout, case=case, line="workers", amount_fen=1, kind="refused", reason="拒收"
        )
        scene.when("finance2", back.model_copy(update={"to": "drawn"})).refuses("state-not-allowed")
        scene.when("finance2", back.model_copy(update={"line": "models"})).refuses("state-not-allowed")
        scene.when("finance2", back.model_copy(update={"case": None})).refuses("state-not-allowed")

    def test_who_was_to_be_paid_can_be_absent_until_they_are_paid(self, scene: Scene) -> None:
        scene.funds()
        case = scene.confirmed()
        absent = RecipientAbsent(**ON, case=case, note="外出务工")
        scene.when("tea-clerk", absent).refuses("state-not-allowed", expected="approved", found="confirmed")
        paid = scene.approved("李四")
        absent = absent.model_copy(update={"case": paid})
        scene.when("finance", absent).refuses("role-not-held", roles=["clerk"])
        scene.when("tea-clerk", absent).then(lambda s: s.case(paid).paid_fen == 0)
        scene.do("finance", scene.payout(paid))
        scene.when("tea-clerk", absent).refuses(
            "state-not-allowed", expected="approved and not paid in full", found="paid in full"
        )
        scene.do("inspector", Revoked(**ON, case=paid, target="nomination", reason="不实"))
        scene.when("tea-clerk", absent).refuses("case-revoked")

    def test_goods_need_their_form_approved_and_charge_no_line(self, scene: Scene) -> None:
        scene.funds(100)
        case = scene.approved()
        rice = AidDelivered(
            **ON,
            dossier=scene.case(case).dossier,
            case=case,
            form="goods",
            items=[AidItem(name="大米", quantity=1, measure="袋", value_fen=6_000)],
        )
        scene.when("finance", rice).refuses("not-approved")
        other = scene.confirmed("李四")
        approval = Approved(**ON, case=other, forms=["goods"])
        scene.when("approver", approval).refuses("form-without-amount")
        scene.do("approver", approval.model_copy(update={"goods_fen": 10_000}))
        delivered = scene.when(
            "finance", rice.model_copy(update={"case": other, "dossier": scene.case(other).dossier})
        )
        delivered.then(lambda s: s.balance_fen() == 100)
        back = PayoutReturned(
            **ON, payout=delivered.id, case=other, line=None, amount_fen=6_000, kind="refused", reason="拒收"
        )
        scene.when("finance2", back).then(lambda s: s.balance_fen() == 100)

    def test_what_has_a_value_is_goods_whatever_it_is_called(self, scene: Scene) -> None:
        case = scene.confirmed()
        scene.do("approver", Approved(**ON, case=case, forms=["training"]))

        def course(value_fen: int | None) -> AidDelivered:
            item = AidItem(name="培训", quantity=1, measure="期", value_fen=value_fen)
            dossier = scene.case(case).dossier
            return AidDelivered(**ON, dossier=dossier, case=case, form="training", items=[item])

        scene.when("tea-clerk2", course(9_000_000)).refuses("goods-above-approval", expected=0)
        scene.when("tea-clerk2", course(None)).then(lambda s: True)

    def test_goods_stay_within_the_value_approved(self) -> None:
        scene = Scene(two_signatures_above_fen=8_000)
        case = scene.confirmed()
        approval = Approved(**ON, case=case, forms=["goods"], goods_fen=10_000)
        scene.when("approver", approval).refuses("second-signature-missing")
        scene.do("approver", approval, second="approver2")

        def rice(value_fen: int) -> AidDelivered:
            item = AidItem(name="大米", quantity=1, measure="袋", value_fen=value_fen)
            return AidDelivered(**ON, dossier=scene.case(case).dossier, case=case, form="goods", items=[item])

        first = scene.do("tea-clerk2", rice(7_000))
        scene.when("tea-clerk2", rice(2_000)).refuses("second-signature-missing")
        scene.when("tea-clerk2", rice(4_000), second="finance").refuses(
            "goods-above-approval", expected=3_000, found=4_000
        )
        back = PayoutReturned(
            **ON, payout=first, case=case, line=None, amount_fen=7_000, kind="refused", reason="拒收"
        )
        scene.do("finance", back)
        scene.when("tea-clerk2", rice(8_000)).then(lambda s: s.case(case).delivered_fen == 8_000)

    def test_two_persons_draw_a_large_sum(self) -> None:
        scene = Scene(two_signatures_above_fen=100_000).funds()
        event = MoneyDrawn(**ON, line="workers", amount_fen=100_001)
        scene.when("finance", event).refuses("second-signature-missing")
        scene.when("finance", event, second="finance2").then(
            lambda s: s.balance_fen("b2026/workers@tea") == 100_001
        )


class TestAfterTheFact:
    def paper(self, scene: Scene, **changes: object) -> Disbursed:
        dossier = scene.dossier()
        fields: dict[str, Any] = {
            "line": "workers",
            "after_the_fact": True,
            "after_the_fact_reason": "审计发现纸质签收单",
            **changes,
        }
        return Disbursed(**ON, dossier=dossier, amount_fen=50_000, method="cash", **fields)

    def test_it_skips_approval_and_balance_and_is_marked(self, scene: Scene) -> None:
        scene.when("auditor", self.paper(scene)).refuses("second-person-missing")
        scene.when("auditor", self.paper(scene), second="finance").then(lambda s: s.balance_fen() == -50_000)
        line = scene.state.line("b2026/workers")
        assert line.after_the_fact_fen == 50_000

    def test_only_finance_or_an_auditor_may(self, scene: Scene) -> None:
        for officer in ("tea-clerk2", "approver", "inspector"):
            scene.when(officer, self.paper(scene)).refuses(
                "role-not-held", roles=["accountant", "auditor", "finance"]
            )

    def test_an_ordinary_payout_does_not_profit_from_it(self, scene: Scene) -> None:
        scene.do("auditor", self.paper(scene), second="finance")
        scene.funds(60_000)
        case = scene.approved("李四")
        scene.when("finance", scene.payout(case)).refuses("line-below-zero", found=10_000)

    def test_what_was_drawn_after_the_fact_pays_only_what_was_paid_then(self, scene: Scene) -> None:
        late: dict[str, Any] = {"after_the_fact": True, "after_the_fact_reason": "系统停用"}
        drawn = MoneyDrawn(**ON, line="workers", amount_fen=80_000, **late)
        scene.do("auditor", drawn)
        case = scene.approved("李四")
        handed = scene.payout(case, source="drawn", method="cash")
        scene.when("tea-clerk2", handed).refuses("line-below-zero", found=0, expected=50_000)
        scene.funds(60_000 + 80_000).drawn(60_000)
        scene.do("auditor", handed.model_copy(update={**late, "amount_fen": 30_000}))
        line = scene.state.line("b2026/workers@tea")
        assert (line.balance_fen, line.late_fen) == (110_000, 50_000)
        scene.when("tea-clerk2", scene.payout(case, 20_000, source="drawn", method="cash")).then(
            lambda s: s.state.line("b2026/workers@tea").balance_fen == 90_000
        )
        back = DrawnReturned(**ON, line="workers", amount_fen=90_000, reason="余款")
        scene.when("finance2", back).then(lambda s: s.state.line("b2026/workers@tea").late_fen == 0)

    def test_it_needs_its_reason(self) -> None:
        for changes in ({"after_the_fact": True}, {"after_the_fact_reason": "无"}):
            with pytest.raises(ValueError, match="go together"):
                Disbursed(**ON, dossier=NOBODY, line="workers", amount_fen=1, **changes)

    def test_it_still_needs_known_references_and_a_valid_key(self, scene: Scene) -> None:
        scene.when("auditor", self.paper(scene, line="none")).refuses("reference-unknown")
        scene.when("stranger", self.paper(scene)).refuses("key-unknown")

    def test_a_person_live_in_the_campaign_is_still_not_nominated_twice(self, scene: Scene) -> None:
        scene.nominated("张三", "tea")
        dossier = scene.dossier("张三", "sugar")
        event = Nominated(
            campaign="b2026",
            unit="sugar",
            dossier=dossier,
            category="worker",
            after_the_fact=True,
            after_the_fact_reason="补录",
        )
        scene.when("auditor", event).refuses("already-nominated")
