"""What the bank says, planted: a stranger's account, money that came back after success, an outflow for nothing."""

from __future__ import annotations

from hashlib import sha256
from typing import Literal

from api.simulation.frauds import Planting, planted
from api.simulation.world import Plan
from ledger.events.account_statement import AccountStatementRecorded, StatementEntry
from ledger.events.bank import BankLineMatched
from ledger.events.payout import PayoutReturned


def _line(
    p: Planting, plan: Plan, number: int, result: Literal["paid", "bounced", "different"]
) -> BankLineMatched:
    payout = plan.payouts[0]
    return BankLineMatched(
        campaign=p.code,
        unit=plan.unit,
        payout=payout,
        bank_reference=sha256(f"{payout} {number}".encode()).hexdigest(),
        amount_fen=50_000,
        booked_on=p.world.day(),
        result=result,
        differs=["account", "holder"] if result == "different" else None,
    )


def _returned(p: Planting, plan: Plan) -> None:
    event = PayoutReturned(
        campaign=p.code,
        unit=plan.unit,
        payout=plan.payouts[0],
        case=plan.case,
        line=plan.line,
        amount_fen=50_000,
        kind="bounced",
        reason="户名不符",
    )
    p.world.record("accountant", event)


@planted(1)
def strangers_account(p: Planting, plans: list[Plan]) -> None:
    """The bank paid into another account than the payout's."""
    plans[0].matched = False
    p.campaign.at("late", lambda: p.world.record("finance", _line(p, plans[0], 1, "different")))
    p.payout("bank-line-differs", plans[0])
    p.payout("unreconciled", plans[0])


@planted(2)
def back_after_success(p: Planting, plans: list[Plan]) -> None:
    """The bank said paid, and sent it back; of the other it never said so."""
    guilty, innocent = plans
    innocent.matched = False

    def come_back() -> None:
        for plan in plans:
            p.world.record("finance", _line(p, plan, 2, "bounced"))
            _returned(p, plan)

    p.campaign.at("late", come_back)
    p.payout("returned-after-success", guilty)
    p.payout("unreconciled", innocent)  # until the return that follows the bank's line


@planted(1)
def money_for_nothing(p: Planting, plans: list[Plan]) -> None:
    """A statement whose account lost money for nothing in the ledger; another whose debit is for a payout."""
    recorded: list[str] = []

    def statement(account: str, entry: StatementEntry) -> str:
        day = p.world.day()
        event = AccountStatementRecorded(
            campaign=p.code,
            account=f"{account}-{plans[0].payouts[0][-8:]}",
            lines=["workers"],
            from_day=day,
            to_day=day,
            opening_fen=100_000,
            closing_fen=100_000 - entry.amount_fen,
            file=sha256(f"{plans[0].payouts[0]} {account}".encode()).hexdigest(),
            entries=[entry],
        )
        # Who did not pay records it; that a line has several accounts takes two.
        return p.world.record("accountant", event, second="finance").id

    def record() -> None:
        day, payout = p.world.day(), plans[0].payouts[0]
        paid = StatementEntry(
            bank_reference="a" * 64, booked_on=day, direction="debit", amount_fen=50_000, payouts=[payout]
        )
        statement("whole", paid)
        lost = StatementEntry(bank_reference="b" * 64, booked_on=day, direction="debit", amount_fen=30_000)
        recorded.append(statement("lost", lost))

    p.campaign.at("sum-up", record)
    p.entry("outflow-unexplained", lambda: recorded[0])
