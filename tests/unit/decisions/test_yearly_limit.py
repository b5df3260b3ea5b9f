"""The limit for a year: over campaigns, of a person or of a household, refused or held for a second signature."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.domain.loosening import loosenings
from ledger.domain.policy.funding import Funding, FundSource, YearlyLimit
from ledger.events.campaign import CampaignOpened
from ledger.events.funds import FundAllocated
from ledger.events.household import MemberRecorded
from ledger.events.nomination import Approved, Confirmed, Nominated
from ledger.events.payout import AidDelivered, AidItem, Disbursed, PayoutReturned
from tests.scene import Scene, policy
from tests.unit.decisions.as_the_writer import admitted_by_the_writer

COUNTY = FundSource(code="county", title="县级经费", kind="本级经费")


def funding(**limit: Any) -> Funding:
    said = YearlyLimit(**{"amount_fen": 80_000, "source": "办法（2026）", **limit})
    return Funding(source="办法（2026）", sources=[COUNTY], yearly_limit=said)


def scene(**limit: Any) -> Scene:
    """Two campaigns of the year that set the limit, and money in both."""
    found = Scene(funding=funding(**limit)).funds()
    terms = policy(funding=funding(**limit))
    found.do("approver", CampaignOpened(campaign="c2026", unit="county", title="金秋助学", policy=terms))
    found.do("finance", FundAllocated(campaign="c2026", line="workers", amount_fen=1_000_000))
    return found


def also_approved(story: Scene, dossier: str, amount_fen: int = 50_000, **approval: Any) -> Disbursed:
    """A case of the second campaign on a dossier, approved; its payout, to be tried."""
    on: dict[str, Any] = {"campaign": "c2026", "unit": "tea"}
    forms = approval.get("forms", ["money"])
    case = story.do("tea-clerk", Nominated(**on, dossier=dossier, category="worker", forms=forms))
    story.do("tea-confirmer", Confirmed(**on, case=case))
    story.do("approver", Approved(**on, case=case, line="workers", amount_fen=amount_fen, **approval))
    return Disbursed(**on, dossier=dossier, case=case, line="workers", amount_fen=amount_fen)


def paid(story: Scene, person: str = "张三") -> tuple[str, str]:
    """A person who was paid 500 yuan: the dossier and the payout."""
    case = story.approved(person)
    return story.case(case).dossier, story.do("finance", story.payout(case))


@pytest.mark.parametrize("of", ["person", "household"])
def test_what_was_paid_in_the_years_campaigns_counts(of: str) -> None:
    story = scene(of=of)
    dossier, _ = paid(story)
    payout = also_approved(story, dossier)
    story.when("finance", payout).refuses("above-yearly-limit", found=50_000, asked=50_000, above=20_000)
    story.when("finance", payout, second="finance2").refuses("above-yearly-limit")
    story.when("finance", payout.model_copy(update={"amount_fen": 30_000})).then(lambda s: s)


def test_what_came_back_counts_no_more() -> None:
    story = scene()
    dossier, before = paid(story)
    payout = also_approved(story, dossier)
    case = story.case(payout.case or "").dossier
    assert case == dossier
    first = next(act.event.case for act in story.acts if act.id == before)  # type: ignore[attr-defined]
    back = PayoutReturned(
        campaign="b2026", unit="tea", payout=before, case=first, line="workers", amount_fen=50_000, kind="refused",
        reason="退回",
    )  # fmt: skip
    story.do("finance2", back)
    story.when("finance", payout).then(lambda s: s)


def test_above_it_two_persons_may_pay_where_the_policy_says_so() -> None:
    story = scene(above="two-persons")
    dossier, _ = paid(story)
    payout = also_approved(story, dossier)
    story.when("finance", payout).refuses("second-person-missing")
    story.when("finance", payout, second="finance2").then(lambda s: s)


def test_goods_count_as_money_does() -> None:
    story = scene()
    dossier, _ = paid(story)
    payout = also_approved(story, dossier, 10_000, forms=["money", "goods"], goods_fen=40_000)
    goods = AidDelivered(
        campaign="c2026", unit="tea", dossier=dossier, case=payout.case, form="goods",
        items=[AidItem(name="大米", quantity=1, measure="袋", value_fen=40_000)],
    )  # fmt: skip
    story.when("finance", goods).refuses("above-yearly-limit", asked=40_000)


@pytest.mark.parametrize(("of", "refused"), [("household", True), ("person", False)])
def test_a_households_members_are_one_where_the_limit_is_the_households(of: str, refused: bool) -> None:
    story = scene(of=of)
    paid(story, "李四")
    case = story.approved("张三")
    dossier = story.case(case).dossier
    member = MemberRecorded(unit="tea", dossier=dossier, relation="spouse", identity_commitment="0" * 64)
    story.do("tea-clerk", member, person="李四")
    tried = story.when("finance", story.payout(case))
    tried.refuses("above-yearly-limit") if refused else tried.then(lambda s: s)


def test_it_is_decided_on_what_the_writer_reads() -> None:
    story = scene(of="household", amount_fen=200_000)
    paid(story, "李四")
    case = story.approved("张三")
    member = MemberRecorded(
        unit="tea", dossier=story.case(case).dossier, relation="spouse", identity_commitment="0" * 64
    )
    story.do("tea-clerk", member, person="李四")
    admitted_by_the_writer(story, "finance", story.payout(case))


def test_another_years_campaign_and_one_without_a_limit_do_not_count() -> None:
    story = scene()
    for code, terms in (("d2026", policy()), ("b2027", policy(funding=funding(), year=2027))):
        story.do("approver", CampaignOpened(campaign=code, unit="county", title="送温暖", policy=terms))
        story.do("finance", FundAllocated(campaign=code, line="workers", amount_fen=1_000_000))
    dossier, _ = paid(story)
    for code in ("d2026", "b2027"):
        on: dict[str, Any] = {"campaign": code, "unit": "tea"}
        case = story.do("tea-clerk", Nominated(**on, dossier=dossier, category="worker"))
        story.do("tea-confirmer", Confirmed(**on, case=case))
        story.do("approver", Approved(**on, case=case, line="workers", amount_fen=50_000))
        payout = Disbursed(**on, dossier=dossier, case=case, line="workers", amount_fen=50_000)
        story.when("finance", payout).then(lambda s: s)


@pytest.mark.parametrize(
    ("old", "new", "looser"),
    [
        ({}, None, True),
        ({}, {"amount_fen": 80_001}, True),
        ({}, {"of": "household"}, True),
        ({}, {"above": "two-persons"}, True),
        ({"above": "two-persons"}, {}, False),
        ({}, {"amount_fen": 70_000}, False),
        (None, {}, False),
    ],
)
def test_a_limit_that_binds_less_loosens_the_policy(old: Any, new: Any, looser: bool) -> None:
    def of(limit: Any) -> Funding:
        return funding().model_copy(update={"yearly_limit": None}) if limit is None else funding(**limit)

    found = loosenings(policy(funding=of(old)), policy(funding=of(new)))
    assert [each.member for each in found] == (["funding"] if looser else [])
