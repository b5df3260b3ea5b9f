"""How money goes and where it stays: guilty F, innocent look-alike, cleared."""

from __future__ import annotations

from hashlib import sha256
from typing import Any, Literal

import pytest

from ledger.domain.event import Document
from ledger.domain.policy.collective import CollectiveRules
from ledger.events.bank import BankLineMatched
from ledger.events.campaign import CampaignClosed
from ledger.events.collective import CollectiveHelpApproved, CollectiveHelpGiven, CollectiveHelpReturned
from ledger.events.drawing import DrawnReturned, MoneyDrawn
from ledger.events.fund_return import FundReturned
from ledger.events.funds import FundAllocated
from ledger.events.nomination import Approved, Confirmed
from ledger.events.payout import PayoutReturned
from ledger.events.recipient import Receipt
from ledger.writing.signing import committed
from tests.database.projections.conftest import Views
from tests.database.projections.flags.steps import (
    ON,
    agree,
    amend,
    approve,
    days_ago,
    on_paper,
    pay,
    returned,
    revoke,
    set_policy,
    subject,
    subjects,
)


class TestSplitPayout:
    def test_parts_that_add_up_to_the_limit_are_innocent(self, views: Views) -> None:
        f, w = views.founded, views.writer
        set_policy(views, two_signatures_above_fen=60_000)
        F = f.people.person()
        case, dossier = f.approved(w, F, amount_fen=60_000)
        pay(views, dossier, case, 30_000)
        assert subjects(views, "split-payout") == []
        f.record(w, "finance2", parts_returned(case, pay(views, dossier, case, 30_000)))
        assert subjects(views, "split-payout") == []

    def test_f_gets_two_payouts_above_the_standard_in_a_week(self, views: Views) -> None:
        f, w = views.founded, views.writer
        F, spread = f.people.person(), f.people.person()
        case, dossier = f.approved(w, F, amount_fen=80_000)
        pay(views, dossier, case, 40_000, on=days_ago(6))
        payout = pay(views, dossier, case, 40_000)
        ((found, _, evidence, amount_fen),) = views.flags("split-payout")
        assert (found, len(evidence), amount_fen) == (subject(views, F), 2, 80_000)
        returned(views, payout, case, 30_000)
        assert subjects(views, "split-payout") == []
        other, slow = f.approved(w, spread, amount_fen=80_000)
        pay(views, slow, other, 40_000)
        f.let_pass(w, 7)
        pay(views, slow, other, 40_000)
        assert subjects(views, "split-payout") == []

    def test_dates_a_week_apart_do_not_hide_what_is_recorded_together(self, views: Views) -> None:
        f, w = views.founded, views.writer
        F = f.people.person()
        case, dossier = f.approved(w, F, amount_fen=80_000)
        pay(views, dossier, case, 40_000, on=days_ago(7))
        pay(views, dossier, case, 40_000)
        assert subjects(views, "split-payout") == [subject(views, F)]

    @pytest.mark.parametrize(("officer", "guilty"), [("auditor", False), ("finance", True)])
    def test_what_an_auditor_finds_on_paper_counts_by_its_dates(
        self, views: Views, officer: str, guilty: bool
    ) -> None:
        f, w = views.founded, views.writer
        person = f.people.person()
        case, dossier = f.approved(w, person, amount_fen=80_000)
        late: dict[str, Any] = {"after_the_fact": True, "after_the_fact_reason": "补录"}
        for days in (20, 1):
            pay(views, dossier, case, 40_000, officer=officer, on=days_ago(days), **late)
        assert subjects(views, "split-payout") == ([subject(views, person)] if guilty else [])

    def test_f_gets_parts_above_the_sum_that_two_must_sign(self, views: Views) -> None:
        set_policy(views, two_signatures_above_fen=30_000)
        F = views.founded.people.person()
        f, w = views.founded, views.writer
        case, dossier = f.nominated(w, F)
        f.record(w, "tea-confirmer", Confirmed(**ON, case=case))
        approved = Approved(**ON, case=case, line="workers", amount_fen=50_000)
        w.record(f.signer("approver").sign(approved, second=f.signer("approver2").key))
        pay(views, dossier, case, 25_000)
        pay(views, dossier, case, 25_000)
        assert [row[3] for row in views.flags("split-payout")] == [50_000]

    def test_one_payout_above_the_standard_is_another_flag(self, views: Views) -> None:
        views.founded.paid(views.writer, amount_fen=80_000)
        assert subjects(views, "split-payout") == []


def parts_returned(case: str, payout: str) -> PayoutReturned:
    return PayoutReturned(
        **ON, payout=payout, case=case, line="workers", amount_fen=30_000, kind="refused", reason="退回"
    )


class TestAccountChanged:
    def test_f_got_another_account_a_week_before(self, views: Views) -> None:
        f, w = views.founded, views.writer
        person, other = f.people.person(), f.people.person()
        dossier = f.dossier(w, person)
        case = approve(views, dossier)
        amend(views, dossier, person.model_copy(update={"account": other.account}))
        F = pay(views, dossier, case, dossier_version=agree(views, case))
        ((found, _, evidence, _),) = views.flags("account-changed")
        assert (found, len(evidence)) == (f"payout:b2026/{F}", 2)
        returned(views, F, case)
        assert subjects(views, "account-changed") == []

    def test_a_date_further_back_does_not_hide_it(self, views: Views) -> None:
        f, w = views.founded, views.writer
        person, other = f.people.person(), f.people.person()
        dossier = f.dossier(w, person)
        case = approve(views, dossier)
        amend(views, dossier, person.model_copy(update={"account": other.account}), on=f.day(-8))
        F = pay(views, dossier, case, dossier_version=agree(views, case))
        assert subjects(views, "account-changed") == [f"payout:b2026/{F}"]

    def test_a_change_of_the_phone_is_innocent(self, views: Views) -> None:
        f, w = views.founded, views.writer
        person = f.people.person()
        dossier = f.dossier(w, person)
        case = approve(views, dossier)
        amend(views, dossier, person.model_copy(update={"phone": "13900000000"}))
        pay(views, dossier, case)
        assert subjects(views, "account-changed") == []

    def test_f_got_the_old_account_back_after_the_payout(self, views: Views) -> None:
        f, w = views.founded, views.writer
        person, other = f.people.person(), f.people.person()
        dossier = f.dossier(w, person)
        case = approve(views, dossier)
        amend(views, dossier, person.model_copy(update={"account": other.account}))
        f.let_pass(w, 8)
        F = pay(views, dossier, case, dossier_version=agree(views, case))
        assert subjects(views, "account-changed") == []
        f.let_pass(w, 30)
        amend(views, dossier, person)
        assert subjects(views, "account-changed") == [f"payout:b2026/{F}"]

    def test_a_new_account_long_after_is_innocent(self, views: Views) -> None:
        f, w = views.founded, views.writer
        person, other = f.people.person(), f.people.person()
        dossier = f.dossier(w, person)
        pay(views, dossier, approve(views, dossier))
        amend(views, dossier, person.model_copy(update={"account": other.account}))
        assert subjects(views, "account-changed") == []


class TestProxyReceipt:
    def hand_to(self, views: Views, proxy: Any, paper: bool) -> tuple[str, str]:
        f, w = views.founded, views.writer
        case, dossier = f.approved(w)
        receipt = Receipt(received_by="proxy", authorisation=Document(number="委托书1") if paper else None)
        promise, disclosure = committed(proxy)
        from ledger.events.payout import Disbursed

        paid = Disbursed(
            **ON,
            dossier=dossier,
            case=case,
            line="workers",
            amount_fen=50_000,
            receipt=receipt,
            identity_commitment=promise,
        )
        return case, f.record(w, "finance", paid, disclosure).id

    def test_f_was_taken_without_authorisation(self, views: Views) -> None:
        proxy = views.founded.people.person()
        case, F = self.hand_to(views, proxy, paper=False)
        self.hand_to(views, views.founded.people.person(), paper=True)
        views.founded.paid(views.writer)
        assert subjects(views, "proxy-receipt") == [f"payout:b2026/{F}"]
        returned(views, F, case)
        assert subjects(views, "proxy-receipt") == []

    def test_f_took_for_three_persons(self, views: Views) -> None:
        proxy = views.founded.people.person()
        taken = [self.hand_to(views, proxy, paper=True) for _ in range(2)]
        assert subjects(views, "proxy-receipt") == []
        taken.append(self.hand_to(views, proxy, paper=True))
        expected = sorted(f"payout:b2026/{payout}" for _, payout in taken)
        assert subjects(views, "proxy-receipt") == expected
        returned(views, taken[0][1], taken[0][0])
        assert subjects(views, "proxy-receipt") == []


class TestReturnedAndRepaid:
    def test_f_is_paid_to_the_account_of_another_whose_money_came_back(self, views: Views) -> None:
        f, w = views.founded, views.writer
        one = f.people.person()
        case, _, payout = f.paid(w, one)
        returned(views, payout, case)
        innocent, _, _ = f.paid(w)
        again, _, F = f.paid(w, f.people.person(account=one.account))
        ((found, _, evidence, _),) = views.flags("returned-and-repaid")
        assert (found, len(evidence)) == (f"payout:b2026/{F}", 2)
        returned(views, F, again)
        assert subjects(views, "returned-and-repaid") == []
        assert innocent

    @pytest.mark.parametrize("kind", ["bounced", "clawed-back"])
    def test_a_bounced_payout_paid_again_is_innocent(
        self, views: Views, kind: Literal["bounced", "clawed-back"]
    ) -> None:
        case, dossier, payout = views.founded.paid(views.writer)
        back = PayoutReturned(
            **ON, payout=payout, case=case, line="workers", amount_fen=50_000, kind=kind, reason="退票"
        )
        views.founded.record(views.writer, "finance2", back)
        again = pay(views, dossier, case)
        expected = [] if kind == "bounced" else [f"payout:b2026/{again}"]
        assert subjects(views, "returned-and-repaid") == expected

    def test_f_is_paid_to_the_account_of_a_revoked_nomination(self, views: Views) -> None:
        f, w = views.founded, views.writer
        one = f.people.person()
        case, _ = f.nominated(w, one)
        revoke(views, case)
        _, _, F = f.paid(w, f.people.person(account=one.account))
        assert subjects(views, "returned-and-repaid") == [f"payout:b2026/{F}"]

    def test_after_thirty_days_it_is_innocent(self, views: Views) -> None:
        f, w = views.founded, views.writer
        one = f.people.person()
        case, _ = f.nominated(w, one)
        revoke(views, case)
        f.let_pass(w, 31)
        f.paid(w, f.people.person(account=one.account))
        assert subjects(views, "returned-and-repaid") == []


class TestUnreconciled:
    def bank_line(
        self,
        views: Views,
        payout: str,
        amount_fen: int = 50_000,
        result: Literal["paid", "different"] = "paid",
    ) -> None:
        event = BankLineMatched(
            **ON,
            payout=payout,
            bank_reference=sha256(payout.encode()).hexdigest(),
            amount_fen=amount_fen,
            booked_on=views.founded.day(),
            result=result,
        )
        views.founded.record(views.writer, "finance", event)

    def test_f_has_no_bank_line_after_five_days(self, views: Views) -> None:
        f, w = views.founded, views.writer
        _, _, F = f.paid(w)
        _, _, matched = f.paid(w)
        self.bank_line(views, matched)
        case, dossier = f.approved(w)
        pay(views, dossier, case, method="cash")
        f.let_pass(w, 5)
        assert subjects(views, "unreconciled") == []
        f.let_pass(w, 1)
        assert subjects(views, "unreconciled") == [f"payout:b2026/{F}"]
        self.bank_line(views, F)
        assert subjects(views, "unreconciled") == []

    def test_f_recorded_late_is_found_when_the_day_ends(self, views: Views) -> None:
        f, w = views.founded, views.writer
        f.let_pass(w, 1)
        case, dossier = f.approved(w)
        F = pay(views, dossier, case, on=f.day(-20))
        assert subjects(views, "unreconciled") == []
        f.let_pass(w, 1)
        assert subjects(views, "unreconciled") == [f"payout:b2026/{F}"]

    def test_f_is_of_another_sum_at_the_bank(self, views: Views) -> None:
        case, _, F = views.founded.paid(views.writer)
        self.bank_line(views, F, 5_000, "different")
        assert subjects(views, "unreconciled") == [f"payout:b2026/{F}"]
        returned(views, F, case)
        assert subjects(views, "unreconciled") == []

    def test_f_pays_again_to_another_account(self, views: Views) -> None:
        f, w = views.founded, views.writer
        person, other = f.people.person(), f.people.person()
        case, dossier, payout = f.paid(w, person)
        returned(views, payout, case)
        self.bank_line(views, pay(views, dossier, case, 10_000), 10_000)
        assert subjects(views, "unreconciled") == []
        amend(views, dossier, person.model_copy(update={"account": other.account}))
        F = pay(views, dossier, case, 10_000, dossier_version=agree(views, case))
        assert subjects(views, "unreconciled") == [f"payout:b2026/{F}"]


class TestDrawnNotHandedOut:
    def draw(self, views: Views, amount_fen: int) -> None:
        event = MoneyDrawn(**ON, line="workers", amount_fen=amount_fen)
        views.founded.record(views.writer, "finance", event)

    def test_f_holds_money_for_fifteen_days(self, views: Views) -> None:
        f, w = views.founded, views.writer
        self.draw(views, 80_000)
        case, dossier = f.approved(w)
        pay(views, dossier, case, 50_000, officer="tea-clerk2", source="drawn")
        f.let_pass(w, 10)
        self.draw(views, 20_000)
        f.let_pass(w, 5)
        assert subjects(views, "drawn-not-handed-out") == []
        f.let_pass(w, 1)
        ((found, _, evidence, amount_fen),) = views.flags("drawn-not-handed-out")
        assert (found, len(evidence), amount_fen) == ("line:b2026/workers@tea", 2, 30_000)
        f.record(w, "finance2", DrawnReturned(**ON, line="workers", amount_fen=30_000, reason="余款"))
        assert subjects(views, "drawn-not-handed-out") == []

    def test_f_holds_money_at_the_close(self, views: Views) -> None:
        f, w = views.founded, views.writer
        self.draw(views, 20_000)
        assert subjects(views, "drawn-not-handed-out") == []
        f.record(w, "approver", CampaignClosed(campaign="b2026"))
        assert [row[3] for row in views.flags("drawn-not-handed-out")] == [20_000]
        f.record(w, "finance2", DrawnReturned(**ON, line="workers", amount_fen=20_000, reason="余款"))
        assert subjects(views, "drawn-not-handed-out") == []


class TestLineOverdrawn:
    def test_f_is_below_zero_after_the_fact(self, views: Views) -> None:
        f, w = views.founded, views.writer
        back = FundReturned(campaign="b2026", line="workers", amount_fen=24_970_000, reason="交回")
        f.record(w, "finance", back, second="finance2")
        on_paper(views, f.people.person())
        ((found, _, evidence, amount_fen),) = views.flags("line-overdrawn")
        assert (found, len(set(evidence)), amount_fen) == ("line:b2026/workers", 1, 20_000)
        on_paper(views, f.people.person())
        assert [row[3] for row in views.flags("line-overdrawn")] == [70_000]
        f.record(w, "finance", FundAllocated(campaign="b2026", line="workers", amount_fen=70_000))
        assert subjects(views, "line-overdrawn") == []

    def test_a_line_at_zero_is_innocent(self, views: Views) -> None:
        f, w = views.founded, views.writer
        back = FundReturned(campaign="b2026", line="workers", amount_fen=24_950_000, reason="交回")
        f.record(w, "finance", back, second="finance2")
        on_paper(views, f.people.person())
        assert subjects(views, "line-overdrawn") == []


def visit(views: Views, amount_fen: int, unit: str = "tea") -> str:
    """A site of a unit is given that much."""
    f, w = views.founded, views.writer
    of = {"campaign": "b2026", "unit": unit, "line": "workers", "amount_fen": amount_fen}
    site = {"site": "一车间", "headcount": 30, "reason": "坚守岗位"}
    made = f.record(w, "approver", CollectiveHelpApproved.model_validate({**of, **site})).id
    given = {**of, "help": made, "document": {"number": "1"}}
    f.record(w, "finance", CollectiveHelpGiven.model_validate(given))
    return made


class TestCollectiveOverShare:
    RULES = CollectiveRules(per_visit_cap_fen=25_000_000, share_permille=100, source="方案")

    def test_f_goes_to_sites_for_more_than_its_share(self, views: Views) -> None:
        f, w = views.founded, views.writer
        set_policy(views, collective=self.RULES)
        visit(views, 2_000_000)
        assert subjects(views, "collective-over-share") == []
        made = visit(views, 500_001, unit="sugar")
        ((found, _, evidence, amount_fen),) = views.flags("collective-over-share")
        assert (found, len(evidence), amount_fen) == ("line:b2026/workers", 2, 2_500_001)
        back = {"help": made, "amount_fen": 1, "reason": "多领"}
        of = {"campaign": "b2026", "unit": "sugar", "line": "workers"}
        f.record(w, "finance2", CollectiveHelpReturned.model_validate({**of, **back}))
        assert subjects(views, "collective-over-share") == []

    def test_it_is_cleared_when_the_line_is_given_more(self, views: Views) -> None:
        f, w = views.founded, views.writer
        set_policy(views, collective=self.RULES)
        visit(views, 2_500_001)
        assert subjects(views, "collective-over-share") == ["line:b2026/workers"]
        f.record(w, "finance", FundAllocated(campaign="b2026", line="workers", amount_fen=10))
        assert subjects(views, "collective-over-share") == []


class TestIdleFunds:
    def test_a_line_for_sites_is_in_use(self, views: Views) -> None:
        f, w = views.founded, views.writer
        set_policy(views, collective=TestCollectiveOverShare.RULES)
        visit(views, 100)
        f.let_pass(w, 61)
        assert subjects(views, "idle-funds") == []

    def test_f_lies_idle_for_sixty_days(self, views: Views) -> None:
        f, w = views.founded, views.writer
        f.let_pass(w, 60)
        assert subjects(views, "idle-funds") == []
        f.let_pass(w, 1)
        ((found, _, _, amount_fen),) = views.flags("idle-funds")
        assert (found, amount_fen) == ("line:b2026/workers", 25_000_000)
        f.paid(w)
        f.let_pass(w, 1)
        assert subjects(views, "idle-funds") == []

    def test_f_holds_more_than_a_tenth_at_the_close(self, views: Views) -> None:
        f, w = views.founded, views.writer
        f.record(w, "finance", FundAllocated(campaign="b2026", line="models", amount_fen=1_000))
        back = FundReturned(campaign="b2026", line="models", amount_fen=1_000, reason="交回")
        f.record(w, "finance", back, second="finance2")
        f.paid(w)
        f.record(w, "approver", CampaignClosed(campaign="b2026"))
        assert subjects(views, "idle-funds") == ["line:b2026/workers"]
        rest = FundReturned(campaign="b2026", line="workers", amount_fen=24_950_000, reason="结余交回")
        f.record(w, "finance", rest, second="finance2")
        assert subjects(views, "idle-funds") == []
