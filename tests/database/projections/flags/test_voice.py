"""What recipients say: a guilty payout F, those that look alike, and what clears a flag."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.events.voice import CallBackRecorded
from tests.database.projections.conftest import Views
from tests.database.projections.flags.steps import ON, returned, slip_of, speak, subjects


def answered(views: Views, payout: str, answer: str | None, **more: Any) -> int:
    """Somebody was called back, or was not reached; where the answer is recorded."""
    event = CallBackRecorded.model_validate(
        {
            **ON, "payout": payout, **views.founded.ordered(views.writer, "call-back", "inspector"),
            "reached": answer is not None, "answer": answer, **more,
        }
    )  # fmt: skip
    return views.founded.record(views.writer, "inspector", event, second="auditor").position


class TestRecipientDisagrees:
    @pytest.mark.parametrize("answer", ["never", "given-back"])
    def test_f_was_not_kept_until_the_money_comes_back(self, views: Views, answer: str) -> None:
        case, _, F = views.founded.paid(views.writer)
        _, _, innocent = views.founded.paid(views.writer)
        position = answered(views, F, answer)
        answered(views, innocent, "received")
        ((found, raised_at, evidence, amount_fen),) = views.flags("recipient-disagrees")
        assert (found, raised_at, amount_fen) == (f"payout:b2026/{F}", position, 50_000)
        assert evidence[-1] == position
        returned(views, F, case, 20_000)
        ((_, _, _, amount_fen),) = views.flags("recipient-disagrees")
        assert amount_fen == 30_000
        returned(views, F, case, 30_000)
        assert subjects(views, "recipient-disagrees") == []

    def test_f_received_less_until_the_rest_comes_back(self, views: Views) -> None:
        case, _, F = views.founded.paid(views.writer)
        answered(views, F, "less", received_fen=30_000)
        ((_, _, _, amount_fen),) = views.flags("recipient-disagrees")
        assert amount_fen == 20_000
        returned(views, F, case, 20_000)
        assert subjects(views, "recipient-disagrees") == []

    def test_a_later_answer_that_agrees_clears_it_and_an_earlier_does_not(self, views: Views) -> None:
        _, _, F = views.founded.paid(views.writer)
        answered(views, F, "received")
        answered(views, F, "never")
        assert subjects(views, "recipient-disagrees") == [f"payout:b2026/{F}"]
        answered(views, F, "received")
        assert subjects(views, "recipient-disagrees") == []

    def test_nobody_reached_says_nothing(self, views: Views) -> None:
        _, _, F = views.founded.paid(views.writer)
        answered(views, F, None)
        assert subjects(views, "recipient-disagrees") == []
        answered(views, F, "never")
        answered(views, F, None)
        assert subjects(views, "recipient-disagrees") == [f"payout:b2026/{F}"]

    def test_f_says_so_by_the_slip_until_a_call_back_says_otherwise(self, views: Views) -> None:
        _, _, F = views.founded.paid(views.writer)
        _, _, innocent = views.founded.paid(views.writer)
        slip = slip_of(views, F)
        position = speak(views, F, slip, "less", received_fen=30_000)
        speak(views, innocent, slip_of(views, innocent), "received")
        ((found, raised_at, _, amount_fen),) = views.flags("recipient-disagrees")
        assert (found, raised_at, amount_fen) == (f"payout:b2026/{F}", position, 20_000)
        # Who issues slips could answer by a new one.
        speak(views, F, slip_of(views, F), "received")
        assert subjects(views, "recipient-disagrees") == [f"payout:b2026/{F}"]
        answered(views, F, "received")
        assert subjects(views, "recipient-disagrees") == []

    def test_a_slip_takes_nothing_back(self, views: Views) -> None:
        """Whoever printed it may have its number."""
        _, _, F = views.founded.paid(views.writer)
        slip = slip_of(views, F)
        speak(views, F, slip, "never")
        speak(views, F, slip, "received")
        assert subjects(views, "recipient-disagrees") == [f"payout:b2026/{F}"]
        answered(views, F, "received")
        assert subjects(views, "recipient-disagrees") == []
        speak(views, F, slip, "never")
        assert subjects(views, "recipient-disagrees") == [f"payout:b2026/{F}"]


class TestTakenBack:
    def test_two_say_so_and_one_does_not_until_the_money_comes_back(self, views: Views) -> None:
        case, _, F = views.founded.paid(views.writer)
        _, _, G = views.founded.paid(views.writer)
        first = answered(views, F, "given-back")
        assert subjects(views, "taken-back") == []
        slip = slip_of(views, G)
        second = speak(views, G, slip, "given-back")
        ((found, raised_at, evidence, amount_fen),) = views.flags("taken-back")
        assert (found, raised_at, amount_fen) == ("unit:b2026/tea", second, 100_000)
        assert sorted(evidence) == [first, second]
        speak(views, G, slip, "received")
        assert subjects(views, "taken-back") == ["unit:b2026/tea"]
        returned(views, F, case, 50_000)
        assert subjects(views, "taken-back") == []
