"""The steps of a case in a real browser: what was taken, what is due, a meeting's decision signed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from ledger.events.steps import StepTaken
from tests.browser.conftest import Enter
from tests.browser.working import choose, open_page, recorded, sign
from tests.founding import Founded
from tests.http.serving import served
from tests.http.test_steps import ask_for_steps, confirmed


@pytest.fixture
def url(founded: Founded, tmp_path: Path) -> Iterator[str]:
    with founded.store.writer() as writer:
        ask_for_steps(founded, writer)
        confirmed(founded, writer)
    with served(founded, tmp_path) as url:
        yield url


def test_an_approver_takes_the_step_that_is_due(enter: Enter, founded: Founded) -> None:
    page = enter("approver")
    open_page(page, "roster")
    choose(page, "已确认")
    page.click("[data-test=steps]")
    shown = page.locator("[data-test=steps-shown]")
    expect(shown.locator(".el-timeline-item", has_text="待办")).to_contain_text("集体研究")
    expect(page.locator("[data-test=step-go]")).to_be_disabled()
    page.fill("[data-test=step-paper]", "1")
    page.fill("[data-test=step-minutes]", "县工〔2026〕3号")
    page.get_by_label("会议日期").fill("2026-01-09")
    page.get_by_label("会议日期").press("Enter")
    page.click("[data-test=step-go]")
    expect(page.get_by_role("dialog", name="您将签署")).to_contain_text(
        "办理“集体研究”，会议纪要 县工〔2026〕3号"
    )
    sign(page)
    [taken] = recorded(founded.store, StepTaken)
    assert taken.event.minutes is not None
    assert (taken.event.step, taken.event.minutes.held_on) == ("discuss", "2026-01-09")
    assert [paper.title for paper in taken.event.papers] == ["汇总表"]


def test_who_cannot_take_a_step_sees_who_can(enter: Enter) -> None:
    page = enter("tea-clerk")
    open_page(page, "roster")
    choose(page, "已确认")
    page.click("[data-test=steps]")
    due = page.locator("[data-test=steps-shown] .el-timeline-item", has_text="待办")
    expect(due).to_contain_text("审批人")
    expect(due).to_contain_text("与审批不得为同一人")
    expect(page.locator("[data-test=step-go]")).to_have_count(0)
