"""What the tests of the pages do again and again: open a page, choose cases, sign, close."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from ledger.clock import china_today
from ledger.domain.entry import act_of
from ledger.domain.event import Event
from ledger.storage.store import OpenStore
from tests.database.test_writer import entries
from tests.http.serving import follows
from tests.waiting import wait_until

TODAY = date.fromisoformat(china_today())
PIN = "246810"
WEB = Path(__file__).parent.parent.parent / "api" / "web"
START, END = (TODAY - timedelta(days=1)).isoformat(), (TODAY + timedelta(days=6)).isoformat()


def recorded(store: OpenStore, kind: type[Event]) -> list[Any]:
    acts = [act_of(entry) for _, entry in entries(store)]
    return [act for act in acts if isinstance(act.event, kind)]


def open_page(page: Page, name: str) -> None:
    page.click(f'nav a[href="/app/{name}"]')
    page.wait_for_url(f"**/app/{name}**")


def choose(page: Page, state: str) -> int:
    """Ticks every case in a state; how many."""
    rows = page.locator("[data-test=roster] .rows tr", has=page.get_by_text(state, exact=True))
    expect(rows.first).to_be_visible()
    for index in range(rows.count()):
        rows.nth(index).locator("input[type=checkbox]").click()
    return rows.count()


def sign(page: Page) -> None:
    pin = page.locator("[data-test=sign-pin]:visible")
    if pin.count() == 1:  # a page that was loaded anew
        pin.fill(PIN)
    page.locator("[data-test=sign-button]:visible").click()
    expect(page.locator("[data-test=sign-button]:visible")).to_have_count(0)
    # The next officer's page is read from the views.
    wait_until(lambda: follows(page.request.get("/healthz").json()))


def close(page: Page) -> None:
    page.get_by_role("dialog", name="签署结果").get_by_role("button", name="关闭").last.click()
    # What was signed is on the page only once its table has been read again.
    expect(page.locator("[inert]")).to_have_count(0)
