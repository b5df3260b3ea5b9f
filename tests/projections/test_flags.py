"""The flags: for each rule a guilty subject F, an innocent look-alike, and one that is cleared."""

from __future__ import annotations

from dataclasses import fields
from datetime import date, datetime, timedelta, timezone
from typing import Literal

import pytest

from ledger.events.campaign import PolicyAmended
from ledger.events.dossier import DossierAmended, DossierFiled, Facts
from ledger.events.funds import FundAllocated
from ledger.events.nomination import Approved, Confirmed, Nominated, Rejected, Revoked
from ledger.events.payout import Disbursed, PayoutReturned
from ledger.identity import PersonIdentity
from ledger.policy import Category, Parameter
from ledger.signing import committed
from projections.flags.rule import SUBJECT_TITLES, FlagRule, all_rules, parameters_in
from tests.projections.conftest import Views
from tests.scene import policy

ON = {"campaign": "b2026", "unit": "tea"}


def subject(views: Views, person: PersonIdentity, campaign: str = "b2026") -> str:
    return f"person:{campaign}/{views.founded.store.marker().marks_of(person)['person']}"


def days_ago(days: int) -> str:
    """A date of business, counted back from today in China."""
    return (datetime.now(timezone(timedelta(hours=8))) - timedelta(days=days)).date().isoformat()


def on_paper(views: Views, person: PersonIdentity, unit: str = "sugar", on: str | None = None) -> str:
    """An old paper payout found by an audit; returns its payout."""
    f, w = views.founded, views.writer
    promise, disclosure = committed(person)
    reason = {"after_the_fact": True, "after_the_fact_reason": "审计发现纸质签收单"}
    filed = DossierFiled(unit=unit, identity_commitment=promise, facts=Facts(), **reason)
    dossier = f.record(w, "auditor", filed, disclosure).id
    paid = Disbursed(
        campaign="b2026", unit=unit, dossier=dossier, line="workers", amount_fen=50_000, **reason
    )
    return f.record(w, "auditor", paid, on=on).id


def returned(views: Views, payout: str, case: str | None, amount_fen: int = 50_000, unit: str = "tea") -> int:
    event = PayoutReturned(
        campaign="b2026",
        unit=unit,
        payout=payout,
        case=case,
        line="workers",
        amount_fen=amount_fen,
        kind="clawed-back",
        reason="追回",
    )
    return views.founded.record(views.writer, "finance", event).position


class TestDuplicateIdentity:
    def test_f_is_paid_by_two_units(self, views: Views) -> None:
        F = views.founded.people.person()
        case, _, _ = views.founded.paid(views.writer, F)
        on_paper(views, F)
        ((found, raised_at, evidence, amount_fen),) = views.flags("duplicate-identity")
        assert found == subject(views, F)
        assert len(evidence) == 2
        assert raised_at == evidence[1]
        assert amount_fen == 100_000
        assert case

    def test_f_under_the_old_number_of_15_digits_is_the_same(self, views: Views) -> None:
        from ledger.identity import resident_number

        F = views.founded.people.person()
        old = F.number[:6] + F.number[8:17]
        again = F.model_copy(update={"number": resident_number(old, today=date(2026, 1, 1))})
        views.founded.paid(views.writer, F)
        on_paper(views, again)
        assert [row[0] for row in views.flags("duplicate-identity")] == [subject(views, F)]

    def test_instalments_on_one_approval_are_innocent(self, views: Views) -> None:
        f, w = views.founded, views.writer
        case, dossier = f.approved(w)
        for amount_fen in (20_000, 30_000):
            f.record(
                w,
                "finance",
                Disbursed(**ON, dossier=dossier, case=case, line="workers", amount_fen=amount_fen),
            )
        f.paid(w)
        assert views.flags("duplicate-identity") == []

    def test_a_payout_that_came_back_first_is_innocent(self, views: Views) -> None:
        f, w = views.founded, views.writer
        person = f.people.person()
        case, _, payout = f.paid(w, person)
        returned(views, payout, case)
        f.record(w, "inspector", Revoked(**ON, case=case, target="nomination", reason="误报"))
        f.paid(w, person)
        assert views.flags("duplicate-identity") == []

    def test_it_is_cleared_when_one_comes_back_and_history_keeps_it(self, views: Views) -> None:
        F = views.founded.people.person()
        case, _, payout = views.founded.paid(views.writer, F)
        on_paper(views, F)
        cleared_at = returned(views, payout, case)
        assert views.flags("duplicate-identity") == []
        ((raised_at, to_position),) = views.rows(
            "SELECT from_position, to_position FROM views.flags WHERE rule = 'duplicate-identity'"
        )
        assert (raised_at, to_position) == (cleared_at - 1, cleared_at)

    def test_a_partial_return_leaves_it_with_a_smaller_sum(self, views: Views) -> None:
        F = views.founded.people.person()
        case, _, payout = views.founded.paid(views.writer, F)
        on_paper(views, F)
        returned(views, payout, case, 20_000)
        ((_, _, _, amount_fen),) = views.flags("duplicate-identity")
        assert amount_fen == 80_000


class TestOverStandard:
    def test_f_is_paid_more_than_the_standard(self, views: Views) -> None:
        F = views.founded.people.person()
        views.founded.paid(views.writer, F, amount_fen=80_000)
        views.founded.paid(views.writer)
        ((found, _, evidence, amount_fen),) = views.flags("over-standard")
        assert (found, len(evidence), amount_fen) == (subject(views, F), 1, 30_000)

    def test_at_the_standard_is_innocent(self, views: Views) -> None:
        views.founded.paid(views.writer, amount_fen=50_000)
        assert views.flags("over-standard") == []

    def test_f_is_paid_more_in_a_year_than_the_cap(self, views: Views) -> None:
        f, w = views.founded, views.writer
        f.record(
            w,
            "approver",
            PolicyAmended(campaign="b2026", policy=policy(yearly_cap_fen=70_000), reason="设封顶"),
        )
        F, innocent = f.people.person(), f.people.person()
        f.paid(w, F)
        on_paper(views, F)
        f.paid(w, innocent)
        ((found, _, evidence, amount_fen),) = views.flags("over-standard")
        assert (found, len(evidence), amount_fen) == (subject(views, F), 2, 30_000)

    def test_it_is_cleared_when_the_excess_comes_back(self, views: Views) -> None:
        case, _, payout = views.founded.paid(views.writer, amount_fen=80_000)
        returned(views, payout, case, 10_000)
        assert [row[3] for row in views.flags("over-standard")] == [20_000]
        returned(views, payout, case, 20_000)
        assert views.flags("over-standard") == []

    def test_a_new_standard_is_applied_from_its_amendment_on(self, views: Views) -> None:
        f, w = views.founded, views.writer
        f.paid(w, amount_fen=80_000)
        category = policy().categories[0].model_copy(update={"standard_fen": 100_000})
        amended = f.record(
            w,
            "approver",
            PolicyAmended(campaign="b2026", policy=policy(categories=[category]), reason="提标"),
        )
        assert views.flags("over-standard") == []
        assert views.rows("SELECT to_position FROM views.flags WHERE rule = 'over-standard'") == [
            (amended.position,)
        ]


class TestOutOfCategory:
    def test_f_is_of_a_category_that_the_policy_lacks(self, views: Views) -> None:
        F, _ = views.founded.nominated(views.writer, category="friends")
        views.founded.nominated(views.writer)
        assert [row[0] for row in views.flags("out-of-category")] == [f"case:b2026/{F}"]

    @pytest.mark.parametrize("group", ["farmer", "urban-resident"])
    def test_f_is_of_an_excluded_group(self, views: Views, group: str) -> None:
        F, _ = views.founded.nominated(views.writer, group=group)
        views.founded.nominated(views.writer, group="migrant-worker")
        ((found, _, evidence, _),) = views.flags("out-of-category")
        assert found == f"case:b2026/{F}"
        assert len(evidence) == 2

    def test_what_was_paid_is_shown_as_its_amount(self, views: Views) -> None:
        views.founded.paid(views.writer, group="farmer")
        assert [row[3] for row in views.flags("out-of-category")] == [50_000]

    def test_it_is_cleared_by_a_rejection(self, views: Views) -> None:
        F, _ = views.founded.nominated(views.writer, group="farmer")
        views.founded.record(views.writer, "approver", Rejected(**ON, case=F, reason="不属于工会慰问对象"))
        assert views.flags("out-of-category") == []

    def test_it_is_cleared_by_a_corrected_dossier(self, views: Views) -> None:
        _, dossier = views.founded.nominated(views.writer, group="farmer")
        assert len(views.flags("out-of-category")) == 1
        views.founded.record(
            views.writer,
            "tea-clerk",
            DossierAmended(
                unit="tea", dossier=dossier, facts=Facts(group="worker"), reason="身份填错，已核实"
            ),
        )
        assert views.flags("out-of-category") == []

    def test_a_changed_policy_is_applied_to_its_cases(self, views: Views) -> None:
        F, _ = views.founded.nominated(views.writer)
        keep = [c for c in policy().categories if c.code != "worker"]
        views.founded.record(
            views.writer,
            "approver",
            PolicyAmended(campaign="b2026", policy=policy(categories=keep), reason="缩小范围"),
        )
        assert [row[0] for row in views.flags("out-of-category")] == [f"case:b2026/{F}"]


def amend(views: Views, dossier: str, person: PersonIdentity | None = None, **facts: object) -> int:
    """Brings a dossier up to date; returns the position."""
    promise, disclosure = (None, None) if person is None else committed(person)
    event = DossierAmended(
        unit="tea", dossier=dossier, facts=Facts(**facts), identity_commitment=promise, reason="核实"
    )
    return views.founded.record(views.writer, "tea-clerk", event, disclosure).position


def set_policy(views: Views, **changes: object) -> None:
    event = PolicyAmended(campaign="b2026", policy=policy(**changes), reason="调整")
    views.founded.record(views.writer, "approver", event)


def revoke(views: Views, case: str, target: Literal["nomination", "approval"] = "nomination") -> int:
    event = Revoked(**ON, case=case, target=target, reason="误报")
    return views.founded.record(views.writer, "inspector", event).position


def subjects(views: Views, rule: str) -> list[object]:
    return [row[0] for row in views.flags(rule)]


class TestCriteriaNotMet:
    def ask(self, views: Views, *criteria: str, recipient: str = "person") -> None:
        worker = Category(code="worker", title="困难职工", recipient=recipient, criteria=list(criteria))
        set_policy(views, categories=[worker], subsistence_line_fen=70_000)

    @pytest.mark.parametrize(
        ("criterion", "guilty", "innocent"),
        [
            ("income-below-line", {"income_per_head_fen": 70_000}, {"income_per_head_fen": 69_999}),
            ("cause-given", {}, {"cause": "illness"}),
            ("registered-unemployed", {"employment": "laid-off"}, {"employment": "registered-unemployed"}),
            ("employed-in-county", {"employed_in_county": False}, {"employed_in_county": True}),
            ("model-worker", {}, {"model_worker": "municipal"}),
            ("stopped-or-closing", {"stopped_months": 5}, {"stopped_months": 6}),
            ("stopped-or-closing", {"stopped_months": 0}, {"closing": "bankruptcy"}),
        ],
    )
    def test_f_does_not_show_it_and_another_does(
        self, views: Views, criterion: str, guilty: dict[str, object], innocent: dict[str, object]
    ) -> None:
        self.ask(views, criterion)
        F, _ = views.founded.nominated(views.writer, **guilty)
        views.founded.nominated(views.writer, **innocent)
        assert subjects(views, "criteria-not-met") == [f"case:b2026/{F}"]
        assert views.rows("SELECT details ->> 'unmet' FROM views.flags WHERE rule = 'criteria-not-met'") == [
            (f'["{criterion}"]',)
        ]

    def test_income_is_not_judged_without_a_line(self, views: Views) -> None:
        worker = Category(code="worker", title="困难职工", criteria=["income-below-line"])
        set_policy(views, categories=[worker])
        views.founded.nominated(views.writer)
        assert subjects(views, "criteria-not-met") == []

    def test_the_months_come_from_the_policy(self, views: Views) -> None:
        worker = Category(code="worker", title="困难企业", criteria=["stopped-or-closing"])
        longer = Parameter(rule="criteria-not-met", name="stopped_months", value=12)
        set_policy(views, categories=[worker], parameters=[longer])
        F, _ = views.founded.nominated(views.writer, stopped_months=11)
        assert subjects(views, "criteria-not-met") == [f"case:b2026/{F}"]

    def test_it_is_cleared_by_the_missing_fact(self, views: Views) -> None:
        self.ask(views, "cause-given")
        _, dossier = views.founded.nominated(views.writer)
        assert len(views.flags("criteria-not-met")) == 1
        amend(views, dossier, cause="illness")
        assert subjects(views, "criteria-not-met") == []

    def test_it_is_cleared_by_a_revocation(self, views: Views) -> None:
        self.ask(views, "cause-given")
        F, _ = views.founded.nominated(views.writer)
        assert len(views.flags("criteria-not-met")) == 1
        revoke(views, F)
        assert subjects(views, "criteria-not-met") == []


class TestAccountNameMismatch:
    def test_f_has_an_account_of_somebody_else(self, views: Views) -> None:
        people = views.founded.people
        F = people.person().model_copy(update={"account_holder": people.person().name + "某"})
        own = people.person()
        case, _, _ = views.founded.paid(views.writer, F)
        views.founded.paid(views.writer, own.model_copy(update={"account_holder": own.name}))
        views.founded.paid(views.writer, own_nothing(people.person()))
        ((found, _, evidence, amount_fen),) = views.flags("account-name-mismatch")
        assert (found, len(evidence), amount_fen) == (f"case:b2026/{case}", 2, 50_000)

    def test_it_is_cleared_by_the_right_account(self, views: Views) -> None:
        F = views.founded.people.person()
        _, dossier = views.founded.nominated(views.writer, F.model_copy(update={"account_holder": "他人"}))
        assert len(views.flags("account-name-mismatch")) == 1
        amend(views, dossier, F.model_copy(update={"account_holder": F.name}))
        assert subjects(views, "account-name-mismatch") == []

    def test_a_revocation_clears_it_only_when_the_money_is_back(self, views: Views) -> None:
        F = views.founded.people.person().model_copy(update={"account_holder": "他人"})
        case, _, payout = views.founded.paid(views.writer, F)
        revoke(views, case)
        assert len(views.flags("account-name-mismatch")) == 1
        returned(views, payout, case)
        assert subjects(views, "account-name-mismatch") == []


def own_nothing(person: PersonIdentity) -> PersonIdentity:
    return person.model_copy(update={"account": None, "account_holder": None})


class TestPaidToDeceased:
    def test_f_was_dead_at_the_nomination(self, views: Views) -> None:
        F, _ = views.founded.nominated(views.writer, died_on=days_ago(1))
        views.founded.nominated(views.writer, died_on=days_ago(0))
        assert subjects(views, "paid-to-deceased") == [f"case:b2026/{F}"]

    def test_f_died_between_nomination_and_payout(self, views: Views) -> None:
        f, w = views.founded, views.writer
        case, dossier, payout = f.paid(w)
        assert subjects(views, "paid-to-deceased") == []
        amend(views, dossier, died_on=days_ago(2))
        ((found, _, evidence, amount_fen),) = views.flags("paid-to-deceased")
        assert (found, len(evidence), amount_fen) == (f"case:b2026/{case}", 3, 50_000)
        returned(views, payout, case)
        assert [row[3] for row in views.flags("paid-to-deceased")] == [0]
        revoke(views, case)
        assert subjects(views, "paid-to-deceased") == []

    def test_it_is_cleared_by_the_right_date(self, views: Views) -> None:
        _, dossier = views.founded.nominated(views.writer, died_on=days_ago(1))
        assert len(views.flags("paid-to-deceased")) == 1
        amend(views, dossier)
        assert subjects(views, "paid-to-deceased") == []


class TestStaleDossier:
    def approve(self, views: Views, filed_days_ago: int, amended: bool = False) -> str:
        f, w = views.founded, views.writer
        dossier = f.dossier(w, on=days_ago(filed_days_ago))
        if amended:
            amend(views, dossier)
        case = f.record(w, "tea-clerk", Nominated(**ON, dossier=dossier, category="worker")).id
        f.record(w, "tea-confirmer", Confirmed(**ON, case=case))
        f.record(w, "approver", Approved(**ON, case=case, line="workers", amount_fen=50_000))
        return case

    def test_f_was_filed_more_than_a_year_before(self, views: Views) -> None:
        F = self.approve(views, 366)
        self.approve(views, 365)
        self.approve(views, 800, amended=True)
        ((found, raised_at, evidence, _),) = views.flags("stale-dossier")
        assert found == f"case:b2026/{F}"
        assert evidence[1] == raised_at

    def test_a_later_amendment_does_not_undo_it_and_a_revocation_does(self, views: Views) -> None:
        F = self.approve(views, 400)
        ((dossier,),) = views.rows("SELECT DISTINCT dossier FROM views.cases")
        amend(views, str(dossier))
        assert subjects(views, "stale-dossier") == [f"case:b2026/{F}"]
        revoke(views, F, "approval")
        assert subjects(views, "stale-dossier") == []

    def test_the_days_come_from_the_policy_at_its_amendment_too(self, views: Views) -> None:
        F = self.approve(views, 100)
        assert subjects(views, "stale-dossier") == []
        set_policy(views, parameters=[Parameter(rule="stale-dossier", name="days", value=90)])
        assert subjects(views, "stale-dossier") == [f"case:b2026/{F}"]


class TestNoDossierFirst:
    def test_f_was_nominated_before_the_dossier(self, views: Views) -> None:
        f, w = views.founded, views.writer
        F, innocent = f.dossier(w), f.dossier(w)
        early = Nominated(**ON, dossier=F, category="worker")
        case = f.record(w, "tea-clerk", early, on=days_ago(3)).id
        f.record(w, "tea-clerk", Nominated(**ON, dossier=innocent, category="worker"))
        assert subjects(views, "no-dossier-first") == [f"dossier:b2026/{F}"]
        revoke(views, case)
        assert subjects(views, "no-dossier-first") == []

    def test_f_was_paid_on_paper_before_the_dossier(self, views: Views) -> None:
        payout = on_paper(views, views.founded.people.person(), "tea", on=days_ago(300))
        on_paper(views, views.founded.people.person(), "tea")
        ((_, _, evidence, amount_fen),) = views.flags("no-dossier-first")
        assert (len(evidence), amount_fen) == (2, 50_000)
        returned(views, payout, None)
        assert subjects(views, "no-dossier-first") == []


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

    def test_it_is_cleared_by_an_approval_of_that_day(self, views: Views) -> None:
        f, w = views.founded, views.writer
        found_late = {"after_the_fact": True, "after_the_fact_reason": "审计发现"}
        case, dossier = f.nominated(w)
        paid = Disbursed(**ON, dossier=dossier, case=case, line="workers", amount_fen=50_000, **found_late)
        f.record(w, "auditor", paid, on=days_ago(5))
        assert len(views.flags("paid-before-approval")) == 1
        approved = Approved(**ON, case=case, line="workers", amount_fen=50_000, **found_late)
        f.record(w, "auditor", approved, on=days_ago(5))
        assert subjects(views, "paid-before-approval") == []


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
        views.founded.record(views.writer, "finance", event)
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


def test_every_rule_says_what_it_is() -> None:
    names = [field.name for field in fields(FlagRule)]
    for rule in all_rules():
        assert rule.clause
        assert rule.subject in SUBJECT_TITLES
        assert any("\u4e00" <= c <= "\u9fff" for c in rule.title_zh)
        with pytest.raises(RuntimeError):
            FlagRule(**{name: getattr(rule, name) for name in names})


def test_parameters_come_from_the_policy_where_it_differs() -> None:
    class Rule:
        id = "some-rule"
        parameters = {"days": 5, "count": 3}  # noqa: RUF012

    terms = policy(
        parameters=[
            Parameter(rule="some-rule", name="days", value=9),
            Parameter(rule="other", name="count", value=1),
            Parameter(rule="some-rule", name="unknown", value=1),
        ]
    )
    assert parameters_in(Rule, terms.model_dump()) == {"days": 9, "count": 3}  # type: ignore[arg-type]
