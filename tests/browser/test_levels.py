"""Ledgers below in a real browser: from the divisions to a ledger, its figures, a case, and its entry proved."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from ledger.events.matching import MatchFound
from ledger.writing.signing import Signer
from tests.browser.conftest import Enter
from tests.browser.working import open_page
from tests.founding import Founded
from tests.levels import follow_two
from tests.patterns import Patterns


@pytest.fixture
def upper(founded: Founded, patterns: Patterns, tmp_path: Path) -> None:
    """The ledger that is served follows two counties, has read one, and found a match of both."""
    follow_two(founded, patterns, tmp_path)
    with founded.store.writer() as writer:
        found = MatchFound(
            day=founded.day(-40), match="ab" * 32, rule="person-paid-twice", first="north", first_position=3,
            second="south", second_position=4, year=2026,
        )  # fmt: skip
        own = Signer(founded.store.ledger_key(), founded.ledger, founded.clock)
        writer.record(own.sign(found))


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
    # The map leads where the table does.
    auditor.locator("[data-test=level-map]").get_by_text("湖南").click()
    expect(auditor.locator("[data-test=level-map]")).to_contain_text("长沙")
    expect(auditor.locator("[data-test=level-map]")).to_contain_text("正常 1")


@pytest.mark.usefixtures("upper")
def test_a_match_is_an_inbox_above_and_told_to_the_county(enter: Enter) -> None:
    inspector = enter("inspector")
    open_page(inspector, "levels")
    expect(inspector.locator("[data-test=match-counts]")).to_contain_text("待核查回复 1（逾期 1 件）")
    rows = inspector.locator("[data-test=match-rows]")
    expect(rows).to_contain_text("同一人同年在两个台账受助")
    expect(rows).to_contain_text("（已逾期）")
    inspector.click("[data-test=match-first]")
    expect(inspector.locator("[data-test=below-steps] li").get_by_text("✓")).to_have_count(3)
    inspector.click("[data-test=tell-second]")
    told = inspector.locator("[data-test=told]").inner_text()
    assert "南县总工会" in told and "--position 4" in told
    # What is told there is read here.
    inspector.fill("[data-test=notice]", told)
    expect(inspector.locator("[data-test=notice-read]")).to_contain_text("登记序号 4")
    inspector.fill("[data-test=upper]", "city")
    inspector.fill("[data-test=finding-text]", "正在核查")
    inspector.click("[data-test=finding]")
    inspector.get_by_role("option", name="正在核查").click()
    inspector.click("[data-test=sign-answer]")
    expect(inspector.locator("[data-test=match-answer]")).to_contain_text("不是档案联合标记")
