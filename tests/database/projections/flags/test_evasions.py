"""Ways to keep just outside the flags, by dates, by splitting into events, or by the order of acts: each is seen.

Some have their tests beside their rule: a roster that is never in time, an amendment that follows a loosening,
a campaign opened to be compared with, finance's own word for an approval, dates inside a window.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from ledger.domain.event import Grant
from ledger.domain.policy.campaign_policy import Window
from ledger.events.bank import BankLineMatched
from ledger.events.drawing import DrawnReturned, MoneyDrawn
from ledger.events.nomination import Approved, Confirmed, Nominated
from ledger.events.payout import PayoutReturned
from ledger.writing.batch import Receipt
from tests.database.projections.conftest import Views
from tests.database.projections.flags.steps import (
    ON,
    agree,
    amend,
    approve,
    days_ago,
    open_campaign,
    pay,
    set_policy,
    subject,
    subjects,
)

MONEY: dict[str, Any] = {**ON, "line": "workers"}


def draw(views: Views, amount_fen: int) -> None:
    views.founded.record(views.writer, "finance", MoneyDrawn(**MONEY, amount_fen=amount_fen))


def give_back(views: Views, amount_fen: int, on: str | None = None) -> None:
    event = DrawnReturned(**MONEY, amount_fen=amount_fen, reason="交回")
    views.founded.record(views.writer, "finance2", event, on=on)


class TestDrawnAnew:
    HELD = "line:b2026/workers@tea"

    def test_f_gives_back_and_draws_again_every_fortnight(self, views: Views) -> None:
        f, w = views.founded, views.writer
        draw(views, 80_000)
        for _ in range(2):
            f.let_pass(w, 8)
            give_back(views, 80_000, on=f.day(-3))
            draw(views, 80_000)
        f.let_pass(w, 1)
        assert subjects(views, "drawn-not-handed-out") == [self.HELD]

    def test_what_was_given_back_long_before_the_next_drawing_is_innocent(self, views: Views) -> None:
        f, w = views.founded, views.writer
        draw(views, 80_000)
        f.let_pass(w, 8)
        give_back(views, 80_000)
        f.let_pass(w, 8)
        draw(views, 30_000)
        f.let_pass(w, 1)
        give_back(views, 30_000)
        f.let_pass(w, 16)
        draw(views, 30_000)
        f.let_pass(w, 14)
        assert subjects(views, "drawn-not-handed-out") == []

    def test_f_pays_somebody_who_gives_it_back_to_begin_anew(self, views: Views) -> None:
        f, w = views.founded, views.writer
        case, dossier = f.approved(w)
        draw(views, 50_000)
        f.let_pass(w, 14)
        payout = pay(views, dossier, case, officer="tea-clerk2", source="drawn", method="cash")
        of = {**MONEY, "case": case, "payout": payout, "amount_fen": 50_000}
        back = PayoutReturned(**of, kind="refused", to="drawn", reason="本人不要")
        f.record(w, "tea-clerk2", back, second="finance")
        f.let_pass(w, 2)
        assert subjects(views, "drawn-not-handed-out") == [self.HELD]


class TestSplitDrawing:
    F = "line:b2026/workers@tea"

    def test_f_draws_in_parts_what_takes_two(self, views: Views) -> None:
        f, w = views.founded, views.writer
        set_policy(views, two_signatures_above_fen=60_000)
        draw(views, 30_000)
        draw(views, 30_000)
        assert subjects(views, "split-drawing") == []
        f.enrol(w, "finance3", "county", [Grant(role="finance", unit="county")])
        f.record(w, "finance3", MoneyDrawn(**MONEY, amount_fen=30_000), on=days_ago(8))
        ((found, _, evidence, amount_fen),) = views.flags("split-drawing")
        assert (found, len(evidence), amount_fen) == (self.F, 3, 90_000)
        give_back(views, 30_000)
        assert subjects(views, "split-drawing") == []

    def test_two_signatures_and_two_weeks_are_innocent(self, views: Views) -> None:
        f, w = views.founded, views.writer
        set_policy(views, two_signatures_above_fen=60_000)
        draw(views, 50_000)
        second = f.signer("finance2").key
        w.record(f.signer("finance").sign(MoneyDrawn(**MONEY, amount_fen=50_000), second=second))
        f.let_pass(w, 7)
        draw(views, 50_000)
        assert subjects(views, "split-drawing") == []


class TestSecondDossier:
    def paid_on_second(self, views: Views, days: int) -> str:
        f, w = views.founded, views.writer
        person = f.people.person()
        f.dossier(w, person)
        other = person.model_copy(update={"account": f.people.person().account})
        second = f.dossier(w, other)
        f.let_pass(w, days)
        return pay(views, second, approve(views, second))

    def test_f_gets_a_second_dossier_instead_of_another_account(self, views: Views) -> None:
        self.paid_on_second(views, 8)
        F = self.paid_on_second(views, 2)
        assert subjects(views, "account-changed") == [f"payout:b2026/{F}"]

    def test_one_on_the_same_account_is_innocent(self, views: Views) -> None:
        f, w = views.founded, views.writer
        person = f.people.person()
        f.dossier(w, person)
        second = f.dossier(w, person)
        pay(views, second, approve(views, second))
        assert subjects(views, "account-changed") == []

    def test_f_is_approved_on_another_account_and_gets_the_old_one_back(self, views: Views) -> None:
        """Amended before the approval, so that nothing is suspended, and back after the payout."""
        f, w = views.founded, views.writer
        person = f.people.person()
        dossier = f.dossier(w, person)
        amend(views, dossier, person.model_copy(update={"account": f.people.person().account}))
        f.let_pass(w, 8)
        case = f.record(w, "tea-clerk", Nominated(**ON, dossier=dossier, category="worker")).id
        version = agree(views, case)
        basis = {"basis": {"dossier": dossier, "version": version}}
        f.record(
            w, "approver", Approved.model_validate({**MONEY, "case": case, "amount_fen": 50_000, **basis})
        )
        F = pay(views, dossier, case, dossier_version=version)
        assert subjects(views, "account-changed") == []
        amend(views, dossier, person)
        assert subjects(views, "account-changed") == [f"payout:b2026/{F}"]


class TestTwoCampaigns:
    def test_f_is_paid_by_one_unit_in_two_campaigns_of_one_season(self, views: Views) -> None:
        f, w = views.founded, views.writer
        open_campaign(views, "c2026")
        open_campaign(views, "b2025", year=2025, window=Window(start="2025-01-01", end="2025-03-05"))
        F, before = f.people.person(), f.people.person()
        payouts = {}
        for person, other in ((F, "c2026"), (before, "b2025")):
            dossier = f.dossier(w, person)
            for campaign in ("b2026", other):
                case = approve(views, dossier, campaign=campaign)
                payouts[campaign] = pay(views, dossier, case, campaign=campaign), case
        flagged = [subject(views, F, campaign) for campaign in ("b2026", "c2026")]
        assert sorted(map(str, subjects(views, "duplicate-identity"))) == sorted(flagged)
        payout, case = payouts["c2026"]
        of: dict[str, Any] = {"campaign": "c2026", "unit": "tea", "line": "workers", "amount_fen": 50_000}
        back = PayoutReturned(**of, payout=payout, case=case, kind="clawed-back", reason="追回")
        f.record(w, "finance2", back)
        assert subjects(views, "duplicate-identity") == []

    def test_f_was_paid_last_year_and_the_policy_names_another_campaign(self, views: Views) -> None:
        f, w = views.founded, views.writer
        for campaign in ("b2025", "empty"):
            window = Window(start="2025-01-01", end="2025-03-05")
            open_campaign(views, campaign, year=2025, window=window)
        window = Window(start="2026-01-01", end="2026-03-05")
        open_campaign(views, "c2026", year=2026, window=window, prior_campaign="empty")
        F = f.people.person()
        dossier = f.dossier(w, F)
        pay(views, dossier, approve(views, dossier, campaign="b2025"), campaign="b2025")
        nominated = Nominated(campaign="c2026", unit="tea", dossier=dossier, category="worker")
        f.record(w, "tea-clerk", nominated)
        assert subjects(views, "prior-year-repeat") == [subject(views, F, "c2026")]


class TestTheBanksDay:
    def booked(self, views: Views, payout: str, on: str) -> None:
        event = BankLineMatched(
            **ON, payout=payout, bank_reference="ab" * 32, amount_fen=50_000, booked_on=on, result="paid"
        )
        views.founded.record(views.writer, "finance2", event)

    def test_f_is_dated_after_the_approval_and_the_bank_paid_before_it(self, views: Views) -> None:
        f, w = views.founded, views.writer
        _, _, innocent = f.paid(w)
        self.booked(views, innocent, days_ago(0))
        _, _, F = f.paid(w)
        assert subjects(views, "paid-before-approval") == []
        event = BankLineMatched(
            **ON, payout=F, bank_reference="cd" * 32, amount_fen=50_000, booked_on=days_ago(4), result="paid"
        )
        f.record(w, "finance2", event)
        assert subjects(views, "paid-before-approval") == [f"payout:b2026/{F}"]
        ((said,),) = views.rows("SELECT details FROM views.flags WHERE rule = 'paid-before-approval'")
        assert said == {"paid_on": days_ago(0), "booked_on": days_ago(4), "approved_on": days_ago(0)}


class TestTheOfficersClock:
    def test_f_nominates_by_a_clock_of_an_hour_ago(self, views: Views) -> None:
        f, w = views.founded, views.writer
        dossier = f.dossier(w)
        f.ahead -= timedelta(hours=1)
        signed = f.sign("tea-clerk", Nominated(**ON, dossier=dossier, category="worker"))
        f.ahead += timedelta(hours=1)
        nominated: Receipt = w.record(signed)
        f.record(w, "tea-confirmer", Confirmed(**ON, case=nominated.id))
        f.record(w, "approver", Approved(**MONEY, case=nominated.id, amount_fen=50_000))
        f.let_pass(w, 1)
        assert subjects(views, "rubber-stamp") == ["officer:b2026/approver"]
