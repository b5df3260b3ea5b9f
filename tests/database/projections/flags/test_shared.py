"""What persons share, and help in other units and years: guilty F, innocent look-alike, cleared."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.domain.policy.campaign_policy import Window
from ledger.events.nomination import Nominated, Rejected
from tests.database.projections.conftest import Views
from tests.database.projections.flags.steps import (
    ON,
    amend,
    approve,
    mark,
    on_paper,
    open_campaign,
    pay,
    returned,
    revoke,
    set_policy,
    subject,
    subjects,
)


class TestSharedAccount:
    def test_f_receives_for_two_persons(self, views: Views) -> None:
        f = views.founded
        one = f.people.person()
        other = f.people.person(account=one.account)
        f.paid(views.writer, one)
        assert subjects(views, "shared-account") == []
        case, _, payout = f.paid(views.writer, other)
        f.paid(views.writer)
        ((found, _, evidence, amount_fen),) = views.flags("shared-account")
        assert found == f"account:b2026/{mark(views, one, 'account')}"
        assert (len(evidence), amount_fen) == (2, 100_000)
        returned(views, payout, case)
        assert subjects(views, "shared-account") == []

    def test_f_receives_for_others_in_two_campaigns_of_a_year(self, views: Views) -> None:
        open_campaign(views, "c2026", year=2026)
        open_campaign(views, "b2025", year=2025, window=Window(start="2025-01-01", end="2025-03-05"))
        f, w = views.founded, views.writer
        one, before = f.people.person(), f.people.person()
        other = f.people.person(account=one.account)
        f.paid(w, one)
        f.paid(w, before)
        for person, campaign in ((other, "c2026"), (f.people.person(account=before.account), "b2025")):
            dossier = f.dossier(w, person)
            case = approve(views, dossier, campaign=campaign)
            payout = pay(views, dossier, case, campaign=campaign)
            if person is other:
                of_other = payout, case
        account = mark(views, one, "account")
        assert subjects(views, "shared-account") == [f"account:b2026/{account}", f"account:c2026/{account}"]
        ((details,),) = views.rows(
            "SELECT DISTINCT details FROM views.flags WHERE rule = 'shared-account' AND to_position IS NULL"
        )
        assert details == {"persons": 2, "units": ["tea"], "campaigns": ["b2026", "c2026"]}
        returned_in(views, *of_other, "c2026")
        assert subjects(views, "shared-account") == []

    def test_one_household_is_innocent(self, views: Views) -> None:
        f = views.founded
        one = f.people.person(household="H1")
        f.paid(views.writer, one)
        f.paid(views.writer, f.people.person(account=one.account, household="H1"))
        assert subjects(views, "shared-account") == []

    def test_two_payouts_to_one_person_are_innocent(self, views: Views) -> None:
        f, w = views.founded, views.writer
        case, dossier = f.approved(w)
        pay(views, dossier, case, 20_000)
        pay(views, dossier, case, 30_000)
        assert subjects(views, "shared-account") == []


class TestDuplicateHousehold:
    def test_f_has_two_persons_paid(self, views: Views) -> None:
        f, w = views.founded, views.writer
        one = f.people.person(household="H1")
        f.paid(w, one)
        f.nominated(w, f.people.person(household="H1"))
        f.paid(w, f.people.person(household="H2"))
        assert subjects(views, "duplicate-household") == []
        case, _, payout = f.paid(w, f.people.person(household="H1"))
        ((found, _, evidence, amount_fen),) = views.flags("duplicate-household")
        assert found == f"household:b2026/{mark(views, one, 'household')}"
        assert (len(evidence), amount_fen) == (2, 100_000)
        returned(views, payout, case)
        assert subjects(views, "duplicate-household") == []


class TestSharedPhone:
    def test_f_stands_for_three_persons_until_one_gets_a_number(self, views: Views) -> None:
        f, w = views.founded, views.writer
        one = f.people.person()
        f.nominated(w, one)
        f.nominated(w, f.people.person(phone=one.phone))
        f.nominated(w)
        assert subjects(views, "shared-phone") == []
        third = f.people.person(phone=one.phone)
        _, dossier = f.nominated(w, third)
        assert subjects(views, "shared-phone") == [f"phone:b2026/{mark(views, one, 'phone')}"]
        amend(views, dossier, third.model_copy(update={"phone": "13900000000"}))
        assert subjects(views, "shared-phone") == []

    def test_it_is_cleared_by_a_revocation(self, views: Views) -> None:
        f, w = views.founded, views.writer
        phone = f.people.person().phone
        cases = [f.nominated(w, f.people.person(phone=phone))[0] for _ in range(3)]
        assert len(subjects(views, "shared-phone")) == 1
        revoke(views, cases[0])
        assert subjects(views, "shared-phone") == []


class TestSharedAddress:
    def test_f_has_three_households(self, views: Views) -> None:
        f, w = views.founded, views.writer
        at = "某县江滨路8号"
        one = f.people.person(address=at, household="H1")
        f.nominated(w, one)
        f.nominated(w, f.people.person(address=at, household="H1"))
        f.nominated(w, f.people.person(address=at, household="H2"))
        assert subjects(views, "shared-address") == []
        case, _ = f.nominated(w, f.people.person(address="某县 江滨路 8 号"))
        assert subjects(views, "shared-address") == [f"address:b2026/{mark(views, one, 'address')}"]
        revoke(views, case)
        assert subjects(views, "shared-address") == []

    def test_a_dormitory_is_innocent(self, views: Views) -> None:
        f, w = views.founded, views.writer
        for _ in range(4):
            f.nominated(w, f.people.person(address="某县工业大道1号宿舍"), dormitory=True)
        assert subjects(views, "shared-address") == []


class TestDuplicateAcrossUnits:
    def test_f_is_paid_through_one_unit_and_found_on_anothers_paper(self, views: Views) -> None:
        F = views.founded.people.person()
        case, _, payout = views.founded.paid(views.writer, F)
        views.founded.paid(views.writer)
        on_paper(views, F)
        ((found, _, evidence, amount_fen),) = views.flags("duplicate-across-units")
        assert (found, len(evidence), amount_fen) == (subject(views, F), 2, 100_000)
        returned(views, payout, case)
        assert len(subjects(views, "duplicate-across-units")) == 1
        revoke(views, case)
        assert subjects(views, "duplicate-across-units") == []

    def test_f_is_nominated_in_two_campaigns_at_once(self, views: Views) -> None:
        f, w = views.founded, views.writer
        open_campaign(views, "a2026", window=Window(start="2026-02-01", end="2026-04-01"))
        F = f.people.person()
        f.nominated(w, F)
        other = f.dossier(w, F, "sugar")
        f.record(
            w, "sugar-clerk", Nominated(campaign="a2026", unit="sugar", dossier=other, category="worker")
        )
        both = [subject(views, F, "a2026"), subject(views, F, "b2026")]
        assert sorted(map(str, subjects(views, "duplicate-across-units"))) == both
        set_policy(views, window=Window(start="2026-01-01", end="2026-01-31"))
        assert subjects(views, "duplicate-across-units") == []

    def test_two_campaigns_one_after_the_other_are_innocent(self, views: Views) -> None:
        f, w = views.founded, views.writer
        open_campaign(views, "s2026", window=Window(start="2026-07-01", end="2026-08-01"))
        person = f.people.person()
        f.nominated(w, person)
        other = f.dossier(w, person, "sugar")
        f.record(
            w, "sugar-clerk", Nominated(campaign="s2026", unit="sugar", dossier=other, category="worker")
        )
        assert subjects(views, "duplicate-across-units") == []

    def test_it_is_cleared_by_a_rejection_in_either_campaign(self, views: Views) -> None:
        f, w = views.founded, views.writer
        open_campaign(views, "a2026")
        F = f.people.person()
        f.nominated(w, F)
        where: dict[str, Any] = {"campaign": "a2026", "unit": "sugar"}
        event = Nominated(**where, dossier=f.dossier(w, F, "sugar"), category="worker")
        case = f.record(w, "sugar-clerk", event).id
        assert len(subjects(views, "duplicate-across-units")) == 2
        f.record(w, "approver", Rejected(**where, case=case, reason="重复"))
        assert subjects(views, "duplicate-across-units") == []


@pytest.fixture
def years(views: Views) -> Views:
    """Campaigns of 2024 and 2025 before the one of 2026."""
    for year in (2024, 2025):
        window = Window(start=f"{year}-01-01", end=f"{year}-03-05")
        open_campaign(views, f"b{year}", year=year, window=window)
    return views


class TestPriorYearRepeat:
    def test_f_was_paid_last_year(self, years: Views) -> None:
        f, w = years.founded, years.writer
        F, before_last = f.people.person(), f.people.person()
        dossier = f.dossier(w, F)
        before = approve(years, dossier, campaign="b2025")
        payout = pay(years, dossier, before, campaign="b2025")
        other = f.dossier(w, before_last)
        pay(years, other, approve(years, other, campaign="b2024"), campaign="b2024")
        assert subjects(years, "prior-year-repeat") == []
        f.record(w, "tea-clerk", Nominated(**ON, dossier=dossier, category="worker"))
        f.record(w, "tea-clerk", Nominated(**ON, dossier=other, category="worker"))
        ((found, _, evidence, amount_fen),) = years.flags("prior-year-repeat")
        assert (found, len(evidence), amount_fen) == (subject(years, F), 2, 0)
        returned_in(years, payout, before, "b2025")
        assert subjects(years, "prior-year-repeat") == []

    def test_the_policy_names_the_campaign_before(self, years: Views) -> None:
        set_policy(years, prior_campaign="b2024")
        f, w = years.founded, years.writer
        F = f.people.person()
        dossier = f.dossier(w, F)
        pay(years, dossier, approve(years, dossier, campaign="b2024"), campaign="b2024")
        case = f.record(w, "tea-clerk", Nominated(**ON, dossier=dossier, category="worker")).id
        assert subjects(years, "prior-year-repeat") == [subject(years, F)]
        revoke(years, case)
        assert subjects(years, "prior-year-repeat") == []


def returned_in(views: Views, payout: str, case: str, campaign: str) -> None:
    from ledger.events.payout import PayoutReturned

    event = PayoutReturned(
        campaign=campaign,
        unit="tea",
        payout=payout,
        case=case,
        line="workers",
        amount_fen=50_000,
        kind="clawed-back",
        reason="追回",
    )
    views.founded.record(views.writer, "finance2", event)


class TestPerennialRecipient:
    def three_years(self, views: Views, amended: bool) -> tuple[str, str, str]:
        f, w = views.founded, views.writer
        dossier = f.dossier(w, on="2023-12-01")
        paid = [
            (c, pay(views, dossier, c, campaign=f"b{year}", on=f"{year}-01-15"))
            for year in (2024, 2025)
            if (c := approve(views, dossier, campaign=f"b{year}"))
        ]
        if amended:
            amend(views, dossier)
        case = approve(views, dossier)
        return dossier, case, paid[0][1]

    def test_f_is_paid_three_years_running_on_an_old_dossier(self, years: Views) -> None:
        dossier, case, _ = self.three_years(years, amended=False)
        assert subjects(years, "perennial-recipient") == []
        payout = pay(years, dossier, case)
        ((_, _, evidence, amount_fen),) = years.flags("perennial-recipient")
        assert (len(evidence), amount_fen) == (3, 150_000)
        returned(years, payout, case)
        assert subjects(years, "perennial-recipient") == []

    def test_an_amended_dossier_is_innocent(self, years: Views) -> None:
        dossier, case, _ = self.three_years(years, amended=True)
        pay(years, dossier, case)
        assert subjects(years, "perennial-recipient") == []
