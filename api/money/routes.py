"""Money over HTTP (资金): what came, is committed, went and is left, and the postings behind it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.gate import LATEST
from api.gate.references import check_references
from api.money import queries as balances
from api.money.rows import (
    AccountBalance,
    Balance,
    LineBalance,
    ListedHelp,
    ShownPosting,
    SourceBalance,
    UnitBalance,
)
from api.service.answers import Page, Rows, answered
from api.service.dependencies import After, Asks, CampaignName, Limit, counted, page

router = APIRouter(tags=["views"])


class Balances(Rows[LineBalance | SourceBalance | UnitBalance | Balance]):
    """Balances, and what each figure comes to over all of them, in fen; null where one of them is not seen."""

    sums: dict[str, int | None]


@router.get("/balances", responses=answered(Balances))
def get_balances(
    asked: Asks,
    campaign: CampaignName = None,
    by: balances.By = "line",
) -> Response:
    """What came, is committed, went and is left, in fen: by line, source, unit or campaign.

    What a line was given and has left is the sponsor's to see; others see what their units hold of it.
    """
    views = asked.views("holdings" if by == "unit" else "lines", campaign)
    rows = balances.sums(views, asked.as_of, campaign, by)
    return asked.answer({"rows": rows, "sums": balances.summed(rows)})


@router.get("/accounts", responses=answered(Rows[AccountBalance]))
def get_accounts(asked: Asks, campaign: CampaignName = None) -> Response:
    """Every account with its balance, as double entry keeps it; over all units and campaigns they add up to zero."""
    return asked.answer({"rows": balances.accounts(asked.views("lines", campaign), asked.as_of, campaign)})


@router.get("/collective-help", responses=answered(Rows[ListedHelp]))
def get_collective_help(asked: Asks, campaign: CampaignName = None) -> Response:
    """Help to units and sites without named persons: what was approved, given and returned."""
    return asked.answer(
        {"rows": balances.collective(asked.views("holdings", campaign), asked.as_of, campaign)}
    )


@router.get("/postings", responses=answered(Page[ShownPosting]))
def get_postings(
    asked: Asks,
    after: After,
    account: Annotated[str, Query(max_length=200, description="Like line/b2026/workers")],
    limit: Limit = 100,
) -> Response:
    """The postings behind an account's balance."""
    views = asked.views("lines")
    check_references(views, account=account)
    found = balances.postings(views, account, as_of=asked.as_of, after=after, limit=limit + 1)
    count = counted(
        views, after, lambda seen: balances.postings(seen, account, as_of=asked.as_of, limit=LATEST)
    )
    return asked.answer(page(found, limit, "position", count))
