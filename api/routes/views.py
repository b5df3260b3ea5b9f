"""The questions over HTTP: registry, roster, balances, summary, flags, timelines, differences.

Each answers as of a position, a day or a time, within what the officer may see.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel

from api.names import named
from api.plans import plan_a, plan_b
from api.problems import PARAMETER_INVALID, documented
from api.queries import (
    balances,
    checks,
    difference,
    notices,
    registry,
    roster,
    timeline,
)
from api.queries.known import known
from api.queries.moments import position_at
from api.reading import (
    After,
    Asks,
    CampaignName,
    Limit,
    SignedIn,
    UnitName,
    page,
)
from api.rights import Matter
from api.words import in_both
from ledger.domain.event import Event
from ledger.domain.state import UNKNOWN_REFERENCE

router = APIRouter(tags=["views"])


class Rows(BaseModel):
    """Rows as they stood at ``position``, which is a page where ``next`` is a cursor."""

    position: int
    rows: list[dict[str, Any]]
    next: int | str | None = None


_MATTERS: dict[str, Matter] = {
    **dict.fromkeys(("case", "dossier", "payout", "unit"), "roster"),
    "line": "lines",
    "investigation": "cases",
}
"""What the timeline of a kind is a matter of, where it is not the history."""

MOST_CHECKED = 100

ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"description": "The answer, as of its position", "model": Rows},
    304: {"description": "The asker has this answer already (If-None-Match)"},
    **documented(401, 403, 404, 422, 503),
}


@router.get("/units", responses=ANSWERS)
def get_units(asked: Asks) -> Response:
    """The officer's units with all below them, those above first; of those above theirs the names alone."""
    return asked.answer({"rows": registry.units(asked.views("registry"), asked.as_of)})


@router.get("/officers", responses=ANSWERS)
def get_officers(asked: Asks) -> Response:
    """Officers with their keys: since when, until when, last used at which position."""
    return asked.answer({"rows": registry.officers(asked.views("registry"), asked.as_of)})


@router.get("/campaigns", responses=ANSWERS)
def get_campaigns(asked: Asks) -> Response:
    """The campaigns that run over the officer's units, with their policies."""
    return asked.answer({"rows": registry.campaigns(asked.views("registry"), asked.as_of)})


@router.get("/policies/{plan}", responses=documented(401, 422))
def get_policy(
    reader: SignedIn, plan: Literal["a", "b"], year: Annotated[int, Query(ge=2000, le=2100)]
) -> dict[str, Any]:
    """Plan A or Plan B as a policy to begin from, for a year; every default is written out."""
    policy = plan_a(year) if plan == "a" else plan_b(year)
    return policy.model_dump(mode="json")


@router.get("/roster", responses=ANSWERS)
def get_roster(
    asked: Asks,
    after: After,
    campaign: CampaignName = None,
    unit: UnitName = None,
    category: Annotated[str | None, Query(max_length=64)] = None,
    state: Annotated[str | None, Query(max_length=32)] = None,
    limit: Limit = 50,
) -> Response:
    """Cases in the order of their nomination; names are masked."""
    views = asked.views("roster", campaign, unit)
    found = roster.cases(
        views, as_of=asked.as_of, category=category, state=state, after=after, limit=limit + 1
    )
    answer = page(found, limit, "nominated_position")
    named(answer["rows"], views, asked.vault)
    return asked.answer(answer)


@router.get("/roster/checks", responses=ANSWERS)
def get_checks(
    asked: Asks,
    campaign: Annotated[str, Query(max_length=64)],
    cases: Annotated[
        str, Query(max_length=4_000, description="Ids of cases, with commas between, at most 100")
    ],
) -> Response:
    """What an approver looks at beside each case: criteria, earlier help, flags. Others' cases are left out."""
    named_cases = cases.split(",")
    if len(named_cases) > MOST_CHECKED:
        raise PARAMETER_INVALID.refused(
            where="cases",
            problem=f"最多 {MOST_CHECKED} 例",
            problem_en=f"at most {MOST_CHECKED} cases",
            found=len(named_cases),
        )
    found = checks.checks(asked.views("flags", campaign), named_cases, asked.as_of)
    return asked.answer({"rows": found})


@router.get("/criteria", responses=documented(401))
def get_criteria(reader: SignedIn) -> dict[str, dict[str, str]]:
    """What each criterion of a category is called."""
    return {code: {"zh": zh, "en": en} for code, (zh, en) in checks.CRITERIA.items()}


@router.get("/roster/counts", responses=ANSWERS)
def get_counts(asked: Asks, campaign: CampaignName = None) -> Response:
    """How many cases, and their sums, by campaign, unit, category and state."""
    return asked.answer({"rows": roster.counts(asked.views("roster", campaign), asked.as_of)})


@router.get("/balances", responses=ANSWERS)
def get_balances(
    asked: Asks,
    campaign: CampaignName = None,
    by: balances.By = "line",
) -> Response:
    """What came, is committed, went and is left, in fen: by line, source, unit or campaign.

    What a line was given and has left is the sponsor's to see; others see what their units hold of it.
    """
    views = asked.views("holdings" if by == "unit" else "lines", campaign)
    return asked.answer({"rows": balances.sums(views, asked.as_of, campaign, by)})


@router.get("/postings", responses=ANSWERS)
def get_postings(
    asked: Asks,
    after: After,
    account: Annotated[str, Query(max_length=200, description="Like line/b2026/workers")],
    limit: Limit = 100,
) -> Response:
    """The postings behind an account's balance."""
    views = asked.views("lines")
    known(views, account=account)
    found = balances.postings(views, account, as_of=asked.as_of, after=after, limit=limit + 1)
    return asked.answer(page(found, limit, "position"))


@router.get("/summary", responses=ANSWERS)
def get_summary(
    asked: Asks,
    campaign: Annotated[str, Query(max_length=64)],
    unit: UnitName = None,
) -> Response:
    """Each unit with all below it, clause A-10."""
    views = asked.views("roster", campaign, unit)
    found = roster.summary(views, campaign=campaign, as_of=asked.as_of, unit=unit)
    return asked.answer({"rows": found})


@router.get("/event-types", responses=documented(401))
def get_event_types(reader: SignedIn) -> list[dict[str, Any]]:
    """What each type of event is called, by its name without version, as timelines name it."""
    return [
        {"type": kind.NAME, "title": {"zh": kind.TITLE_ZH, "en": kind.TITLE_EN}}
        for kind in Event.types.values()
    ]


@router.get("/timeline/{kind}", responses=ANSWERS)
def get_timeline(
    asked: Asks,
    after: After,
    kind: timeline.Kind,
    name: Annotated[str, Query(max_length=200)],
    limit: Limit = 200,
) -> Response:
    """What touched a thing, in order, within the officer's units and campaigns.

    What inspectors did is left out for those who may not see flags: they are whom it is about.
    """
    if kind == "event" and not name.isdigit():
        raise UNKNOWN_REFERENCE.refused(kind="event", id=name)
    views = asked.views(_MATTERS.get(kind, "history"))
    found = timeline.timeline(views, kind, name, as_of=asked.as_of, after=after, limit=limit + 1)
    return asked.answer(page(found, limit, "position"))


@router.get("/diff", responses=ANSWERS)
def get_difference(
    asked: Asks,
    what: difference.What,
    since: Annotated[str, Query(max_length=40, description="The earlier moment")],
    after_key: Annotated[
        str | None, Query(max_length=300, description="The cursor of the page before")
    ] = None,
    limit: Limit = 500,
) -> Response:
    """What was added, changed and removed since an earlier moment, by key.

    ``next`` asks for the page after this one as ``after_key``, and is null on the last.
    """
    views = asked.everything().views
    span = (position_at(views, since), asked.position)
    found = difference.difference(views, what, *span, after=after_key, limit=limit)
    for row in found.rows:
        for side in ("before", "after"):
            row[f"{side}_said"] = in_both(row[side] or {})
    return asked.answer({"rows": found.rows, "next": found.next})


@router.get("/notices", responses=ANSWERS)
def get_notices(asked: Asks) -> Response:
    """The public notices of the officer's units and campaigns, the newest first."""
    return asked.answer({"rows": notices.notices(asked.views("roster"), asked.as_of)})
