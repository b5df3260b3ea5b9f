"""The workplaces in a real browser: signing, what is refused, moments, proofs, the notice."""

from __future__ import annotations

import base64
import re
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from ledger.crypto.merkle import Tree, leaf_hash
from ledger.events.dossier import DossierFiled
from ledger.events.drawing import DrawnReturned
from ledger.events.nomination import Approved, Nominated, NoticePosted
from ledger.events.objection import ObjectionLodged
from ledger.events.oversight import CaseClosed, CaseExtended, CaseOpened, FlagReviewed, SanctionImposed
from ledger.events.payout import Disbursed
from tests.browser.conftest import Enter, Visit
from tests.browser.working import (
    END,
    START,
    choose,
    close,
    open_page,
    recorded,
    sign,
)
from tests.database.test_writer import entries
from tests.founding import Founded
from tests.http.command_line import roster


def follow(page: Page, number: str) -> str:
    """What the public is told of an objection."""
    page.fill("[data-test=follow]", number)
    with page.expect_response("**/objections/*"):
        page.get_by_role("button", name="查询").click()
    page.wait_for_timeout(100)
    return page.locator("[data-test=followed]").inner_text()


class TestWork:
    def test_cases_go_from_confirmation_to_payout_by_three_officers_in_three_browsers(
        self, enter: Enter, founded: Founded
    ) -> None:
        confirmer = enter("tea-confirmer")
        open_page(confirmer, "roster")
        assert choose(confirmer, "已申报") == 3
        confirmer.click("[data-test=confirm]")
        sign(confirmer)
        expect(confirmer.locator("[data-test=receipt]")).to_contain_text("已登记 3 笔")

        approver = enter("approver")
        open_page(approver, "roster")
        assert choose(approver, "已确认") == 3
        approver.click("[data-test=approve]")
        approver.fill("[data-test=amount]", "999999")
        expect(approver.locator("[data-test=after]")).to_contain_text("余额不够支付")
        expect(approver.locator("[data-test=go]")).to_be_disabled()
        approver.fill("[data-test=amount]", "500")
        expect(approver.locator("[data-test=after]")).to_contain_text("248,000.00")
        approver.click("[data-test=go]")
        dialog = approver.get_by_role("dialog", name="您将签署")
        expect(dialog).to_contain_text("500.00 元")
        sign(approver)
        approved = recorded(founded.store, Approved)[-3:]
        assert {act.event.amount_fen for act in approved} == {50_000}
        assert len({act.signers for act in approved}) == 1

        finance = enter("finance")
        open_page(finance, "roster")
        assert choose(finance, "已批准") == 3
        finance.click("[data-test=pay]")
        finance.fill("[data-test=document]", "付字 7 号")
        finance.click("[data-test=go]")
        sign(finance)
        expect(finance.locator("[data-test=receipt]")).to_contain_text("已登记 3 笔")
        paid = recorded(founded.store, Disbursed)[-3:]
        assert {act.event.document.number for act in paid} == {"付字 7 号"}
        close(finance)
        expect(finance.locator("[data-test=roster]").get_by_text("已发放", exact=True)).to_have_count(4)
        open_page(finance, "money")
        expect(finance.locator("[data-test=lines]")).to_contain_text("2,000.00")
        expect(finance.locator("[data-test=lines]")).to_contain_text("资金来源")

    def test_a_unit_draws_money_hands_it_out_and_returns_the_rest(
        self, enter: Enter, founded: Founded
    ) -> None:
        confirmer = enter("tea-confirmer")
        open_page(confirmer, "roster")
        choose(confirmer, "已申报")
        confirmer.click("[data-test=confirm]")
        sign(confirmer)
        approver = enter("approver")
        open_page(approver, "roster")
        choose(approver, "已确认")
        approver.click("[data-test=approve]")
        approver.fill("[data-test=amount]", "500")
        approver.click("[data-test=go]")
        sign(approver)

        payer = enter("tea-clerk2")
        open_page(payer, "money")
        payer.click("[data-test=draw]")
        payer.fill("[data-test=draw-amount]", "2,000")
        payer.fill("[data-test=draw-document]", "领字 1 号")
        payer.click("[data-test=draw-go]")
        sign(payer)
        close(payer)
        expect(payer.locator("[data-test=holdings]")).to_contain_text("2,000.00")
        open_page(payer, "roster")
        assert choose(payer, "已批准") == 3
        payer.click("[data-test=handout]")
        expect(payer.locator("[data-test=after]")).to_contain_text("手中尚有 2,000.00 元，登记后 500.00 元")
        payer.click("[data-test=go]")
        sign(payer)
        expect(payer.locator("[data-test=receipt]")).to_contain_text("已登记 3 笔")
        close(payer)
        open_page(payer, "money")
        expect(payer.locator("[data-test=give-back]")).to_have_count(0)
        # Finance says that it came back, of the unit that holds it.
        finance = enter("finance")
        open_page(finance, "money")
        expect(finance.locator("[data-test=holdings]")).to_contain_text("500.00")
        finance.click("[data-test=give-back]")
        finance.fill("[data-test=draw-amount]", "500")
        finance.fill("[data-test=draw-reason]", "发放完毕")
        finance.click("[data-test=draw-go]")
        sign(finance)
        close(finance)
        assert recorded(founded.store, DrawnReturned)[-1].event.unit == "tea"
        assert {act.event.source for act in recorded(founded.store, Disbursed)[-3:]} == {"drawn"}

    def test_a_refusal_says_its_rule(self, enter: Enter, founded: Founded) -> None:
        page, other = enter("tea-confirmer"), enter("tea-confirmer")
        for each in (page, other):
            open_page(each, "roster")
            choose(each, "已申报")
            each.click("[data-test=confirm]")
        sign(page)
        sign(other)
        expect(other.locator("[data-test=refused]")).to_contain_text("state-not-allowed")
        expect(other.locator("[data-test=refused]")).to_contain_text("3 笔未登记")

    def test_a_table_is_exported_for_excel(self, enter: Enter, tmp_path: Path) -> None:
        page = enter("approver")
        open_page(page, "roster")
        expect(page.locator("[data-test=roster] .rows tr")).to_have_count(4)
        with page.expect_download() as download:
            page.click("[data-test=export]")
        download.value.save_as(tmp_path / "roster.csv")
        lines = (tmp_path / "roster.csv").read_text(encoding="utf-8-sig").splitlines()
        assert lines[0].startswith("登记序号,姓名或名称,单位,类别,状态")
        assert len(lines) == 5

    def test_an_officer_sees_only_what_is_theirs(self, enter: Enter) -> None:
        clerk = enter("tea-clerk")
        names = clerk.locator("nav a").all_inner_texts()
        assert names == [
            "工作台",
            "资金",
            "名单",
            "发放明细",
            "困难档案",
            "活动",
            "报表",
            "领款凭条",
            "登记",
            "密钥",
        ]
        clerk.goto("/app/flags")
        expect(clerk.locator("[data-test=denied]")).to_contain_text("无权查看")
        clerk.goto("/app/roster")
        clerk.locator("[data-test=roster] .rows tr").first.click()
        expect(clerk.locator("[data-test=timeline]")).to_contain_text("建档")

    def test_a_notice_is_posted_and_the_public_reads_it(
        self, enter: Enter, visit: Visit, founded: Founded
    ) -> None:
        confirmer = enter("tea-confirmer")
        open_page(confirmer, "roster")
        choose(confirmer, "已申报")
        confirmer.click("[data-test=notice]")
        for label, day in (("公示起", START), ("公示止", END)):
            confirmer.get_by_label(label).fill(day)
            confirmer.get_by_label(label).press("Enter")
        confirmer.fill("[data-test=place]", "厂门口")
        confirmer.click("[data-test=go]")
        sign(confirmer)
        expect(confirmer.locator("[data-test=receipt]")).to_be_visible()
        [posted] = recorded(founded.store, NoticePosted)
        address = confirmer.locator("[data-test=notices] a").get_attribute("href")
        assert address == f"/app/notice/{posted.id}"
        public = visit()
        public.goto(address)
        expect(public.locator("tbody tr")).to_have_count(3)
        expect(public.locator("main")).to_contain_text(f"{START} 至 {END}")
        assert "*" in public.locator("tbody").inner_text()
        expect(public.locator("nav")).to_have_count(0)

        public.select_option("[data-test=whom]", index=1)
        public.fill("[data-test=objection]", "此人家庭并不困难，另有房产")
        public.click("[data-test=object]")
        number = public.locator("[data-test=number] strong").inner_text()
        assert "收到" in follow(public, number)
        approver = enter("approver")
        open_page(approver, "roster")
        approver.click("[data-test=lodge]")
        sign(approver)
        expect(approver.locator("[data-test=inbox]")).to_have_count(0)
        [lodged] = recorded(founded.store, ObjectionLodged)
        assert lodged.event.text == "此人家庭并不困难，另有房产"
        assert "正在核查" in follow(public, number)
        assert "没有这个编号" in follow(public, "NOSUCHNUMBER")

    def test_the_inspector_reviews_a_flag(self, enter: Enter, founded: Founded) -> None:
        page = enter("inspector")
        open_page(page, "flags")
        page.locator("[data-test=flags] .rows tr").first.click()
        expect(page.locator("[data-test=flag]")).to_contain_text("依据条款")
        assert not re.search(r"Approved|Disbursed", page.locator("[data-test=flag]").inner_text())
        page.fill("[data-test=review-reason]", "核对付款凭证，情况属实")
        page.click("[data-test=uphold]")
        sign(page)
        expect(page.locator("[data-test=receipt]")).to_be_visible()
        assert recorded(founded.store, FlagReviewed)[-1].event.disposition == "confirmed"


class TestCases:
    def test_a_case_is_opened_over_a_flag_and_closed_with_a_sanction(
        self, enter: Enter, founded: Founded
    ) -> None:
        page = enter("inspector")
        open_page(page, "flags")
        page.locator("[data-test=flags] .rows tr", has_text="tea").first.click()
        page.fill("[data-test=review-reason]", "群众反映，需进一步核查")
        page.click("[data-test=open-case]")
        sign(page)
        expect(page.locator("[data-test=flag]")).to_contain_text("核查中")
        page.goto("/app/cases")
        page.click("[data-test=close-case]")
        page.locator("[data-test=finding]").click()
        page.get_by_role("option", name="属实", exact=True).click()
        page.fill("[data-test=case-amount]", "500")
        page.fill("[data-test=case-text]", "经查属实，责令退回")
        page.fill("[data-test=claw-back]", "500")
        page.locator("[data-test=case-officers]").click()
        page.get_by_role("option", name="finance", exact=True).click()
        page.locator(".el-dialog__title:visible").click()
        page.locator("[data-test=sanction]").click()
        page.click("[data-test=case-go]")
        sign(page)
        expect(page.locator("[data-test=receipt]")).to_contain_text("已登记 2 笔")
        expect(page.locator("[data-test=cases]")).to_contain_text("属实")
        assert recorded(founded.store, CaseClosed)[-1].event.amount_fen == 50_000
        assert recorded(founded.store, SanctionImposed)[-1].event.unit == "tea"
        closed = recorded(founded.store, CaseClosed)[-1].event
        assert closed.officers == ["finance"]
        assert [(each.kind, each.amount_fen) for each in closed.measures] == [
            ("return", 50_000),
            ("sanction", None),
        ]
        close(page)
        page.click("[data-test=case-report]")
        report = page.locator("[data-test=report]")
        expect(report).to_contain_text("经查属实，责令退回")
        expect(report).to_contain_text("finance")

    def test_another_flag_is_joined_to_an_open_case(self, enter: Enter, founded: Founded) -> None:
        page = enter("inspector")
        open_page(page, "flags")
        rows = page.locator("[data-test=flags] .rows tr").filter(has_not_text="授权管理员单独办理")
        rows.nth(0).click()
        page.fill("[data-test=review-reason]", "群众反映，需进一步核查")
        page.click("[data-test=open-case]")
        sign(page)
        close(page)
        page.keyboard.press("Escape")
        rows.nth(1).click()
        page.fill("[data-test=review-reason]", "与前案同一单位")
        page.locator("[data-test=join-which]").click()
        page.get_by_role("option").locator("visible=true").first.click()
        page.click("[data-test=join-case]")
        sign(page)
        expect(page.locator("[data-test=flag]")).to_contain_text("核查中")
        [joined] = recorded(founded.store, CaseExtended)
        assert joined.event.investigation == recorded(founded.store, CaseOpened)[-1].id


class TestRosterUpload:
    def test_faults_stand_by_their_cells_and_the_rest_is_signed_once(
        self, enter: Enter, founded: Founded, tmp_path: Path
    ) -> None:
        roster(tmp_path / "roster.xlsx", 25, seed=5, faulty=True)
        before = len(entries(founded.store))
        page = enter("tea-clerk")
        open_page(page, "roster")
        page.click("[data-test=upload]")
        page.set_input_files("[data-test=roster-file]", tmp_path / "roster.xlsx")
        expect(page.locator("[data-test=read]")).to_contain_text("可提交 25 行，有误 1 行")
        expect(page.locator("[data-test=faults]")).to_contain_text("号码被 Excel 存成数值")
        assert len(entries(founded.store)) == before
        page.click("[data-test=upload-go]")
        card = page.get_by_role("dialog", name="您将签署")
        expect(card).to_contain_text("共 50 件，一次签署")
        groups = card.locator("[data-test=sign-groups] button")
        expect(groups).to_have_count(2)
        expect(groups.nth(1)).to_contain_text("25 件")
        expect(card.locator("[data-test=sign-acts] li")).to_have_count(50)
        groups.nth(1).click()
        expect(card.locator("[data-test=sign-acts] li")).to_have_count(25)
        last = card.locator("[data-test=sign-acts] li").last
        last.locator("button").click()
        expect(last.locator("pre")).to_contain_text('"type":"Nominated.v1"')
        card.locator("[data-test=sign-search]").fill("没有此人")
        expect(card.locator("[data-test=sign-acts] li")).to_have_count(0)
        expect(card).to_contain_text("50 件中符合的 0 件")
        expect(groups.nth(1)).to_contain_text("申报")
        sign(page)
        expect(page.locator("[data-test=receipt]")).to_contain_text("已登记 50 笔")
        nominated = recorded(founded.store, Nominated)[-25:]
        assert len({act.signers for act in nominated}) == 1
        close(page)
        expect(page.locator("[data-test=roster] [data-test=total]")).to_have_text("29 行")
        page.click("[data-test=upload]")
        page.set_input_files("[data-test=roster-file]", tmp_path / "roster.xlsx")
        expect(page.locator("[data-test=read]")).to_contain_text("另有 25 人本活动已申报")
        expect(page.locator("[data-test=upload-go]")).to_be_disabled()

    def test_what_is_at_fault_is_corrected_in_the_page(
        self, enter: Enter, founded: Founded, tmp_path: Path
    ) -> None:
        good, first, second = (founded.people.person() for _ in range(3))
        wrong = first.number[:-1] + ("1" if first.number[-1] != "1" else "2")
        lines = [
            "姓名,公民身份号码,对象类别,家庭人口",
            f"{good.name},{good.number},困难职工,3",
            f"{first.name},{wrong},困难职工,很多",
            f"{second.name},{good.number},困难职工,2",
        ]
        (tmp_path / "roster.csv").write_text("\n".join(lines), encoding="utf-8")
        page = enter("tea-clerk")
        open_page(page, "roster")
        page.click("[data-test=upload]")
        page.set_input_files("[data-test=roster-file]", tmp_path / "roster.csv")
        expect(page.locator("[data-test=read]")).to_contain_text("可提交 0 行，有误 3 行")
        line = page.locator("[data-test=correction]", has_text="第 3 行")
        line.locator("[data-test=fix-number]").fill(first.number)
        expect(line.locator("[data-test=fix-fault]")).to_have_count(2)
        page.click("[data-test=read-again]")
        expect(line.locator("[data-test=fix-fault]")).to_have_count(1)
        expect(line.locator("[data-test=fix-fault]")).to_contain_text("1 至 30")
        line.locator("[data-test=fix-household_size]").fill("4")
        twice = page.locator("[data-test=correction]", has_text="第 4 行")
        expect(twice.locator("[data-test=fix-fault]")).to_contain_text("同一号码有两个姓名")
        twice.locator("[data-test=fix-number]").fill(second.number)
        page.click("[data-test=read-again]")
        expect(page.locator("[data-test=read]")).to_contain_text("可提交 3 行，有误 0 行")
        page.click("[data-test=upload-go]")
        sign(page)
        expect(page.locator("[data-test=receipt]")).to_contain_text("已登记 6 笔")
        assert recorded(founded.store, DossierFiled)[-2].event.facts.household_size == 4

    def test_what_is_no_roster_says_so(self, enter: Enter, tmp_path: Path) -> None:
        (tmp_path / "roster.xlsx").write_text("nothing")
        page = enter("tea-clerk")
        open_page(page, "roster")
        page.click("[data-test=upload]")
        page.set_input_files("[data-test=roster-file]", tmp_path / "roster.xlsx")
        expect(page.locator("[data-test=upload-failed]")).to_be_visible()


class TestAudit:
    def test_the_slider_turns_back_and_says_the_difference(self, enter: Enter) -> None:
        page = enter("auditor")
        open_page(page, "audit")
        slider = page.get_by_role("slider")
        slider.focus()
        for _ in range(6):
            slider.press("ArrowLeft")
        expect(page.locator("[data-test=differences]")).to_contain_text("新增")
        open_page(page, "roster")
        expect(page.get_by_text("正在查看历史时点")).to_be_visible()
        before = page.locator("[data-test=roster] .rows tr").count()
        page.get_by_role("button", name="回到现在").click()
        expect(page.locator("[data-test=roster] .rows tr")).to_have_count(4)
        assert before < 4

    def test_an_entry_is_verified_by_the_browsers_own_code(self, enter: Enter, founded: Founded) -> None:
        page = enter("auditor")
        expect(page.locator("[data-test=badge]")).to_contain_text("已在本浏览器验证")
        open_page(page, "audit")
        newest = len(entries(founded.store))
        for position in (1, newest):
            page.fill("[data-test=entry]", str(position))
            page.click("[data-test=check]")
            steps = page.locator("[data-test=steps] li")
            expect(steps).to_have_count(4)
            assert all("成立" in step and "不成立" not in step for step in steps.all_inner_texts())

    def test_the_log_must_append_to_what_this_browser_saw_last(self, enter: Enter, founded: Founded) -> None:
        page = enter("finance")
        badge = page.locator("[data-test=badge]")
        expect(badge).to_contain_text("已在本浏览器验证")
        page.evaluate(
            """() => { for (const name of Object.keys(localStorage)) {
                if (name.startsWith('songnuan-checkpoint:')) window.seen = [name, localStorage[name]]
            } }"""
        )
        for size in range(1, len(entries(founded.store)), 4):
            leaves = [leaf_hash(entry) for _, entry in entries(founded.store)[:size]]
            root = base64.b64encode(Tree(leaves).root).decode()
            page.evaluate(
                "kept => { localStorage[window.seen[0]] = JSON.stringify(kept) }",
                {"size": size, "root": root},
            )
            badge.click()
            # It was good before: what shows that it was verified again is what this browser saw last.
            page.wait_for_function("size => JSON.parse(localStorage[window.seen[0]]).size > size", arg=size)
            expect(badge).to_have_class(re.compile("good"))
        other = {"size": 7, "root": base64.b64encode(bytes(32)).decode()}
        page.evaluate("kept => { localStorage[window.seen[0]] = JSON.stringify(kept) }", other)
        badge.click()
        expect(badge).to_contain_text("验证不通过：7 →")
        other = {"size": 10**6, "root": other["root"]}
        page.evaluate("kept => { localStorage[window.seen[0]] = JSON.stringify(kept) }", other)
        badge.click()
        expect(badge).to_contain_text("< 1000000")

    def test_what_was_tampered_with_does_not_verify(self, enter: Enter, founded: Founded) -> None:
        page = enter("auditor")
        open_page(page, "audit")

        def spoil(route: Any) -> None:
            answer = route.fetch()
            body = answer.json()
            body["receipt"]["recorded_at"] = "2020-01-01T00:00:00.000000Z"
            route.fulfill(response=answer, json=body)

        page.route(re.compile(r"/statements/"), spoil)
        page.fill("[data-test=entry]", "5")
        page.click("[data-test=check]")
        expect(page.locator("[data-test=steps]")).to_contain_text("不成立")


class TestEveryPage:
    def test_in_english_too(self, enter: Enter) -> None:
        page = enter("auditor")
        page.click("[data-test=language]")
        for name, heading in (
            ("money", "Money"),
            ("roster", "Roster"),
            ("flags", "Flags"),
            ("audit", "Audit"),
            ("registry", "Registry"),
        ):
            open_page(page, name)
            expect(page.get_by_role("heading", level=1)).to_have_text(heading)
        assert page.evaluate("document.documentElement.lang") == "en"
        page.reload()
        expect(page.get_by_role("heading", level=1)).to_have_text("Registry")
