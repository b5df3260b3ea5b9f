"""Vouchers as they are answered (记账凭证): one row a line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from projections.frame.column import Day, Fen, Number, Title


@dataclass
class VoucherLine:
    """A line of a voucher for the bookkeeping (记账凭证分录); ``position`` is the entry that it is made of."""

    month: Annotated[str, Title("会计期间", "month")]
    number: Annotated[Number, Title("凭证号", "number")]
    booked_on: Annotated[Day, Title("日期", "date")]
    abstract: Annotated[str, Title("摘要", "abstract")]
    account_code: Annotated[str, Title("会计科目编码", "account code")]
    account_title: Annotated[str, Title("会计科目名称", "account")]
    debit_fen: Annotated[Fen, Title("借方金额（元）", "debit")]
    credit_fen: Annotated[Fen, Title("贷方金额（元）", "credit")]
    line: Annotated[str, Title("资金项目", "line")]
    position: Annotated[int, Title("登记序号", "position")]
    attachments: Annotated[Number, Title("附单据数", "papers")]
