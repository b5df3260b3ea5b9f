"""The class of a household is computed to the fen, and its working says how."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from ledger.domain.policy.hardship_class import (
    HardshipClass,
    HardshipRules,
    HouseholdFigures,
    assess,
)

SOURCE = "某县困难职工认定办法"


def rules(**changes: Any) -> HardshipRules:
    """Deep below the line, relative below one and a half of it, accident above four fifths of the income."""
    return HardshipRules.model_validate({
        "source": SOURCE,
        "classes": [
            {"code": "deep", "title": "深度困难", "line_permille": 1000, "source": SOURCE},
            {"code": "relative", "title": "相对困难", "line_permille": 1500, "source": SOURCE},
            {
                "code": "accident", "title": "意外致困", "outlay_permille": 800, "outlay_kinds": ["medical"],
                "source": SOURCE,
            },
        ],
        "local_lines": [{"locality": "某县", "year": 2026, "monthly_fen": 80_000, "source": "县政府公告"}],
        "outlays": [
            {"code": "medical", "title": "自负医疗费", "source": SOURCE},
            {"code": "schooling", "title": "学费", "most_fen": 800_000, "source": SOURCE},
        ],
        **changes,
    })  # fmt: skip


def figures(income_fen: int, *outlays: tuple[str, int], persons: int = 3, **changes: Any) -> HouseholdFigures:
    of: dict[str, Any] = {"locality": "某县", "year": 2026, "persons": persons, **changes}
    return HouseholdFigures(income_fen=income_fen, outlays=outlays, **of)


@pytest.mark.parametrize(
    ("household", "expected"),
    [
        (figures(80_000 * 36 - 1), "deep"),
        (figures(80_000 * 36), "relative"),
        (figures(120_000 * 36 - 1), "relative"),
        (figures(120_000 * 36), None),
        (figures(120_000 * 36, ("medical", 1)), "relative"),
        # What is above the sum that the rule lets count of schooling does not count.
        (figures(120_000 * 36 + 800_000, ("schooling", 9_000_000)), None),
        (figures(120_000 * 36 + 799_999, ("schooling", 9_000_000)), "relative"),
        (figures(100_000_000, ("medical", 80_000_000), persons=1), None),
        (figures(100_000_000, ("medical", 80_000_001), persons=1), "accident"),
        # What the policy does not name is no rigid outlay.
        (figures(120_000 * 36, ("travel", 4_000_000)), None),
        (figures(0), "deep"),
    ],
)
def test_the_class_changes_at_the_fen(household: HouseholdFigures, expected: str | None) -> None:
    found = assess(household, rules())
    assert (found.hardship_class, found.undetermined) == (expected, False)


def test_the_working_says_every_step() -> None:
    found = assess(figures(3_600_000, ("medical", 1_000_000), ("travel", 5)), rules())
    said = [(step.kind, step.subject, step.fen, step.met) for step in found.working]
    assert said == [
        ("income", "", 3_600_000, None),
        ("outlay", "medical", 1_000_000, None),
        ("outlay-not-counted", "travel", 5, None),
        ("left", "", 2_600_000, None),
        ("per-head", "", 72_222, None),
        ("line", "某县", 80_000, None),
        ("limit-of-line", "deep", 80_000, True),
        ("limit-of-line", "relative", 120_000, True),
        ("limit-of-income", "accident", 2_880_000, False),
    ]
    assert found.working[1].source == SOURCE


def test_rounding_is_shown_and_decides_nothing() -> None:
    """79,999.99… per head is shown as 79,999 and is below 80,000; one fen more a year and it is not."""
    below = assess(figures(80_000 * 36 - 1), rules())
    assert next(step.fen for step in below.working if step.kind == "per-head") == 79_999
    assert below.hardship_class == "deep"


def test_outlays_above_the_income_leave_less_than_nothing() -> None:
    found = assess(figures(1_000, ("medical", 2_000)), rules())
    assert next(step.fen for step in found.working if step.kind == "per-head") == -28
    assert found.hardship_class == "deep"


@pytest.mark.parametrize("elsewhere", [{"locality": "邻县"}, {"year": 2025}])
def test_without_a_local_line_no_class_is_guessed(elsewhere: dict[str, Any]) -> None:
    found = assess(figures(0, ("medical", 100), **elsewhere), rules())
    assert (found.hardship_class, found.undetermined) == (None, True)
    assert any(step.kind == "line-unknown" for step in found.working)


def test_a_fixed_sum_and_the_limit_itself_are_the_policys() -> None:
    fixed = {"code": "deep", "title": "深度困难", "fixed_fen": 90_000, "source": SOURCE}
    assert assess(figures(90_000 * 36), rules(classes=[fixed])).hardship_class is None
    assert assess(figures(90_000 * 36), rules(classes=[{**fixed, "or_equal": True}])).hardship_class == "deep"


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"line_permille": 1000, "fixed_fen": 1},
        {"outlay_permille": 800},
        {"fixed_fen": 1, "outlay_kinds": ["x"]},
    ],
)
def test_a_class_goes_by_exactly_one_thing(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        HardshipClass.model_validate({"code": "deep", "title": "深度困难", "source": SOURCE, **changes})


def test_codes_stand_once_and_refer_to_what_is_there() -> None:
    deep = {"code": "deep", "title": "深度困难", "fixed_fen": 1, "source": SOURCE}
    with pytest.raises(ValidationError):
        rules(classes=[deep, deep])
    with pytest.raises(ValidationError):
        rules(outlays=[])
