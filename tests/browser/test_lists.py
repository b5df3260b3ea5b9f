"""Lists from outside in a real browser: an auditor loads one, an inspector sees what it says."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, expect

from api.gate import every_view
from api.identities.disclosing import newest
from ledger.clock import china_today
from ledger.events.dossier import DossierFiled
from ledger.events.register import ReferenceListed, ReferenceRevealed, ReferenceWithdrawn
from ledger.identity.documents import PersonIdentity
from tests.browser.conftest import Enter
from tests.browser.working import close, open_page, recorded, sign
from tests.founding import Founded


def fill(page: Page) -> None:
    page.locator("[data-test=list-kind]").click()
    page.get_by_role("option", name="死亡人口").click()
    page.fill("[data-test=list-title]", "2025 年死亡人口")
    page.fill("[data-test=list-source]", "民政局")
    page.locator("[data-test=list-unit]").click()
    page.get_by_role("option", name="county", exact=True).click()
    page.get_by_label("数据日期").fill(china_today())
    page.keyboard.press("Enter")


class TestLists:
    def test_one_is_loaded_matched_opened_and_withdrawn(
        self, enter: Enter, founded: Founded, tmp_path: Path
    ) -> None:
        dossier = recorded(founded.store, DossierFiled)[0].id  # of the one who was paid
        with founded.store.connect() as connection:
            person = newest(every_view(connection), founded.store.vault(), [dossier])[dossier]
        assert isinstance(person, PersonIdentity)
        file = tmp_path / "死亡人口.csv"
        file.write_text(
            f"姓名,身份证号,死亡日期,备注\n{person.name},{person.number},2025-12-01,\n无名,123,2025-12-01,"
        )
        page = enter("auditor")
        open_page(page, "lists")
        expect(page.locator("[data-test=list-file]")).to_be_disabled()
        fill(page)
        expect(page.locator("[data-test=list-meaning]")).to_contain_text("死亡日期")
        page.set_input_files("[data-test=list-file]", file)
        expect(page.locator("[data-test=list-quality]")).to_contain_text(
            "可用 1 行，其中号码重复 0 行；有误未采用 1 行"
        )
        expect(page.locator("[data-test=list-quality]")).to_contain_text("D 备注")
        expect(page.locator("[data-test=list-faults] tbody tr")).to_have_count(1)
        page.click("[data-test=list-register]")
        expect(page.get_by_role("dialog", name="您将签署")).to_contain_text("来源 民政局")
        sign(page)
        close(page)
        assert recorded(founded.store, ReferenceListed)[-1].event.invalid == 1
        inspector = enter("inspector")
        open_page(inspector, "lists")
        inspector.locator("[data-test=lists] .rows tr").first.click()
        matches = inspector.locator("[data-test=hits] .rows tr")
        expect(matches).to_have_count(1)
        matches.first.locator("input[type=checkbox]").check()
        inspector.click("[data-test=list-reveal]")
        sign(inspector)
        close(inspector)
        expect(inspector.locator("[data-test=list-shown]")).to_contain_text("死亡日期 2025-12-01")
        assert recorded(founded.store, ReferenceRevealed)[-1].event.purpose == "核实死亡日期"
        inspector.click("[data-test=list-withdraw]")
        inspector.fill("[data-test=list-withdraw-reason]", "来源有误")
        inspector.get_by_role("button", name="确定").click()
        expect(inspector.get_by_role("dialog", name="您将签署")).to_contain_text("撤回比对名单")
        # Two withdraw one: the page says so, and the first signature is handed on by file.
        inspector.locator("[data-test=sign-button]:visible").click()
        expect(inspector.locator("[data-test=second]")).to_be_visible()
        assert recorded(founded.store, ReferenceWithdrawn) == []
