"""What recipients say (受助人反馈), planted: one never got it; others agree, or were not reached."""

from __future__ import annotations

from api.simulation.frauds import Planting, planted
from api.simulation.world import Plan
from ledger.events.voice import Answer, CallBackRecorded


def _called_back(p: Planting, plan: Plan, answer: Answer | None) -> None:
    event = CallBackRecorded(
        campaign=p.code,
        unit=plan.unit,
        payout=plan.payouts[0],
        seed="planted",
        size=2,
        drawn_at=1,
        reached=answer is not None,
        answer=answer,
    )
    p.world.record("inspector", event, second="auditor" if answer == "received" else None)


@planted(2)
def never_received(p: Planting, plans: list[Plan]) -> None:
    """Of two who are called back one never got the money; the other, not reached at first, did."""
    guilty, innocent = plans

    def call() -> None:
        _called_back(p, guilty, "received")
        _called_back(p, guilty, "never")
        _called_back(p, innocent, None)
        _called_back(p, innocent, "never")
        _called_back(p, innocent, "received")

    p.campaign.at("late", call)
    p.payout("recipient-disagrees", guilty)
    p.payout("recipient-disagrees", innocent)  # until the answer that agrees
