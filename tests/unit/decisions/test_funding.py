"""Sources of money: earmarked, carried over into the next year by two, capped at one time."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from ledger.domain.policy.campaign_policy import BudgetLine
from ledger.domain.policy.funding import Funding, FundSource
from ledger.events.campaign import CampaignClosed, CampaignOpened
from ledger.events.carry_over import FundsCarriedOver
from ledger.events.funds import FundTransferred
from ledger.events.nomination import Approved
from tests.scene import ON, Scene, policy

SPECIAL = FundSource(code="county", title="县级帮扶专项", kind="财政专项", earmarked=True, carries_over=True)
GIFTS = FundSource(code="gifts", title="社会捐赠", kind="社会捐助")
FUNDING = Funding(source="困难职工帮扶资金使用管理办法", sources=[SPECIAL, GIFTS], per_time_cap_fen=500_000)
LINES = [
    BudgetLine(code="workers", title="困难职工", source="county"),
    BudgetLine(code="medical", title="医疗救助", source="county"),
    BudgetLine(code="gifts", title="捐赠款", source="gifts"),
    BudgetLine(code="models", title="劳模", source="county"),
]


def scene(funding: Funding | None = FUNDING, year: int = 2027) -> Scene:
    found = Scene(funding=funding, lines=LINES).funds().funds(1_000_000, "gifts")
    terms = policy(funding=funding, lines=LINES, year=year)
    found.do("approver", CampaignOpened(campaign="b2027", unit="county", title="送温暖", policy=terms))
    return found


def carried(**changes: Any) -> FundsCarriedOver:
    said: dict[str, Any] = {
        "campaign": "b2026", "from_line": "workers", "to_campaign": "b2027", "to_line": "workers",
        "amount_fen": 100, "reason": "结转",
    }  # fmt: skip
    return FundsCarriedOver(**said | changes)


def test_what_is_left_goes_into_next_years_campaign() -> None:
    story = scene()
    story.do("approver", CampaignClosed(campaign="b2026"))
    story.when("finance", carried(), second="finance2").then(
        lambda s: (s.balance_fen(), s.balance_fen("b2027/workers")) == (24_999_900, 100)
    )


def test_two_persons_carry_over() -> None:
    scene().when("finance", carried()).refuses("second-person-missing")


def test_it_is_carried_forward_alone() -> None:
    for story in (scene(year=2026), scene(year=2025)):
        story.when("finance", carried(), second="finance2").refuses("carry-over-not-forward")


def test_no_more_is_carried_over_than_there_is() -> None:
    scene().when("finance", carried(amount_fen=26_000_000), second="finance2").refuses("line-below-zero")


def test_a_source_stays_what_it_is() -> None:
    story = scene()
    story.when("finance", carried(to_line="gifts"), second="finance2").refuses(
        "carry-over-source-differs", expected="county", found="gifts"
    )
    story.when("finance", carried(from_line="gifts", to_line="gifts"), second="finance2").refuses(
        "source-not-carried-over", source="社会捐赠"
    )


def test_without_sources_in_the_policy_what_is_left_is_carried_over_as_well() -> None:
    scene(None).when("finance", carried(), second="finance2").then(lambda s: s.balance_fen() == 24_999_900)


def test_earmarked_money_goes_to_no_other_sources_line() -> None:
    story = scene()

    def moved(from_line: str, to_line: str) -> FundTransferred:
        return FundTransferred(
            campaign="b2026", from_line=from_line, to_line=to_line, amount_fen=100, reason="调剂"
        )

    story.when("finance", moved("workers", "gifts"), second="finance2").refuses(
        "source-earmarked", source="县级帮扶专项"
    )
    for from_line, to_line, held, fen in (
        ("workers", "medical", "b2026/medical", 100),
        ("gifts", "workers", "b2026/gifts", 999_900),
    ):
        story.do("finance", moved(from_line, to_line), second="finance2")
        assert story.balance_fen(held) == fen


def test_no_approval_is_above_the_cap_per_time() -> None:
    story = scene()
    case = story.confirmed()
    approval = Approved(**ON, case=case, line="workers", amount_fen=500_001)
    story.when("approver", approval).refuses("above-cap-per-time", expected=500_000)
    story.when("approver", approval.model_copy(update={"amount_fen": 500_000})).then(
        lambda s: s.case(case).approved_fen == 500_000
    )


def test_lines_name_sources_of_the_policy() -> None:
    with pytest.raises(ValidationError):
        policy(
            funding=FUNDING, lines=[*LINES[1:], BudgetLine(code="workers", title="困难职工", source="city")]
        )
    with pytest.raises(ValidationError):
        Funding(source="测试", sources=[SPECIAL, SPECIAL])
