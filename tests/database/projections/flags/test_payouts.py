"""How it was paid: for each rule a guilty subject F, an innocent look-alike, and one that is cleared."""

from __future__ import annotations

from typing import Any, Literal

from ledger.domain.policy.campaign_policy import Category
from ledger.events.funds import FundAllocated
from ledger.events.nomination import Approved, Confirmed
from ledger.events.payout import Disbursed, PayoutReturned
from tests.database.projections.conftest import Views
from tests.database.projections.flags.steps import (
    ON,
    days_ago,
    on_paper,
    returned,
    revoke,
    set_policy,
    subjects,
)


class TestPaidBeforeApproval:
    def test_f_is_dated_before_the_approval(self, views: Views) -> None:
        f, w = views.founded, views.writer
        case, dossier = f.approved(w)
        paid = Disbursed(**ON, dossier=dossier, case=case, line="workers", amount_fen=50_000)
        F = f.record(w, "finance", paid, on=days_ago(5))
        f.paid(w)
        ((found, raised_at, evidence, amount_fen),) = views.flags("paid-before-approval")
        assert (found, raised_at, amount_fen) == (f"payout:b2026/{F.id}", F.position, 50_000)
        assert len(evidence) == 2
        returned(views, F.id, case)
        assert subjects(views, "paid-before-approval") == []

    def test_f_has_no_approval_at_all(self, views: Views) -> None:
        F = on_paper(views, views.founded.people.person())
        assert subjects(views, "paid-before-approval") == [f"payout:b2026/{F}"]

    def test_an_approval_revoked_after_the_payout_is_innocent(self, views: Views) -> None:
        case, _, _ = views.founded.paid(views.writer)
        revoke(views, case, "approval")
        assert subjects(views, "paid-before-approval") == []

    def test_an_approval_recorded_afterwards_does_not_clear_it_and_one_before_does(
        self, views: Views
    ) -> None:
        f, w = views.founded, views.writer
        found_late: dict[str, Any] = {"after_the_fact": True, "after_the_fact_reason": "审计发现"}
        case, dossier = f.nominated(w)
        paid = Disbursed(**ON, dossier=dossier, case=case, line="workers", amount_fen=50_000, **found_late)
        w.record(f.signer("auditor").sign(paid, on=days_ago(5), second=f.signer("finance2").key))
        approved = Approved(**ON, case=case, line="workers", amount_fen=50_000, **found_late)
        f.record(w, "finance", approved, on=days_ago(5))
        assert len(subjects(views, "paid-before-approval")) == 1
        other, second = f.nominated(w)
        f.record(w, "auditor", approved.model_copy(update={"case": other}), on=days_ago(5))
        late = paid.model_copy(update={"case": other, "dossier": second})
        f.record(w, "finance", late, on=days_ago(5))
        assert len(subjects(views, "paid-before-approval")) == 1

    def test_finances_own_word_for_an_approval_of_before_is_not_enough(self, views: Views) -> None:
        f, w = views.founded, views.writer
        late: dict[str, Any] = {"after_the_fact": True, "after_the_fact_reason": "补录"}
        case, dossier = f.nominated(w)
        approved = Approved(**ON, case=case, line="workers", amount_fen=50_000, **late)
        f.record(w, "finance2", approved, on=days_ago(5))
        paid = Disbursed(**ON, dossier=dossier, case=case, line="workers", amount_fen=50_000, **late)
        f.record(w, "finance", paid, on=days_ago(3))
        assert len(subjects(views, "paid-before-approval")) == 1


class TestLineMisused:
    def paid_from(self, views: Views, line: str, category: str) -> tuple[str, str]:
        f, w = views.founded, views.writer
        case, dossier = f.nominated(w, category=category)
        f.record(w, "tea-confirmer", Confirmed(**ON, case=case))
        f.record(w, "approver", Approved(**ON, case=case, line=line, amount_fen=50_000))
        paid = Disbursed(**ON, dossier=dossier, case=case, line=line, amount_fen=50_000)
        return case, f.record(w, "finance", paid).id

    def test_f_is_paid_from_another_categorys_line(self, views: Views) -> None:
        fund = FundAllocated(campaign="b2026", line="models", amount_fen=1_000_000)
        views.founded.record(views.writer, "finance", fund)
        case, F = self.paid_from(views, "models", "worker")
        self.paid_from(views, "models", "model-worker")
        self.paid_from(views, "workers", "worker")
        assert subjects(views, "line-misused") == [f"payout:b2026/{F}"]
        event = PayoutReturned(
            **ON, payout=F, case=case, line="models", amount_fen=50_000, kind="clawed-back", reason="追回"
        )
        views.founded.record(views.writer, "finance2", event)
        assert subjects(views, "line-misused") == []

    def test_it_is_cleared_by_a_policy_that_names_the_line(self, views: Views) -> None:
        case, _ = self.paid_from(views, "workers", "model-worker")
        assert len(views.flags("line-misused")) == 1
        models = Category(code="model-worker", title="劳动模范", line="workers")
        set_policy(views, categories=[models])
        assert subjects(views, "line-misused") == []
        assert case


class TestCashWhereBank:
    def hand_out(self, views: Views, method: Literal["bank", "cash"]) -> tuple[str, str]:
        f, w = views.founded, views.writer
        case, dossier = f.approved(w)
        paid = Disbursed(**ON, dossier=dossier, case=case, line="workers", amount_fen=50_000, method=method)
        return case, f.record(w, "finance", paid).id

    def test_f_is_paid_in_cash(self, views: Views) -> None:
        set_policy(views, bank_transfer_required=True)
        case, F = self.hand_out(views, "cash")
        self.hand_out(views, "bank")
        assert subjects(views, "cash-where-bank") == [f"payout:b2026/{F}"]
        returned(views, F, case)
        assert subjects(views, "cash-where-bank") == []

    def test_cash_is_innocent_until_the_policy_forbids_it(self, views: Views) -> None:
        _, payout = self.hand_out(views, "cash")
        assert subjects(views, "cash-where-bank") == []
        set_policy(views, bank_transfer_required=True)
        assert subjects(views, "cash-where-bank") == [f"payout:b2026/{payout}"]
        set_policy(views)
        assert subjects(views, "cash-where-bank") == []
