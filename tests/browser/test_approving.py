"""Case by case with the keyboard alone: approve, reject, next, sign; criteria in the row, the line's rest moving."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from ledger.events.nomination import Approved, Confirmed, Rejected
from tests.browser.conftest import Enter
from tests.browser.working import close, open_page, recorded, sign
from tests.founding import Founded
from tests.http.serving import served
from tests.scene import ON


@pytest.fixture
def url(founded: Founded, tmp_path: Path) -> Iterator[str]:
    with founded.store.writer() as writer:
        for _ in range(3):
            case, _ = founded.nominated(writer)
            founded.record(writer, "tea-confirmer", Confirmed(**ON, case=case))
    with served(founded, tmp_path) as url:
        yield url


def test_cases_are_decided_by_keys_and_signed_once(enter: Enter, founded: Founded) -> None:
    page = enter("approver")
    open_page(page, "approving")
    cases = page.locator("[data-test=approving-case]")
    expect(cases).to_have_count(3)
    expect(page.locator("[data-test=criteria]")).to_have_count(3)
    left = page.locator("[data-test=line-left]")
    expect(left).to_contain_text("250,000.00 → 250,000.00")
    cases.first.focus()
    page.keyboard.press("a")
    expect(left).to_contain_text("250,000.00 → 249,500.00")
    expect(cases.nth(1)).to_be_focused()
    page.keyboard.press("r")
    page.locator(".el-message-box input").fill("材料不实")
    page.keyboard.press("Enter")
    expect(cases.nth(2)).to_be_focused()
    page.keyboard.press("a")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("u")
    expect(page.locator("[data-test=decision]")).to_have_text(["批准", "不予批准：材料不实", "未决定"])
    page.keyboard.press("s")
    expect(page.get_by_role("dialog", name="您将签署")).to_contain_text("500.00 元")
    sign(page)
    assert [act.event.amount_fen for act in recorded(founded.store, Approved)] == [50_000]
    assert [act.event.reason for act in recorded(founded.store, Rejected)] == ["材料不实"]
    close(page)
    expect(cases).to_have_count(1)
    expect(left).to_contain_text("249,500.00 → 249,500.00")
