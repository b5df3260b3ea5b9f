"""How long an identity is kept, what cannot be erased yet, and dates that are too early (given/when/then)."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.domain.state import Dossier
from ledger.events.campaign import CampaignOpened
from ledger.events.dossier import DossierErased, DossierFiled, Facts
from ledger.events.nomination import Approved, Confirmed, Nominated, Rejected, Revoked
from ledger.events.payout import AidDelivered, AidItem, PayoutReturned
from tests.scene import ON, Scene, policy

LATE: dict[str, Any] = {"after_the_fact": True, "after_the_fact_reason": "审计发现"}


def erasure(scene: Scene, case: str) -> DossierErased:
    return DossierErased(unit="tea", dossier=scene.case(case).dossier, reason="期满")


class TestErasing:
    @pytest.mark.parametrize("state", ["nominated", "confirmed", "approved", "approved-after-the-fact"])
    def test_not_while_a_case_is_open_approved_or_unpaid(self, scene: Scene, state: str) -> None:
        case = scene.nominated()
        if state in ("confirmed", "approved"):
            scene.do("tea-confirmer", Confirmed(**ON, case=case))
        approval = Approved(**ON, case=case, line="workers", amount_fen=50_000)
        if state == "approved":
            scene.do("approver", approval)
        elif state != "confirmed" and state != "nominated":
            scene.do("auditor", approval.model_copy(update=LATE))
        scene.when("registrar", erasure(scene, case)).refuses(
            "case-not-finished", dossier=scene.case(case).dossier, case=case, found=state
        )
        scene.do("inspector", Revoked(**ON, case=case, target="nomination", reason="不实"))
        scene.when("registrar", erasure(scene, case)).then(
            lambda s: s.state.get(Dossier, s.case(case).dossier).erased
        )

    def test_in_no_campaign(self, scene: Scene) -> None:
        first = scene.nominated()
        scene.do("tea-confirmer", Rejected(**ON, case=first, reason="不符"))
        scene.do("approver", CampaignOpened(campaign="c2026", unit="county", title="又一", policy=policy()))
        there: dict[str, Any] = {"campaign": "c2026", "unit": "tea"}
        again = scene.do(
            "tea-clerk", Nominated(**there, dossier=scene.case(first).dossier, category="worker")
        )
        scene.when("registrar", erasure(scene, first)).refuses("case-not-finished", case=again)

    def test_another_dossier_of_the_person_stays_free(self, scene: Scene) -> None:
        other = scene.dossier("张三", "sugar")
        scene.nominated("张三")
        scene.when("registrar", DossierErased(unit="sugar", dossier=other, reason="误建")).then(
            lambda s: s.state.get(Dossier, other).erased
        )

    def test_a_part_that_is_unpaid_or_came_back_keeps_it(self) -> None:
        scene = Scene(retention_years=1).funds()
        case = scene.approved()
        scene.do("finance", scene.payout(case, 20_000))
        scene.when("registrar", erasure(scene, case)).refuses("case-not-finished")
        last = scene.do("finance", scene.payout(case, 30_000))
        scene.when("registrar", erasure(scene, case)).refuses("retention-not-over")
        back = PayoutReturned(
            **ON, payout=last, case=case, line="workers", amount_fen=1, kind="bounced", reason="退票"
        )
        scene.do("finance2", back)
        scene.when("registrar", erasure(scene, case)).refuses("case-not-finished")

    def test_what_is_in_kind_is_finished_by_the_delivery(self, scene: Scene) -> None:
        case = scene.confirmed()
        scene.do("approver", Approved(**ON, case=case, forms=["goods"], goods_fen=1))
        scene.when("registrar", erasure(scene, case)).refuses("case-not-finished")
        item = AidItem(name="大米", quantity=1, measure="袋", value_fen=1)
        given = AidDelivered(**ON, dossier=scene.case(case).dossier, case=case, form="goods", items=[item])
        scene.do("finance", given)
        scene.when("registrar", erasure(scene, case)).refuses("retention-not-over")

    def test_nothing_is_paid_on_what_was_erased(self) -> None:
        """A ledger that erased between approval and payout under the first rules."""
        from ledger.events.rules import RulesAdopted

        scene = Scene(rules=1).funds()
        case = scene.approved()
        scene.do("registrar", erasure(scene, case))
        scene.do("registrar", RulesAdopted(version=2, reason="上级要求"))
        scene.when("finance", scene.payout(case)).refuses("dossier-erased")
        scene.when("finance", scene.payout(case, **LATE)).then(lambda s: True)


class TestRetention:
    def test_it_starts_at_the_recording_where_the_date_is_earlier(self) -> None:
        scene = Scene(retention_years=1).funds()
        case = scene.approved()
        scene.do("finance", scene.payout(case, **LATE), on="1990-01-01")
        scene.when("registrar", erasure(scene, case)).refuses("retention-not-over", expected="2027-12-31")

    def test_by_the_first_rules_it_started_at_the_date(self) -> None:
        scene = Scene(rules=1, retention_years=1).funds()
        case = scene.approved()
        scene.do("finance", scene.payout(case), on="1990-01-01")
        scene.when("registrar", erasure(scene, case)).then(lambda s: True)


class TestDates:
    def test_long_before_the_recording_is_after_the_fact(self, scene: Scene) -> None:
        filed = DossierFiled(unit="tea", identity_commitment="0" * 64, facts=Facts())
        scene.when("tea-clerk", filed, person="张三", on="2025-11-10").refuses(
            "on-too-early", expected="2025-11-11", found="2025-11-10"
        )
        scene.when("tea-clerk", filed, person="张三", on="2025-11-11").then(lambda s: True)
        late = filed.model_copy(update=LATE)
        scene.when("auditor", late, person="李四", on="1990-01-01").then(lambda s: True)
        funded = scene.funds()
        case = funded.approved("王五")
        scene.when("finance", scene.payout(case), on="1990-01-01").refuses("on-too-early")

    def test_by_the_first_rules_any_date_passed(self) -> None:
        scene = Scene(rules=1)
        filed = DossierFiled(unit="tea", identity_commitment="0" * 64, facts=Facts())
        scene.when("tea-clerk", filed, person="张三", on="1990-01-01").then(lambda s: True)
