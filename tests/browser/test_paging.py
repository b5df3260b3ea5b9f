"""Lists of more than one page: their total is said, and the rest is loaded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, Route, expect

from tests.browser.working import open_page

Enter = Callable[[str], Page]


def cut_after(page: Page, path: str, rows: int) -> None:
    """Has the page ask the real service for so few rows at a time."""

    def fewer(route: Route) -> None:
        address = route.request.url
        route.continue_(url=f"{address.partition('&limit=')[0]}&limit={rows}" + after(address))

    def after(address: str) -> str:
        names = ("&after=", "&after_key=")
        return "".join(
            name + address.partition(name)[2].partition("&")[0] for name in names if name in address
        )

    page.route(f"**{path}?*", fewer)


def test_a_table_is_the_servers_and_stands_in_the_address(enter: Enter) -> None:
    page = enter("inspector")
    open_page(page, "flags")
    table = page.locator("[data-test=flags]")
    rows = table.locator(".rows tr")
    expect(rows.nth(1)).to_be_visible()
    whole = rows.count()
    expect(table.locator("[data-test=total]")).to_have_text(f"{whole} 行")
    # What is counted and summed is all that meets the conditions, and comes from the server.
    table.locator("[data-test=search]").fill("未公示")
    expect(rows).to_have_count(1)
    page.wait_for_url("**q=**")
    expect(table.locator("[data-test=total]")).to_have_text("1 行")
    page.reload()
    expect(rows).to_have_count(1)
    # A row opens by the keyboard, and Back leads from it to the list again.
    table.get_by_role("grid").press("Enter")
    expect(page.locator("[data-test=flag]")).to_contain_text("依据条款")
    page.go_back()
    expect(page.locator("[data-test=flag]")).to_be_hidden()
    expect(rows).to_have_count(1)
    table.locator("[data-test=search]").fill("")
    expect(rows).to_have_count(whole)
    table.locator("[data-test=group]").click()
    page.get_by_role("option", name="按严重程度").click()
    page.wait_for_url("**by=severity**")
    group = table.locator("[data-test=groups] tbody tr").first
    count = int(group.locator("td").nth(1).inner_text())
    # What the table is asked is kept under a name, and taken up again.
    table.locator("[data-test=kept-views]").click()
    page.fill("[data-test=view-name]", "按程度")
    page.click("[data-test=keep-view]")
    page.goto("/app/flags")
    table.locator("[data-test=kept-views]").click()
    page.click("[data-test='view-按程度']")
    page.wait_for_url("**by=severity**")
    group.get_by_role("button").click()
    expect(rows).to_have_count(count)
    table.get_by_role("button", name="规则").click()
    page.wait_for_url("**sort=rule**")


def test_the_whole_answer_is_picked_and_exported(enter: Enter, tmp_path: Path) -> None:
    page = enter("approver")
    open_page(page, "roster")
    table = page.locator("[data-test=roster]")
    expect(table.locator(".rows tr")).to_have_count(4)
    table.locator("[data-test=all]").click()
    expect(table.locator("[data-test=picked]")).to_contain_text("已勾选 4 行")
    table.get_by_role("grid").press("ArrowDown")
    table.get_by_role("grid").press("Space")
    expect(table.locator("[data-test=picked]")).to_contain_text("已勾选 3 行")
    with page.expect_download() as download:
        table.locator("[data-test=export]").click()
    expect(table.locator("[data-test=exported]")).to_contain_text("已导出 4 行")
    download.value.save_as(tmp_path / "cases.csv")
    assert len((tmp_path / "cases.csv").read_text(encoding="utf-8-sig").splitlines()) == 5


def test_a_difference_loads_more(enter: Enter) -> None:
    page = enter("auditor")
    cut_after(page, "/diff", 1)
    open_page(page, "audit")
    page.locator("[data-test=slider] [role=slider]").press("Home")
    page.locator("section", has_text="两个时点的差异").get_by_text("疑点", exact=True).click()
    differences = page.locator("[data-test=differences] .el-table__body tr")
    expect(differences).to_have_count(1)
    expect(page.locator("[data-test=loaded]")).to_have_text("已载入 1 行，其后还有")
    page.click("[data-test=more]")
    expect(differences).to_have_count(2)
