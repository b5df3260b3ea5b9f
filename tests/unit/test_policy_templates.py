"""The templates of policies: unchanged outcomes of plans A and B, every field explained and with its source."""

from __future__ import annotations

import json
import typing
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel

from api.campaigns.plans import TEMPLATES, TemplateName, explanation, template
from api.campaigns.policy_shape import policy_shape
from api.campaigns.policy_text import PolicyUnreadable, policy_lines, read_policy
from ledger.domain.policy.campaign_policy import Policy

RECORDED = Path(__file__).parent.parent / "data" / "policies"


def parts(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for each in typing.get_args(annotation):
        yield from parts(each)


def fields(model: type[BaseModel], before: str = "") -> Iterator[str]:
    for name, field in model.model_fields.items():
        yield before + name
        for part in parts(field.annotation):
            yield from fields(part, f"{before}{name}.")


@pytest.mark.parametrize("name", ["a", "b"])
def test_the_two_plans_lay_down_what_they_did_before_they_were_data(name: TemplateName) -> None:
    recorded = json.loads((RECORDED / f"{name}-2026.json").read_text())
    policy = template(name, 2026).policy
    now = policy.model_dump(mode="json", exclude_defaults=True, exclude={"sources", "funding", "accounting"})
    assert now == recorded
    # What a source is called, and by which account it is booked, binds nothing.
    funding = policy.funding
    if funding is not None:
        assert funding.per_time_cap_fen is None
        assert all(each.carries_over and not each.earmarked for each in funding.sources)


def test_every_field_of_a_policy_is_explained() -> None:
    assert [field for field in fields(Policy) if explanation(field) is None] == []
    assert explanation("surprise") is None


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_field_that_a_template_sets_has_its_source(name: TemplateName) -> None:
    policy = template(name, 2027).policy
    set_here = policy.model_dump(exclude_defaults=True).keys() - {"sources"}
    assert [field for field in set_here if policy.source_of_field(field) is None] == []


@pytest.mark.parametrize("name", TEMPLATES)
@pytest.mark.parametrize("year", [2026, 2028])
def test_what_is_printed_is_read_back_as_the_same_policy(name: TemplateName, year: int) -> None:
    policy = template(name, year).policy
    printed = "\n".join(policy_lines(policy))
    assert Policy.model_validate(read_policy(printed.encode(), "p.toml")) == policy
    assert "# 公示工作日数" in printed
    assert "# 依据 source: " in printed


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_line_of_a_template_has_its_accounts(name: TemplateName) -> None:
    """`songnuan export vouchers` draws up what such a campaign moved, notes too."""
    policy = template(name, 2027).policy
    assert policy.accounting is not None
    for line in policy.lines:
        accounts = policy.accounting.of(line.code)
        assert accounts is not None and accounts.cash is not None, line.code


def test_todays_steps_are_of_the_county_from_the_confirmation_on() -> None:
    steps = {step.code: step for step in template("union-today", 2027).policy.chain}
    of_county = {code for code, step in steps.items() if step.level == "county"}
    assert of_county == steps.keys() - {"nominate", "first-review"}
    assert steps["discuss"].minutes_required
    assert (steps["disburse"].papers, steps["payment-review"].papers) == (["拨款通知"], ["付款审批单"])


def test_todays_template_is_for_the_office_to_check() -> None:
    policy = template("union-today", 2027).policy
    assert policy.hardship is not None
    assert {each.title for each in policy.hardship.classes} == {"深度困难", "相对困难", "意外致困"}
    assert all("安庆市" in each.source or "青岛市" in each.source for each in policy.hardship.classes)
    assert [step.title for step in policy.chain] == [
        "申报",
        "初审",
        "审核",
        "集体研究",
        "审批",
        "拨付",
        "支付复核",
        "支付",
    ]


def test_what_no_public_text_says_is_marked_and_counted() -> None:
    """docs/policy-sources.md has a line for each: caps, example sums, rent, vehicles, carrying over, low income,
    accounts, the note by which money goes down …"""
    printed = "\n".join(policy_lines(template("union-today", 2027).policy)).splitlines()
    said = [line for line in printed if not line.startswith("#") and "待核对" in line]
    assert len(said) == 17
    assert "待核对" in (Path(__file__).parents[2] / "docs" / "policy-sources.md").read_text()


def test_a_file_that_is_neither_says_so() -> None:
    for data in (b"{", b"plan = ", b"\xff\xfe"):
        with pytest.raises(PolicyUnreadable) as raised:
            read_policy(data, "p")
        assert raised.value.code == "policy-file"


def test_every_field_has_its_place_in_the_form() -> None:
    shape = policy_shape()
    assert list(shape) == list(fields(Policy))
    assert [
        name for name, each in shape.items() if each.kind in ("choice", "choices") and not each.choices
    ] == []
    of, limit = shape["vocabularies.of"], shape["funding.yearly_limit.of"]
    assert (of.fixed, limit.fixed, [each.zh for each in limit.choices]) == (True, False, ["个人", "家庭"])
    assert (shape["window.start"].kind, shape["procedure.steps"].kind, shape["accounting.lines.bank.code"].fixed) == (
        "day", "parts", False,
    )  # fmt: skip
