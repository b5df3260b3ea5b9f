"""The accountant's page: what is left goes on to next year with two signatures, and nobody else may."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from ledger.domain.event import Grant
from ledger.domain.policy.campaign_policy import Window
from ledger.events.campaign import CampaignOpened
from tests.browser.conftest import Enter
from tests.browser.working import open_page, sign
from tests.founding import Founded
from tests.scene import policy


@pytest.fixture
def founded(founded: Founded) -> Founded:
    """A ledger with next year's campaign, a cashier and an accountant."""
    with founded.store.writer() as writer:
        terms = policy(year=2027, window=Window(start="2027-01-01", end="2027-03-05"))
        founded.record(
            writer,
            "approver",
            CampaignOpened(campaign="b2027", unit="county", title="次年活动", policy=terms),
        )
        founded.enrol(writer, "cashier", "county", [Grant(role="cashier", unit="county")])
        founded.enrol(writer, "accountant", "county", [Grant(role="accountant", unit="county")])
    return founded


def test_the_accountant_carries_over_with_a_second_and_the_cashier_cannot(
    enter: Enter, founded: Founded
) -> None:
    page = enter("accountant")
    open_page(page, "money")
    expect(page.locator("[data-test=allocate]")).to_be_visible()
    expect(page.locator("[data-test=draw]")).to_have_count(0)
    page.click("[data-test=carry-over]")
    page.click("[data-test=carry-from]")
    page.locator(".el-select-dropdown:visible .el-select-dropdown__item").filter(
        has_not_text="次年活动"
    ).click()
    page.click("[data-test=carry-campaign]")
    page.locator(".el-select-dropdown:visible .el-select-dropdown__item", has_text="次年活动").click()
    page.click("[data-test=carry-to]")
    page.locator(".el-select-dropdown:visible .el-select-dropdown__item", has_text="困难职工").click()
    page.fill("[data-test=carry-amount]", "12.50")
    page.fill("[data-test=carry-reason]", "上年结余")
    page.click("[data-test=carry-go]")
    sign(page)
    expect(page.locator("[data-test=to-tray]")).to_be_visible()
    page = enter("cashier")
    open_page(page, "money")
    expect(page.locator("[data-test=draw]")).to_be_visible()
    for missing in ("allocate", "carry-over"):
        expect(page.locator(f"[data-test={missing}]")).to_have_count(0)
