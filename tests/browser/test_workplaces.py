"""The workplaces in a real browser: typing one, the bank, goods, checks, evidence, reports."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook
from playwright.sync_api import expect

from api.statements.submissions import write_submission
from ledger.events.bank import BankLineMatched, DayReconciled
from ledger.events.campaign import PolicyAmended
from ledger.events.case_chart import ChartFiled
from ledger.events.dossier import DossierFiled, IdentityRevealed
from ledger.events.draws import DrawOrdered
from ledger.events.nomination import Approved, Nominated, NoticePosted, Revoked
from ledger.events.objection import ObjectionLodged, ObjectionSettled
from ledger.events.oversight import CaseOpened, SampleExamined
from ledger.events.payment_file import PaymentFileMade
from ledger.events.payout import AidDelivered, PayoutReturned
from ledger.events.registry import KeyRevoked, OfficerEnrolled, RolesChanged
from tests.browser.conftest import PASSPHRASE, Enter, Visit
from tests.browser.test_every_page import faults
from tests.browser.working import (
    END,
    PIN,
    START,
    WEB,
    choose,
    close,
    open_page,
    recorded,
    sign,
)
from tests.founding import Founded
from tests.http.serving import served
from tests.papers import text_of
from tests.scene import ON, policy


class TestByHand:
    def test_one_person_is_typed_checked_and_nominated(self, enter: Enter, founded: Founded) -> None:
        person = founded.people.person()
        page = enter("tea-clerk")
        open_page(page, "roster")
        page.click("[data-test=one]")
        expect(page.locator("[data-test=hand-go]")).to_be_disabled()
        page.fill("[data-test=hand-name]", person.name)
        page.fill("[data-test=hand-number]", person.number[:-1] + ("1" if person.number[-1] != "1" else "2"))
        page.locator("[data-test=hand-cause]").click()
        page.get_by_role("option", name="因病", exact=True).click()
        page.fill("[data-test=hand-amount_fen]", "500元")
        page.locator("[data-test=hand-category]").click()
        page.get_by_role("option").first.click()
        page.click("[data-test=hand-go]")
        expect(page.locator("[data-test=hand-fault]").first).to_contain_text("校验码")
        page.fill("[data-test=hand-number]", person.number)
        page.click("[data-test=hand-go]")
        expect(page.get_by_role("dialog", name="您将签署")).to_contain_text("建档")
        sign(page)
        expect(page.locator("[data-test=receipt]")).to_contain_text("已登记 2 笔")
        assert recorded(founded.store, DossierFiled)[-1].event.facts.cause == "illness"
        assert recorded(founded.store, Nominated)[-1].event.amount_fen == 50_000
        close(page)
        page.click("[data-test=one]")
        page.fill("[data-test=hand-name]", person.name)
        page.fill("[data-test=hand-number]", person.number)
        page.locator("[data-test=hand-category]").click()
        page.get_by_role("option").first.click()
        page.click("[data-test=hand-go]")
        expect(page.locator("[data-test=by-hand-failed]")).to_contain_text("已有此人的申报")


class TestApproving:
    def test_checks_stand_beside_each_case_and_the_lines_rest_moves_with_the_ticks(
        self, enter: Enter, founded: Founded
    ) -> None:
        confirmer = enter("tea-confirmer")
        open_page(confirmer, "roster")
        choose(confirmer, "已申报")
        confirmer.click("[data-test=confirm]")
        sign(confirmer)
        page = enter("approver")
        open_page(page, "roster")
        expect(page.locator("[data-test=checks]")).to_have_count(4)
        paid = page.locator("[data-test=roster] .rows tr", has_text="已发放")
        expect(paid.locator("[data-test=checks]")).to_contain_text("疑点")
        assert choose(page, "已确认") == 3
        expect(page.locator("[data-test=rest]").first).to_contain_text("249,500.00 → 248,000.00")
        page.click("[data-test=approve]")
        page.click("[data-test=go]")
        expect(page.get_by_role("dialog", name="您将签署")).to_contain_text("500.00 元")
        sign(page)
        assert {act.event.amount_fen for act in recorded(founded.store, Approved)[-3:]} == {50_000}
        close(page)
        page.locator("[data-test=roster] .rows tr", has_text="已批准").first.locator(
            "input[type=checkbox]"
        ).click()
        page.click("[data-test=revoke]")
        page.fill("[data-test=reason]", "材料不实")
        page.click("[data-test=go]")
        sign(page)
        assert recorded(founded.store, Revoked)[-1].event.target == "approval"


class TestGoods:
    @pytest.fixture
    def url(self, founded: Founded, tmp_path: Path) -> Iterator[str]:
        terms = policy().model_copy(update={"forms": ["money", "goods"]})
        with founded.store.writer() as writer:
            event = PolicyAmended(campaign="b2026", policy=terms, reason="增加物资慰问")
            writer.record(founded.signer("approver").sign(event, second=founded.signer("approver2").key))
        with served(founded, tmp_path) as url:
            yield url

    def test_goods_are_nominated_approved_and_given_with_quantity_and_value(
        self, enter: Enter, founded: Founded
    ) -> None:
        person = founded.people.person()
        clerk = enter("tea-clerk")
        open_page(clerk, "roster")
        clerk.click("[data-test=one]")
        clerk.fill("[data-test=hand-name]", person.name)
        clerk.fill("[data-test=hand-number]", person.number)
        clerk.locator("[data-test=hand-category]").click()
        clerk.get_by_role("option").first.click()
        clerk.locator("[data-test=support]").click()
        clerk.get_by_role("option", name="物资").click()
        clerk.click("[data-test=by-hand] h1, [data-test=by-hand] .el-dialog__title")
        clerk.click("[data-test=hand-go]")
        sign(clerk)
        assert recorded(founded.store, Nominated)[-1].event.forms == ["money", "goods"]
        confirmer, approver, finance = enter("tea-confirmer"), enter("approver"), enter("finance")
        open_page(confirmer, "roster")
        choose(confirmer, "已申报")
        confirmer.click("[data-test=confirm]")
        sign(confirmer)
        open_page(approver, "roster")
        choose(approver, "已确认")
        approver.click("[data-test=approve]")
        approver.fill("[data-test=amount]", "500")
        expect(approver.locator("[data-test=go]")).to_be_disabled()
        approver.fill("[data-test=goods]", "160")
        approver.click("[data-test=go]")
        expect(approver.get_by_role("dialog", name="您将签署")).to_contain_text("物资不超过 160.00 元")
        sign(approver)
        assert recorded(founded.store, Approved)[-1].event.goods_fen == 16_000
        open_page(finance, "roster")
        choose(finance, "已批准")
        finance.click("[data-test=aid]")
        finance.fill("[data-test=item]", "大米")
        finance.fill("[data-test=quantity]", "2")
        finance.fill("[data-test=measure]", "袋")
        finance.fill("[data-test=value]", "160")
        finance.click("[data-test=go]")
        expect(finance.get_by_role("dialog", name="您将签署")).to_contain_text("大米 2 袋，折款 160.00 元")
        sign(finance)
        assert recorded(founded.store, AidDelivered)[-1].event.items[0].value_fen == 16_000


class TestTheBank:
    def test_a_file_for_the_bank_and_its_answer(self, enter: Enter, founded: Founded, tmp_path: Path) -> None:
        confirmer, approver = enter("tea-confirmer"), enter("approver")
        open_page(confirmer, "roster")
        choose(confirmer, "已申报")
        confirmer.click("[data-test=confirm]")
        sign(confirmer)
        open_page(approver, "roster")
        choose(approver, "已确认")
        approver.click("[data-test=approve]")
        approver.click("[data-test=go]")
        sign(approver)

        page = enter("finance")
        open_page(page, "roster")
        assert choose(page, "已批准") == 3
        page.click("[data-test=pay]")
        page.fill("[data-test=document]", "代发 1 号")
        page.click("[data-test=go]")
        sign(page)
        close(page)
        # The accounts are shown, which is recorded; the file is signed; only then it is to be had.
        open_page(page, "money")
        expect(page.locator("[data-test=bank-unsent] .el-table__body tr")).to_have_count(4)
        page.click("[data-test=payment-file]")
        page.locator("[data-test=sign-button]:visible").click()
        expect(page.get_by_role("dialog", name="您将签署")).to_contain_text("生成代发文件：批次")
        sign(page)
        assert len(recorded(founded.store, IdentityRevealed)) == 4
        with page.expect_download() as download:
            page.click("[data-test=payment-download]")
        download.value.save_as(tmp_path / "bank.xlsx")
        [made] = recorded(founded.store, PaymentFileMade)
        assert made.event.file == sha256((tmp_path / "bank.xlsx").read_bytes()).hexdigest()
        [table] = load_workbook(tmp_path / "bank.xlsx").worksheets
        heading, *rows = [[str(cell.value or "") for cell in row] for row in table]
        lines = [dict(zip(heading, row, strict=True)) for row in rows]
        assert [line["金额"] for line in lines] == ["500.00"] * 4  # one was paid before
        assert all(re.fullmatch(r"\d{13,19}", line["账号"]) for line in lines)
        page.keyboard.press("Escape")

        book = Workbook()
        sheet = book.active
        assert sheet is not None
        sheet.append(["户名", "账号", "金额", "处理结果", "附言", "失败原因"])
        for line, result in zip(lines, ("成功", "失败", "成功", "成功"), strict=True):
            reason = "户名不符" if result == "失败" else ""
            sheet.append([line["户名"], line["账号"], float(line["金额"]), result, line["附言"], reason])
        book.save(tmp_path / "answer.xlsx")
        close(page)
        # Who paid does not say alone what came back.
        page = enter("finance2")
        open_page(page, "money")
        page.set_input_files("[data-test=bank-answer]", tmp_path / "answer.xlsx")
        expect(page.locator("[data-test=bank-lines]")).to_contain_text("退票")
        page.click("[data-test=bank-match]")
        sign(page)
        expect(page.locator("[data-test=receipt]:visible")).to_contain_text("已登记 5 笔")
        assert [act.event.result for act in recorded(founded.store, BankLineMatched)] == [
            "paid",
            "bounced",
            "paid",
            "paid",
        ]
        assert recorded(founded.store, PayoutReturned)[-1].event.reason == "户名不符"
        close(page)
        # Nor close the day.
        page.click("[data-test=close-day]")
        page.fill("[data-test=bank-sum]", "1000")
        expect(page.locator("[data-test=close-day-go]")).to_be_disabled()
        page.fill("[data-test=explanation]", "一笔退票，一笔尚未入账")
        page.click("[data-test=close-day-go]")
        sign(page)
        [closed] = recorded(founded.store, DayReconciled)
        assert (closed.event.ledger_fen, closed.event.bank_fen) == (200_000, 100_000)
        close(page)
        expect(page.locator("[data-test=bank-days]")).to_contain_text("finance2")


class TestTheInspector:
    def test_dossiers_stand_side_by_side_identities_open_on_record_and_the_graph_unfolds(
        self, enter: Enter, founded: Founded
    ) -> None:
        page = enter("inspector")
        open_page(page, "flags")
        expect(page.locator("[data-test=news]")).to_contain_text("上次查看以来新增")
        page.click("[data-test=filter]")
        page.click("[data-test=filter-column]")
        page.get_by_role("option", name="金额（元）").click()
        page.fill("[data-test=least]", "500")
        page.locator("[data-test=least]").press("Enter")
        page.wait_for_url("**amount_fen=*50000**")
        page.keyboard.press("Escape")
        page.locator("[data-test=flags] .rows tr", has_text="未公示").first.click()
        beside = page.locator("[data-test=dossiers]")
        expect(beside).to_contain_text("••••••")
        page.fill("[data-test=purpose]", "核查公示")
        page.click("[data-test=reveal]")
        sign(page)
        [revealed] = recorded(founded.store, IdentityRevealed)
        assert revealed.event.purpose == "核查公示"
        close(page)
        expect(beside).to_contain_text(re.compile(r"\d{17}[\dX]"))
        page.click("[data-test=show-graph]")
        page.wait_for_url("**/app/canvas?**")
        expect(page.locator("g.node.dossier")).to_have_count(1)
        page.get_by_text("以文字列出关联").click()
        expect(page.locator("[data-test=edges]")).to_contain_text("发放 500.00 元")

    def test_a_chart_is_drawn_by_keyboard_filed_with_a_case_and_laid_out_again(
        self, enter: Enter, founded: Founded
    ) -> None:
        page = enter("inspector")
        opened = founded.sign("inspector", CaseOpened(**ON, title="资金去向", text="群众反映"))
        assert page.request.post("/statements", data=write_submission(opened)).status == 201
        page.goto("/app/canvas?node=unit:tea&open=unit:tea")
        chart = page.locator("[data-test=chart]")
        expect(chart).to_have_attribute("data-nodes", "5")
        assert faults(page) == []
        paid = page.locator("[data-test=relations] li", has_text="500.00 元").get_by_role("button")
        page.locator("[data-node='unit:tea']").focus()
        paid.press("Enter")
        page.locator("g.node.chosen").press("Enter")
        page.locator("g.node.payout").focus()
        expect(page.locator("[data-test=evidence]")).to_contain_text("发放")
        page.locator("g.node.payout").press("Shift+ArrowDown")
        expect(page.locator("g.node.payout.pinned")).to_be_visible()
        page.fill("[data-test=note]", "转入他人账户")
        page.locator("g.node.officer").first.press("Delete")
        expect(page.locator("[data-test=restore]")).to_be_visible()
        assert faults(page) == []
        with page.expect_download() as download:
            page.click("[data-test=picture]")
        assert download.value.suggested_filename == "关系图.png"
        shown = int(chart.get_attribute("data-nodes") or 0)
        page.click("[data-test=open-file]")
        page.click("[data-test=which-case]")
        page.get_by_role("option", name="资金去向").click()
        page.fill("[data-test=chart-text]", "款项转入他人账户")
        page.click("[data-test=file-chart]")
        expect(page.locator("[data-test=sign]")).to_contain_text("转入他人账户")
        sign(page)
        [filed] = recorded(founded.store, ChartFiled)
        assert (len(filed.event.nodes), filed.event.text) == (shown, "款项转入他人账户")
        close(page)
        expect(page.locator("[data-test=filed]")).to_contain_text("款项转入他人账户")
        page.click("[data-test=lay]")
        expect(chart).to_have_attribute("data-nodes", str(shown))
        expect(chart).to_contain_text("转入他人账户")

    def test_an_objection_is_settled(self, enter: Enter, founded: Founded) -> None:
        confirmer = enter("tea-confirmer")
        open_page(confirmer, "roster")
        [case, *_] = [act.id for act in recorded(founded.store, Nominated)[-3:]]
        inspector = enter("inspector")
        choose(confirmer, "已申报")
        confirmer.click("[data-test=notice]")
        for label, day in (("公示起", START), ("公示止", END)):
            confirmer.get_by_label(label).fill(day)
            confirmer.get_by_label(label).press("Enter")
        confirmer.fill("[data-test=place]", "厂门口")
        confirmer.click("[data-test=go]")
        sign(confirmer)
        [posted] = recorded(founded.store, NoticePosted)
        expect(confirmer.locator("[data-test=notices] a")).to_be_visible()
        answer = confirmer.request.post(
            f"/notices/{posted.id}/objections", data={"case": case, "text": "家中另有房产，不应列入"}
        )
        assert answer.status == 201
        open_page(inspector, "roster")
        inspector.click("[data-test=lodge]")
        sign(inspector)
        close(inspector)
        [lodged] = recorded(founded.store, ObjectionLodged)
        assert lodged.event.received == answer.json()["number"]
        inspector.click("[data-test=settle]")
        expect(inspector.locator("[data-test=objection-text]")).to_have_text("家中另有房产，不应列入")
        inspector.locator("[data-test=upheld]").click()
        inspector.fill("[data-test=settle-reason]", "经查属实")
        inspector.click("[data-test=settle-go]")
        sign(inspector)
        [settled] = recorded(founded.store, ObjectionSettled)
        assert (settled.event.objection, settled.event.upheld) == (lodged.id, True)


class TestReports:
    def test_a_report_is_read_printed_and_taken_away(self, enter: Enter, tmp_path: Path) -> None:
        page = enter("finance")
        open_page(page, "reports")
        report = page.locator("[data-test=report]")
        expect(report).to_contain_text("困难人员慰问名单")
        expect(report.locator("tbody tr")).to_have_count(4)
        page.get_by_text("工作总结").click()
        expect(report).to_contain_text("共申报 4 例")
        with page.expect_download() as download:
            page.click("[data-test=xlsx]")
        download.value.save_as(tmp_path / "summary.xlsx")
        sheet = load_workbook(tmp_path / "summary.xlsx").active
        assert sheet is not None
        assert "共申报 4 例" in " ".join(str(cell.value) for line in sheet.iter_rows() for cell in line)
        page.click("[data-test=language]")
        expect(report).to_contain_text("4 cases were nominated")


class TestTheAuditor:
    def test_a_sample_is_drawn_examined_and_signed(self, enter: Enter, founded: Founded) -> None:
        page = enter("auditor")
        open_page(page, "audit")
        page.fill("[data-test=sample-size]", "2")
        page.click("[data-test=draw-sample]")
        sign(page)
        close(page)
        expect(page.locator("[data-test=sampled]")).to_contain_text("从 4 例中抽取 2 例")
        page.fill("[data-test=finding-1]", "缺签收单")
        page.fill("[data-test=conclusion]", "一例须补签收单")
        page.click("[data-test=note-sample]")
        sign(page)
        [examined] = recorded(founded.store, SampleExamined)
        [order] = recorded(founded.store, DrawOrdered)
        assert (examined.event.draw, examined.event.examined) == (order.id, 2)
        assert [each.finding for each in examined.event.exceptions] == ["缺签收单"]
        # Its working paper has the finding and the proof; the receipt stands in the dialog still.
        for place, said in ((".el-dialog:visible", "登记回执"), ("[data-test=sampling] .bar", "缺签收单")):
            with page.expect_download() as download:
                page.locator(f"{place} [data-test=paper]").click()
            assert said in text_of(Path(download.value.path()).read_bytes())
            page.keyboard.press("Escape")

    def test_a_replay_reports_and_the_bundle_is_taken_away(self, enter: Enter, tmp_path: Path) -> None:
        page = enter("auditor")
        open_page(page, "audit")
        page.click("[data-test=replay-start]")
        expect(page.locator("[data-test=replayed]")).to_contain_text("逐行一致")
        with page.expect_download() as download:
            page.click("[data-test=bundle]")
        assert re.fullmatch(r"songnuan-all-\d+\.zip", download.value.suggested_filename)
        expect(page.locator("[data-test=ticks] i").first).to_be_attached()


class TestTheRegistrar:
    def test_an_officer_is_enrolled_by_the_code_of_their_key_and_its_revocation_ends_their_session(
        self, enter: Enter, visit: Visit, founded: Founded, tmp_path: Path
    ) -> None:
        newcomer = visit()
        newcomer.fill("[data-test=word]", PASSPHRASE)
        newcomer.fill("[data-test=again]", PASSPHRASE)
        newcomer.fill("[data-test=new-pin]", PIN)
        newcomer.click("[data-test=make]")
        newcomer.click("[data-test=show-code] summary")
        newcomer.fill("[data-test=code-for]", "li")
        newcomer.locator("[data-test=qr]").screenshot(path=tmp_path / "code.png")

        registrar = enter("registrar")
        open_page(registrar, "registry")
        registrar.click("[data-test=add-unit]")
        registrar.fill("[data-test=code]", "paper")
        registrar.fill("[data-test=register-name]", "造纸厂工会")
        registrar.click("[data-test=register-go]")
        sign(registrar)
        close(registrar)
        expect(registrar.locator("[data-test=units]")).to_contain_text("造纸厂工会")
        registrar.click("[data-test=enrol]")
        registrar.fill("[data-test=code]", "li")
        registrar.fill("[data-test=register-name]", "李审计")
        registrar.locator("#register .el-select").first.click()
        registrar.get_by_role("option", name="造纸厂工会").click()
        registrar.set_input_files("[data-test=scan]", WEB / "index.html")
        expect(registrar.get_by_role("alert")).to_contain_text("没有可读的登记码二维码")
        registrar.set_input_files("[data-test=scan]", tmp_path / "code.png")
        expect(registrar.locator("[data-test=public-key]")).to_have_value(
            re.compile("^[0-9a-f]{64}[.][0-9a-f]{128}$")
        )
        registrar.click("[data-test=add-role]")
        registrar.locator("[data-test=role-0]").click()
        registrar.get_by_role("option", name="审计", exact=True).click()
        expect(registrar.locator("[data-test=register-go]")).to_be_disabled()
        person = founded.officials.person()
        registrar.fill("[data-test=person]", person.name)
        registrar.fill("[data-test=number]", person.number)
        registrar.click("[data-test=register-go]")
        sign(registrar)
        close(registrar)
        assert recorded(founded.store, OfficerEnrolled)[-1].event.grants[0].role == "auditor"

        newcomer.click("[data-test=sign-in]")
        expect(newcomer.locator("nav")).to_contain_text("审计")
        row = registrar.locator("[data-test=officers] tr", has_text="李审计")
        expect(row).to_contain_text("审计")
        row.locator("[data-test=revoke-key]").click()
        registrar.locator("[data-test=compromised]").click()
        registrar.fill("[data-test=register-reason]", "电脑遗失")
        registrar.click("[data-test=register-go]")
        sign(registrar)
        assert recorded(founded.store, KeyRevoked)[-1].event.compromised
        newcomer.reload()
        expect(newcomer.get_by_role("heading", level=1)).to_have_text("密钥与登录")

    def test_roles_are_changed_with_a_reason(self, enter: Enter, founded: Founded) -> None:
        registrar = enter("registrar")
        open_page(registrar, "registry")
        row = registrar.locator("[data-test=officers] tr", has_text="sugar-clerk")
        row.locator("[data-test=change-roles]").click()
        registrar.click("[data-test=add-role]")
        registrar.locator("[data-test=role-1]").click()
        registrar.get_by_role("option", name="确认人", exact=True).click()
        registrar.fill("[data-test=register-reason]", "兼任")
        registrar.click("[data-test=register-go]")
        sign(registrar)
        [changed] = recorded(founded.store, RolesChanged)
        assert [grant.role for grant in changed.event.grants] == ["clerk", "confirmer"]
        close(registrar)
        expect(row).to_contain_text("确认人")


def test_a_receipt_is_verified_in_the_page_and_a_table_is_exported(enter: Enter, tmp_path: Path) -> None:
    page = enter("finance")
    open_page(page, "money")
    page.click("[data-test=allocate]")
    page.fill("[data-test=draw-amount]", "100")
    page.fill("[data-test=draw-document]", "县财社 1 号")
    page.click("[data-test=draw-go]")
    sign(page)
    page.wait_for_timeout(1_500)  # a checkpoint is published at least once a second
    page.locator("[data-test=verify-receipt]:visible").click()
    expect(page.locator("[data-test=verified]:visible")).to_contain_text("本浏览器验证成立")
    close(page)
    section = page.locator("section", has=page.locator("[data-test=lines]"))
    with page.expect_download() as download:
        section.locator("[data-test=export-table]").click()
    download.value.save_as(tmp_path / "lines.csv")
    lines = list(csv.reader((tmp_path / "lines.csv").read_text(encoding="utf-8-sig").splitlines()))
    assert lines[0][0] == "资金项目"
    assert "250,100.00" in lines[1]
