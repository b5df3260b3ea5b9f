"""The bank's answer to a batch of payouts (银行回盘文件): xlsx, xls, ods or csv, line by line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal, NamedTuple

from api.roster.amounts import amount_fen
from api.roster.cells import long_number
from api.roster.dates import past_day
from api.roster.file_notices import Notice, hidden_rows, short_rows
from api.roster.headings import plain_heading
from api.roster.sheet import (
    HEADER_WITHIN_ROWS,
    MOST_ROWS,
    Cut,
    RosterUnreadable,
    cut_short,
    end_of,
    header_width,
    heading_twice,
    letters,
    sheets,
)
from api.roster.workbooks import Cell, Row
from ledger.errors import IdentityFault

HEADINGS: dict[str, tuple[str, ...]] = {
    "account": ("账号", "卡号", "银行账号", "收款账号", "收款人账号", "银行卡号"),
    "name": ("户名", "姓名", "收款人", "收款人户名", "收款人名称"),
    "amount": ("金额", "交易金额", "发放金额", "代发金额"),
    "result": ("结果", "状态", "交易状态", "处理结果", "交易结果", "处理状态"),
    "reference": ("流水号", "交易流水号", "银行流水号", "业务流水号", "交易序号"),
    "booked_on": ("日期", "交易日期", "入账日期", "记账日期"),
    "note": ("附言", "摘要", "用途", "备注"),
    "reason": ("失败原因", "原因", "说明", "退票原因"),
}
Result = Literal["paid", "bounced"]
REQUIRED = ("account", "amount", "result")
PAID = ("成功", "已入账", "入账成功", "完成", "已完成", "交易成功", "处理成功")
BOUNCED = ("失败", "退票", "退回", "拒绝", "交易失败", "处理失败", "已退回")


@dataclass(frozen=True, slots=True)
class BankLine:
    """One line of the bank's: as far as it could be read; ``problem`` says what could not, in which ``cell``."""

    row: int
    account: str
    name: str
    amount_fen: int | None
    result: Result | None
    reference: str
    booked_on: str
    note: str
    reason: str
    problem: IdentityFault | None = None
    cell: str = ""


class BankFile(NamedTuple):
    """The bank's lines, and what is to be said of the file."""

    lines: list[BankLine]
    notices: list[Notice]


def read_bank_file(path: Path, today: str) -> BankFile:
    """The lines below the first header with account, amount and result.

    Raises:
        RosterUnreadable: ``roster-file``, ``bank-no-header``, ``heading-twice`` or ``bank-too-long``.
    """
    for sheet in sheets(path):
        rows, hidden = sheet.rows, sheet.hidden
        for place, (index, row) in enumerate(rows):
            if index >= HEADER_WITHIN_ROWS:
                break
            columns = _columns(row)
            if all(field in columns for field in REQUIRED):
                _check_once(row, columns)
                lines = [each for each in rows[place + 1 :] if _text(each[1], columns, "account")]
                if len(lines) > MOST_ROWS:
                    raise RosterUnreadable(
                        "bank-too-long",
                        f"银行回盘文件超过 {MOST_ROWS} 行，请分开读取",
                        f"the bank's file has more than {MOST_ROWS} rows, read it in parts",
                    )
                width = header_width(path, row)
                return BankFile(
                    [
                        _line(number + 1, line, columns, today, cut_short(line, width))
                        for number, line in lines
                    ],
                    _notices(lines, hidden, None if width is not None else end_of(row)),
                )
    raise RosterUnreadable(
        "bank-no-header",
        "找不到表头：银行回盘文件应有 账号、金额、结果 三栏",
        "no header found: the bank's file needs the columns 账号 (account), 金额 (amount) and 结果 (result)",
    )


def _notices(lines: list[Row], hidden: Sequence[tuple[int, int]], width: int | None) -> list[Notice]:
    ends = {number + 1: end_of(line) for number, line in lines}
    found = list(hidden_rows(ends, hidden))
    return found if width is None else [*found, *short_rows(ends, width)]


def _columns(row: list[Cell]) -> dict[str, int]:
    known = {plain_heading(word): field for field, words in HEADINGS.items() for word in words}
    found: dict[str, int] = {}
    for index, cell in enumerate(row):
        field = known.get(plain_heading(str(cell))) if cell else None
        if field is not None:
            found.setdefault(field, index)
    return found


def _check_once(header: list[Cell], columns: dict[str, int]) -> None:
    """Refuses two columns for what decides about money; banks write others twice."""
    for index, cell in enumerate(header):
        for field in _columns([cell]):
            if field in REQUIRED and columns[field] != index:
                raise heading_twice(
                    HEADINGS[field][0], (columns[field], str(header[columns[field]])), (index, str(cell))
                )


def _cell(line: list[Cell], columns: dict[str, int], field: str) -> Cell:
    at = columns.get(field)
    return "" if at is None or at >= len(line) else line[at]


def _text(line: list[Cell], columns: dict[str, int], field: str) -> str:
    return str(_cell(line, columns, field)).strip()


def _line(row: int, line: list[Cell], columns: dict[str, int], today: str, cut: Cut | None) -> BankLine:
    problem, cell = None, ""
    account, amount, booked_on = "", None, today
    result: Result | None = None
    at = "account"
    try:
        if cut is not None:
            raise IdentityFault("row-cut", cut.zh, cut.en)
        account = long_number(_cell(line, columns, "account"))
        at = "amount"
        amount = amount_fen(_cell(line, columns, "amount"))
        at = "result"
        result = _result(_text(line, columns, "result"))
        at = "booked_on"
        if _text(line, columns, "booked_on"):
            booked_on = past_day(_cell(line, columns, "booked_on"), date.fromisoformat(today))
    except IdentityFault as fault:
        problem, cell = fault, f"{letters(columns[at])}{row}"
    return BankLine(
        row=row,
        account=account,
        name=_text(line, columns, "name"),
        amount_fen=amount,
        result=result,
        reference=_text(line, columns, "reference"),
        booked_on=booked_on,
        note=_text(line, columns, "note"),
        reason=_text(line, columns, "reason"),
        problem=problem,
        cell=cell,
    )


def _result(word: str) -> Result:
    if word in PAID:
        return "paid"
    if word in BOUNCED:
        return "bounced"
    raise IdentityFault(
        "bank-result",
        f"看不懂的结果“{word}”：应为 成功 或 失败",
        f"unknown result {word!r}: expected 成功 (paid) or 失败 (bounced)",
    )
