"""Vouchers over HTTP (记账凭证): a month's, as rows, CSV or a workbook."""

from __future__ import annotations

import csv
import io
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response

from api.gate import Row
from api.gate.references import check_references
from api.reports.report import Cell, Paragraph, Report, cells, columns_of
from api.reports.workbook import workbook
from api.service.access_recording import note_rows
from api.service.answers import Rows, answered
from api.service.attachments import attachment
from api.service.dependencies import Asks
from api.vouchers.queries import vouchers
from api.vouchers.rows import VoucherLine
from api.wording.cells import no_formula
from ledger.errors import Rule

router = APIRouter(tags=["views"])

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv; charset=utf-8"

TOO_MANY_VOUCHERS = Rule(
    "too-many-vouchers",
    zh="{month} 共有凭证分录 {found} 行，超过一次可导出的 {expected} 行：请使用命令 songnuan export vouchers",
    en="{month} has {found} voucher lines, above the {expected} of one answer: use songnuan export vouchers",
)
MOST_LINES = 40_000
"""So many lines are answered over HTTP at most."""

_VOUCHERS: dict[int | str, dict[str, Any]] = answered(Rows[VoucherLine])
_VOUCHERS[200] = {**_VOUCHERS[200], "content": {XLSX: {}, "text/csv": {}}}


@router.get("/vouchers", responses=_VOUCHERS)
def get_vouchers(
    asked: Asks,
    campaign: Annotated[str, Query(max_length=64)],
    month: Annotated[str, Query(pattern=r"^20\d\d-(0[1-9]|1[0-2])$", description="Like 2026-01")],
    form: Literal["json", "csv", "xlsx"] = "json",
) -> Response:
    """A month's vouchers for the bookkeeping, by the account codes of the policy; debit and credit are equal.

    Sums are in fen, in the files in yuan. The ledger is a register beside the books, not the books.
    """
    views = asked.views("lines", campaign)
    check_references(views, campaign=campaign)
    rows = vouchers(views, campaign, month, asked.as_of)
    if len(rows) > MOST_LINES:
        raise TOO_MANY_VOUCHERS.refused(month=month, found=len(rows), expected=MOST_LINES)
    if form == "json":
        return asked.answer({"rows": rows})
    note_rows(asked.request, len(rows))
    report = _voucher_report(rows, campaign, month, asked.position)
    with asked.service.turns.turn():
        content = workbook(report) if form == "xlsx" else _as_csv(report)
    return attachment(
        content,
        XLSX if form == "xlsx" else CSV,
        f"{report.title.zh}-{campaign}-{month}-{asked.position}.{form}",
    )


def _voucher_report(rows: list[Row], campaign: str, month: str, position: int) -> Report:
    return Report(
        name="vouchers",
        title=Paragraph(zh="记账凭证", en="Vouchers"),
        annex=None,
        heading=Paragraph(
            zh=f"活动：{campaign}　会计期间：{month}　数据截至登记序号 {position:,}",
            en=f"campaign {campaign}, {month}, as of entry {position:,}",
        ),
        columns=columns_of(VoucherLine),
        rows=cells(VoucherLine, [VoucherLine(**row) for row in rows]),
    )


def _harmless(cell: Cell) -> Cell:
    """A cell that a spreadsheet shows and does not reckon: units and lines are named by others."""
    return no_formula(cell) if isinstance(cell, str) else cell


def _as_csv(report: Report) -> bytes:
    """As CSV that spreadsheets read as UTF-8: headings in Chinese, sums in yuan, no cell that is taken for a formula."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([column.zh for column in report.columns])
    for row in report.rows:
        writer.writerow(
            [
                f"{int(cell) / 100:.2f}" if column.kind == "fen" and cell is not None else _harmless(cell)
                for column, cell in zip(report.columns, row, strict=True)
            ]
        )
    return out.getvalue().encode("utf-8-sig")
