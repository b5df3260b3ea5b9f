"""A new year's campaign against the year before: what the year itself brings loosens nothing, what the sponsor does is said."""

from __future__ import annotations

from typing import Any

import pytest

from api.campaigns.plans import template
from ledger.domain.loosening import loosenings
from ledger.domain.policy.campaign_policy import Policy
from ledger.domain.policy.hardship_class import HardshipRules
from ledger.domain.policy.public_notice import WorkCalendar
from projections.views.loosened import moved_to
from tests.scene import policy


def looser(before: Policy, opened: Policy) -> list[str]:
    return [each.member for each in loosenings(moved_to(before, opened), opened)]


@pytest.mark.parametrize("plan", ["a", "b", "union-today"])
def test_the_same_template_a_year_later_is_no_looser(plan: str) -> None:
    assert looser(template(plan, 2025).policy, template(plan, 2026).policy) == []


def rules(lines: dict[int, int]) -> HardshipRules:
    deep = {"code": "deep", "title": "深度困难", "line_permille": 1000, "source": "某县认定办法"}
    local = [
        {"locality": "某县", "year": year, "monthly_fen": fen, "source": "某县民政局公告"}
        for year, fen in lines.items()
    ]
    said: dict[str, Any] = {"source": "某县认定办法", "classes": [deep], "local_lines": local}
    return HardshipRules.model_validate(said)


@pytest.mark.parametrize(
    ("before", "later", "found"),
    [
        ({2024: 80_000, 2025: 82_000}, {2025: 82_000, 2026: 82_000}, []),
        ({2025: 82_000}, {2026: 81_000}, []),
        ({2025: 82_000}, {2026: 90_000}, ["hardship"]),  # higher: the review is shown whose word it is
        ({2025: 82_000}, {2025: 90_000, 2026: 82_000}, ["hardship"]),  # the year that both have was changed
    ],
)
def test_a_new_years_subsistence_line_counts_where_it_is_higher(
    before: dict[int, int], later: dict[int, int], found: list[str]
) -> None:
    old, new = policy(year=2025, hardship=rules(before)), policy(year=2026, hardship=rules(later))
    assert looser(old, new) == found


def test_a_new_years_calendar_counts_only_within_the_same_year() -> None:
    calendars = [
        WorkCalendar(days_off=[f"{year}-01-01"], source="国务院办公厅节假日安排") for year in (2025, 2026)
    ]
    old, new = (policy(year=2025 + n, calendar=each) for n, each in enumerate(calendars))
    assert looser(old, new) == []
    assert looser(old, policy(year=2025, calendar=calendars[1])) == ["calendar"]
    assert looser(old, policy(year=2026)) == ["calendar"]
