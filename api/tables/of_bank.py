"""Lists of the bank (银行列表): days to be closed, files made for it, statements of account on record."""

from __future__ import annotations

from api.bank.queries import DAYS, FILES, STATEMENTS
from api.tables.listed import TabledDay, TabledPaymentFile, TabledStatement
from api.tables.table import Order, Table

BANK = (
    Table(
        name="bank-days",
        title=("逐日对账", "Days of the bank"),
        row=TabledDay,
        resource="lines",
        source=f"SELECT d.*, d.campaign || '/' || d.line || '/' || d.day AS of_day FROM ({DAYS}) d",
        key="of_day",
        order=(Order("day", descending=True), Order("line")),
        shown=(
            "day",
            "line",
            "payouts",
            "ledger_fen",
            "bank_fen",
            "statement_fen",
            "bounced_fen",
            "unmatched",
            "reconciled",
            "campaign",
        ),
        more=("of_day", "paid_since"),
        sums=("ledger_fen", "bank_fen", "statement_fen", "bounced_fen"),
        groups=("line", "day", "reconciled", "campaign"),
        families={"line": "line", "reconciled": "officer", "campaign": "campaign"},
        recorded_as="search",
    ),
    Table(
        name="payment-files",
        title=("代发文件", "Payment files"),
        row=TabledPaymentFile,
        resource="lines",
        source=FILES,
        key="batch",
        order=(Order("position", descending=True),),
        shown=(
            "batch",
            "unit",
            "count",
            "sum_fen",
            "answered",
            "replaces",
            "officer",
            "position",
            "campaign",
        ),
        sums=("sum_fen",),
        groups=("unit", "officer", "campaign"),
        families={"unit": "unit", "officer": "officer", "campaign": "campaign"},
        recorded_as="search",
    ),
    Table(
        name="account-statements",
        title=("银行对账单", "Statements of account"),
        row=TabledStatement,
        resource="lines",
        source=(
            "SELECT o.*, o.taken_back_at IS NULL AND NOT EXISTS (SELECT FROM account_statements l"
            "  WHERE l.campaign = o.campaign AND l.account = o.account AND l.position > o.position"
            "  AND l.position <= %(as_of)s AND NOT EXISTS (SELECT FROM statements_taken_back b"
            "   WHERE b.account_statement = l.account_statement AND b.position <= %(as_of)s)) AS last"
            f" FROM ({STATEMENTS}) o"
        ),
        key="position",
        order=(Order("position", descending=True),),
        shown=(
            "account",
            "from_day",
            "to_day",
            "opening_fen",
            "debit_fen",
            "credit_fen",
            "closing_fen",
            "unexplained_fen",
            "officer",
            "taken_back_at",
            "position",
            "campaign",
        ),
        sums=("debit_fen", "credit_fen", "unexplained_fen"),
        groups=("account", "officer", "campaign"),
        families={"officer": "officer", "campaign": "campaign"},
        recorded_as="search",
    ),
)
"""The tables of the bank."""
