"""The questions over HTTP: registry, roster, balances, summary, flags, timelines, differences.

Each answers as of a position, a day or a time, within what the officer may see.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel

from api.names import named
from api.plans import plan_a, plan_b
from api.problems import documented
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
from ledger.event import Event
from ledger.events.dossier import IdentityRevealed
from ledger.standing import UNKNOWN_REFERENCE

router = APIRouter(tags=["views"])


class Rows(BaseModel):
    """Rows as they stood at ``position``, which is a page where ``next`` is a cursor."""

    position: int
    rows: list[dict[str, Any]]
    next: int | None = None


OF_ROSTER = ("case", "dossier", "payout", "unit")
OF_OVERSIGHT = frozenset(
    kind.NAME
    for kind in Event.types.values()
    if kind is IdentityRevealed or (kind.ROLES and {"auditor", "inspector"} >= kind.ROLES)
)
"""Events that only auditors and inspectors sign, and the reading of identities."""

ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"description": "The answer, as of its position", "model": Rows},
    304: {"description": "The asker has this answer already (If-None-Match)"},
    **documented(401, 403, 404, 422, 503),
}


@router.get("/units", responses=ANSWERS)
def get_units(asked: Asks) -> Response:
    """All units, those above first."""
    asked.within("registry")
    return asked.answer({"rows": registry.units(asked.connection, asked.as_of)})


@router.get("/officers", responses=ANSWERS)
def get_officers(asked: Asks) -> Response:
    """Officers with their keys: since when, until when, last used at which position."""
    within = asked.within("registry")
    return asked.answer({"rows": registry.officers(asked.connection, asked.as_of, within)})


@router.get("/campaigns", responses=ANSWERS)
def get_campaigns(asked: Asks) -> Response:
    """Campaigns with their policies."""
    asked.within("registry")
    return asked.answer({"rows": registry.campaigns(asked.connection, asked.as_of)})


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
    campaign: CampaignName = None,
    unit: UnitName = None,
    category: Annotated[str | None, Query(max_length=64)] = None,
    state: Annotated[str | None, Query(max_length=32)] = None,
    after: After = 0,
    limit: Limit = 50,
) -> Response:
    """Cases in the order of their nomination; names are masked."""
    within = asked.within("roster", campaign, unit)
    found = roster.cases(
        asked.connection,
        as_of=asked.as_of,
        category=category,
        state=state,
        within=within,
        after=after,
        limit=limit,
    )
    cursor = page(found, limit, "nominated_position")
    named(found, asked.connection, asked.request.app.state.vault)
    return asked.answer(cursor)


@router.get("/roster/checks", responses=ANSWERS)
def get_checks(
    asked: Asks,
    campaign: Annotated[str, Query(max_length=64)],
    cases: Annotated[
        str, Query(max_length=4_000, description="Ids of cases, with commas between, at most 100")
    ],
) -> Response:
    """What an approver looks at beside each case: criteria, earlier help, flags. Others' cases are left out."""
    within = asked.within("flags", campaign)
    found = checks.checks(asked.connection, cases.split(",")[:100], asked.as_of, within)
    return asked.answer({"rows": found})


@router.get("/criteria", responses=documented(401))
def get_criteria(reader: SignedIn) -> dict[str, dict[str, str]]:
    """What each criterion of a category is called."""
    return {code: {"zh": zh, "en": en} for code, (zh, en) in checks.CRITERIA.items()}


@router.get("/roster/counts", responses=ANSWERS)
def get_counts(asked: Asks, campaign: CampaignName = None) -> Response:
    """How many cases, and their sums, by campaign, unit, category and state."""
    within = asked.within("roster", campaign)
    return asked.answer({"rows": roster.counts(asked.connection, asked.as_of, within)})


@router.get("/balances", responses=ANSWERS)
def get_balances(
    asked: Asks,
    campaign: CampaignName = None,
    by: balances.By = "line",
) -> Response:
    """What came, is committed, went and is left, in fen: by line, source, unit or campaign."""
    matter: Literal["holdings", "lines"] = "holdings" if by == "unit" else "lines"
    within = asked.within(matter, campaign)
    found = balances.sums(asked.connection, asked.as_of, campaign, by)
    if within.campaigns is not None:
        found = [row for row in found if row["campaign"] in within.campaigns]
    if by == "unit" and within.units is not None:
        seen = registry.below(asked.connection, within.units)
        found = [row for row in found if row["unit"] in seen]
    return asked.answer({"rows": found})


@router.get("/postings", responses=ANSWERS)
def get_postings(
    asked: Asks,
    account: Annotated[str, Query(max_length=200, description="Like line/b2026/workers")],
    after: After = 0,
    limit: Limit = 100,
) -> Response:
    """The postings behind an account's balance."""
    parts = account.split("/")
    asked.within("lines", parts[1] if len(parts) > 2 else None)
    known(asked.connection, account=account)
    found = balances.postings(asked.connection, account, as_of=asked.as_of, after=after, limit=limit)
    return asked.answer(page(found, limit, "position"))


@router.get("/summary", responses=ANSWERS)
def get_summary(
    asked: Asks,
    campaign: Annotated[str, Query(max_length=64)],
    unit: UnitName = None,
) -> Response:
    """Each unit with all below it, clause A-10."""
    within = asked.within("roster", campaign, unit)
    found = roster.summary(asked.connection, campaign=campaign, as_of=asked.as_of, unit=unit)
    if within.units is not None:
        seen = registry.below(asked.connection, within.units)
        found = [row for row in found if row["unit"] in seen]
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
    kind: timeline.Kind,
    name: Annotated[str, Query(max_length=200)],
    after: After = 0,
    limit: Limit = 200,
) -> Response:
    """What touched a thing, in order, within the officer's units and campaigns.

    What inspectors did is left out for those who may not see flags: they are whom it is about.
    """
    if kind == "event" and not name.isdigit():
        raise UNKNOWN_REFERENCE.refused(kind="event", id=name)
    if kind == "line":
        within = asked.within("lines", name.partition("/")[0])._replace(units=None)
    else:
        matter: Matter = "roster" if kind in OF_ROSTER else "cases" if kind == "investigation" else "history"
        within = asked.within(matter)
    found = timeline.timeline(asked.connection, kind, name, as_of=asked.as_of, after=after, limit=limit)
    cursor = page(found, limit, "position")
    seen = None if within.units is None else registry.below(asked.connection, within.units)
    cursor["rows"] = [
        row
        for row in found
        if (seen is None or row["unit"] in seen)
        and (within.campaigns is None or row["campaign"] in (None, *within.campaigns))
        and (row["type"] not in OF_OVERSIGHT or asked.reader.may_read("flags"))
    ]
    return asked.answer(cursor)


@router.get("/diff", responses=ANSWERS)
def get_difference(
    asked: Asks,
    what: difference.What,
    since: Annotated[str, Query(max_length=40, description="The earlier moment")],
    limit: Limit = 500,
) -> Response:
    """What was added, changed and removed since an earlier moment."""
    asked.everything()
    found = difference.difference(
        asked.connection, what, position_at(asked.connection, since), asked.position, limit=limit
    )
    for row in found:
        for side in ("before", "after"):
            row[f"{side}_said"] = in_both(row[side] or {})
    return asked.answer({"rows": found})


@router.get("/notices", responses=ANSWERS)
def get_notices(asked: Asks) -> Response:
    """All public notices, the newest first."""
    within = asked.within("roster")
    found = notices.notices(asked.connection, asked.as_of)
    if within.units is not None:
        seen = registry.below(asked.connection, within.units)
        found = [row for row in found if row["unit"] in seen]
    return asked.answer({"rows": found})
