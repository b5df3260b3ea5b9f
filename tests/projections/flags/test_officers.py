"""What shows in who holds which roles: guilty F, innocent look-alike, cleared."""

from __future__ import annotations

from ledger.event import Grant
from ledger.events.payout import Disbursed
from ledger.events.registry import KeyRotated, OfficerEnrolled, OfficerIdentified, RolesChanged
from ledger.keys import new_key, public_hex
from ledger.policy import Category, Window
from ledger.signing import committed, possessed
from tests.projections.conftest import Views
from tests.projections.flags.steps import enrol, pay, set_policy, subjects
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
            if unit == "county" and {"approver", "finance"} & {*roles}
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
