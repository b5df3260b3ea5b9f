"""Payouts of earlier years that were brought in: the rules of years work in a ledger's first year."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.events.nomination import Nominated
from ledger.events.register import ReferenceWithdrawn
from ledger.identity.documents import PersonIdentity
from tests.database.projections.conftest import Views
from tests.database.projections.flags.steps import ON, days_ago, set_policy, subject, subjects


def brought_in(
    views: Views, *rows: tuple[PersonIdentity, dict[str, Any]], year: int = 2025, **said: Any
) -> str:
    return views.founded.listed(
        views.writer, "earlier-payouts", rows, officer="finance", year=year, title=f"{year}年发放", **said
    )


def nominate(views: Views, who: PersonIdentity) -> None:
    f, w = views.founded, views.writer
    f.record(w, "tea-clerk", Nominated(**ON, dossier=f.dossier(w, who), category="worker"))


PAID = {"paid_on": "2025-01-20", "amount_fen": 50_000}


class TestPriorYearRepeat:
    rule = "prior-year-repeat"

    def test_f_was_paid_before_the_ledger_began(self, views: Views) -> None:
        F, other = views.founded.people.person(), views.founded.people.person()
        brought_in(views, (F, PAID))
        nominate(views, F)
        nominate(views, other)
        ((found, _, evidence, amount_fen),) = views.flags(self.rule)
        assert (found, len(evidence), amount_fen) == (subject(views, F), 2, 0)
        ((details,),) = views.rows(
            "SELECT details FROM views.flags WHERE rule = %s AND to_position IS NULL", self.rule
        )
        assert details == {"prior_list": "2025年发放", "prior_fen": 50_000}

    def test_f_is_found_when_the_list_comes_later_and_cleared_when_it_goes(self, views: Views) -> None:
        F = views.founded.people.person()
        nominate(views, F)
        assert subjects(views, self.rule) == []
        made = brought_in(views, (F, PAID))
        assert subjects(views, self.rule) == [subject(views, F)]
        event = ReferenceWithdrawn(unit="county", reference=made, reason="有误")
        views.founded.record(views.writer, "inspector", event, second="auditor")
        assert subjects(views, self.rule) == []

    def test_another_year_and_another_unit_are_innocent(self, views: Views) -> None:
        F = views.founded.people.person()
        nominate(views, F)
        brought_in(views, (F, {"paid_on": "2024-01-20", "amount_fen": 50_000}), year=2024)
        assert subjects(views, self.rule) == []


class TestOverStandard:
    rule = "over-standard"

    def test_f_was_paid_within_the_year_before_the_ledger_began(self, views: Views) -> None:
        set_policy(views, yearly_cap_fen=60_000)
        f = views.founded
        F, other = f.people.person(), f.people.person()
        f.paid(views.writer, F)
        f.paid(views.writer, other)
        assert subjects(views, self.rule) == []
        brought_in(views, (F, {"paid_on": days_ago(200), "amount_fen": 30_000}), year=2026)
        ((found, _, evidence, amount_fen),) = views.flags(self.rule)
        assert (found, len(evidence), amount_fen) == (subject(views, F), 2, 20_000)

    def test_a_row_that_repeats_a_payout_of_this_ledger_counts_once(self, views: Views) -> None:
        set_policy(views, yearly_cap_fen=60_000)
        F = views.founded.people.person()
        views.founded.paid(views.writer, F)
        brought_in(views, (F, {"amount_fen": 50_000}), year=2026)
        assert subjects(views, self.rule) == []

    def test_the_same_row_in_another_file_counts_once(self, views: Views) -> None:
        F, other, third = (views.founded.people.person() for _ in range(3))
        set_policy(views, yearly_cap_fen=140_000)
        this_year = {"paid_on": f"{views.founded.day()[:4]}-01-20", "amount_fen": 50_000}
        year = int(views.founded.day()[:4])
        brought_in(views, (F, this_year), (other, this_year), year=year)
        brought_in(views, (F, this_year), (third, this_year), (other, this_year), year=year)
        views.founded.paid(views.writer, F)
        assert subjects(views, "over-standard") == []


class TestPerennialRecipient:
    rule = "perennial-recipient"

    def test_f_was_helped_two_years_before_on_a_dossier_of_then(self, views: Views) -> None:
        f, w = views.founded, views.writer
        F, other = f.people.person(), f.people.person()
        for year in (2024, 2025):
            brought_in(views, (F, {"paid_on": f"{year}-02-01", "amount_fen": 50_000}), year=year)
        brought_in(views, (other, {**PAID, "amount_fen": 40_000}))
        for who in (F, other):
            f.paid(w, who, on="2023-12-01")
        assert subjects(views, self.rule) == [subject(views, F)]


@pytest.mark.parametrize("rule", ["on-reference-list", "paid-by-another-department"])
def test_no_other_rule_takes_them_for_a_list_from_outside(views: Views, rule: str) -> None:
    F = views.founded.people.person()
    brought_in(views, (F, PAID))
    nominate(views, F)
    assert subjects(views, rule) == []


def test_no_balance_has_them(views: Views) -> None:
    before = views.rows("SELECT count(*) FROM views.postings")
    brought_in(views, (views.founded.people.person(), PAID))
    assert views.rows("SELECT count(*) FROM views.postings") == before
