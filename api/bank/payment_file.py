"""A file for the bank (代发文件), as a profile has it: a workbook with text cells, texts, or pain.001 of ISO 20022.

The same payments give the same bytes, so that a file can be made again and is known by its hash.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import NamedTuple

import orjson

from api.bank.pain import Debtor, credit_transfer
from api.bank.profile import PayColumn, PayLayout
from api.service.limited_process import LimitMet, ProcessLimits, run_limited
from ledger.errors import Explained, yuan

PROGRAM = "api.bank.text_workbook"
LIMITS = ProcessLimits(
    memory_bytes=96 * 1024 * 1024, cpu_seconds=20, wall_seconds=40.0, file_bytes=32 * 1024 * 1024
)


class PaymentFileFault(Explained):
    """What keeps a payment file from being made; nothing of it is."""


class Payment(NamedTuple):
    """A line of a payment file; ``serial`` is its note, ``bank`` is None where the dossier does not say it."""

    number: int
    serial: str
    payout: str
    name: str
    account: str
    bank: str | None
    amount_fen: int


def made(layout: PayLayout, payments: Sequence[Payment], batch: str, on: str, debtor: Debtor) -> bytes:
    """The file's bytes; ``on`` is the day from which the bank may pay.

    Raises:
        PaymentFileFault: ``payment-field-missing``, ``payment-field-unfit``, ``payment-too-many``,
            ``payment-debtor-missing`` or ``payment-file-limit``.
    """
    if len(payments) > layout.most_lines:
        raise PaymentFileFault(
            "payment-too-many",
            f"共 {len(payments)} 笔，该银行格式每个文件最多 {layout.most_lines} 笔：请分批",
            f"{len(payments)} payouts, this bank's files hold at most {layout.most_lines}: make several",
        )
    if layout.format == "pain.001":
        _check_needed(layout, payments)
        return credit_transfer(payments, batch, on, debtor)
    rows = [[_value(column, each, layout) for column in layout.columns] for each in payments]
    header = [[column.heading for column in layout.columns]] if layout.header else []
    _check_needed(layout, payments)
    if layout.format == "xlsx":
        return _workbook([*header, *rows])
    return _text(layout, [*header, *rows])


def _value(column: PayColumn, payment: Payment, layout: PayLayout) -> str:
    match column.field:
        case "number":
            return str(payment.number)
        case "name" | "account":
            return str(getattr(payment, column.field))
        case "bank":
            return payment.bank or ""
        case "amount":
            fen = payment.amount_fen
            return str(fen) if layout.unit == "分" else yuan(fen).replace(",", "")
        case "note":
            return payment.serial
        case _:
            return column.text


def _check_needed(layout: PayLayout, payments: Sequence[Payment]) -> None:
    """Refuses where a column that the bank needs would be empty; each line is named."""
    if not any(column.field == "bank" and column.needed for column in layout.columns):
        return
    without = [str(each.number) for each in payments if not each.bank]
    if without:
        raise PaymentFileFault(
            "payment-field-missing",
            f"该银行格式须填开户行，第 {'、'.join(without)} 笔的档案没有：请先更正档案",
            f"this bank's files need the branch, which the dossiers of lines {', '.join(without)} do not say: amend them",
        )


def _unfit(value: str, why: str, why_en: str) -> PaymentFileFault:
    """A value that the file's form cannot hold; it is told by its length alone, for it may be an identity."""
    return PaymentFileFault(
        "payment-field-unfit",
        f"有一格（{len(value)} 字）{why}，该银行格式容纳不了",
        f"a cell of {len(value)} characters {why_en}, which this bank's form cannot hold",
    )


def _text(layout: PayLayout, rows: list[list[str]]) -> bytes:
    if layout.format == "fixed":
        lines = ["".join(_padded(layout, index, cell) for index, cell in enumerate(row)) for row in rows]
        return ("\r\n".join(lines) + "\r\n").encode(layout.encoding)
    out = io.StringIO()
    if layout.format == "bars":
        for row in rows:
            if found := next((cell for cell in row if "|" in cell or "\n" in cell), None):
                raise _unfit(found, "含竖线", "holds a bar")
            out.write("|".join(row) + "\r\n")
    else:
        csv.writer(out, lineterminator="\r\n").writerows(rows)
    return out.getvalue().encode(layout.encoding)


def _padded(layout: PayLayout, index: int, cell: str) -> str:
    """A cell of a fixed width, counted in bytes; what is longer is not cut."""
    width = layout.columns[index].width or 0
    missing = width - len(cell.encode(layout.encoding))
    if missing < 0:
        raise _unfit(cell, f"超过 {width} 字节", f"is longer than {width} bytes")
    return cell + " " * missing


def _workbook(rows: list[list[str]]) -> bytes:
    """All cells are text, so that no account is a number."""
    limits = (str(LIMITS.memory_bytes), str(LIMITS.cpu_seconds), str(LIMITS.file_bytes))
    try:
        return run_limited(PROGRAM, *limits, limits=LIMITS, given=orjson.dumps(rows))
    except LimitMet:
        raise PaymentFileFault(
            "payment-file-limit", "文件超出处理上限：请分批", "the file exceeds the limits: make several"
        ) from None
