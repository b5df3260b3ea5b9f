"""The steps of a case and who took them: guilty F, innocent look-alike, cleared."""

from __future__ import annotations

from typing import Any, Literal

import pytest

from ledger.crypto.keys import key_id_of
from ledger.domain.event import Grant
from ledger.domain.policy.campaign_policy import Category, Phase, UnitWindow, Window
from ledger.errors import Refused
from ledger.events.campaign import RosterFiled, SummaryFiled
from ledger.events.dossier import DossierErased, DossierFiled, Facts
from ledger.events.nomination import Approved, Confirmed, Nominated
from ledger.events.oversight import ConductReported, SanctionImposed, SanctionLifted
from ledger.events.payout import Disbursed
from ledger.events.registry import KeyRevoked, KinDeclared
from ledger.identity.documents import PersonIdentity
from ledger.writing.signing import committed
from tests.database.projections.conftest import Views
from tests.database.projections.flags.steps import (
    ON,
    amend,
    days_ago,
    enrol,
    on_paper,
    pay,
    returned,
    revoke,
    set_policy,
    subjects,
)

LATE: dict[str, Any] = {"after_the_fact": True, "after_the_fact_reason": "审计发现"}


@pytest.mark.parametrize(
    ("rule", "facts"),
    [
        ("no-public-notice", {}),
        ("out-of-category", {"group": "farmer"}),
        ("criteria-not-met", {}),
    ],
)
def test_a_nomination_revoked_after_it_was_paid_clears_nothing(
    views: Views, rule: str, facts: dict[str, Any]
) -> None:
    if rule == "criteria-not-met":
        worker = Category(code="worker", title="困难职工", line="workers", criteria=["cause-given"])
        set_policy(views, categories=[worker])
    case, _, payout = views.founded.paid(views.writer, **facts)
    assert subjects(views, rule) == [f"case:b2026/{case}"]
    revoke(views, case)
    assert subjects(views, rule) == [f"case:b2026/{case}"]
    returned(views, payout, case)
    assert subjects(views, rule) == []


class TestRosterWidened:
    def file(self, views: Views, on: str | None = None) -> None:
        event = RosterFiled(**ON, annex="2", count=1)
        views.founded.record(views.writer, "tea-clerk", event, on=on)

    def test_f_was_nominated_after_the_filed_roster(self, views: Views) -> None:
        f, w = views.founded, views.writer
        set_policy(views, roster_deadline=days_ago(0))
        on_it = f.dossier(w)
        case = f.record(w, "tea-clerk", Nominated(**ON, dossier=on_it, category="worker")).id
        self.file(views)
        f.record(w, "tea-confirmer", Confirmed(**ON, case=case))
        f.record(w, "approver", Approved(**ON, case=case, line="workers", amount_fen=50_000))
        F, dossier = f.nominated(w)
        assert subjects(views, "roster-widened") == []
        f.record(w, "tea-confirmer", Confirmed(**ON, case=F))
        f.record(w, "approver", Approved(**ON, case=F, line="workers", amount_fen=50_000))
        assert subjects(views, "roster-widened") == [f"case:b2026/{F}"]
        payout = pay(views, dossier, F)
        revoke(views, F)
        assert [row[3] for row in views.flags("roster-widened")] == [50_000]
        returned(views, payout, F)
        assert subjects(views, "roster-widened") == []

    def test_a_second_roster_in_time_has_it_and_a_late_one_has_not(self, views: Views) -> None:
        f, w = views.founded, views.writer
        set_policy(views, roster_deadline=f.day(1))
        self.file(views)
        first, _ = f.approved(w)
        assert subjects(views, "roster-widened") == [f"case:b2026/{first}"]
        self.file(views)
        assert subjects(views, "roster-widened") == []
        case, _ = f.approved(w)
        f.let_pass(w, 2)
        self.file(views)
        assert subjects(views, "roster-widened") == [f"case:b2026/{case}"]
        # A date in time does not help where the recording is late.
        self.file(views, on=f.day(-1))
        assert subjects(views, "roster-widened") == [f"case:b2026/{case}"]

    def test_where_none_came_in_time_the_first_late_one_counts(self, views: Views) -> None:
        f, w = views.founded, views.writer
        set_policy(views, roster_deadline=days_ago(2))
        f.approved(w)
        self.file(views)
        case, _ = f.approved(w)
        self.file(views)
        assert subjects(views, "roster-widened") == [f"case:b2026/{case}"]

    def test_a_unit_that_filed_none_is_another_flag(self, views: Views) -> None:
        views.founded.approved(views.writer)
        assert subjects(views, "roster-widened") == []


class TestSelfDealing:
    def test_f_is_the_officers_relative(self, views: Views) -> None:
        f, w = views.founded, views.writer
        relative = f.people.person()
        F, _, payout = f.paid(w, relative)
        f.paid(w)
        assert subjects(views, "self-dealing") == []
        promise, disclosure = committed(relative)
        kin = KinDeclared(officer="tea-clerk", relation="sibling", identity_commitment=promise)
        f.record(w, "tea-clerk", kin, disclosure)
        assert subjects(views, "self-dealing") == [f"case:b2026/{F}"]
        revoke(views, F)
        assert len(subjects(views, "self-dealing")) == 1
        returned(views, payout, F)
        assert subjects(views, "self-dealing") == []

    def test_an_amendment_clears_nothing_once_it_is_paid(self, views: Views) -> None:
        f, w = views.founded, views.writer
        clerk, person = f.people.person(), f.people.person()
        enrol(views, "payer", "county", "finance", clerk)
        case, dossier = f.approved(
            w, person.model_copy(update={"account": clerk.account, "account_holder": "他人"})
        )
        paid = Disbursed(**ON, dossier=dossier, case=case, line="workers", amount_fen=50_000)
        payout = f.record(w, "payer", paid).id
        amend(views, dossier, person)
        for rule in ("self-dealing", "account-name-mismatch"):
            assert subjects(views, rule) == [f"case:b2026/{case}"]
        returned(views, payout, case)
        revoke(views, case)
        for rule in ("self-dealing", "account-name-mismatch"):
            assert subjects(views, rule) == []

    def test_f_shares_the_officers_account_and_another_officers_is_innocent(self, views: Views) -> None:
        f, w = views.founded, views.writer
        clerk, other = f.people.person(), f.people.person()
        enrol(views, "tea-clerk3", "tea", "clerk", clerk)
        enrol(views, "sugar-clerk3", "sugar", "clerk", other)
        dossier = f.dossier(w, f.people.person(account=clerk.account))
        F = f.record(w, "tea-clerk3", Nominated(**ON, dossier=dossier, category="worker")).id
        f.nominated(w, f.people.person(account=other.account))
        assert subjects(views, "self-dealing") == [f"case:b2026/{F}"]
        ((shared,),) = views.rows("SELECT details ->> 'shared' FROM views.flags WHERE rule = 'self-dealing'")
        assert shared == '["account"]'


class TestDutiesNotSeparated:
    def test_f_was_approved_by_who_nominated_found_after_the_fact(self, views_by_old_rules: Views) -> None:
        views = views_by_old_rules
        f, w = views.founded, views.writer
        dossier = f.dossier(w)
        nominated = Nominated(**ON, dossier=dossier, category="worker", **LATE)
        F = f.record(w, "auditor", nominated).id
        f.record(w, "auditor", Approved(**ON, case=F, line="workers", amount_fen=50_000, **LATE))
        case, other = f.approved(w)
        pay(views, other, case)
        assert subjects(views, "duties-not-separated") == [f"case:b2026/{F}"]
        revoke(views, F)
        assert subjects(views, "duties-not-separated") == []

    def test_f_is_two_officers_of_one_person(self, views: Views) -> None:
        f, w = views.founded, views.writer
        person = f.people.person()
        enrol(views, "tea-clerk3", "tea", "clerk", person)
        enrol(views, "tea-clerk4", "tea", "clerk", f.people.person())
        assert subjects(views, "duties-not-separated") == []
        enrol(views, "tea-confirmer3", "tea", "confirmer", person)
        assert subjects(views, "duties-not-separated") == ["officer:-/tea-confirmer3"]
        dossier = f.dossier(w)
        F = f.record(w, "tea-clerk3", Nominated(**ON, dossier=dossier, category="worker")).id
        with pytest.raises(Refused) as refusal:
            f.record(w, "tea-confirmer3", Confirmed(**ON, case=F))
        assert refusal.value.code == "duties-not-separated"
        assert subjects(views, "duties-not-separated") == ["officer:-/tea-confirmer3"]


class TestPaidWhileBanned:
    def test_f_is_approved_while_its_unit_is_under_sanction(self, views: Views) -> None:
        f, w = views.founded, views.writer
        f.approved(w)
        F, _ = f.nominated(w)
        f.record(w, "tea-confirmer", Confirmed(**ON, case=F))
        f.nominated(w, unit="sugar")
        sanction = f.record(w, "inspector", SanctionImposed(unit="tea", year=2026, reason="材料不实")).id
        f.record(w, "inspector", SanctionImposed(unit="sugar", year=2027, reason="材料不实"))
        f.record(w, "approver", Approved(**ON, case=F, line="workers", amount_fen=50_000))
        ((found, _, evidence, _),) = views.flags("paid-while-banned")
        assert (found, len(evidence)) == (f"case:b2026/{F}", 2)
        f.record(w, "inspector", SanctionLifted(unit="tea", sanction=sanction, reason="复核"))
        f.approved(w)
        assert subjects(views, "paid-while-banned") == [f"case:b2026/{F}"]
        revoke(views, F)
        assert subjects(views, "paid-while-banned") == []

    def test_f_is_of_a_unit_below_the_one_under_sanction(self, views: Views) -> None:
        f, w = views.founded, views.writer
        F, _ = f.nominated(w)
        f.record(w, "tea-confirmer", Confirmed(**ON, case=F))
        f.record(w, "inspector", SanctionImposed(unit="county", year=2026, reason="材料不实"))
        f.record(w, "approver", Approved(**ON, case=F, line="workers", amount_fen=50_000))
        assert subjects(views, "paid-while-banned") == [f"case:b2026/{F}"]

    def test_f_was_listed_after_a_stolen_key_had_lifted_the_sanction(self, views: Views) -> None:
        f, w = views.founded, views.writer
        f.enrol(w, "inspector2", "county", [Grant(role="inspector", unit="county")])
        sanction = f.record(w, "inspector", SanctionImposed(unit="tea", year=2026, reason="材料不实")).id
        since = f.clock().isoformat(timespec="microseconds")
        lifted = f.record(w, "inspector2", SanctionLifted(unit="tea", sanction=sanction, reason="复核"))
        F, _ = f.nominated(w)
        assert subjects(views, "paid-while-banned") == []
        key = key_id_of(f.signer("inspector2").key)
        revoked = KeyRevoked(key=key, revoked_from=since, compromised=True, reason="失窃")
        revoked_at = f.record(w, "registrar", revoked).position
        ((found, raised_at, evidence, _),) = views.flags("paid-while-banned")
        assert (found, raised_at) == (f"case:b2026/{F}", revoked_at)
        assert evidence == [lifted.position - 1, revoked_at - 1, revoked_at]


class TestOutOfWindow:
    def test_f_is_paid_outside_the_window_and_another_inside(self, views: Views) -> None:
        set_policy(views, window=Window(start=days_ago(5), end=days_ago(0)))
        case, dossier = views.founded.approved(views.writer)
        pay(views, dossier, case, 10_000)
        pay(views, dossier, case, 10_000, on=days_ago(6))
        ((found, raised_at, evidence, amount_fen),) = views.flags("out-of-window")
        assert (found, evidence, amount_fen) == (f"event:b2026/{raised_at}", [raised_at], 10_000)

    def test_f_is_outside_the_phase_of_its_step(self, views: Views) -> None:
        f, w = views.founded, views.writer
        phase = Phase(
            code="prepare",
            title="准备",
            window=Window(start=days_ago(20), end=f.day(1)),
            events=["Nominated"],
        )
        set_policy(views, window=Window(start=days_ago(5), end=days_ago(0)), phases=[phase])
        first, second, third = f.dossier(w), f.dossier(w), f.dossier(w)
        f.record(w, "tea-clerk", Nominated(**ON, dossier=first, category="worker"), on=days_ago(10))
        f.let_pass(w, 2)
        F = f.record(w, "tea-clerk", Nominated(**ON, dossier=second, category="worker"))
        dated = f.record(w, "tea-clerk", Nominated(**ON, dossier=third, category="worker"), on=f.day(-1))
        late = [f"event:b2026/{each.position}" for each in (F, dated)]
        assert subjects(views, "out-of-window") == late

    def test_a_date_inside_does_not_help_where_the_payout_is_recorded_outside(self, views: Views) -> None:
        f, w = views.founded, views.writer
        set_policy(views, window=Window(start=days_ago(5), end=f.day(1)))
        case, dossier = f.approved(w)
        f.let_pass(w, 3)
        paid: dict[str, Any] = {"campaign": "b2026", "unit": "tea", "dossier": dossier, "line": "workers"}
        F = f.record(w, "finance", Disbursed(**paid, case=case, amount_fen=10_000), on=f.day(-2))
        paid["case"] = case
        # What an auditor found on paper was paid when the paper says; finance's own word is not enough.
        f.record(w, "auditor", Disbursed(**paid, amount_fen=10_000, **LATE), on=f.day(-2))
        own = f.record(w, "finance", Disbursed(**paid, amount_fen=10_000, **LATE), on=f.day(-2))
        found = [f"event:b2026/{each.position}" for each in (F, own)]
        assert subjects(views, "out-of-window") == found

    def test_a_unit_may_have_dates_of_its_own(self, views: Views) -> None:
        own = UnitWindow(unit="tea", window=Window(start=days_ago(9), end=days_ago(0)))
        set_policy(views, window=Window(start=days_ago(90), end=days_ago(80)), unit_windows=[own])
        case, dossier = views.founded.approved(views.writer)
        pay(views, dossier, case)
        assert subjects(views, "out-of-window") == []


class TestBackdated:
    def test_f_is_recorded_eight_days_after_its_date(self, views: Views) -> None:
        f, w = views.founded, views.writer
        f.dossier(w, on=days_ago(7))
        assert subjects(views, "backdated") == []
        f.dossier(w, on=days_ago(8))
        ((found, raised_at, evidence, _),) = views.flags("backdated")
        assert (found, evidence) == (f"event:-/{raised_at}", [raised_at])


class TestRecordedAfterTheFact:
    def test_f_skipped_an_invariant(self, views: Views) -> None:
        views.founded.paid(views.writer)
        assert subjects(views, "recorded-after-the-fact") == []
        on_paper(views, views.founded.people.person())
        found = views.flags("recorded-after-the-fact")
        assert [(row[0], row[3]) for row in found] == [
            (f"event:-/{found[0][1]}", 0),
            (f"event:b2026/{found[1][1]}", 50_000),
        ]


class TestLateRoster:
    def test_f_files_after_the_deadline(self, views: Views) -> None:
        f, w = views.founded, views.writer
        set_policy(views, roster_deadline=f.day(1), summary_deadline=f.day(1))
        sugar: dict[str, Any] = {"campaign": "b2026", "unit": "sugar"}
        f.record(w, "sugar-clerk", RosterFiled(**sugar, annex="2", count=1))
        f.record(w, "sugar-clerk", SummaryFiled(**sugar, persons=1, amount_fen=0, text="总结"))
        f.let_pass(w, 2)
        f.record(w, "sugar-clerk", RosterFiled(**sugar, annex="2", count=1))
        # A date in time does not help where the recording is late.
        filed = f.record(w, "tea-clerk", RosterFiled(**ON, annex="2", count=1), on=f.day(-1))
        ((found, _, evidence, _),) = views.flags("late-roster")
        assert (found, evidence) == ("unit:b2026/tea", [filed.position])
        ((said,),) = views.rows("SELECT details -> 'roster' FROM views.flags WHERE rule = 'late-roster'")
        assert said == {"deadline": f.day(-1), "filed_on": f.day(-1), "recorded_on": f.day()}
        set_policy(views, roster_deadline=f.day())
        f.record(w, "tea-clerk", RosterFiled(**ON, annex="2", count=1))
        assert subjects(views, "late-roster") == []

    def test_f_files_nothing_and_the_day_ends(self, views: Views) -> None:
        f, w = views.founded, views.writer
        set_policy(views, roster_deadline=f.day(1))
        f.nominated(w)
        f.let_pass(w, 1)
        assert subjects(views, "late-roster") == []
        f.let_pass(w, 1)
        assert subjects(views, "late-roster") == ["unit:b2026/tea"]
        f.record(w, "tea-clerk", RosterFiled(**ON, annex="2", count=1), on=f.day(-1))
        assert subjects(views, "late-roster") == ["unit:b2026/tea"]


class TestGiftAccepted:
    def report(self, views: Views, kind: Literal["gift", "burden", "reception"], officer: str | None) -> None:
        event = ConductReported(**ON, officer=officer, kind=kind, text="收受土特产")
        views.founded.record(views.writer, "inspector", event)

    def test_f_is_reported_for_a_gift(self, views: Views) -> None:
        self.report(views, "reception", "approver")
        assert subjects(views, "gift-accepted") == []
        self.report(views, "gift", "finance")
        self.report(views, "burden", "finance")
        self.report(views, "burden", None)
        found = views.flags("gift-accepted")
        assert [(row[0], len(row[2])) for row in found] == [
            ("officer:b2026/finance", 2),
            ("unit:b2026/tea", 1),
        ]


class TestIdentityInvalid:
    def test_f_has_a_wrong_check_character_on_paper(self, views: Views) -> None:
        f, w = views.founded, views.writer
        right = f.people.person()
        wrong: PersonIdentity = right.model_copy(
            update={"number": right.number[:-1] + ("0" if right.number[-1] != "0" else "1")}
        )
        promise, disclosure = committed(wrong)
        filed = DossierFiled(unit="tea", identity_commitment=promise, facts=Facts(), **LATE)
        F = f.record(w, "auditor", filed, disclosure).id
        f.dossier(w)
        assert subjects(views, "identity-invalid") == [f"dossier:-/{F}"]
        f.record(w, "registrar", DossierErased(unit="tea", dossier=F, reason="号码有误，另行建档"))
        assert subjects(views, "identity-invalid") == []
