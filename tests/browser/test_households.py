"""A household in a real browser: a member, what is declared, the class with its working, a visit, on file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from ledger.events.campaign import PolicyAmended
from ledger.events.dossier import DossierFiled, Facts
from ledger.events.dossier_life import HouseholdVisited, PlacedOnFile
from ledger.events.household import (
    HouseholdDeclared,
    MemberErased,
    MemberLeft,
    MemberRecorded,
    MemberRevealed,
)
from ledger.writing.signing import committed
from tests.browser.conftest import Enter
from tests.browser.working import close, open_page, recorded, sign
from tests.founding import Founded
from tests.http.serving import served
from tests.scene import policy
from tests.unit.decisions.test_households import EXCLUSIONS, HARDSHIP


@pytest.fixture
def url(founded: Founded, tmp_path: Path) -> Iterator[str]:
    promise, disclosure = committed(founded.people.person())
    with founded.store.writer() as writer:
        terms = policy(hardship=HARDSHIP, exclusions=EXCLUSIONS)
        amended = PolicyAmended(campaign="b2026", policy=terms, reason="补充认定标准")
        writer.record(founded.signer("approver").sign(amended))
        filed = DossierFiled(unit="tea", identity_commitment=promise, facts=Facts())
        founded.record(writer, "tea-clerk", filed, disclosure)
    with served(founded, tmp_path) as url:
        yield url


def test_from_a_member_to_the_class_and_on_file(enter: Enter, founded: Founded) -> None:
    spouse = founded.people.person()
    page = enter("tea-clerk")
    open_page(page, "dossiers")
    page.locator("[data-test=dossiers] .rows tr").first.click()
    expect(page.locator("[data-test=undeclared]")).to_have_text("尚未申报家庭情况")
    page.click("[data-test=act-MemberRecorded]")
    page.fill("[data-test=member-name]", spouse.name)
    page.fill("[data-test=member-number]", spouse.number)
    page.click("[data-test=household-go]")
    sign(page)
    close(page)
    [member] = recorded(founded.store, MemberRecorded)
    assert member.event.relation == "spouse"
    expect(page.locator("[data-test=member]")).to_contain_text("配偶")
    page.click("[data-test=member-look]")
    page.fill("[data-test=member-purpose]", "核对证件")
    page.click("[data-test=member-reveal]")
    sign(page)
    close(page)
    [looked] = recorded(founded.store, MemberRevealed)
    assert (looked.event.member, looked.event.purpose) == (member.id, "核对证件")
    expect(page.locator("[data-test=member-identity]")).to_contain_text(spouse.number)
    page.click("[data-test=act-HouseholdDeclared]")
    page.fill("[data-test=income-0]", "10000")
    page.fill("[data-test=income-1]", "9,200.00")
    for code, word in (("housing", "是"), ("vehicles", "否")):
        page.click(f"[data-test=exclusion-{code}]")
        page.locator(".el-select-dropdown:visible .el-select-dropdown__item", has_text=word).click()
    page.click("[data-test=class-stated]")
    page.locator(".el-select-dropdown:visible .el-select-dropdown__item", has_text="深度困难").click()
    page.click("[data-test=household-go]")
    sign(page)
    close(page)
    [declared] = recorded(founded.store, HouseholdDeclared)
    assert (declared.event.figures.income_fen, declared.event.stated_class) == (1_920_000, "deep")
    expect(page.locator("[data-test=class]")).to_have_text("测算类别：不符合任何类别")
    expect(page.locator("[data-test=class-differs]")).to_have_text("与测算不符")
    expect(page.locator("[data-test=working]")).to_contain_text(
        "深度困难：人均 800.00 元，标准为 800.00 元——不符合"
    )
    page.click("[data-test=act-HouseholdVisited]")
    page.fill("[data-test=visitors]", "甲、乙")
    page.fill("[data-test=found]", "与申报相符")
    page.click("[data-test=household-go]")
    sign(page)
    close(page)
    [visit] = recorded(founded.store, HouseholdVisited)
    assert (visit.event.visitors, visit.event.agrees) == (["甲", "乙"], True)
    expect(page.locator("[data-test=life]")).to_contain_text("甲、乙：与申报相符")
    page.click("[data-test=act-MemberLeft]")
    page.click("[data-test=member-left]")
    page.locator(".el-select-dropdown:visible .el-select-dropdown__item", has_text="配偶").click()
    page.fill("[data-test=end-reason]", "另立一户")
    page.click("[data-test=household-go]")
    sign(page)
    close(page)
    [left] = recorded(founded.store, MemberLeft)
    assert left.event.reason == "另立一户"
    expect(page.locator("[data-test=member]")).to_have_count(0)
    page = enter("tea-confirmer")
    open_page(page, "dossiers")
    page.locator("[data-test=dossiers] .rows tr").first.click()
    page.click("[data-test=act-PlacedOnFile]")
    page.click("[data-test=household-go]")
    sign(page)
    assert len(recorded(founded.store, PlacedOnFile)) == 1
    expect(page.locator("[data-test=life-state]")).to_have_text("在档")
    page = enter("registrar")
    open_page(page, "registry")
    page.click("[data-test=erase-unit]")
    page.locator(".el-select-dropdown:visible .el-select-dropdown__item", has_text="tea").click()
    for name, text in (
        ("erase-dossier", member.event.dossier),
        ("erase-member-id", member.id),
        ("erase-reason", "本人申请"),
    ):
        page.fill(f"[data-test={name}]", text)
    page.click("[data-test=erase-go]")
    sign(page)
    [erased] = recorded(founded.store, MemberErased)
    assert erased.event.member == member.id
