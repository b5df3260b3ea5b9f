"""Lists of more than one page: their total is said, and the rest is loaded."""

from __future__ import annotations

from collections.abc import Callable

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


def test_flags_say_how_many_there_are_and_load_more(enter: Enter) -> None:
    page = enter("inspector")
    open_page(page, "flags")
    rows = page.locator("[data-test=flags] .el-table__body tr")
    expect(rows.nth(1)).to_be_visible()
    whole = rows.count()
    expect(page.locator("[data-test=loaded]")).to_have_text(f"已载入 {whole} 行，共 {whole} 行")
    expect(page.locator("[data-test=more]")).to_have_count(0)
    cut_after(page, "/flags", 1)
    page.reload()
    expect(page.locator("[data-test=loaded]")).to_have_text(f"已载入 1 行，共 {whole} 行")
    expect(page.locator("[data-test=total]")).to_contain_text(str(whole))
    expect(page.locator("[data-test=news]")).to_contain_text("已载入的 1 条中")
    for loaded in range(2, whole + 1):
        page.click("[data-test=more]")
        expect(rows).to_have_count(loaded)
    expect(page.locator("[data-test=more]")).to_have_count(0)


def test_a_difference_loads_more(enter: Enter) -> None:
    page = enter("auditor")
    cut_after(page, "/diff", 1)
    open_page(page, "audit")
    page.locator("[data-test=slider] [role=slider]").press("Home")
    differences = page.locator("[data-test=differences] .el-table__body tr")
    expect(differences).to_have_count(1)
    expect(page.locator("[data-test=loaded]")).to_have_text("已载入 1 行，其后还有")
    page.click("[data-test=more]")
    expect(differences).to_have_count(2)
