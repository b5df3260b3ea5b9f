"""One case in a real browser: nobody came, handed out, taken back; its dossier amended, its payee changed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from api.statements.submissions import write_submission
from ledger.events.dossier import DossierAmended, Facts
from ledger.events.nomination import Confirmed, Rejected
from ledger.events.payout import Disbursed, PayoutReturned, RecipientAbsent
from ledger.identity.documents import PersonIdentity
from ledger.writing.signing import committed
from tests.browser.conftest import Enter
from tests.browser.working import (
    choose,
    close,
    open_page,
    recorded,
    sign,
)
from tests.founding import Founded
from tests.http.serving import served
from tests.scene import ON


class TestHandingOut:
    @pytest.fixture
    def url(self, founded: Founded, tmp_path: Path) -> Iterator[str]:
        with founded.store.writer() as writer:
            founded.paid(writer)
            founded.approved(writer)
        with served(founded, tmp_path) as url:
            yield url

    def test_absent_received_taken_back_and_received_again(
        self, enter: Enter, founded: Founded, url: str
    ) -> None:
        page = enter("tea-clerk2")
        open_page(page, "money")
        page.click("[data-test=draw]")
        page.fill("[data-test=draw-amount]", "500")
        page.fill("[data-test=draw-document]", "领字 1 号")
        page.click("[data-test=draw-go]")
        sign(page)
        page.get_by_role("dialog", name="您将签署").get_by_role("button", name="关闭").last.click()
        open_page(page, "roster")
        expect(page.locator("[data-test=in-hand]")).to_have_text("本单位手中尚有 500.00 元未发")
        row = page.locator("[data-test=roster] .rows tr", has_text="已批准").first
        name = row.locator("td").nth(1).inner_text()
        row.locator("input[type=checkbox]").click()
        page.click("[data-test=absent]")
        page.fill("[data-test=reason]", "外出务工，春节前回来")
        page.click("[data-test=go]")
        expect(page.get_by_role("dialog", name="您将签署")).to_contain_text(f"{name}（tea）")
        sign(page)
        [absent] = recorded(founded.store, RecipientAbsent)
        assert absent.event.note == "外出务工，春节前回来"
        close(page)
        expect(page.locator("[data-test=absences]")).to_have_text("未到 1 次")

        marked = page.locator("[data-test=roster] .rows tr", has_text="未到 1 次")
        for again in range(2):
            marked.locator("input[type=checkbox]").click()
            page.click("[data-test=handout]")
            page.click("[data-test=go]")
            sign(page)
            close(page)
            expect(marked).to_contain_text("已发放")
            expect(page.locator("[data-test=in-hand]")).to_have_count(0)
            if again:
                break
            marked.locator("input[type=checkbox]").click()
            page.click("[data-test=take-back]")
            expect(page.locator("[data-test=back-amount]")).to_have_value("500.00")
            page.fill("[data-test=back-amount]", "500.01")
            page.fill("[data-test=back-reason]", "本人不愿接受")
            expect(page.locator("[data-test=back-go]")).to_be_disabled()
            page.fill("[data-test=back-amount]", "500")
            page.click("[data-test=back-go]")
            expect(page.get_by_role("dialog", name="您将签署")).to_contain_text("500.00 元退回")
            sign(page)
            # Finance signs that the cash is back: what the clerk signed is handed on.
            expect(page.locator("[data-test=refused]:visible")).to_contain_text("return-unseen")
            expect(page.locator("[data-test=second]")).to_be_visible()
            close(page)
            paid = recorded(founded.store, Disbursed)[-1]
            assert paid.event.case is not None
            back_to_unit = PayoutReturned(
                **ON, payout=paid.id, case=paid.event.case, line="workers", amount_fen=50_000, kind="refused",
                to="drawn", reason="本人不愿接受",
            )  # fmt: skip
            by_two = write_submission(founded.sign("tea-clerk2", back_to_unit, second="finance"))
            assert page.request.post(f"{url}/statements", data=by_two).status == 201
            page.reload()
            expect(marked).to_contain_text("已退回")
        [back] = recorded(founded.store, PayoutReturned)
        assert (back.event.kind, back.event.to, back.event.amount_fen) == ("refused", "drawn", 50_000)
        assert len([act for act in recorded(founded.store, Disbursed) if act.event.source == "drawn"]) == 2

    def test_a_confirmer_sends_back_and_rows_are_searched(self, enter: Enter, founded: Founded) -> None:
        clerk = enter("tea-clerk")
        open_page(clerk, "roster")
        clerk.click("[data-test=one]")
        person = founded.people.person()
        clerk.fill("[data-test=hand-name]", person.name)
        clerk.fill("[data-test=hand-number]", person.number)
        clerk.locator("[data-test=hand-category]").click()
        clerk.get_by_role("option").first.click()
        clerk.click("[data-test=hand-go]")
        sign(clerk)
        page = enter("tea-confirmer")
        open_page(page, "roster")
        rows = page.locator("[data-test=roster] .rows tr")
        expect(rows).to_have_count(3)
        page.fill("[data-test=search]", "已申报")
        expect(rows).to_have_count(1)
        choose(page, "已申报")
        page.click("[data-test=reject]")
        page.fill("[data-test=reason]", "缺低保证明")
        page.click("[data-test=go]")
        sign(page)
        assert recorded(founded.store, Rejected)[-1].event.reason == "缺低保证明"
        close(page)
        expect(rows).to_have_count(0)
        page.fill("[data-test=search]", "")
        expect(page.locator("[data-test=roster]")).to_contain_text("已退回或未批准")

    def test_finance_claws_a_payout_back(self, enter: Enter, founded: Founded) -> None:
        page = enter("finance2")
        open_page(page, "roster")
        choose(page, "已发放")
        page.click("[data-test=take-back]")
        page.locator("[data-test=back-kind]").click()
        page.get_by_role("option", name="追回").click()
        page.fill("[data-test=back-amount]", "200")
        page.fill("[data-test=back-reason]", "收入不实")
        page.click("[data-test=back-go]")
        sign(page)
        [back] = recorded(founded.store, PayoutReturned)
        assert (back.event.kind, back.event.to, back.event.amount_fen) == ("clawed-back", "line", 20_000)
        close(page)
        expect(page.locator("[data-test=roster]")).to_contain_text("部分发放")


class TestAmending:
    @pytest.fixture
    def person(self, founded: Founded) -> PersonIdentity:
        return founded.people.person()

    @pytest.fixture
    def url(self, founded: Founded, person: PersonIdentity, tmp_path: Path) -> Iterator[str]:
        with founded.store.writer() as writer:
            founded.nominated(writer, person, cause="illness", household_size=3)
        with served(founded, tmp_path) as url:
            yield url

    def test_facts_are_amended_and_the_identity_given_anew(
        self, enter: Enter, founded: Founded, person: PersonIdentity
    ) -> None:
        page = enter("tea-clerk")
        open_page(page, "roster")
        page.locator("[data-test=roster] .rows tr").last.locator("input[type=checkbox]").click()
        page.click("[data-test=amend]")
        expect(page.locator("[data-test=amend-household_size]")).to_have_value("3")
        page.fill("[data-test=amend-household_size]", "很多")
        page.fill("[data-test=amend-reason]", "入户核查")
        page.click("[data-test=amend-go]")
        expect(page.locator("[data-test=amend-fault]")).to_contain_text("1 至 30")
        page.fill("[data-test=amend-household_size]", "4")
        expect(page.locator("[data-test=amend-changes]")).to_have_text("家庭人口 3 → 4")
        page.locator("[data-test=amend-identity]").click()
        other = founded.people.person()
        page.fill("[data-test=amend-name]", other.name)
        page.fill("[data-test=amend-number]", other.number)
        page.click("[data-test=amend-go]")
        expect(page.locator("[data-test=amend-failed]")).to_contain_text("不能改换证件号码")
        page.fill("[data-test=amend-name]", person.name)
        page.fill("[data-test=amend-number]", person.number)
        page.fill("[data-test=amend-phone]", "13805961234")
        page.click("[data-test=amend-go]")
        expect(page.get_by_role("dialog", name="您将签署")).to_contain_text(
            "家庭人口 3 → 4；身份信息重新登记"
        )
        sign(page)
        [amended] = recorded(founded.store, DossierAmended)
        assert amended.event.facts.household_size == 4
        assert amended.event.facts.cause == "illness"
        assert amended.event.identity_commitment is not None


class TestSuspended:
    @pytest.fixture
    def url(self, founded: Founded, tmp_path: Path) -> Iterator[str]:
        person = founded.people.person()
        with founded.store.writer() as writer:
            _, dossier = founded.approved(writer, person)
            changed = person.model_copy(update={"account": founded.people.person().account})
            promise, disclosure = committed(changed)
            event = DossierAmended(
                unit="tea", dossier=dossier, facts=Facts(), identity_commitment=promise, reason="换卡"
            )
            founded.record(writer, "tea-clerk", event, disclosure)
        with served(founded, tmp_path) as url:
            yield url

    def test_a_changed_account_is_confirmed_again_before_it_is_paid(
        self, enter: Enter, founded: Founded
    ) -> None:
        finance = enter("finance")
        open_page(finance, "roster")
        assert choose(finance, "已暂停（收款信息变更）") == 1
        expect(finance.locator("[data-test=pay]")).to_be_disabled()
        page = enter("tea-confirmer")
        open_page(page, "roster")
        choose(page, "已暂停（收款信息变更）")
        page.click("[data-test=confirm]")
        expect(page.get_by_role("dialog", name="您将签署")).to_contain_text("按变更后的姓名、账户发放")
        sign(page)
        close(page)
        [amended] = recorded(founded.store, DossierAmended)
        [*_, confirmed] = recorded(founded.store, Confirmed)
        assert confirmed.event.basis.version == amended.id
        finance = enter("finance")
        open_page(finance, "roster")
        choose(finance, "已批准")
        finance.click("[data-test=pay]")
        finance.fill("[data-test=document]", "付字 9 号")
        finance.click("[data-test=go]")
        sign(finance)
        [paid] = recorded(founded.store, Disbursed)
        assert paid.event.dossier_version == amended.id
