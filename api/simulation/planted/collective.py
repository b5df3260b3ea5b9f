"""Help to sites, planted in simulated ledgers: a fen more of a line than its share, and the share itself."""

from __future__ import annotations

from api.simulation.campaign import SITE_LINES
from api.simulation.frauds import Planting, planted
from api.simulation.world import Plan
from ledger.events.collective import CollectiveHelpApproved, CollectiveHelpGiven
from ledger.events.funds import FundAllocated

GIVEN_FEN, SHARE_FEN = 300_000, 90_000


@planted(2)
def sites_for_the_most_part(p: Planting, plans: list[Plan]) -> None:
    """A unit's site has a fen more than the share of its line; another's has the share."""

    def visit(plan: Plan, line: str, amount_fen: int) -> None:
        of = {"campaign": p.code, "unit": plan.unit, "line": line, "amount_fen": amount_fen}
        p.world.record("finance", FundAllocated(campaign=p.code, line=line, amount_fen=GIVEN_FEN))
        site = {"site": "一线班组", "headcount": 40, "reason": "坚守岗位"}
        # Both are of one unit: together they are above what one person approves.
        approved = CollectiveHelpApproved.model_validate({**of, **site})
        help_id = p.world.record("approver", approved, second="approver2").id
        handed = {"help": help_id, "document": {"number": "签收单"}}
        p.world.record("finance", CollectiveHelpGiven.model_validate({**of, **handed}))

    def visit_both() -> None:
        for plan, line, amount_fen in zip(plans, SITE_LINES, (SHARE_FEN + 1, SHARE_FEN), strict=True):
            visit(plan, line, amount_fen)

    p.campaign.at("late", visit_both)
    p.expect("collective-over-share", "line", lambda: SITE_LINES[0])
