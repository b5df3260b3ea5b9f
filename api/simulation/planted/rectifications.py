"""Rectification (整改), as it is planted in simulated ledgers: one list with an item that nobody strikes off in time."""

from __future__ import annotations

from api.simulation.frauds import Planting, planted
from api.simulation.world import Plan
from ledger.domain.event import Document
from ledger.events.rectification import RectificationItem, RectificationOrdered, RectificationStruckOff


@planted(2)
def not_put_right(p: Planting, plans: list[Plan]) -> None:
    """An item is due the next day and nothing comes of it; the other unit's is struck off at once."""

    def order() -> None:
        items = [RectificationItem(what="补齐名单附件", unit=plan.unit, due=p.world.day(1)) for plan in plans]
        ordered = RectificationOrdered(
            campaign=p.code, document=Document(number=f"{p.code} 整改1号"), items=items
        )
        made = p.world.record("inspector", ordered).id
        struck_off = RectificationStruckOff(
            campaign=p.code,
            rectification=made,
            item=2,
            evidence=Document(number="附件补正单"),
            text="附件已补齐",
        )
        p.world.record("auditor", struck_off)

    p.campaign.at("object", order)
    p.expect("rectification-overdue", "unit", lambda: plans[0].unit)
