"""The bank's side as it is answered (银行应答): what waits to be sent, files, statements, days."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from projections.frame.column import Day, Fen, Number, Title
from projections.views.bank import AccountStatementRow, PaymentFileRow


@dataclass
class UnsentPayout:
    """A payout by bank that stands in no payment file yet."""

    masked_name: Annotated[str, Title("姓名", "name")]
    unit: Annotated[str, Title("单位", "unit")]
    line: Annotated[str, Title("资金项目", "line")]
    amount_fen: Annotated[Fen, Title("金额（元）", "amount")]
    paid_on: Annotated[Day, Title("发放日期", "paid on")]
    payout: str
    case_id: str | None
    dossier: str


@dataclass
class ListedDay:
    """A day of a line: what was paid by bank, what the bank said of it, what a statement debits, who closed it."""

    day: Annotated[Day, Title("日期", "day")]
    line: Annotated[str, Title("资金项目", "line")]
    payouts: Annotated[Number, Title("笔数", "payouts")]
    ledger_fen: Annotated[Fen, Title("账面发放（元）", "ledger")]
    bank_fen: Annotated[Fen, Title("银行入账（元）", "booked")]
    bounced_fen: Annotated[Fen, Title("退票（元）", "bounced")]
    unmatched: Annotated[Number, Title("未达", "open")]
    reconciled: Annotated[str | None, Title("对账人", "closed by")]
    paid_since: Annotated[Number, Title("对账后发放", "paid since")]
    statement_fen: Annotated[Fen | None, Title("对账单支出（元）", "statement")]


@dataclass
class OpenOutflow:
    """What left an account for nothing in the ledger, and is not explained yet."""

    account: Annotated[str, Title("账户", "account")]
    booked_on: Annotated[Day, Title("日期", "booked on")]
    amount_fen: Annotated[Fen, Title("金额（元）", "amount")]
    account_statement: str
    bank_reference: str


@dataclass
class ListedPaymentFile(PaymentFileRow):
    """A payment file with who made it, and of how many of its lines the bank has spoken."""

    officer: Annotated[str | None, Title("经办", "officer")]
    answered: Annotated[Number, Title("已回盘", "answered")]


@dataclass
class ListedStatement(AccountStatementRow):
    """A statement of account with who recorded it, its sums, what left it unexplained, and where it was taken back."""

    debit_fen: Annotated[Fen, Title("支出（元）", "debits")]
    credit_fen: Annotated[Fen, Title("收入（元）", "credits")]
    unexplained_fen: Annotated[Fen, Title("账外支出（元）", "unexplained")]
    officer: Annotated[str | None, Title("经办", "officer")]
    taken_back_at: Annotated[int | None, Title("撤回序号", "taken back at")]
