"""A policy amended in a real browser: fields with meaning and source, parts added and removed, tried over past cases, then signed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from ledger.events.campaign import PolicyAmended
from tests.browser.conftest import Enter
from tests.browser.working import open_page, recorded, sign
from tests.founding import Founded
from tests.http.serving import served


@pytest.fixture
def url(founded: Founded, tmp_path: Path) -> Iterator[str]:
    with founded.store.writer() as writer:
        founded.paid(writer, founded.people.person(), cause="illness")
    with served(founded, tmp_path) as url:
        yield url


def test_a_policy_is_tried_over_past_cases_and_then_signed(enter: Enter, founded: Founded) -> None:
    page = enter("approver")
    open_page(page, "campaign")
    page.click("[data-test=edit-policy]")
    expect(page.locator("[data-test=policy-editor]")).to_contain_text("公示工作日数")
    expect(page.locator("[data-test=policy-try]")).to_be_disabled()
    page.fill("[data-test='field-categories/0/standard_fen']", "四百")
    expect(page.locator("[data-test=field-wrong]")).to_have_count(1)
    page.fill("[data-test='field-categories/0/standard_fen']", "400")
    page.fill("[data-test=source-categories]", "会议纪要〔2026〕3号")
    page.fill("[data-test=policy-reason]", "标准调整")
    expect(page.locator("[data-test=policy-sign]")).to_be_disabled()
    page.click("[data-test=policy-try]")
    trial = page.locator("[data-test=trial]")
    expect(trial).to_contain_text("试算 1 个对象，1 个有变化")
    expect(trial).to_contain_text("500.00")
    expect(trial).to_contain_text("400.00")
    expect(trial).not_to_contain_text("须两名审批人签署")
    page.fill("[data-test=field-notice_working_days]", "3")
    expect(trial).to_have_count(0)
    page.click("[data-test=policy-try]")
    expect(trial).to_contain_text("放宽：公示工作日")
    expect(page.locator("[data-test=loosened]")).to_have_count(1)
    page.fill("[data-test=field-notice_working_days]", "5")
    page.click("[data-test='add-parameters']")
    expect(page.locator("[data-test=field-lacking]")).to_have_count(3)
    expect(page.locator("[data-test=policy-try]")).to_be_disabled()
    page.click("[data-test='remove-parameters/0']")
    page.click("[data-test='add-dossier_life']")
    page.fill("[data-test='field-dossier_life/review_months']", "12")
    page.fill("[data-test='field-dossier_life/source']", "建档办法（2026）")
    page.click("[data-test=policy-try]")
    page.click("[data-test=policy-sign]")
    sign(page)
    (amended,) = recorded(founded.store, PolicyAmended)
    assert amended.event.policy.categories[0].standard_fen == 40_000
    assert amended.event.policy.source_of_field("categories") == "会议纪要〔2026〕3号"
    assert amended.event.policy.notice_working_days == 5
    assert amended.event.policy.parameters == []
    assert amended.event.policy.dossier_life is not None
    assert amended.event.policy.dossier_life.review_months == 12
