"""What a category asks of a dossier, and whether its facts meet it."""

from __future__ import annotations

from typing import Any

import pytest

from api.roster.eligibility import CRITERIA, criteria
from ledger.domain.policy.campaign_policy import Category, Policy
from tests.scene import policy


def asking(criterion: str, line_fen: int | None = 80_000) -> Policy:
    base = policy()
    category = Category.model_validate({**base.categories[0].model_dump(), "criteria": [criterion]})
    return base.model_copy(update={"categories": [category], "subsistence_line_fen": line_fen})


@pytest.mark.parametrize(
    ("criterion", "facts", "met"),
    [
        ("income-below-line", {"income_per_head_fen": 79_999}, True),
        ("income-below-line", {"income_per_head_fen": 80_000}, False),
        ("income-below-line", {}, None),
        ("cause-given", {"cause": "illness"}, True),
        ("cause-given", {}, False),
        ("registered-unemployed", {"employment": "registered-unemployed"}, True),
        ("registered-unemployed", {"employment": "employed"}, False),
        ("registered-unemployed", {}, None),
        ("employed-in-county", {"employed_in_county": True}, True),
        ("employed-in-county", {"employed_in_county": False}, False),
        ("employed-in-county", {}, None),
        ("model-worker", {"model_worker": "national"}, True),
        ("model-worker", {}, False),
        ("stopped-or-closing", {"stopped_months": 6}, True),
        ("stopped-or-closing", {"stopped_months": 5}, False),
        ("stopped-or-closing", {"closing": "bankruptcy"}, True),
        ("stopped-or-closing", {}, None),
    ],
)
def test_a_criterion(criterion: str, facts: dict[str, Any], met: bool | None) -> None:
    asked = asking(criterion)
    [found] = criteria(asked, asked.categories[0].code, facts)
    assert (found["criterion"], found["met"]) == (criterion, met)
    assert found["why"]["zh"] and found["why"]["en"]
    assert (met is None or facts == {}) == ("未" in found["why"]["zh"])


def test_what_the_facts_say_stands_beside_the_verdict() -> None:
    asked = asking("income-below-line")
    [found] = criteria(asked, asked.categories[0].code, {"income_per_head_fen": 90_000})
    assert found["why"]["zh"] == "人均月收入 900.00 元，低保线 800.00 元"


def test_an_income_is_not_judged_without_a_line() -> None:
    asked = asking("income-below-line", None)
    assert criteria(asked, asked.categories[0].code, {"income_per_head_fen": 1})[0]["met"] is None


def test_a_category_that_the_policy_does_not_have_asks_nothing() -> None:
    assert criteria(policy(), "nothing", {}) == []


def test_every_criterion_of_the_policy_has_its_words() -> None:
    schema = Category.model_json_schema()["properties"]["criteria"]["items"]["enum"]
    assert set(CRITERIA) == set(schema)
