"""What the views state (账面数字): the figures that go into a bundle, for an auditor to compute again."""

from __future__ import annotations

from api.gate import ScopedViews, given
from api.money.queries import accounts
from projections.frame.view import AS_OF


def figures(views: ScopedViews, as_of: int, campaign: str | None = None) -> dict[str, int]:
    """Lines, what units hold, and live cases, by the names of :func:`ledger.audit.audit.figures_of`."""
    stated = {}
    for row in accounts(views, as_of, campaign):
        kind, _, name = row["account"].partition("/")
        if kind in ("line", "held"):
            stated[f"line/{name}"] = row["balance_fen"]
    for row in views.rows(
        f"SELECT campaign, count(*) AS live FROM cases c WHERE {AS_OF}"
        f" AND step NOT IN ('rejected', 'revoked'){given('c', campaign=campaign)} GROUP BY campaign",
        as_of=as_of,
        campaign=campaign,
    ):
        stated[f"live/{row['campaign']}"] = row["live"]
    return stated
