"""The roster over HTTP (名单): cases, what an approver looks at beside them, counts and sums."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.gate import LATEST
from api.roster import eligibility
from api.roster import queries as roster
from api.roster.queries import RosterFilter
from api.roster.rows import CaseChecks, CaseCount, ListedCase, UnitSummary
from api.service.answers import InBoth, Page, Rows, answered
from api.service.dependencies import After, Asks, CampaignName, Limit, SignedIn, UnitName, counted, page
from api.service.problems import PARAMETER_INVALID, documented
from api.wording.masked_names import named
from ledger.domain.policy.campaign_policy import Recipient

router = APIRouter(tags=["views"])


MOST_CHECKED = 100


@router.get("/roster", responses=answered(Page[ListedCase]))
def get_roster(
    asked: Asks,
    after: After,
    campaign: CampaignName = None,
    unit: UnitName = None,
    category: Annotated[str | None, Query(max_length=64)] = None,
    state: Annotated[str | None, Query(max_length=32)] = None,
    recipient: Recipient | None = None,
    limit: Limit = 50,
) -> Response:
    """Cases in the order of their nomination; names are masked."""
    views = asked.views("roster", campaign, unit)
    wanted = RosterFilter(category=category, state=state, recipient=recipient)
    found = roster.cases(views, wanted, as_of=asked.as_of, after=after, limit=limit + 1)
    count = counted(views, after, lambda seen: roster.cases(seen, wanted, as_of=asked.as_of, limit=LATEST))
    answer = page(found, limit, "nominated_position", count)
    named(answer["rows"], views, asked.vault)
    return asked.answer(answer)


@router.get("/roster/checks", responses=answered(Rows[CaseChecks]))
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
    found = eligibility.eligibility_of(asked.views("flags", campaign), named_cases, asked.as_of)
    return asked.answer({"rows": found})


@router.get("/criteria", responses=documented(401))
def get_criteria(reader: SignedIn) -> dict[str, InBoth]:
    """What each criterion of a category is called."""
    return {code: InBoth(zh, en) for code, (zh, en) in eligibility.CRITERIA.items()}


@router.get("/roster/counts", responses=answered(Rows[CaseCount]))
def get_counts(asked: Asks, campaign: CampaignName = None) -> Response:
    """How many cases, and their sums, by campaign, unit, category and state."""
    return asked.answer({"rows": roster.counts(asked.views("roster", campaign), asked.as_of)})


@router.get("/summary", responses=answered(Rows[UnitSummary]))
def get_summary(
    asked: Asks,
    campaign: Annotated[str, Query(max_length=64)],
    unit: UnitName = None,
) -> Response:
    """Each unit with all below it, clause A-10."""
    views = asked.views("roster", campaign, unit)
    found = roster.summary(views, campaign=campaign, as_of=asked.as_of, unit=unit)
    return asked.answer({"rows": found})
