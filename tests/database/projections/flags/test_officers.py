"""What shows in who holds which roles: guilty F, innocent look-alike, cleared."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.crypto.keys import new_key, public_hex
from ledger.domain.event import Grant
from ledger.domain.policy.campaign_policy import Category, Window
from ledger.events.campaign import PolicyAmended, RosterFiled
from ledger.events.drawing import MoneyDrawn
from ledger.events.nomination import Approved, Confirmed, Nominated
from ledger.events.payout import Disbursed
from ledger.events.registry import KeyRotated, OfficerEnrolled, OfficerIdentified, RolesChanged
from ledger.writing.signing import committed, possessed
from tests.database.projections.conftest import Views
from tests.database.projections.flags.steps import (
    approve,
    enrol,
    open_campaign,
    pay,
    set_policy,
    subjects,
)
from tests.scene import OFFICERS, policy


def change(views: Views, officer: str, *grants: Grant) -> None:
    event = RolesChanged(officer=officer, grants=list(grants), reason="调岗")
    views.founded.record(views.writer, "registrar", event)


class TestRolesExclude:
    def test_f_oversees_where_they_act(self, views_by_old_rules: Views) -> None:
        views = views_by_old_rules
        clerk, inspector = Grant(role="clerk", unit="tea"), Grant(role="inspector", unit="county")
        change(views, "tea-clerk2", clerk, Grant(role="inspector", unit="sugar"))
        assert subjects(views, "roles-exclude") == []
        change(views, "tea-clerk2", clerk, inspector)
        assert subjects(views, "roles-exclude") == ["officer:-/tea-clerk2"]
        change(views, "tea-clerk2", clerk)
        assert subjects(views, "roles-exclude") == []

    def test_f_registers_and_pays_or_approves_and_pays(self, views_by_old_rules: Views) -> None:
        views = views_by_old_rules
        finance = Grant(role="finance", unit="county")
        change(views, "finance", finance, Grant(role="registrar", unit="sugar"))
        change(views, "finance2", finance, Grant(role="approver", unit="sugar"))
        assert subjects(views, "roles-exclude") == ["officer:-/finance", "officer:-/finance2"]

    def test_f_is_one_person_under_two_codes(self, views_by_old_rules: Views) -> None:
        views = views_by_old_rules
        person = views.founded.people.person()
        enrol(views, "tea-clerk3", "tea", "clerk", person)
        enrol(views, "tea-auditor", "tea", "auditor", views.founded.people.person())
        assert subjects(views, "roles-exclude") == []
        enrol(views, "tea-auditor2", "tea", "auditor", person)
        assert subjects(views, "roles-exclude") == ["officer:-/tea-auditor2", "officer:-/tea-clerk3"]
        change(views, "tea-auditor2")
        assert subjects(views, "roles-exclude") == []

    def test_f_is_nobody_known(self, views_by_old_rules: Views) -> None:
        views = views_by_old_rules
        f, w = views.founded, views.writer
        nobody = OfficerEnrolled(
            officer="nobody",
            name="某人",
            unit="tea",
            public_key=public_hex(f.signer("nobody").key),
            valid_from="2026-01-01T00:00:00+08:00",
            grants=[Grant(role="clerk", unit="tea")],
        )
        f.record(w, "registrar", nobody)
        assert subjects(views, "roles-exclude") == ["officer:-/nobody"]
        promise, disclosure = committed(f.people.person())
        identified = OfficerIdentified(officer="nobody", identity_commitment=promise)
        f.record(w, "registrar", identified, disclosure)
        assert subjects(views, "roles-exclude") == []


class TestPolicyLoosened:
    def at(self, views: Views, position: int) -> str:
        return f"event:b2026/{position}"

    def test_f_raises_the_limit_for_two_and_pays_alone(self, views: Views) -> None:
        f, w = views.founded, views.writer
        set_policy(views, two_signatures_above_fen=40_000)
        assert subjects(views, "policy-loosened") == []  # there was no limit before
        set_policy(views, two_signatures_above_fen=90_000)
        (loosened,) = subjects(views, "policy-loosened")
        F, dossier = f.approved(w, amount_fen=60_000)
        paid = Disbursed(
            campaign="b2026", unit="tea", dossier=dossier, case=F, line="workers", amount_fen=60_000
        )
        position = f.record(w, "finance", paid).position
        f.paid(w, amount_fen=40_000)  # within the old limit
        set_policy(views, two_signatures_above_fen=40_000)
        f.let_pass(w, 1)
        ((found, raised_at, evidence, amount_fen),) = views.flags("policy-loosened")
        assert found == loosened == self.at(views, raised_at)
        assert evidence == [raised_at, position - 1, position]
        assert amount_fen == 120_000

    def test_f_drops_an_exclusion_and_nominates_of_that_group(self, views: Views) -> None:
        f, w = views.founded, views.writer
        set_policy(views, excluded_groups=["urban-resident"])
        f.nominated(w, group="worker")
        f.nominated(w, group="farmer")
        f.let_pass(w, 1)
        ((_, raised_at, evidence, _),) = views.flags("policy-loosened")
        assert len(evidence) == 2
        assert evidence[0] == raised_at

    def test_f_adds_a_category_and_shortens_the_notice(self, views: Views) -> None:
        f, w = views.founded, views.writer
        new = Category(code="new", title="新增", line="workers")
        set_policy(views, categories=[*policy().categories, new], notice_working_days=0)
        f.nominated(w, category="new")
        f.approved(w)
        f.let_pass(w, 1)
        ((_, _, evidence, _),) = views.flags("policy-loosened")
        assert len(evidence) == 3

    def test_f_no_longer_asks_for_a_transfer_and_pays_outside_the_old_window(self, views: Views) -> None:
        f, w = views.founded, views.writer
        tight = {"bank_transfer_required": True, "window": Window(start="2026-01-01", end="2026-01-02")}
        set_policy(views, **tight)
        set_policy(views)
        case, dossier = f.approved(w)
        pay(views, dossier, case, 10_000)
        f.let_pass(w, 1)
        ((_, _, evidence, _),) = views.flags("policy-loosened")
        assert len(evidence) == 2

    def used(self, views: Views) -> list[tuple[object, object]]:
        """(evidence without the amendment, members used) of each flag."""
        views.founded.let_pass(views.writer, 1)
        rows = views.rows(
            "SELECT evidence[2:], details -> 'used' FROM views.flags WHERE rule = 'policy-loosened'"
            " AND to_position IS NULL ORDER BY raised_at"
        )
        return [(evidence, used) for evidence, used in rows]

    def test_f_draws_alone_above_the_old_limit(self, views: Views) -> None:
        f, w = views.founded, views.writer
        set_policy(views, two_signatures_above_fen=40_000)
        set_policy(views, two_signatures_above_fen=90_000)
        drawn = MoneyDrawn(campaign="b2026", unit="tea", line="workers", amount_fen=60_000)
        F = f.record(w, "finance", drawn).position
        f.record(w, "finance", drawn.model_copy(update={"amount_fen": 40_000}))
        w.record(f.signer("finance").sign(drawn, second=f.signer("finance2").key))
        assert self.used(views) == [([F], ["two_signatures_above_fen"])]

    def test_f_lowers_a_categorys_criteria_and_puts_forward_who_did_not_meet_them(self, views: Views) -> None:
        f, w = views.founded, views.writer
        asked = [
            Category(
                code="worker", title="困难职工", line="workers", standard_fen=50_000, criteria=["cause-given"]
            )
        ]
        set_policy(views, categories=asked)
        before, _ = f.nominated(w)
        f.record(w, "tea-confirmer", Confirmed(campaign="b2026", unit="tea", case=before))
        set_policy(views, categories=[asked[0].model_copy(update={"criteria": []})])
        f.nominated(w, cause="illness")
        f.nominated(w)
        approved = Approved(campaign="b2026", unit="tea", case=before, line="workers", amount_fen=10_000)
        at = f.record(w, "approver", approved).position
        assert self.used(views) == [([at - 1, at], ["categories"])]

    def test_f_raises_the_line_of_income(self, views: Views) -> None:
        f, w = views.founded, views.writer
        asked = [
            Category(
                code="worker",
                title="困难职工",
                line="workers",
                standard_fen=50_000,
                criteria=["income-below-line"],
            )
        ]
        set_policy(views, categories=asked, subsistence_line_fen=60_000)
        set_policy(views, categories=asked, subsistence_line_fen=80_000)
        f.nominated(w, income_per_head_fen=59_999)
        f.nominated(w, income_per_head_fen=60_000)
        f.nominated(w, income_per_head_fen=80_000)  # that one is criteria-not-met's
        [(evidence, used)] = self.used(views)
        assert (len(evidence), used) == (1, ["subsistence_line_fen"])  # type: ignore[arg-type] # a list

    def test_f_moves_the_window_and_pays_with_a_date_in_the_old_one(self, views: Views) -> None:
        f, w = views.founded, views.writer
        set_policy(views, window=Window(start=f.day(-30), end=f.day(1)))
        case, dossier = f.approved(w, amount_fen=30_000)
        pay(views, dossier, case, 10_000)
        f.let_pass(w, 3)
        set_policy(views, window=Window(start=f.day(-33), end=f.day(30)))
        pay(views, dossier, case, 10_000, on=f.day(-3))
        drawn = MoneyDrawn(campaign="b2026", unit="tea", line="workers", amount_fen=10_000)
        at = f.record(w, "finance", drawn).position
        assert self.used(views)[-1] == ([at - 1, at], ["window"])

    def test_f_puts_off_the_deadline_of_the_rosters(self, views: Views) -> None:
        f, w = views.founded, views.writer
        set_policy(views, roster_deadline=f.day(1))
        f.let_pass(w, 3)
        set_policy(views, roster_deadline=f.day(5))
        event = RosterFiled(campaign="b2026", unit="tea", annex="2", count=1)
        F = f.record(w, "tea-clerk", event, on=f.day(-2)).position
        assert self.used(views) == [([F], ["roster_deadline"])]

    def test_another_amendment_does_not_hide_what_comes_after_it(self, views: Views) -> None:
        f, w = views.founded, views.writer
        set_policy(views, excluded_groups=["urban-resident"], notice_working_days=5)
        set_policy(views, excluded_groups=["urban-resident"], notice_working_days=4)
        at = f.record(w, "tea-clerk", self.nominated(views, group="farmer")).position
        assert self.used(views) == [([at], ["excluded_groups"]), ([], None)]
        set_policy(views, notice_working_days=4)
        f.record(w, "tea-clerk", self.nominated(views, group="farmer"))
        assert self.used(views) == [([at], ["excluded_groups"]), ([], None)]

    def nominated(self, views: Views, **facts: Any) -> Nominated:
        dossier = views.founded.dossier(views.writer, **facts)
        return Nominated(campaign="b2026", unit="tea", dossier=dossier, category="worker")

    def open_next(self, views: Views, campaign: str = "b2027", **changes: object) -> None:
        window = Window(start="2026-12-20", end="2027-02-21")
        open_campaign(views, campaign, **{"year": 2027, "window": window, **changes})

    def test_a_campaign_that_opens_like_the_one_before_is_innocent(self, views: Views) -> None:
        self.open_next(views)
        assert subjects(views, "policy-loosened") == []

    @pytest.mark.parametrize("year", [2027, 2030])
    def test_f_opens_a_campaign_looser_than_the_one_before(self, views: Views, year: int) -> None:
        f, w = views.founded, views.writer
        self.open_next(views, year=year, notice_working_days=0)
        ((F, _, evidence, _),) = views.flags("policy-loosened")
        case = approve(views, f.dossier(w), campaign="b2027")
        assert len(case) > 0
        [(acts, used)] = self.used(views)
        ((_, details),) = views.rows(
            "SELECT rule, details FROM views.flags WHERE rule = 'policy-loosened' AND to_position IS NULL"
        )
        assert (F, used) == (f"event:b2027/{evidence[0]}", ["notice_working_days"])
        assert len(acts) == 1  # type: ignore[arg-type] # a list of positions
        assert details["prior_campaign"] == "b2026"

    @pytest.mark.parametrize("year", [2025, 2026])
    def test_one_that_is_opened_to_be_named_does_not_hide_it(self, views: Views, year: int) -> None:
        self.open_next(views, "named", year=year, notice_working_days=0)
        self.open_next(views, notice_working_days=0, prior_campaign="named")
        said = views.rows(
            "SELECT campaign, details ->> 'prior_campaign' FROM views.flags WHERE rule = 'policy-loosened'"
            " ORDER BY raised_at"
        )
        assert said == [("named", "b2026"), ("b2027", "b2026")]

    def test_what_is_tight_again_is_no_longer_named(self, views: Views) -> None:
        self.open_next(views, notice_working_days=0)
        event = PolicyAmended(campaign="b2027", policy=policy(year=2027), reason="恢复")
        f, w = views.founded, views.writer
        w.record(f.signer("approver").sign(event, second=f.signer("approver2").key))
        approve(views, f.dossier(w), campaign="b2027")
        assert self.used(views)[0] == ([], None)

    def test_a_longer_season_is_looser(self, views: Views) -> None:
        self.open_next(views, window=Window(start="2026-12-20", end="2027-03-01"))
        ((members,),) = views.rows(
            "SELECT details -> 'loosened' FROM views.flags WHERE rule = 'policy-loosened'"
        )
        assert members == ["window"]

    def test_a_tighter_policy_is_innocent(self, views: Views) -> None:
        set_policy(views, bank_transfer_required=True, notice_working_days=7)
        assert subjects(views, "policy-loosened") == []


class TestLoneRegistrar:
    def test_f_founded_the_ledger_and_gave_the_countys_roles(self, views: Views) -> None:
        ((found, _, evidence, _),) = views.flags("lone-registrar")
        assert found == "officer:-/registrar"
        high = [
            roles
            for unit, roles in OFFICERS.values()
            if unit == "county" and {"approver", "finance", "auditor", "inspector"} & {*roles}
        ]
        assert len(evidence) == len(high) > 0

    def test_two_are_innocent_and_so_is_what_takes_one(self, views: Views) -> None:
        f, w = views.founded, views.writer
        enrol(views, "second", "county", "registrar")
        before = views.flags("lone-registrar")
        enrol(views, "tea-clerk9", "tea", "clerk")
        event = RolesChanged(officer="approver2", grants=[Grant(role="approver", unit="tea")], reason="调岗")
        w.record(f.signer("registrar").sign(event, second=f.signer("second").key))
        assert views.flags("lone-registrar") == before

    def test_by_the_first_rules_one_was_enough(self, views_by_old_rules: Views) -> None:
        assert views_by_old_rules.flags("lone-registrar") == []

    def test_f_replaces_the_key_of_another(self, views: Views) -> None:
        f, w = views.founded, views.writer
        ((_, _, before, _),) = views.flags("lone-registrar")
        for officer in ("tea-clerk", "registrar"):  # the clerk's by the registrar, the registrar's own
            key = new_key()
            mine = possessed(key, f.ledger, officer)
            event = KeyRotated(officer=officer, valid_from="2026-01-01T00:00:00+08:00", **mine)
            f.record(w, "registrar", event)
        ((_, _, evidence, _),) = views.flags("lone-registrar")
        assert len(evidence) == len(before) + 1
