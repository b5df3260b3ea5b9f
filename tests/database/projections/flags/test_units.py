"""What only shows over a unit or an officer as a whole: guilty F, innocent look-alike, cleared."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from ledger.domain.policy.campaign_policy import Window
from ledger.events.drawing import MoneyDrawn
from ledger.events.nomination import Approved, Confirmed, Nominated
from ledger.events.payout import PayoutReturned
from tests.database.projections.conftest import Views
from tests.database.projections.flags.steps import (
    ON,
    approve,
    open_campaign,
    pay,
    register_unit,
    returned,
    set_policy,
    subjects,
)


def paid_through(
    views: Views, unit: str, count: int, amount_fen: int = 50_000, **facts: Any
) -> list[tuple[str, str]]:
    """Persons paid through a unit: each case and payout."""
    found = []
    for _ in range(count):
        case, _, payout = views.founded.paid(views.writer, unit=unit, amount_fen=amount_fen, **facts)
        found.append((case, payout))
    return found


def end_day(views: Views) -> None:
    views.founded.let_pass(views.writer, 1)


class TestUnitShareSpike:
    def test_f_pays_many_more_per_head_than_the_others(self, views: Views) -> None:
        for unit in ("bus", "port", "mill", "mine"):
            register_unit(views, unit, 100)
            paid_through(views, unit, 1)
        register_unit(views, "big", 1000)
        paid_through(views, "big", 5)
        end_day(views)
        assert subjects(views, "unit-share-spike") == []
        paid = paid_through(views, "bus", 5)
        assert subjects(views, "unit-share-spike") == []
        end_day(views)
        ((found, _, evidence, amount_fen),) = views.flags("unit-share-spike")
        assert (found, len(evidence), amount_fen) == ("unit:b2026/bus", 6, 300_000)
        for case, payout in paid:
            returned(views, payout, case, unit="bus")
        end_day(views)
        assert subjects(views, "unit-share-spike") == []

    def test_f_pays_twice_last_years_and_five_more(self, views: Views) -> None:
        open_campaign(views, "b2025", year=2025, window=Window(start="2025-01-01", end="2025-03-05"))
        for unit, before, now in (("tea", 3, 8), ("sugar", 4, 7)):
            for _ in range(before):
                dossier = views.founded.dossier(views.writer, unit=unit)
                case = approve(views, dossier, unit=unit, campaign="b2025")
                pay(views, dossier, case, unit=unit, campaign="b2025")
            paid_through(views, unit, now)
        end_day(views)
        assert subjects(views, "unit-share-spike") == ["unit:b2026/tea"]


class TestBlanketCoverage:
    def test_f_pays_nine_tenths_of_its_staff(self, views: Views) -> None:
        register_unit(views, "bus", 10)
        register_unit(views, "port", 10)
        paid = paid_through(views, "bus", 9)
        paid_through(views, "port", 8)
        end_day(views)
        assert subjects(views, "blanket-coverage") == ["unit:b2026/bus"]
        returned(views, paid[0][1], paid[0][0], unit="bus")
        end_day(views)
        assert subjects(views, "blanket-coverage") == []

    def test_f_pays_a_whole_shop_the_same(self, views: Views) -> None:
        paid_through(views, "tea", 10, shop="包装车间")
        paid_through(views, "sugar", 10, shop="压榨车间")
        views.founded.dossier(views.writer, unit="sugar", shop="压榨车间")
        end_day(views)
        ((found, _, _, amount_fen),) = views.flags("blanket-coverage")
        assert (found, amount_fen) == ("unit:b2026/tea", 500_000)


class TestJustBelowLimit:
    def test_f_pays_just_below_what_two_must_sign(self, views: Views) -> None:
        set_policy(views, two_signatures_above_fen=80_000)
        for unit in ("bus", "port", "mill"):
            register_unit(views, unit, 1000)
            paid_through(views, unit, 5, 40_000)
        paid_through(views, "tea", 2, 40_000)
        paid = paid_through(views, "tea", 3, 79_000)
        paid_through(views, "sugar", 4, 79_000)
        end_day(views)
        ((found, _, evidence, amount_fen),) = views.flags("just-below-limit")
        assert (found, len(evidence), amount_fen) == ("unit:b2026/tea", 3, 237_000)
        for case, payout in paid:
            returned(views, payout, case, 10_000)
        end_day(views)
        assert subjects(views, "just-below-limit") == []

    def test_without_a_limit_nothing_is_judged(self, views: Views) -> None:
        for unit in ("bus", "port", "mill"):
            register_unit(views, unit, 1000)
            paid_through(views, unit, 5, 40_000)
        paid_through(views, "tea", 5, 79_000)
        end_day(views)
        assert subjects(views, "just-below-limit") == []


class TestRubberStamp:
    def confirmed(self, views: Views, count: int) -> list[str]:
        cases = []
        for _ in range(count):
            case, _ = views.founded.nominated(views.writer)
            views.founded.record(views.writer, "tea-confirmer", Confirmed(**ON, case=case))
            cases.append(case)
        views.founded.ahead += timedelta(hours=1)
        return cases

    def approval(self, case: str) -> Approved:
        return Approved(**ON, case=case, line="workers", amount_fen=50_000)

    def test_f_approves_ten_in_seconds(self, views: Views) -> None:
        f, w = views.founded, views.writer
        for case in self.confirmed(views, 9):
            f.record(w, "approver2", self.approval(case))
        for case in self.confirmed(views, 10):
            f.record(w, "approver", self.approval(case))
        end_day(views)
        ((found, _, evidence, amount_fen),) = views.flags("rubber-stamp")
        assert (found, len(evidence), amount_fen) == ("officer:b2026/approver", 10, 500_000)

    def test_a_list_signed_once_and_a_slow_hand_are_innocent(self, views: Views) -> None:
        f, w = views.founded, views.writer
        signer = f.signer("approver")
        made = [signer.statement(self.approval(case)) for case in self.confirmed(views, 12)]
        f.record_all(w, signer.sign_together(made, [None] * 12))
        for case in self.confirmed(views, 10):
            f.ahead += timedelta(seconds=4)
            f.record(w, "approver2", self.approval(case))
        end_day(views)
        assert subjects(views, "rubber-stamp") == []

    def test_f_approves_at_once_what_was_just_nominated(self, views: Views) -> None:
        f, w = views.founded, views.writer
        dossier = f.dossier(w)
        case = f.record(w, "tea-clerk", Nominated(**ON, dossier=dossier, category="worker")).id
        f.record(w, "tea-confirmer", Confirmed(**ON, case=case))
        f.record(w, "approver", self.approval(case))
        end_day(views)
        assert subjects(views, "rubber-stamp") == ["officer:b2026/approver"]


class TestUnitTakesBack:
    def hand_out_and_back(self, views: Views, officer: str) -> None:
        f, w = views.founded, views.writer
        case, dossier = f.approved(w)
        drawn = MoneyDrawn(campaign="b2026", unit="tea", line="workers", amount_fen=10_000)
        f.record(w, "finance", drawn)
        payout = pay(views, dossier, case, 10_000, officer="tea-clerk2", source="drawn", method="cash")
        back = PayoutReturned(
            campaign="b2026",
            unit="tea",
            payout=payout,
            case=case,
            line="workers",
            amount_fen=10_000,
            kind="refused",
            to="drawn",
            reason="本人不要",
        )
        f.record(w, officer, back, second="finance2")

    def test_f_takes_three_back_by_itself_and_what_finance_takes_back_is_not_counted(
        self, views: Views
    ) -> None:
        self.hand_out_and_back(views, "tea-clerk2")
        self.hand_out_and_back(views, "tea-clerk")
        self.hand_out_and_back(views, "finance")
        assert views.flags("unit-takes-back") == []
        self.hand_out_and_back(views, "tea-clerk2")
        ((found, _, evidence, amount_fen),) = views.flags("unit-takes-back")
        assert (found, len(evidence), amount_fen) == ("unit:b2026/tea", 3, 30_000)
