"""Reconciling an account by month (余额调节): the books' balance and the bank's, and what has reached but one of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from api.gate import Row
from ledger.errors import Rule

NO_STATEMENT_OF_MONTH = Rule(
    "no-statement-of-month",
    zh="账户 {account} 在 {month} 没有已登记的对账单，不能编制银行存款余额调节表：请先登记对账单（songnuan bank statement）",
    en="no statement of the account {account} for {month} is on record, and nothing is reconciled: record it first, with"
    " songnuan bank statement",
)


class Outstanding(NamedTuple):
    """What has reached one side alone (未达账项): where it is recorded, of which day, its sum in fen, and what it is."""

    position: int
    on: date
    amount_fen: int
    kind: str
    unit: str | None


class Reconciliation(NamedTuple):
    """Both balances at the end of a day, in fen, with what is outstanding on either side.

    Sums are signed: what left the account is negative.
    """

    day: date
    books_fen: int
    bank_fen: int
    books_lack: list[Outstanding]
    bank_lacks: list[Outstanding]

    @property
    def books_adjusted_fen(self) -> int:
        """The books' balance with what the bank has booked and the books have not."""
        return self.books_fen + sum(each.amount_fen for each in self.books_lack)

    @property
    def bank_adjusted_fen(self) -> int:
        """The bank's balance with what the books have and the bank has not booked."""
        return self.bank_fen + sum(each.amount_fen for each in self.bank_lacks)

    @property
    def difference_fen(self) -> int:
        """What stays unexplained: zero where the account agrees."""
        return self.bank_adjusted_fen - self.books_adjusted_fen


def closing_day(statements: Sequence[Row], month: str) -> date | None:
    """The last day of a month that statements cover; None where they cover none of it."""
    days = [
        min(statement["to_day"], _last_of(month))
        for statement in statements
        if statement["from_day"] <= _last_of(month)
        and statement["to_day"] >= date.fromisoformat(f"{month}-01")
    ]
    return max(days, default=None)


def reconciled(
    statements: Sequence[Row], bank: Sequence[Row], books: Sequence[Row], day: date
) -> Reconciliation:
    """Hold an account's statements against the books at the end of a day.

    What the books have from before the first statement, and no statement shows, lies in its opening balance.
    """
    first = statements[0]["from_day"]
    return Reconciliation(
        day=day,
        books_fen=sum(row["amount_fen"] for row in books),
        bank_fen=statements[0]["opening_fen"] + sum(row["amount_fen"] for row in bank),
        books_lack=[
            Outstanding(row["position"], row["booked_on"], row["amount_fen"], "bank", None)
            for row in bank
            if row["recorded_on"] is None or row["recorded_on"] > day
        ],
        bank_lacks=[
            Outstanding(row["position"], row["recorded_on"], row["amount_fen"], row["kind"], row["unit"])
            for row in books
            if (row["booked_on"] is None and row["recorded_on"] >= first)
            or (row["booked_on"] is not None and row["booked_on"] > day)
        ],
    )


def _last_of(month: str) -> date:
    year, number = map(int, month.split("-"))
    return date.fromordinal(date(year + number // 12, number % 12 + 1, 1).toordinal() - 1)
