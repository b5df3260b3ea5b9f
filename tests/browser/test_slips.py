"""A slip in a real browser: issued and printed, answered on a telephone, heard on the audit page."""

from __future__ import annotations

from playwright.sync_api import expect

from ledger.events.slip import RecipientSpoke, SlipsIssued, read_slip_number, slip_digest
from ledger.events.voice import CallBackRecorded
from tests.browser.conftest import Enter, Visit
from tests.browser.working import close, open_page, recorded, sign
from tests.founding import Founded


def test_a_slip_is_issued_answered_and_heard(enter: Enter, visit: Visit, url: str, founded: Founded) -> None:
    finance = enter("finance")
    open_page(finance, "slips")
    finance.click("[data-test=slips-unit]")
    finance.get_by_role("option", name="tea").first.click()
    finance.click("[data-test=slips-look]")
    finance.click("[data-test=slips-issue]")
    sign(finance)
    close(finance)
    printed = finance.locator("[data-test=slip]").inner_text()
    (issued,) = recorded(founded.store, SlipsIssued)
    assert issued.event.slips[0].digest == slip_digest(read_slip_number(printed))
    expect(finance.locator("[data-test=slips-issue]")).to_be_disabled()

    phone = visit()
    phone.set_viewport_size({"width": 390, "height": 800})
    phone.goto(f"{url}/app/slip#{read_slip_number(printed)}")
    phone.check("[data-test=answer-less]")
    phone.fill("[data-test=received]", "300")
    phone.fill("[data-test=slip-words]", "只给了三百")
    phone.click("[data-test=slip-say]")
    expect(phone.locator("[data-test=slip-taken]")).to_be_visible()
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    phone.click("[data-test=language]")
    expect(phone.get_by_role("heading", name="Did the money reach you?")).to_be_visible()
    (spoke,) = recorded(founded.store, RecipientSpoke)
    assert (spoke.event.answer, spoke.event.received_fen) == ("less", 30_000)

    inspector = enter("inspector")
    open_page(inspector, "audit")
    expect(inspector.locator("[data-test=voices]")).to_contain_text("只给了三百")
    inspector.click("[data-test=callback-draw]")
    sign(inspector)
    close(inspector)
    inspector.click("[data-test=callback-answer-0]")
    inspector.get_by_role("option", name="没有收到").click()
    inspector.click("[data-test=callback-record-0]")
    # The recipient said otherwise by the slip: that takes a second officer.
    sign(inspector)
    expect(inspector.get_by_role("dialog", name="您将签署")).to_contain_text("两")
    close(inspector)
    assert recorded(founded.store, CallBackRecorded) == []
