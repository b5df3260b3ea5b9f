"""Slips: who makes them out, what is said by them, and what a call-back then takes."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.errors import Refused
from ledger.events.slip import (
    MOST_ANSWERS,
    IssuedSlip,
    RecipientSpoke,
    SlipsIssued,
    new_slip_number,
    read_slip_number,
    slip_digest,
)
from tests.scene import NOBODY, ON, Scene
from tests.unit.decisions.test_voice import ORDERED, called_back

OLD, NEW = slip_digest("A" * 20), slip_digest("B" * 20)


def issued(payout: str, digest: str = OLD, **changes: Any) -> SlipsIssued:
    return SlipsIssued(**{**ON, "slips": [IssuedSlip(payout=payout, digest=digest)], **changes})


def spoke(payout: str, answer: str = "received", slip: str = OLD, **changes: Any) -> RecipientSpoke:
    said: dict[str, Any] = {**ON, "payout": payout, "slip": slip, "number": "ABCDEFGHJKLM", "answer": answer}
    return RecipientSpoke(**{**said, **changes})


@pytest.fixture
def paid(scene: Scene) -> str:
    """A payout of 500.00 to Zhang San."""
    return scene.do("finance", scene.payout(scene.funds().approved()))


@pytest.fixture
def slip(scene: Scene, paid: str) -> str:
    """That payout, with its first slip."""
    scene.do("tea-clerk", issued(paid))
    return paid


class TestNumbers:
    def test_a_number_is_read_as_people_type_it(self) -> None:
        number = new_slip_number()
        assert read_slip_number(f" {number[:5]}-{number[5:10].lower()} {number[10:]}\n") == number
        assert number != new_slip_number()

    @pytest.mark.parametrize("text", ["", "A" * 19, "A" * 19 + "0", "一" * 20])
    def test_what_can_be_no_number_is_none(self, text: str) -> None:
        with pytest.raises(Refused, match="no slip of this number"):
            read_slip_number(text)


class TestIssuing:
    @pytest.mark.parametrize("officer", ["tea-clerk", "finance", "inspector", "auditor"])
    def test_who_makes_slips_out(self, scene: Scene, paid: str, officer: str) -> None:
        scene.do(officer, issued(paid))

    @pytest.mark.parametrize("officer", ["tea-confirmer", "approver", "sugar-clerk", "registrar"])
    def test_nobody_else_does(self, scene: Scene, paid: str, officer: str) -> None:
        scene.when(officer, issued(paid)).refuses("role-not-held")

    def test_they_are_of_payouts_of_that_unit(self, scene: Scene, paid: str) -> None:
        scene.when("tea-clerk", issued(NOBODY)).refuses("reference-unknown")
        scene.when("finance", issued(paid, unit="sugar")).refuses("unit-differs")

    def test_a_number_is_used_once(self, scene: Scene, slip: str) -> None:
        scene.when("tea-clerk", issued(slip)).refuses("already-registered")

    def test_each_payout_has_one_of_its_own(self, paid: str) -> None:
        for slips in ([(paid, OLD), (paid, NEW)], [(paid, OLD), (NOBODY, OLD)]):
            with pytest.raises(ValueError, match=r"one slip|one number"):
                SlipsIssued(
                    **ON, slips=[IssuedSlip(payout=payout, digest=digest) for payout, digest in slips]
                )


class TestSpeaking:
    def test_what_is_said_by_a_slip_is_the_ledgers_word_alone(self, scene: Scene, slip: str) -> None:
        for answer in ("received", "never", "given-back"):
            scene.do("ledger", spoke(slip, answer))
        scene.do("ledger", spoke(slip, "less", received_fen=0, words="只拿到一张表"))
        scene.when("inspector", spoke(slip)).refuses("not-the-ledger")

    def test_it_takes_the_slip_of_that_payout(self, scene: Scene, slip: str) -> None:
        scene.when("ledger", spoke(slip, slip=NEW)).refuses("slip-unknown")
        scene.when("ledger", spoke(slip, unit="sugar")).refuses("unit-differs")
        other = scene.do("finance", scene.payout(scene.approved("李四")))
        scene.when("ledger", spoke(other)).refuses("slip-unknown")

    def test_one_issued_anew_takes_the_place_of_the_older(self, scene: Scene, slip: str) -> None:
        scene.do("inspector", issued(slip, NEW))
        scene.when("ledger", spoke(slip)).refuses("slip-replaced")
        scene.do("ledger", spoke(slip, slip=NEW))

    def test_less_is_less(self, scene: Scene, slip: str) -> None:
        scene.when("ledger", spoke(slip, "less", received_fen=50_000)).refuses(
            "answer-not-less", expected=50_000
        )
        for said in ({"answer": "less"}, {"received_fen": 1}):
            with pytest.raises(ValueError, match="stands where"):
                spoke(slip, **said)

    def test_a_slip_is_used_up(self, scene: Scene, slip: str) -> None:
        for _ in range(MOST_ANSWERS):
            scene.do("ledger", spoke(slip))
        scene.when("ledger", spoke(slip)).refuses("slip-used-up", expected=MOST_ANSWERS)
        scene.do("inspector", issued(slip, NEW))
        scene.do("ledger", spoke(slip, slip=NEW))


class TestCallingBackAfterwards:
    def test_another_answer_than_the_slips_takes_two(self, scene: Scene, slip: str) -> None:
        scene.state.put(ORDERED)
        scene.do("ledger", spoke(slip, "never"))
        scene.when("inspector", called_back(slip)).refuses("second-person-missing")
        scene.do("inspector", called_back(slip, answer="never"))
        scene.do("inspector", called_back(slip), second="auditor")
        scene.do("inspector", called_back(slip))

    def test_a_slip_issued_anew_takes_no_earlier_answer_back(self, scene: Scene, slip: str) -> None:
        scene.state.put(ORDERED)
        scene.do("ledger", spoke(slip, "never"))
        scene.do("inspector", issued(slip, NEW))
        scene.do("ledger", spoke(slip, slip=NEW))
        scene.when("inspector", called_back(slip)).refuses("second-person-missing")
