"""What recipients say: a guilty payout F, those that look alike, and what clears a flag."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.events.voice import CallBackRecorded
from tests.database.projections.conftest import Views
from tests.database.projections.flags.steps import ON, returned, subjects


def answered(views: Views, payout: str, answer: str | None, **more: Any) -> int:
    """Somebody was called back, or was not reached; where the answer is recorded."""
    event = CallBackRecorded.model_validate(
        {
            **ON, "payout": payout, "seed": "1", "size": 5, "drawn_at": 1, "reached": answer is not None,
            "answer": answer, **more,
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
