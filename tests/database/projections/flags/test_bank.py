"""What the bank says: for each rule a guilty subject F, an innocent look-alike, and one that is cleared."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from ledger.events.account_statement import AccountStatementRecorded
from ledger.events.bank import BankLineMatched
from ledger.events.drawing import MoneyDrawn
from ledger.events.payout import PayoutReturned
from ledger.events.statement_after import OutflowExplained
from tests.database.projections.conftest import Views
from tests.database.projections.flags.steps import ON, returned, subjects


def bank_line(views: Views, payout: str, result: str = "paid", number: int = 1, **more: Any) -> int:
    f = views.founded
    event = BankLineMatched.model_validate(
        {
            **ON, "payout": payout, "bank_reference": sha256(f"{payout} {number}".encode()).hexdigest(),
            "amount_fen": 50_000, "booked_on": f.day(), "result": result, **more,
        }
    )  # fmt: skip
    return f.record(views.writer, "finance", event).position


def statement(views: Views, *entries: dict[str, Any], opening_fen: int = 1_000_000, **more: Any) -> Any:
    """A statement of account with these entries."""
    f = views.founded
    made = [
        {"bank_reference": f"{number:064x}", "booked_on": f.day(), "direction": "debit", **each}
        for number, each in enumerate(entries, opening_fen)
    ]
    signed = sum(each["amount_fen"] * (1 if each["direction"] == "credit" else -1) for each in made)
    event = AccountStatementRecorded.model_validate(
        {
            "campaign": "b2026", "account": "icbc", "lines": ["workers"], "from_day": f.day(), "to_day": f.day(),
            "opening_fen": opening_fen, "closing_fen": opening_fen + signed, "file": sha256(repr(made).encode()).hexdigest(), "entries": made,
            **more,
        }
    )  # fmt: skip
    # Who paid does not record it; a line's second account takes two.
    return f.record(views.writer, "finance2", event, second="finance"), event


class TestBankLineDiffers:
    def test_f_went_to_a_strangers_account(self, views: Views) -> None:
        case, _, F = views.founded.paid(views.writer)
        _, _, innocent = views.founded.paid(views.writer)
        position = bank_line(views, F, "different", differs=["account", "holder"])
        bank_line(views, innocent)
        ((found, raised_at, evidence, amount_fen),) = views.flags("bank-line-differs")
        assert (found, raised_at, amount_fen) == (f"payout:b2026/{F}", position, 50_000)
        assert evidence[-1] == position
        returned(views, F, case)
        assert subjects(views, "bank-line-differs") == []

    def test_another_sum_without_a_word_of_what_differs_is_one_too(self, views: Views) -> None:
        _, _, F = views.founded.paid(views.writer)
        bank_line(views, F, "different", amount_fen=40_000)
        assert subjects(views, "bank-line-differs") == [f"payout:b2026/{F}"]

    def test_a_later_line_that_agrees_clears_it_and_an_earlier_does_not(self, views: Views) -> None:
        _, _, F = views.founded.paid(views.writer)
        bank_line(views, F, number=1)
        bank_line(views, F, "different", 2, differs=["holder"])
        assert subjects(views, "bank-line-differs") == [f"payout:b2026/{F}"]
        bank_line(views, F, number=3)
        assert subjects(views, "bank-line-differs") == []


class TestReturnedAfterSuccess:
    def test_f_was_paid_and_bounced_by_a_later_line(self, views: Views) -> None:
        _, _, F = views.founded.paid(views.writer)
        said = bank_line(views, F)
        _, _, innocent = views.founded.paid(views.writer)
        bank_line(views, innocent, "bounced")
        undone = bank_line(views, F, "bounced", 2)
        ((found, raised_at, evidence, amount_fen),) = views.flags("returned-after-success")
        assert (found, raised_at, amount_fen) == (f"payout:b2026/{F}", undone, 50_000)
        assert evidence == [said, undone]

    def test_f_was_paid_and_its_return_bounced(self, views: Views) -> None:
        case, _, F = views.founded.paid(views.writer)
        bank_line(views, F)
        back: dict[str, Any] = {"payout": F, "case": case, "line": "workers", "amount_fen": 50_000}
        views.founded.record(
            views.writer, "finance2", PayoutReturned(**ON, **back, kind="bounced", reason="户名不符")
        )
        assert subjects(views, "returned-after-success") == [f"payout:b2026/{F}"]

    def test_what_the_unit_took_back_is_not_the_banks(self, views: Views) -> None:
        case, _, innocent = views.founded.paid(views.writer)
        bank_line(views, innocent)
        returned(views, innocent, case)
        assert subjects(views, "returned-after-success") == []

    def test_f_came_back_by_the_statement(self, views: Views) -> None:
        _, _, F = views.founded.paid(views.writer)
        bank_line(views, F)
        statement(
            views,
            {"amount_fen": 50_000, "payouts": [F]},
            {"amount_fen": 50_000, "payouts": [F], "direction": "credit"},
        )
        assert subjects(views, "returned-after-success") == [f"payout:b2026/{F}"]


class TestOutflowUnexplained:
    def test_f_left_for_nothing_until_another_explains_it(self, views: Views) -> None:
        f, w = views.founded, views.writer
        _, _, payout = f.paid(w)
        drawn = f.record(
            w, "finance", MoneyDrawn(campaign="b2026", unit="tea", line="workers", amount_fen=12_300)
        )
        F, event = statement(
            views,
            {"amount_fen": 50_000, "payouts": [payout]},
            {"amount_fen": 12_300, "moved_by": drawn.id},
            {"amount_fen": 30_000},
            {"amount_fen": 9, "direction": "credit"},
        )
        ((found, raised_at, evidence, amount_fen),) = views.flags("outflow-unexplained")
        assert (found, raised_at, evidence) == (f"event:b2026/{F.position}", F.position, [F.position])
        assert amount_fen == 30_000
        said = OutflowExplained(
            campaign="b2026",
            account_statement=F.id,
            bank_reference=event.entries[2].bank_reference,
            reason="误划，已追回",
        )
        f.record(w, "auditor", said)
        assert subjects(views, "outflow-unexplained") == []

    def test_f_names_what_did_not_move_it(self, views_by_old_rules: Views) -> None:
        """As it could be recorded before the sixth version of the rules."""
        views = views_by_old_rules
        f, w = views.founded, views.writer
        drawn = f.record(
            w, "finance", MoneyDrawn(campaign="b2026", unit="tea", line="workers", amount_fen=12_300)
        )
        _, _, payout = f.paid(w)
        another_sum, _ = statement(views, {"amount_fen": 12_000, "moved_by": drawn.id}, account="a")
        twice, _ = statement(
            views, {"amount_fen": 12_300, "moved_by": drawn.id}, {"amount_fen": 12_300, "moved_by": drawn.id},
            account="b", opening_fen=2_000_000,
        )  # fmt: skip
        no_move, _ = statement(
            views, {"amount_fen": 50_000, "moved_by": payout}, account="c", opening_fen=3_000_000
        )
        positions = sorted(each.position for each in (another_sum, twice, no_move))
        assert sorted(map(str, subjects(views, "outflow-unexplained"))) == sorted(
            f"event:b2026/{each}" for each in positions
        )
