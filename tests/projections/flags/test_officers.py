"""What shows in who holds which roles: guilty F, innocent look-alike, cleared."""

from __future__ import annotations

from ledger.event import Grant
from ledger.events.registry import OfficerEnrolled, OfficerIdentified, RolesChanged
from ledger.keys import public_hex
from ledger.signing import committed
from tests.projections.conftest import Views
from tests.projections.flags.steps import enrol, subjects


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
