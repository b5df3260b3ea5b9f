"""What every rule is, and where its parameters come from."""

from __future__ import annotations

from dataclasses import fields

import pytest

from ledger.domain.policy.campaign_policy import Parameter
from projections.flags.catalogue import all_rules
from projections.flags.rule import FlagRule, parameters_in
from projections.flags.subject import SUBJECT_TITLES
from tests.scene import policy


def test_every_rule_says_what_it_is() -> None:
    names = [field.name for field in fields(FlagRule)]
    for rule in all_rules():
        assert rule.clause
        assert rule.subject in SUBJECT_TITLES
        assert any("\u4e00" <= c <= "\u9fff" for c in rule.title_zh)
        with pytest.raises(RuntimeError):
            FlagRule(**{name: getattr(rule, name) for name in names})


def test_parameters_come_from_the_policy_where_it_differs() -> None:
    class Rule:
        id = "some-rule"
        parameters = {"days": 5, "count": 3}  # noqa: RUF012

    terms = policy(
        parameters=[
            Parameter(rule="some-rule", name="days", value=9),
            Parameter(rule="other", name="count", value=1),
            Parameter(rule="some-rule", name="unknown", value=1),
        ]
    )
    assert parameters_in(Rule, terms.model_dump()) == {"days": 9, "count": 3}  # type: ignore[arg-type]
