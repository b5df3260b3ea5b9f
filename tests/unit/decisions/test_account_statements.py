"""Statements of bank accounts (given/when/then): balances that chain, what entries are for, days closed by them."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import pytest

from ledger.events.account_statement import AccountStatementRecorded
from ledger.events.bank import DayReconciled
from ledger.events.statement_after import OutflowExplained
from tests.scene import NOBODY, Scene

DAY = "2026-01-10"


def entry(reference: str = "a", amount_fen: int = 50_000, **more: Any) -> dict[str, Any]:
    said = {"booked_on": DAY, "direction": "debit", **more}
    return {"bank_reference": reference * 64, "amount_fen": amount_fen, **said}


def recorded(*entries: dict[str, Any], opening_fen: int = 100_000, **more: Any) -> AccountStatementRecorded:
    closing_fen = opening_fen + sum(
        each["amount_fen"] * (1 if each["direction"] == "credit" else -1) for each in entries
    )
    file = sha256(repr((entries, opening_fen, more)).encode()).hexdigest()
    said = {"from_day": "2026-01-01", "to_day": DAY, "closing_fen": closing_fen, "lines": ["workers"], **more}
    return AccountStatementRecorded.model_validate(
        {
            "campaign": "b2026", "account": "icbc", "file": file, "opening_fen": opening_fen,
            "entries": list(entries), **said,
        }
    )  # fmt: skip


@pytest.fixture
def scene() -> Scene:
    return Scene().funds()


def paid(scene: Scene, name: str = "张三", **more: Any) -> str:
    return scene.do("finance", scene.payout(scene.approved(name), **more))


class TestBalances:
    def test_opening_and_entries_make_up_closing(self, scene: Scene) -> None:
        cut = recorded(entry(amount_fen=30_000), closing_fen=100_000)
        scene.when("finance2", cut).refuses("statement-not-chained", expected=70_000, found=100_000)
        scene.when("finance2", recorded(entry(amount_fen=30_000))).then(lambda s: True)

    def test_the_next_goes_on_from_the_last(self, scene: Scene) -> None:
        scene.do("finance2", recorded(entry(amount_fen=30_000)))
        later: dict[str, Any] = {"from_day": "2026-01-11", "to_day": "2026-01-11"}
        scene.when("finance2", recorded(opening_fen=60_000, **later)).refuses(
            "statement-not-next", day=DAY, expected=70_000, found=60_000
        )
        scene.when("finance2", recorded(opening_fen=70_000)).refuses("statement-not-next")
        scene.when("finance2", recorded(opening_fen=70_000, **later)).then(lambda s: True)
        another = recorded(account="another")
        scene.when("finance2", another).refuses("second-person-missing")
        scene.when("finance2", another, second="finance").then(lambda s: True)

    def test_its_lines_are_the_campaigns(self, scene: Scene) -> None:
        scene.when("finance2", recorded(lines=["nothing"])).refuses("reference-unknown")

    @pytest.mark.parametrize(
        ("entries", "problem"),
        [
            ([entry(booked_on="2026-01-11")], "outside its days"),
            ([entry(), entry()], "an entry stands in it twice"),
            ([entry("a", payouts=[NOBODY]), entry("b", payouts=[NOBODY])], "a payout stands in it twice"),
        ],
    )
    def test_it_is_one_statement(self, entries: list[dict[str, Any]], problem: str) -> None:
        with pytest.raises(ValueError, match=problem):
            recorded(*entries)


class TestEntries:
    def test_a_debit_is_for_payouts_of_its_sum(self, scene: Scene) -> None:
        one, other = paid(scene), paid(scene, "李四")
        scene.when("finance2", recorded(entry(payouts=[one, other]))).refuses(
            "statement-entry-differs", expected=100_000, found=50_000
        )
        scene.when("finance2", recorded(entry(amount_fen=100_000, payouts=[one, other]))).then(lambda s: True)

    def test_a_payout_is_debited_once_and_may_come_back(self, scene: Scene) -> None:
        payout = paid(scene)
        scene.do("finance2", recorded(entry(payouts=[payout])))
        later: dict[str, Any] = {"opening_fen": 50_000, "from_day": "2026-01-11", "to_day": "2026-01-11"}
        again = entry("b", payouts=[payout], booked_on="2026-01-11")
        scene.when("finance2", recorded(again, **later)).refuses("statement-payout-twice", payout=payout)
        scene.when("finance2", recorded({**again, "direction": "credit"}, **later)).then(lambda s: True)

    def test_cash_and_other_lines_are_not_the_accounts(self, scene: Scene) -> None:
        cash = paid(scene, method="cash")
        scene.when("finance2", recorded(entry(payouts=[cash]))).refuses("statement-payout-elsewhere")
        other = paid(scene, "李四")
        scene.when("finance2", recorded(entry(payouts=[other]), lines=["models"])).refuses(
            "statement-payout-elsewhere"
        )


class TestOutflows:
    def test_another_than_who_recorded_it_explains(self, scene: Scene) -> None:
        statement = scene.do("finance", recorded(entry("a", 5), entry("b", 7)))
        said = OutflowExplained(
            campaign="b2026", account_statement=statement, bank_reference="a" * 64, reason="银行手续费"
        )
        scene.when("finance", said).refuses("explained-by-recorder", officer="finance")
        scene.when("finance2", said).refuses("second-person-missing")
        scene.when("finance2", said, second="finance").then(lambda s: True)
        scene.when("auditor", said).refuses("statement-entry-unknown")


class TestClosingByIt:
    def closed(self, bank_fen: int, ledger_fen: int = 50_000) -> DayReconciled:
        explanation = None if bank_fen == ledger_fen else "账外支出"
        said = {"ledger_fen": ledger_fen, "bank_fen": bank_fen, "explanation": explanation}
        return DayReconciled.model_validate({"campaign": "b2026", "line": "workers", "day": DAY, **said})

    @pytest.mark.parametrize("rules", [4, 5])
    def test_a_day_closes_by_what_the_statement_debits(self, rules: int) -> None:
        scene = Scene(rules=rules).funds()
        payout = paid(scene)
        scene.do("finance2", recorded(entry("a", payouts=[payout]), entry("b", 700)))
        typed = scene.when("finance2", self.closed(50_000))
        if rules < 5:
            typed.then(lambda s: True)
        else:
            typed.refuses("closing-differs-from-statement", expected=50_700, found=50_000)
            scene.when("finance2", self.closed(50_700)).then(lambda s: True)

    def test_without_a_statement_it_is_finances_word(self, scene: Scene) -> None:
        paid(scene)
        scene.when("finance2", self.closed(50_000)).then(lambda s: True)
