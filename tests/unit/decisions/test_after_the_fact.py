"""What is recorded after the fact records the past and permits nothing (given/when/then)."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.domain.event import Grant
from ledger.events.dossier import DossierFiled, Facts
from ledger.events.drawing import MoneyDrawn
from ledger.events.nomination import AFTER_THE_FACT, Approved, Confirmed, Nominated, Revoked
from ledger.events.payout import AidDelivered, AidItem, Disbursed, RecipientAbsent
from ledger.events.registry import RolesChanged
from ledger.events.rules import RulesAdopted
from tests.scene import ON, Scene

LATE: dict[str, Any] = {"after_the_fact": True, "after_the_fact_reason": "审计发现"}


def late_approval(case: str, amount_fen: int = 50_000) -> Approved:
    return Approved(**ON, case=case, line="workers", amount_fen=amount_fen, **LATE)


def test_an_approval_after_the_fact_lets_no_new_payout_through() -> None:
    scene = Scene(forms=["money", "goods"]).funds()
    case = scene.nominated()
    scene.do("auditor", late_approval(case))
    assert scene.case(case).state == AFTER_THE_FACT
    scene.when("finance", scene.payout(case)).refuses("approved-after-the-fact", case=case)
    goods = AidDelivered(
        **ON,
        dossier=scene.case(case).dossier,
        case=case,
        form="goods",
        items=[AidItem(name="大米", quantity=1, measure="袋", value_fen=1)],
    )
    scene.when("finance", goods).refuses("approved-after-the-fact")
    scene.when("tea-clerk", RecipientAbsent(**ON, case=case)).refuses("state-not-allowed")
    # What was paid in the past can be recorded on it, by somebody else.
    scene.when("finance", scene.payout(case, **LATE)).then(lambda s: s.case(case).paid_fen == 50_000)


def test_revoking_it_leaves_the_case_as_it_was_before(scene: Scene) -> None:
    scene.funds()
    bare, confirmed = scene.nominated(), scene.confirmed("李四")
    for case in (bare, confirmed):
        scene.do("auditor", late_approval(case))
        scene.do("approver", Revoked(**ON, case=case, target="approval", reason="误录"))
    assert (scene.case(bare).state, scene.case(confirmed).state) == ("nominated", "confirmed")
    approval = Approved(**ON, case=bare, line="workers", amount_fen=50_000)
    scene.when("approver", approval).refuses("state-not-allowed", expected="confirmed", found="nominated")
    scene.do("tea-confirmer", Confirmed(**ON, case=bare))
    scene.do("approver", approval)
    scene.when("finance", scene.payout(bare)).then(lambda s: s.case(bare).paid_fen == 50_000)


def test_it_counts_in_the_limit_for_two_signatures() -> None:
    scene = Scene(two_signatures_above_fen=100_000).funds()
    case = scene.nominated()
    large = late_approval(case, 100_001)
    scene.when("auditor", large).refuses("second-signature-missing", expected=100_000, found=100_001)
    scene.do("auditor", large, second="finance2")
    # In parts it is still one sum.
    scene.do("finance", scene.payout(case, 60_000, **LATE))
    scene.when("finance", scene.payout(case, 40_001, **LATE)).refuses(
        "second-signature-missing", found=100_001
    )
    drawn = MoneyDrawn(**ON, line="workers", amount_fen=100_001, **LATE)
    scene.when("finance", drawn).refuses("second-signature-missing")
    scene.when("finance", drawn, second="finance2").then(lambda s: True)


def nominated_by(scene: Scene, officer: str) -> str:
    """A case that an officer nominated after the fact."""
    filed = DossierFiled(unit="tea", identity_commitment="0" * 64, facts=Facts(), **LATE)
    dossier = scene.do(officer, filed, person="张三")
    return scene.do(officer, Nominated(**ON, dossier=dossier, category="worker", **LATE))


def test_duties_are_separated_after_the_fact_too(scene: Scene) -> None:
    case = nominated_by(scene, "auditor")
    scene.when("auditor", late_approval(case)).refuses("duties-not-separated", officer="auditor")
    scene.do("finance", late_approval(case))
    for officer in ("auditor", "finance"):
        scene.when(officer, scene.payout(case, **LATE)).refuses("duties-not-separated", officer=officer)
    scene.when("finance2", scene.payout(case, **LATE)).then(lambda s: s.case(case).paid_by == ["finance2"])


def test_who_paid_does_not_approve_afterwards(scene: Scene) -> None:
    case = nominated_by(scene, "auditor")
    scene.do("finance", scene.payout(case, **LATE), second="finance2")
    scene.when("finance", late_approval(case)).refuses("duties-not-separated", officer="finance")
    other = scene.confirmed("李四")
    item = AidItem(name="大米", quantity=1, measure="袋", value_fen=1)
    given = AidDelivered(
        **ON, dossier=scene.case(other).dossier, case=other, form="goods", items=[item], **LATE
    )
    scene.do("finance", given, second="finance2")
    scene.when("finance", late_approval(other)).refuses("duties-not-separated")
    scene.do("registrar", RolesChanged(officer="finance", reason="转岗", grants=[]))
    grants = [Grant(role="approver", unit="county")]
    scene.do("registrar", RolesChanged(officer="finance", reason="转岗", grants=grants))
    approval = Approved(**ON, case=other, line="workers", amount_fen=50_000)
    scene.when("finance", approval).refuses("duties-not-separated", officer="finance")
    scene.when("approver", approval).then(lambda s: s.case(other).state == "approved")


class TestByTheFirstRules:
    """A ledger that has not taken up the second version goes on as it did."""

    @pytest.fixture
    def old(self) -> Scene:
        return Scene(rules=1).funds()

    def test_it_permitted_a_payout_until_the_rules_changed(self, old: Scene) -> None:
        first, second = nominated_by(old, "auditor"), old.nominated("李四")
        for case in (first, second):
            old.do("auditor", late_approval(case))
        old.do("finance", old.payout(first))
        old.do("registrar", RulesAdopted(version=2, reason="上级要求"))
        old.when("finance", old.payout(second)).refuses("approved-after-the-fact")

    def test_a_revoked_approval_could_be_given_anew(self, old: Scene) -> None:
        case = old.nominated()
        old.do("auditor", late_approval(case))
        old.do("approver", Revoked(**ON, case=case, target="approval", reason="误录"))
        again = Approved(**ON, case=case, line="workers", amount_fen=50_000)
        old.when("approver", again).then(lambda s: s.case(case).state == "approved")

    def test_one_person_recorded_all(self, old: Scene) -> None:
        case = nominated_by(old, "auditor")
        old.do("auditor", late_approval(case))
        paid: Disbursed = old.payout(case, **LATE)
        old.when("auditor", paid).then(lambda s: s.case(case).paid_fen == 50_000)
