"""Slips issued anew by who had a part, and lists of earlier payouts brought in again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ledger.domain.register_kinds import EARLIER_PAYOUTS
from ledger.events.register import ReferenceWithdrawn
from ledger.events.slip import IssuedSlip, SlipsIssued, new_slip_number, slip_digest
from ledger.identity.documents import PersonIdentity
from tests.database.projections.conftest import Views
from tests.database.projections.flags.steps import ON, returned, subjects


def issue(views: Views, officer: str, payout: str, second: str | None = None) -> None:
    slips = [IssuedSlip(payout=payout, digest=slip_digest(new_slip_number()))]
    signer = views.founded.signer(officer)
    also = None if second is None else views.founded.signer(second).key
    views.writer.record(signer.sign(SlipsIssued(**ON, slips=slips), second=also))


class TestSlipIssuedAnew:
    RULE = "slip-issued-anew"

    def test_f_issues_another_slip_of_what_f_paid(self, views: Views) -> None:
        f, w = views.founded, views.writer
        case, _, payout = f.paid(w)
        issue(views, "finance", payout)
        assert subjects(views, self.RULE) == []  # the first one
        issue(views, "finance", payout, second="inspector")
        ((found, _, evidence, amount_fen),) = views.flags(self.RULE)
        assert (found, len(evidence), amount_fen) == (f"payout:b2026/{payout}", 2, 50_000)
        returned(views, payout, case)
        assert subjects(views, self.RULE) == []

    def test_who_had_no_part_is_innocent(self, views: Views) -> None:
        payout = views.founded.paid(views.writer)[2]
        for _ in range(2):
            issue(views, "inspector", payout)
        assert subjects(views, self.RULE) == []


class TestEarlierPayoutsAgain:
    RULE = "earlier-payouts-again"

    def brought_in(self, views: Views, paid_on: str, fen: int = 50_000, **said: Any) -> str:
        f, year = views.founded, int(views.founded.day()[:4]) - 1
        rows: list[tuple[PersonIdentity, Mapping[str, str | int]]] = [
            (self.person, {"paid_on": f"{year}-{paid_on}", "amount_fen": fen})
        ]
        return f.listed(views.writer, EARLIER_PAYOUTS, rows, year=year, **said)

    def test_f_brings_one_list_in_from_two_files(self, views: Views) -> None:
        f, w = views.founded, views.writer
        self.person = f.people.person()
        self.brought_in(views, "01-10")
        self.brought_in(views, "01-11", fen=60_000)
        assert subjects(views, self.RULE) == []
        again = self.brought_in(views, "01-12", second="inspector")
        ((_, _, evidence, amount_fen),) = views.flags(self.RULE)
        assert (len(evidence), amount_fen) == (2, 50_000)
        gone = ReferenceWithdrawn(unit="county", reference=again, reason="重复")
        w.record(f.signer("auditor").sign(gone, second=f.signer("inspector").key))
        assert subjects(views, self.RULE) == []
