"""Dossiers and criteria: for each rule a guilty subject F, an innocent look-alike, and one that is cleared."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.domain.policy.campaign_policy import Category, Parameter
from ledger.events.dossier import DossierErased, DossierFiled, Facts
from ledger.events.nomination import Approved, Confirmed, Nominated
from ledger.events.objection import ObjectionLodged
from ledger.events.oversight import CaseOpened, FlagKey
from ledger.writing.signing import committed
from tests.database.projections.conftest import Views
from tests.database.projections.flags.steps import (
    ON,
    amend,
    approve,
    days_ago,
    on_paper,
    own_nothing,
    pay,
    receive,
    returned,
    revoke,
    set_policy,
    subjects,
)


class TestCriteriaNotMet:
    def ask(self, views: Views, *criteria: str, recipient: str = "person") -> None:
        worker = Category.model_validate(
            {"code": "worker", "title": "困难职工", "recipient": recipient, "criteria": list(criteria)}
        )
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
        self, views: Views, criterion: str, guilty: dict[str, Any], innocent: dict[str, Any]
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

    def test_a_payout_dated_before_the_death_and_recorded_after_it(self, views: Views) -> None:
        f, w = views.founded, views.writer
        case, dossier = f.approved(w)
        f.let_pass(w, 5)
        pay(views, dossier, case, on=f.day(-4))
        amend(views, dossier, died_on=f.day(-3))
        ((found, _, evidence, amount_fen),) = views.flags("paid-to-deceased")
        assert (found, len(evidence), amount_fen) == (f"case:b2026/{case}", 3, 50_000)

    def test_a_payout_on_paper_in_life_is_innocent_where_an_auditor_found_it(self, views: Views) -> None:
        f, w = views.founded, views.writer
        case, dossier = f.approved(w)
        f.let_pass(w, 5)
        late: dict[str, Any] = {"after_the_fact": True, "after_the_fact_reason": "补录"}
        pay(views, dossier, case, officer="auditor", on=f.day(-4), **late)
        amend(views, dossier, died_on=f.day(-3))
        assert subjects(views, "paid-to-deceased") == []

    def test_it_is_cleared_by_the_right_date(self, views: Views) -> None:
        _, dossier = views.founded.nominated(views.writer, died_on=days_ago(1))
        assert len(views.flags("paid-to-deceased")) == 1
        amend(views, dossier)
        assert subjects(views, "paid-to-deceased") == []

    def test_once_paid_it_is_not_amended_away(self, views: Views) -> None:
        case, dossier, payout = views.founded.paid(views.writer)
        amend(views, dossier, died_on=days_ago(1))
        before = views.flags("paid-to-deceased")
        amend(views, dossier)
        ((found, _, evidence, amount_fen),) = views.flags("paid-to-deceased")
        assert (found, amount_fen) == (f"case:b2026/{case}", 50_000)
        assert len(evidence) == len(before[0][2]) + 1
        returned(views, payout, case)
        revoke(views, case)
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

    def test_an_approval_dated_early_does_not_hide_it(self, views: Views) -> None:
        f, w = views.founded, views.writer
        F = approve(views, f.dossier(w, on=days_ago(400)), on=days_ago(50))
        assert subjects(views, "stale-dossier") == [f"case:b2026/{F}"]

    @pytest.mark.parametrize(("officer", "guilty"), [("auditor", False), ("finance", True)])
    def test_a_paper_approval_counts_by_its_date_where_an_auditor_found_it(
        self, views: Views, officer: str, guilty: bool
    ) -> None:
        f, w = views.founded, views.writer
        dossier = f.dossier(w, on=days_ago(400))
        case = f.record(w, "tea-clerk", Nominated(**ON, dossier=dossier, category="worker")).id
        late: dict[str, Any] = {"after_the_fact": True, "after_the_fact_reason": "补录"}
        approved = Approved(**ON, case=case, line="workers", amount_fen=50_000, **late)
        f.record(w, officer, approved, on=days_ago(300))
        assert subjects(views, "stale-dossier") == ([f"case:b2026/{case}"] if guilty else [])

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

    def test_a_dossier_dated_before_the_payout_and_recorded_after_it(self, views: Views) -> None:
        f, w = views.founded, views.writer
        F = f.dossier(w, on=days_ago(5))
        case = approve(views, F)
        pay(views, F, case, on=days_ago(3))
        ((found, _, _, amount_fen),) = views.flags("no-dossier-first")
        assert (found, amount_fen) == (f"dossier:b2026/{F}", 50_000)
        ((said,),) = views.rows("SELECT details FROM views.flags WHERE rule = 'no-dossier-first'")
        assert said == {"filed_on": days_ago(5), "recorded_on": days_ago(0), "first_on": days_ago(3)}
        # A nomination is never recorded before its dossier: what both say of their dates is held together.
        entered = f.dossier(w, on=days_ago(5))
        nominated = Nominated(**ON, dossier=entered, category="worker")
        f.record(w, "tea-clerk", nominated, on=days_ago(3))
        assert len(subjects(views, "no-dossier-first")) == 1

    def test_a_paper_dossier_counts_by_its_date_where_an_auditor_found_it(self, views: Views) -> None:
        f, w = views.founded, views.writer
        reason: dict[str, Any] = {"after_the_fact": True, "after_the_fact_reason": "审计发现纸质档案"}
        for officer in ("auditor", "finance"):
            promise, disclosure = committed(f.people.person())
            filed = DossierFiled(unit="tea", identity_commitment=promise, facts=Facts(), **reason)
            dossier = f.record(w, officer, filed, disclosure, on=days_ago(300)).id
            pay(views, dossier, None, on=days_ago(200))
        assert subjects(views, "no-dossier-first") == [f"dossier:b2026/{dossier}"]


class TestErasedUnderScrutiny:
    def erase(self, views: Views, dossier: str) -> int:
        event = DossierErased(unit="tea", dossier=dossier, reason="误建")
        return views.founded.record(views.writer, "registrar", event).position

    def test_f_shares_a_phone_with_persons_who_are_flagged(self, views: Views) -> None:
        f, w = views.founded, views.writer
        shared = f.people.person().phone
        phones = [f.people.person(phone=shared) for _ in range(4)]
        cases = [f.nominated(w, person) for person in phones]
        innocent = f.dossier(w)
        assert len(subjects(views, "shared-phone")) == 1
        self.erase(views, innocent)
        case, F = cases[0]
        revoke(views, case)
        at = self.erase(views, F)
        ((found, raised_at, evidence, _),) = views.flags("erased-under-scrutiny")
        assert (found, raised_at) == (f"dossier:-/{F}", at)
        assert len(evidence) == 2

    def test_an_open_objection_or_discipline_case_is_enough(self, views: Views) -> None:
        f, w = views.founded, views.writer
        F, dossier = f.nominated(w)
        objection = f.record(w, "tea-confirmer", ObjectionLodged(**ON, case=F, text="不符"))
        other, second = f.nominated(w, group="farmer")
        views.follower.catch_up()
        [(subject, raised_at, _, _)] = views.flags("out-of-category")
        flag = FlagKey(rule="out-of-category", subject=subject, raised_at=raised_at)
        opened = f.record(w, "inspector", CaseOpened(**ON, title="核查", flags=[flag], text="查"))
        third, free = f.nominated(w)
        for case in (F, other, third):
            revoke(views, case)
        assert subjects(views, "out-of-category") == []
        for each in (dossier, second, free):
            self.erase(views, each)
        said = views.rows(
            "SELECT subject, details, evidence FROM views.flags WHERE rule = 'erased-under-scrutiny'"
            " AND to_position IS NULL ORDER BY raised_at"
        )
        assert [(row[0], row[1]["objections"], row[1]["investigations"]) for row in said] == [
            (f"dossier:-/{dossier}", 1, 0),
            (f"dossier:-/{second}", 0, 1),
        ]
        assert objection.position in said[0][2]
        assert opened.position in said[1][2]

    def test_an_objection_that_was_received_and_not_taken_down_is_enough(self, views: Views) -> None:
        f, w = views.founded, views.writer
        case, F = f.nominated(w)
        _, received_at = receive(views, case)
        revoke(views, case)
        at = self.erase(views, F)
        ((found, _, evidence, _),) = views.flags("erased-under-scrutiny")
        assert (found, evidence) == (f"dossier:-/{F}", [received_at, at])
