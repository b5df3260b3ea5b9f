"""Who was helped, and with how much: for each rule a guilty subject F, an innocent look-alike, and one that is cleared."""

from __future__ import annotations

from datetime import date

import pytest

from ledger.events.campaign import PolicyAmended
from ledger.events.dossier import DossierAmended, Facts
from ledger.events.nomination import Rejected, Revoked
from ledger.events.payout import Disbursed
from tests.database.projections.conftest import Views
from tests.database.projections.flags.steps import (
    ON,
    on_paper,
    returned,
    subject,
)
from tests.scene import policy


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
        from ledger.identity.documents import resident_number

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
        event = PolicyAmended(campaign="b2026", policy=policy(categories=[category]), reason="提标")
        amended = w.record(f.signer("approver").sign(event, second=f.signer("approver2").key))
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
        self.amend(views, dossier, "worker")
        assert views.flags("out-of-category") == []

    def amend(self, views: Views, dossier: str, group: str) -> int:
        event = DossierAmended(
            unit="tea", dossier=dossier, facts=Facts(group=group), reason="身份填错，已核实"
        )
        return views.founded.record(views.writer, "tea-clerk", event).position

    def test_an_amendment_after_the_payout_clears_nothing(self, views: Views) -> None:
        f, w = views.founded, views.writer
        case, dossier, payout = f.paid(w, group="farmer")
        amended = self.amend(views, dossier, "worker")
        ((found, _, evidence, _),) = views.flags("out-of-category")
        assert (found, evidence[-1]) == (f"case:b2026/{case}", amended)
        # Nor does a second one, or one that was right before the payout and is amended away after it.
        again = self.amend(views, dossier, "worker")
        ((_, _, evidence, _),) = views.flags("out-of-category")
        assert amended in evidence and again not in evidence
        returned(views, payout, case)
        assert views.flags("out-of-category") == []

    def test_a_changed_policy_is_applied_to_its_cases(self, views: Views) -> None:
        F, _ = views.founded.nominated(views.writer)
        keep = [c for c in policy().categories if c.code != "worker"]
        amended = PolicyAmended(campaign="b2026", policy=policy(categories=keep), reason="缩小范围")
        views.founded.record(views.writer, "approver", amended, second="approver2")
        assert [row[0] for row in views.flags("out-of-category")] == [f"case:b2026/{F}"]
