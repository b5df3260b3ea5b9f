"""The recipient's voice: who calls back, about what, and what an answer says."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.domain.event import Grant
from ledger.events.draws import Draw
from ledger.events.registry import OfficerEnrolled, RolesChanged
from ledger.events.voice import CallBackRecorded
from tests.scene import NOBODY, ON, Scene, public_key

DRAWN = "019bf000-0000-7000-8000-0000000000d0"


ORDERED = Draw(DRAWN, "b2026", "county", "call-back", "random", 5, "20260110", ordered_at="2027")


def called_back(payout: str, **changes: Any) -> CallBackRecorded:
    said: dict[str, Any] = {
        **ON, "payout": payout, "seed": "20260110", "size": 5, "drawn_at": 9, "draw": DRAWN, "reached": True,
        "answer": "received",
    }  # fmt: skip
    return CallBackRecorded(**{**said, **changes})


SECOND = {"inspector": "auditor", "auditor": "inspector"}


@pytest.fixture
def paid(scene: Scene) -> str:
    """A payout of 500.00 to Zhang San."""
    scene.state.put(ORDERED)
    case = scene.funds().approved()
    return scene.do("finance", scene.payout(case))


class TestCallingBack:
    @pytest.mark.parametrize("officer", ["inspector", "auditor"])
    def test_inspectors_and_auditors_call_back(self, scene: Scene, paid: str, officer: str) -> None:
        for answer in ("received", "given-back", "never"):
            scene.do(officer, called_back(paid, answer=answer), second=SECOND[officer])
        scene.do(officer, called_back(paid, answer="less", received_fen=30_000), second=SECOND[officer])
        scene.do(officer, called_back(paid, reached=False, answer=None))

    @pytest.mark.parametrize("officer", ["tea-clerk", "tea-confirmer", "finance", "approver", "registrar"])
    def test_nobody_else_does(self, scene: Scene, paid: str, officer: str) -> None:
        scene.when(officer, called_back(paid)).refuses("role-not-held")

    def test_it_is_about_a_payout_of_that_unit(self, scene: Scene, paid: str) -> None:
        scene.when("inspector", called_back(NOBODY)).refuses("reference-unknown")
        scene.when("inspector", called_back(paid, unit="sugar")).refuses("unit-differs")

    def test_less_is_less(self, scene: Scene, paid: str) -> None:
        whole = called_back(paid, answer="less", received_fen=50_000)
        scene.when("inspector", whole).refuses("answer-not-less", expected=50_000, found=50_000)

    def test_nobody_calls_back_on_the_own_case(self, scene: Scene) -> None:
        scene.state.put(ORDERED)
        case = scene.funds().approved("inspector")
        payout = scene.do("finance", scene.payout(case))
        scene.when("inspector", called_back(payout)).refuses("own-case")
        scene.do("auditor", called_back(payout))

    def test_nobody_calls_back_where_they_worked(self, scene: Scene, paid: str) -> None:
        grants = [Grant(role="clerk", unit="tea")]
        scene.do(
            "registrar",
            OfficerEnrolled(
                officer="moved", name="moved", unit="county", public_key=public_key("moved"),
                valid_from="2026-01-01T00:00:00+08:00", grants=grants, identity_commitment="0" * 64,
            ),
            person="moved",
        )  # fmt: skip
        now = [Grant(role="inspector", unit="county")]
        scene.do("registrar", RolesChanged(officer="moved", grants=now, reason="调岗"))
        scene.when("moved", called_back(paid)).refuses("own-doing-called-back", officer="moved", unit="tea")


class TestAnswers:
    @pytest.mark.parametrize(
        "changes",
        [{"answer": None}, {"reached": False}, {"answer": "less"}, {"received_fen": 100}],
    )
    def test_an_answer_says_what_it_can(self, changes: dict[str, Any]) -> None:
        with pytest.raises(ValueError, match="stands where"):
            called_back(NOBODY, **changes)
