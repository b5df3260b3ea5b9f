"""Public notices and objections: guilty F, innocent look-alike, cleared."""

from __future__ import annotations

from datetime import date, timedelta

from ledger.crypto.keys import key_id_of
from ledger.domain.event import Grant
from ledger.domain.policy.public_notice import WorkCalendar
from ledger.events.nomination import Approved, Confirmed
from ledger.events.objection import ObjectionLodged, ObjectionSettled
from ledger.events.registry import KeyRevoked
from tests.database.projections.conftest import Views
from tests.database.projections.flags.steps import (
    OBJECTED,
    ON,
    OPENING,
    days_ago,
    notice,
    pay,
    receive,
    returned,
    revoke,
    set_policy,
    subjects,
)


class TestNoPublicNotice:
    """A week of seven days has five working days, whichever day it starts."""

    def confirmed(self, views: Views) -> tuple[str, str]:
        case, dossier = views.founded.nominated(views.writer)
        views.founded.record(views.writer, "tea-confirmer", Confirmed(**ON, case=case))
        return case, dossier

    def approve(self, views: Views, case: str) -> None:
        event = Approved(**ON, case=case, line="workers", amount_fen=50_000)
        views.founded.record(views.writer, "approver", event)

    def test_f_was_on_none_on_a_short_one_or_on_one_not_ended(self, views: Views) -> None:
        f = views.founded
        none, short, running, good, backdated = (self.confirmed(views)[0] for _ in range(5))
        notice(views, [short], f.day(0), f.day(5))
        notice(views, [running], f.day(0), f.day(20))
        notice(views, [good], f.day(0), f.day(7))
        days = [date.fromisoformat(f.day(n)).isoweekday() for n in range(6)]
        f.let_pass(views.writer, 9)
        # Its days count from its recording.
        notice(views, [backdated], f.day(-8), f.day(-1))
        for case in (none, short, running, good, backdated):
            self.approve(views, case)
        expected = {f"case:b2026/{case}" for case in (none, running, backdated)}
        found = set(map(str, subjects(views, "no-public-notice")))
        if sum(day < 6 for day in days) < 5:
            expected.add(f"case:b2026/{short}")
        assert found == expected

    def test_days_off_of_the_policys_calendar_are_no_working_days(self, views: Views) -> None:
        f = views.founded
        holiday = WorkCalendar(days_off=[f.day(n) for n in range(3)], source="国务院办公厅节假日安排")
        set_policy(views, calendar=holiday)
        case = self.confirmed(views)[0]
        notice(views, [case], f.day(0), f.day(6))  # five by the week, fewer by the calendar
        f.let_pass(views.writer, 8)
        self.approve(views, case)
        assert subjects(views, "no-public-notice") == [f"case:b2026/{case}"]

    def test_an_approval_dated_tomorrow_came_before_the_notice_ended(self, views_by_old_rules: Views) -> None:
        """As it could be dated before the seventh version of the rules."""
        views = views_by_old_rules
        f, w = views.founded, views.writer
        # At two in the morning of UTC, tomorrow is the same day in China.
        f.ahead += timedelta(days=1, hours=2) - (f.clock() - f.clock().replace(hour=0, minute=0))
        case, _ = self.confirmed(views)
        notice(views, [case], f.day(0), f.day(8))
        f.let_pass(w, 8)
        approved = Approved(**ON, case=case, line="workers", amount_fen=50_000)
        f.record(w, "approver", approved, on=f.day(1))
        assert subjects(views, "no-public-notice") == [f"case:b2026/{case}"]

    def test_a_notice_recorded_afterwards_does_not_clear_it(self, views: Views) -> None:
        case, _ = self.confirmed(views)
        self.approve(views, case)
        assert len(subjects(views, "no-public-notice")) == 1
        notice(views, [case], days_ago(9), days_ago(2))
        assert subjects(views, "no-public-notice") == [f"case:b2026/{case}"]

    def test_it_is_cleared_by_a_revocation_or_a_policy_without_notices(self, views: Views) -> None:
        case, _ = self.confirmed(views)
        self.approve(views, case)
        other, _ = self.confirmed(views)
        self.approve(views, other)
        revoke(views, case, "approval")
        assert subjects(views, "no-public-notice") == [f"case:b2026/{other}"]
        set_policy(views, notice_working_days=0)
        assert subjects(views, "no-public-notice") == []


class TestOpenObjection:
    def object_to(self, views: Views, case: str) -> str:
        event = ObjectionLodged(**ON, case=case, text="不符合条件")
        return views.founded.record(views.writer, "tea-confirmer", event).id

    def settle(self, views: Views, case: str, objection: str, upheld: bool) -> None:
        event = ObjectionSettled(**ON, case=case, objection=objection, upheld=upheld, reason="已查")
        views.founded.record(views.writer, "inspector", event)

    def test_f_was_settled_by_a_key_that_was_stolen(self, views: Views) -> None:
        f, w = views.founded, views.writer
        f.enrol(w, "inspector2", "county", [Grant(role="inspector", unit="county")])
        since = f.clock().isoformat(timespec="microseconds")
        case, dossier = f.approved(w)
        objection = f.record(w, "tea-confirmer", ObjectionLodged(**ON, case=case, text="不是职工")).id
        settled = ObjectionSettled(**ON, case=case, objection=objection, upheld=False, reason="无据")
        f.record(w, "inspector2", settled)
        pay(views, dossier, case)
        assert subjects(views, "open-objection") == []
        key = key_id_of(f.signer("inspector2").key)
        f.record(w, "registrar", KeyRevoked(key=key, revoked_from=since, compromised=True, reason="失窃"))
        assert subjects(views, "open-objection") == [f"case:b2026/{case}"]
        f.record(w, "inspector", settled)
        assert subjects(views, "open-objection") == []

    def test_f_is_approved_with_an_objection_open(self, views: Views) -> None:
        f, w = views.founded, views.writer
        F, _ = f.nominated(w)
        f.record(w, "tea-confirmer", Confirmed(**ON, case=F))
        objection = self.object_to(views, F)
        settled, _ = f.nominated(w)
        self.settle(views, settled, self.object_to(views, settled), upheld=False)
        f.record(w, "tea-confirmer", Confirmed(**ON, case=settled))
        assert subjects(views, "open-objection") == []
        for case in (F, settled):
            approved = Approved(**ON, case=case, line="workers", amount_fen=50_000)
            f.record(w, "approver", approved, second="approver2")
        ((found, _, evidence, _),) = views.flags("open-objection")
        assert (found, len(evidence)) == (f"case:b2026/{F}", 2)
        self.settle(views, F, objection, upheld=False)
        assert subjects(views, "open-objection") == []

    def test_f_is_approved_over_what_the_public_wrote_and_nobody_took_down(self, views: Views) -> None:
        f, w = views.founded, views.writer
        F, _ = f.nominated(w)
        f.record(w, "tea-confirmer", Confirmed(**ON, case=F))
        number, received_at = receive(views, F)
        approval = Approved(**ON, case=F, line="workers", amount_fen=50_000)
        approved = f.record(w, "approver", approval, second="approver2")
        ((found, _, evidence, _),) = views.flags("open-objection")
        assert (found, evidence) == (f"case:b2026/{F}", [received_at, approved.position])
        # One of their own, taken down beside it, does not stand for it.
        self.settle(views, F, self.object_to(views, F), upheld=False)
        assert subjects(views, "open-objection") == [f"case:b2026/{F}"]
        lodged = ObjectionLodged(**ON, case=F, received=number, opening=OPENING, text=OBJECTED)
        objection = f.record(w, "inspector", lodged).id
        ((_, _, evidence, _),) = views.flags("open-objection")
        assert evidence == [received_at, approved.position]
        self.settle(views, F, objection, upheld=False)
        assert subjects(views, "open-objection") == []

    def test_by_the_first_rules_what_is_taken_down_named_no_number(self, views_by_old_rules: Views) -> None:
        views = views_by_old_rules
        f, w = views.founded, views.writer
        case, _ = f.nominated(w)
        receive(views, case)
        self.settle(views, case, self.object_to(views, case), upheld=False)
        f.record(w, "tea-confirmer", Confirmed(**ON, case=case))
        f.record(w, "approver", Approved(**ON, case=case, line="workers", amount_fen=50_000))
        assert subjects(views, "open-objection") == []

    def test_f_is_paid_with_an_objection_open_and_it_is_upheld(self, views: Views) -> None:
        case, dossier = views.founded.approved(views.writer)
        objection = self.object_to(views, case)
        assert subjects(views, "open-objection") == []
        payout = pay(views, dossier, case)
        assert subjects(views, "open-objection") == [f"case:b2026/{case}"]
        self.settle(views, case, objection, upheld=True)
        assert subjects(views, "open-objection") == [f"case:b2026/{case}"]
        revoke(views, case)
        returned(views, payout, case)
        assert subjects(views, "open-objection") == []
