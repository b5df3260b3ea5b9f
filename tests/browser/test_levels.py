"""Ledgers below in a real browser: from the divisions to a ledger, its figures, a case, and its entry proved."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Enter
from tests.browser.working import open_page
from tests.founding import Founded
from tests.levels import follow_two
from tests.patterns import Patterns


@pytest.fixture
def upper(founded: Founded, patterns: Patterns, tmp_path: Path) -> None:
    """The ledger that is served follows two counties, and has read one."""
    follow_two(founded, patterns, tmp_path)


@pytest.mark.usefixtures("upper")
def test_from_the_divisions_down_to_an_entry_and_its_proof(enter: Enter) -> None:
    auditor = enter("auditor")
    open_page(auditor, "levels")
    auditor.locator("[data-test=levels]").get_by_text("430000").click()
    auditor.locator("[data-test=levels]").get_by_text("430100").click()
    ledgers = auditor.locator("[data-test=ledgers]")
    expect(ledgers).to_contain_text("500.01")
    expect(ledgers).not_to_contain_text("南县")
    ledgers.get_by_text("北县总工会").click()
    auditor.locator("[data-test=below-figures]").get_by_text("worker").click()
    auditor.click("[data-test=below-check]")
    steps = auditor.locator("[data-test=below-steps] li")
    expect(steps).to_have_count(3)
    expect(steps.get_by_text("✓")).to_have_count(3)
    expect(auditor.locator("[data-test=below-entry]")).to_contain_text("Disbursed")
    auditor.set_viewport_size({"width": 390, "height": 844})
    assert auditor.evaluate("document.documentElement.scrollWidth") <= 390
    auditor.set_viewport_size({"width": 1366, "height": 768})
    auditor.get_by_text("全部", exact=True).first.click()
    auditor.locator("[data-test=ledgers]").get_by_text("南县总工会").click()
    expect(auditor.locator("[data-test=takes]")).to_contain_text("尚未读到检查点")
