"""Help to a site paid amiss (集体慰问支付不合规), as it is planted in simulated ledgers."""

from __future__ import annotations

from api.simulation.frauds import Planting, planted
from api.simulation.world import Plan
from ledger.events.collective import CollectiveHelpApproved, CollectiveHelpGiven


@planted(2)
def collective_paid_amiss(p: Planting, plans: list[Plan]) -> None:
    """One unit's site is helped in cash; another's by transfer, as the policy asks."""
    entries: list[int] = []

    def visit(plan: Plan, method: str) -> None:
        of = {"campaign": p.code, "unit": plan.unit, "line": "workers", "amount_fen": 2_000}
        site = {"site": "值班班组", "headcount": 8, "reason": "节日值守"}
        # The unit's sites together may be above what one person approves.
        approved = CollectiveHelpApproved.model_validate({**of, **site})
        made = p.world.record("approver", approved, second="approver2").id
        handed = {"help": made, "document": {"number": "签收单"}, "method": method}
        entries.append(
            p.world.record("finance", CollectiveHelpGiven.model_validate({**of, **handed})).position
        )

    def visit_both() -> None:
        visit(plans[0], "cash")
        visit(plans[1], "bank")

    p.campaign.at("late", visit_both)
    p.expect("collective-paid-amiss", "event", lambda: str(entries[0]))
