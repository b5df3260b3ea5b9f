"""Plan B whole, by clicking: each role in turn, the county's browser and the union's open at once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from api.statements.submissions import write_submission
from ledger.events.campaign import CampaignClosed, CampaignOpened, RosterFiled, SummaryFiled
from ledger.events.drawing import DrawnReturned, MoneyDrawn
from ledger.events.fund_return import FundReturned
from ledger.events.funds import FundAllocated, FundTransferred
from ledger.events.nomination import Approved, NoticePosted, Rejected, Revoked
from ledger.events.objection import ObjectionSettled
from ledger.events.oversight import CaseClosed, SanctionImposed
from ledger.events.payout import Disbursed
from tests.browser.conftest import Enter, Visit
from tests.browser.working import (
    END,
    START,
    choose,
    close,
    open_page,
    recorded,
    sign,
)
from tests.founding import Founded
from tests.http.command_line import roster
from tests.http.serving import served


@pytest.fixture
def url(founded: Founded, tmp_path: Path) -> Iterator[str]:
    with served(founded, tmp_path) as url:
        yield url


def act(page: Page, button: str, fields: dict[str, str], go: str) -> None:
    """Presses a button, fills its form, signs, and closes what was signed."""
    page.click(f"[data-test={button}]")
    for name, value in fields.items():
        page.fill(f"[data-test={name}]", value)
    page.click(f"[data-test={go}]")
    sign(page)
    expect(page.locator("[data-test=refused]:visible")).to_have_count(0)
    close(page)


def pick(page: Page, field: str, option: str) -> None:
    page.locator(f"[data-test={field}]").click()
    page.get_by_role("option", name=option, exact=True).locator("visible=true").click()
    expect(page.locator(".el-select-dropdown:visible")).to_have_count(0)


def of_campaign(page: Page) -> None:
    """Turns the header's switch to the new campaign."""
    page.reload()
    page.locator("header .el-select").click()
    page.get_by_role("option", name="温暖进万家").click()


def take(page: Page, names: list[int], state: str) -> None:
    """Ticks some of the cases in a state, by their order."""
    rows = page.locator("[data-test=roster] .rows tr", has=page.get_by_text(state, exact=True))
    expect(rows.nth(max(names))).to_be_visible()
    for index in names:
        rows.nth(index).locator("input[type=checkbox]").click()


def test_plan_b_from_its_campaign_to_its_summary(
    url: str, enter: Enter, visit: Visit, founded: Founded, tmp_path: Path
) -> None:
    store = founded.store
    county, finance = enter("approver"), enter("finance")

    # The county opens the campaign and funds its two lines; some moves between them, some goes back.
    open_page(county, "campaign")
    act(
        county,
        "open-campaign",
        {"campaign-year": "2027", "campaign-title": "温暖进万家", "campaign-code": "b2027"},
        "campaign-go",
    )
    opened = recorded(store, CampaignOpened)[-1].event
    assert (opened.campaign, opened.policy.year) == ("b2027", 2027)
    of_campaign(finance)
    open_page(finance, "money")
    titles = [line.title for line in opened.policy.lines]
    for title, amount in zip(titles, ("250,000", "90,000"), strict=True):
        finance.click("[data-test=allocate]")
        pick(finance, "fund-line", title)
        finance.fill("[data-test=draw-amount]", amount)
        finance.fill("[data-test=draw-document]", "县财社 88 号")
        finance.click("[data-test=draw-go]")
        sign(finance)
        close(finance)
    expect(finance.locator("[data-test=lines]")).to_contain_text("340,000.00")
    assert [each.event.amount_fen for each in recorded(store, FundAllocated)[-2:]] == [25_000_000, 9_000_000]

    # The union uploads its roster and hands it in.
    clerk, confirmer = enter("tea-clerk"), enter("tea-confirmer")
    of_campaign(clerk)
    open_page(clerk, "roster")
    roster(tmp_path / "roster.xlsx", 8, seed=3)
    clerk.click("[data-test=upload]")
    clerk.set_input_files("[data-test=roster-file]", tmp_path / "roster.xlsx")
    expect(clerk.locator("[data-test=read]")).to_contain_text("可提交 8 行")
    clerk.click("[data-test=upload-go]")
    sign(clerk)
    close(clerk)
    open_page(clerk, "reports")
    act(clerk, "file-report", {}, "hand-in-go")
    assert recorded(store, RosterFiled)[-1].event.count == 8

    # Confirmed, on public notice; somebody objects, an inspector upholds it.
    of_campaign(confirmer)
    open_page(confirmer, "roster")
    assert choose(confirmer, "已申报") == 8
    confirmer.click("[data-test=confirm]")
    sign(confirmer)
    close(confirmer)
    choose(confirmer, "已确认")
    confirmer.click("[data-test=notice]")
    for label, day in (("公示起", START), ("公示止", END)):
        confirmer.get_by_label(label).fill(day)
        confirmer.get_by_label(label).press("Enter")
    confirmer.fill("[data-test=place]", "厂门口公示栏")
    confirmer.click("[data-test=go]")
    sign(confirmer)
    close(confirmer)
    [posted] = recorded(store, NoticePosted)
    public = visit()
    public.goto(confirmer.locator("[data-test=notices] a").get_attribute("href") or "")
    public.select_option("[data-test=whom]", index=1)
    public.fill("[data-test=objection]", "此人已不在本厂工作")
    public.click("[data-test=object]")
    expect(public.locator("[data-test=number]")).to_be_visible()
    inspector = enter("inspector")
    open_page(inspector, "roster")
    inspector.click("[data-test=lodge]")
    sign(inspector)
    close(inspector)
    inspector.click("[data-test=settle]")
    inspector.locator("[data-test=upheld]").click()
    inspector.fill("[data-test=settle-reason]", "经查属实")
    inspector.click("[data-test=settle-go]")
    sign(inspector)
    close(inspector)
    [settled] = recorded(store, ObjectionSettled)
    assert posted.event.cases.index(settled.event.case) >= 0

    # The county approves: one rejected, one above the standard, the others as it lays down.
    of_campaign(county)
    open_page(county, "roster")
    take(county, [1], "公示中")
    act(county, "reject", {"reason": "异议成立"}, "go")
    take(county, [0], "公示中")
    act(county, "approve", {"amount": "900"}, "go")
    choose(county, "公示中")
    expect(county.locator("[data-test=rest]").first).to_be_visible()
    act(county, "approve", {}, "go")
    assert len(recorded(store, Rejected)) == 1
    assert sorted(each.event.amount_fen for each in recorded(store, Approved)) == [50_000] * 6 + [90_000]

    # The union draws and hands out; the county pays the others by bank.
    payer = enter("tea-clerk2")
    of_campaign(payer)
    open_page(payer, "money")
    act(payer, "draw", {"draw-amount": "2,000", "draw-document": "领字 1 号"}, "draw-go")
    open_page(payer, "roster")
    take(payer, [1, 2, 3], "已批准")
    act(payer, "handout", {}, "go")
    open_page(finance, "money")
    finance.reload()
    expect(finance.locator("[data-test=holdings]")).to_contain_text("500.00")
    act(finance, "give-back", {"draw-amount": "500", "draw-reason": "发放完毕，余款退回"}, "draw-go")
    open_page(finance, "roster")
    finance.reload()
    take(finance, [0, 1, 2], "已批准")
    act(finance, "pay", {"document": "代发 1 号"}, "go")
    assert [each.event.source for each in recorded(store, Disbursed)] == ["drawn"] * 3 + ["line"] * 3
    assert len(recorded(store, MoneyDrawn)) == len(recorded(store, DrawnReturned)) == 1

    # What is left unpaid is revoked; what is wrong shows by itself, and ends in a sanction.
    open_page(county, "roster")
    county.reload()
    take(county, [0], "已批准")
    act(county, "revoke", {"reason": "本人已去世"}, "go")
    assert recorded(store, Revoked)[-1].event.target == "approval"
    of_campaign(inspector)
    open_page(inspector, "flags")
    inspector.locator("[data-test=flags] tr", has_text="超标准").first.click()
    expect(inspector.locator("[data-test=flag]")).to_contain_text("B-4")
    inspector.fill("[data-test=review-reason]", "超出每人 500 元的标准")
    inspector.click("[data-test=open-case]")
    sign(inspector)
    close(inspector)
    inspector.goto("/app/cases")
    inspector.click("[data-test=close-case]")
    pick(inspector, "finding", "属实")
    inspector.fill("[data-test=case-amount]", "400")
    inspector.fill("[data-test=case-text]", "超标准发放，责令退回")
    inspector.locator("[data-test=sanction]").click()
    inspector.click("[data-test=case-go]")
    sign(inspector)
    close(inspector)
    assert recorded(store, CaseClosed)[-1].event.amount_fen == 40_000
    assert recorded(store, SanctionImposed)[-1].event.unit == "tea"

    # The rest of a line goes where it is needed and back; the union sums up; the county closes.
    open_page(finance, "money")
    finance.click("[data-test=transfer]")
    pick(finance, "fund-line", titles[1])
    pick(finance, "fund-to", titles[0])
    finance.fill("[data-test=draw-amount]", "1,000")
    finance.fill("[data-test=draw-reason]", "劳模名额未用完")
    finance.click("[data-test=draw-go]")
    sign(finance)
    # Two of finance move money between lines, and return what is left; the page says so, and hands on what was signed.
    expect(finance.locator("[data-test=refused]:visible")).to_contain_text("second-person-missing")
    close(finance)
    lines = [line.code for line in opened.policy.lines]
    moved = FundTransferred(
        campaign="b2027", from_line=lines[1], to_line=lines[0], amount_fen=100_000, reason="劳模名额未用完"
    )
    by_two = write_submission(founded.sign("finance", moved, second="finance2"))
    assert finance.request.post(f"{url}/statements", data=by_two).status == 201
    finance.click("[data-test=return-fund]")
    finance.fill("[data-test=draw-amount]", "200,000")
    finance.fill("[data-test=draw-reason]", "结余交回")
    finance.click("[data-test=draw-go]")
    sign(finance)
    expect(finance.locator("[data-test=refused]:visible")).to_contain_text("second-person-missing")
    expect(finance.locator("[data-test=second]")).to_be_visible()
    close(finance)
    returned = FundReturned(
        campaign=moved.campaign, line=moved.to_line, amount_fen=20_000_000, reason="结余交回"
    )
    by_two = write_submission(founded.sign("finance", returned, second="finance2"))
    assert finance.request.post(f"{url}/statements", data=by_two).status == 201
    assert recorded(store, FundReturned)[-1].event.amount_fen == 20_000_000
    open_page(clerk, "reports")
    clerk.get_by_text("工作总结").click()
    expect(clerk.locator("[data-test=report]")).to_contain_text("已慰问 6 例")
    act(clerk, "file-report", {}, "hand-in-go")
    [summed] = recorded(store, SummaryFiled)
    assert (summed.event.persons, summed.event.amount_fen) == (6, 340_000)
    open_page(county, "campaign")
    county.click("[data-test=close-campaign]")
    sign(county)
    close(county)
    assert recorded(store, CampaignClosed)[-1].event.campaign == "b2027"
    expect(county.locator("[data-test=campaign]").first).to_contain_text("已于")

    # And the auditor's own browser finds that all of it holds.
    auditor = enter("auditor")
    expect(auditor.locator("[data-test=badge]")).to_contain_text("已在本浏览器验证")
    open_page(auditor, "audit")
    auditor.click("[data-test=replay-start]")
    expect(auditor.locator("[data-test=replayed]")).to_contain_text("逐行一致")
    auditor.fill("[data-test=entry]", recorded(store, CampaignClosed)[-1].id)
    auditor.click("[data-test=check]")
    steps = auditor.locator("[data-test=steps] li")
    expect(steps).to_have_count(4)
    assert all("不成立" not in step for step in steps.all_inner_texts())
