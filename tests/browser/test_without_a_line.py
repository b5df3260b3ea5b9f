"""Handing out on a phone with the line cut: signed here, kept, sent once, recorded once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import Page, Route, expect

from api.statements.submissions import write_submission
from ledger.events.campaign import CampaignOpened
from ledger.events.dossier_life import HouseholdVisited
from ledger.events.drawing import MoneyDrawn
from ledger.events.nomination import Nominated
from ledger.events.payout import Disbursed, PayoutReturned, RecipientAbsent
from tests.browser.conftest import Enter
from tests.browser.working import PIN, open_page, recorded
from tests.founding import Founded
from tests.http.serving import served
from tests.scene import ON, policy

NAMES = ("曾小三", "单明", "王大力")
KEPT = """() => new Promise((done) => {
    const open = indexedDB.open('songnuan-device', 1)
    open.onsuccess = () => {
        const all = open.result.transaction('sealed').objectStore('sealed').count()
        all.onsuccess = () => done(all.result)
    }
})"""
"""How much the browser keeps for times without a line."""


@pytest.fixture
def url(founded: Founded, tmp_path: Path) -> Iterator[str]:
    with founded.store.writer() as writer:
        for name in NAMES:
            founded.approved(writer, founded.people.person().model_copy(update={"name": name}))
        founded.record(writer, "tea-clerk2", MoneyDrawn(**ON, line="workers", amount_fen=120_000))
    with served(founded, tmp_path) as url:
        yield url


def cut(page: Page) -> None:
    page.context.set_offline(True)
    expect(page.locator("[data-test=no-line]")).to_be_visible()


def hand(page: Page, row: str, choice: str) -> None:
    """Opens a row and signs what is chosen."""
    page.locator("[data-test=handout] .row", has_text=row).click()
    if choice != "returned":  # for whom nothing is due, that is all there is
        page.click(f"[data-test=site-{choice}]")
    if choice == "proxy":
        page.fill("[data-test=site-authorisation]", "委 1 号")
    if choice == "returned":
        page.fill("[data-test=site-note]", "本人不愿接受")
    expect(page.locator("[data-test=site-words]")).to_contain_text(row)
    page.click("[data-test=site-sign]")
    expect(page.locator("[data-test=site-words]:visible")).to_have_count(0)


def phone(enter: Enter, officer: str) -> Page:
    page = enter(officer)
    page.set_viewport_size({"width": 390, "height": 844})
    open_page(page, "handout")
    expect(page.locator("[data-test=handout] li")).to_have_count(3)
    expect(page.locator("[data-test=shell-kept]")).to_be_visible()
    return page


def test_what_is_signed_without_a_line_is_kept_through_a_reload_and_recorded_once(
    enter: Enter, founded: Founded
) -> None:
    page = phone(enter, "tea-clerk2")
    expect(page.locator("[data-test=hand-left]")).to_have_text("1,200.00")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    for asked, found in (("cs", "曾*三"), ("zs", "曾*三"), ("s", "单*"), ("wdl", "王*力")):
        page.fill("[data-test=handout-search]", asked)
        expect(page.locator("[data-test=handout] .row", has_text=found)).to_have_count(1)
    page.fill("[data-test=handout-search]", "")
    cut(page)
    hand(page, "曾*三", "self")
    hand(page, "单*", "proxy")
    expect(page.locator("[data-test=hand-left]")).to_have_text("200.00")
    # No more can be handed out than is in hand.
    page.locator("[data-test=handout] .row", has_text="王*力").click()
    page.click("[data-test=site-self]")
    expect(page.locator("[data-test=site-short]")).to_contain_text("200.00")
    expect(page.locator("[data-test=site-sign]")).to_be_disabled()
    page.click("[data-test=site-absent]")
    page.click("[data-test=site-sign]")
    expect(page.locator("[data-test=waiting]")).to_have_text("3 笔尚未登记")

    page.reload()
    page.fill("[data-test=pin]", PIN)
    page.click("[data-test=sign-in]")
    page.wait_for_url("**/app/handout**")
    expect(page.locator("[data-test=waiting]")).to_have_text("3 笔尚未登记")
    page.click("[data-test=standing-given]")
    expect(page.locator("[data-test=act-waiting]")).to_have_count(2)
    hand(page, "单*", "returned")
    page.click("[data-test=view-visiting]")
    page.locator("[data-test=visits] .row", has_text="王*力").click()
    page.fill("[data-test=site-visitors]", "陈主任、林组长")
    page.fill("[data-test=site-found]", "与申报一致")
    page.click("[data-test=site-sign]")
    expect(page.locator("[data-test=waiting]")).to_have_text("5 笔尚未登记")
    assert recorded(founded.store, Disbursed) == []

    page.context.set_offline(False)
    expect(page.locator("[data-test=waiting]")).to_have_count(0)
    page.click("[data-test=view-handing]")
    # That money came back to the unit's hand finance confirms too: what was signed goes into its tray.
    expect(page.locator("[data-test=hand-left]")).to_have_text("200.00")
    expect(page.locator("[data-test=standing-given]")).to_have_text("已发放 2")
    expect(page.locator("[data-test=act-refused]")).to_contain_text("return-unseen")
    page.click("[data-test=to-tray]")
    expect(page.locator("[data-test=in-tray]")).to_contain_text("1 件")
    first, second = recorded(founded.store, Disbursed)
    assert (first.event.source, first.event.receipt.received_by) == ("drawn", "self")
    assert second.event.receipt.authorisation.number == "委 1 号"
    assert recorded(founded.store, PayoutReturned) == []
    assert len(recorded(founded.store, RecipientAbsent)) == 1
    [visit] = recorded(founded.store, HouseholdVisited)
    assert visit.event.visitors == ["陈主任", "林组长"]
    expect(page.locator("[data-test=outgoing]")).to_have_count(1)


def test_an_answer_that_was_lost_is_asked_for_again_and_a_refusal_stands_beside_its_row(
    enter: Enter, founded: Founded, url: str
) -> None:
    page = phone(enter, "tea-clerk2")
    # The ledger records, and its answer never arrives.
    sent: list[str] = []

    def lose(route: Route) -> None:
        sent.append(route.request.post_data or "")
        route.fetch()
        route.abort()

    page.route("**/statements", lose)
    hand(page, "曾*三", "self")
    expect(page.locator("[data-test=waiting]")).to_have_text("1 笔尚未登记")
    page.click("[data-test=standing-given]")
    expect(page.locator("[data-test=act-remove]")).to_have_count(0)
    page.unroute("**/statements")
    page.click("[data-test=handout-refresh]")
    expect(page.locator("[data-test=outgoing]")).to_have_count(0)
    assert len(recorded(founded.store, Disbursed)) == 1
    assert len(sent) == 1

    # Somebody else hands out meanwhile what is signed here.
    page.click("[data-test=standing-due]")
    cut(page)
    hand(page, "单*", "self")
    case = recorded(founded.store, Nominated)[NAMES.index("单明")]
    paid = Disbursed(**ON, case=case.id, dossier=case.event.dossier, line="workers", amount_fen=50_000)
    answer = httpx2.post(f"{url}/statements", json=write_submission(founded.sign("finance", paid)))
    assert answer.status_code == 201, answer.text
    page.context.set_offline(False)
    refused = page.locator("[data-test=act-refused]")
    expect(refused).to_contain_text("payout-above-approval")
    expect(page.locator("[data-test=not-sent]")).to_have_text("1 笔尚未登记")
    page.get_by_role("button", name="退出").click()
    expect(page.get_by_role("dialog")).to_contain_text("1 笔已签署、未登记")
    page.get_by_role("dialog").get_by_role("button", name="取消").click()
    page.click("[data-test=act-remove]")
    expect(refused).to_have_count(0)
    assert len(recorded(founded.store, Disbursed)) == 2
    page.get_by_role("button", name="退出").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("密钥与登录")
    assert page.evaluate(KEPT) == 0


def test_where_several_campaigns_are_open_one_is_chosen_on_the_page(enter: Enter, founded: Founded) -> None:
    page = enter("tea-clerk2")
    later = CampaignOpened(campaign="c2026", unit="county", title="春送岗位", policy=policy())
    answer = page.request.post("/statements", data=write_submission(founded.sign("approver", later)))
    position = answer.json()["position"]
    assert page.request.get(f"/campaigns?wait_for={position}").ok
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/app/handout")
    page.fill("[data-test=prompt-pin]", PIN)
    page.click("[data-test=prompt-go]")
    page.get_by_role("button", name="春送岗位").click()
    expect(page.locator("[data-test=hand-left]")).to_have_text("0.00")
