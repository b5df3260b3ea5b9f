"""Help to units and sites (given/when/then): within the policy's sums, approved by one and paid by another."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.domain.policy.collective import CollectiveRules
from ledger.events.campaign import CampaignClosed
from ledger.events.collective import (
    CollectiveHelp,
    CollectiveHelpApproved,
    CollectiveHelpGiven,
    CollectiveHelpReturned,
)
from tests.scene import ON, Scene
from tests.unit.decisions.registrars import compromised, later

RULES = CollectiveRules(per_visit_cap_fen=300_000, per_head_cap_fen=10_000, source="年度慰问方案")


def approved(amount_fen: int = 100_000, **more: Any) -> CollectiveHelpApproved:
    said = {
        "line": "workers",
        "site": "一车间",
        "headcount": 25,
        "reason": "坚守岗位",
        "amount_fen": amount_fen,
    }
    return CollectiveHelpApproved.model_validate({**ON, **said, **more})


def given(help_id: str, amount_fen: int = 100_000, **more: Any) -> CollectiveHelpGiven:
    said = {"line": "workers", "amount_fen": amount_fen, "document": {"number": "签收 1"}, "help": help_id}
    return CollectiveHelpGiven.model_validate({**ON, **said, **more})


def back(help_id: str, amount_fen: int) -> CollectiveHelpReturned:
    said = {"line": "workers", "amount_fen": amount_fen, "reason": "多领", "help": help_id}
    return CollectiveHelpReturned.model_validate({**ON, **said})


@pytest.fixture
def scene() -> Scene:
    return Scene(collective=RULES).funds(500_000)


def test_a_policy_that_says_nothing_of_it_lets_nothing_be_approved() -> None:
    Scene().funds().when("approver", approved()).refuses("collective-not-in-policy")


@pytest.mark.parametrize(
    ("amount_fen", "headcount", "cap_fen"),
    [(300_001, 100, 300_000), (250_001, 25, 250_000), (20_001, 2, 20_000)],
)
def test_a_visit_and_a_head_have_caps(scene: Scene, amount_fen: int, headcount: int, cap_fen: int) -> None:
    above = approved(amount_fen, headcount=headcount)
    scene.when("approver", above).refuses("collective-above-cap", expected=cap_fen, found=amount_fen)
    scene.when("approver", approved(cap_fen, headcount=headcount)).then(lambda s: True)


def test_it_charges_the_line_and_gives_back_to_it(scene: Scene) -> None:
    made = scene.do("approver", approved())
    scene.when("finance", given(made, 60_000)).then(lambda s: s.balance_fen() == 440_000)
    scene.when("finance", given(made, 40_001)).refuses("collective-above-approval", expected=40_000)
    scene.when("finance2", back(made, 60_001)).refuses("collective-return-above", expected=60_000)
    scene.do("approver", CampaignClosed(campaign="b2026"))
    scene.when("finance", given(made, 1)).refuses("campaign-closed")
    scene.when("finance2", back(made, 10_000)).then(lambda s: s.balance_fen() == 450_000)
    assert scene.state.get(CollectiveHelp, made).left_fen == 50_000


def test_who_approved_does_not_pay(scene: Scene) -> None:
    made = scene.do("approver", approved())
    scene.when("approver", given(made)).refuses("role-not-held")
    scene.when("finance", approved()).refuses("role-not-held")


def test_it_is_paid_from_what_the_line_holds(scene: Scene) -> None:
    made = [scene.do("approver", approved(250_000)) for _ in range(3)]
    scene.do("finance", given(made[0], 250_000))
    scene.do("finance", given(made[1], 250_000))
    scene.when("finance", given(made[2], 250_000)).refuses("line-below-zero")


def test_two_sign_above_the_limit() -> None:
    scene = Scene(collective=RULES, two_signatures_above_fen=50_000).funds()
    scene.when("approver", approved()).refuses("second-signature-missing")
    made = scene.do("approver", approved(), second="approver2")
    scene.when("finance", given(made)).refuses("second-signature-missing")
    scene.when("finance", given(made), second="finance2").then(lambda s: True)


def test_what_a_stolen_key_approved_is_not_paid(scene: Scene) -> None:
    since = later(scene)
    made = scene.do("approver", approved())
    compromised(scene, "approver", since)
    scene.when("finance", given(made)).refuses("collective-approval-distrusted", help=made)


def test_it_is_the_help_of_that_unit_campaign_and_line(scene: Scene) -> None:
    made = scene.do("approver", approved())
    scene.when("finance", given(made, unit="sugar")).refuses("unit-differs")
    scene.when("finance", given(made, line="models")).refuses("collective-line-differs")
