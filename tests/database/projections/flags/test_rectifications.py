"""Rectification: a unit that did not put right what it was to, one that did, and one whose item was struck off late."""

from __future__ import annotations

from typing import Any

from ledger.events.campaign import CampaignClosed
from ledger.events.rectification import RectificationOrdered, RectificationStruckOff
from tests.database.projections.conftest import Views
from tests.database.projections.flags.steps import days_ago, subjects


def order(views: Views, *items: tuple[str, int]) -> str:
    """A list of items, each of a unit and due in so many days."""
    said: list[dict[str, Any]] = [
        {"what": "补齐签收单", "unit": unit, "due": days_ago(-days)} for unit, days in items
    ]
    event = RectificationOrdered.model_validate(
        {"campaign": "b2026", "document": {"number": "整改1号"}, "items": said}
    )
    return views.founded.record(views.writer, "inspector", event).id


def strike_off(views: Views, rectification: str, item: int) -> None:
    event = RectificationStruckOff.model_validate({
        "campaign": "b2026", "rectification": rectification, "item": item, "evidence": {"number": "佐证1"},
        "text": "已补齐",
    })  # fmt: skip
    views.founded.record(views.writer, "inspector", event)


def end_day(views: Views, days: int = 1) -> None:
    views.founded.let_pass(views.writer, days)


class TestRectificationOverdue:
    def test_f_lets_its_day_go_by_and_the_others_do_not(self, views: Views) -> None:
        made = order(views, ("tea", 1), ("sugar", 1), ("sugar", 30), ("tea", 1))
        strike_off(views, made, 2)
        end_day(views)
        assert subjects(views, "rectification-overdue") == []
        end_day(views)
        [(subject, _, evidence, amount_fen)] = views.flags("rectification-overdue")
        assert (subject, len(evidence), amount_fen) == ("unit:b2026/tea", 1, 0)
        # One of the two items is still overdue, and then none is.
        strike_off(views, made, 1)
        assert subjects(views, "rectification-overdue") == ["unit:b2026/tea"]
        strike_off(views, made, 4)
        assert subjects(views, "rectification-overdue") == []

    def test_a_campaign_that_is_closed_is_looked_at_as_well(self, views: Views) -> None:
        made = order(views, ("tea", 3))
        views.founded.record(views.writer, "approver", CampaignClosed(campaign="b2026"))
        end_day(views, 4)
        assert subjects(views, "rectification-overdue") == ["unit:b2026/tea"]
        strike_off(views, made, 1)
        assert subjects(views, "rectification-overdue") == []
