"""Writes the empty forms (附件1、附件2) as workbooks, and rosters into them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from api.roster.columns import ANNEX, FORMS, Recipient
from api.wording.cells import workbook_cell, workbook_text

TITLES: dict[Recipient, str] = {"enterprise": "困难企业慰问名单", "person": "困难人员慰问名单"}
_LONG_NUMBERS = ("number", "account", "phone", "credit_code", "household")


def write_form(
    path: Path,
    recipient: Recipient,
    rows: Sequence[Mapping[str, str | int | float | None]] = (),
    *,
    heading: str = "",
) -> None:
    """Writes an annex with the given rows (field → value), numbers as text, notes on each column."""
    # Here, so that the commands that write no workbook start without it.
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter

    workbook = Workbook()
    sheet = workbook.active
    assert sheet is not None
    sheet.title = f"附件{ANNEX[recipient]}"
    columns = FORMS[recipient]
    sheet["A1"] = f"附件{ANNEX[recipient]}"
    sheet["A2"] = TITLES[recipient]
    sheet["A2"].font = Font(size=16, bold=True)
    sheet["A2"].alignment = Alignment(horizontal="center")
    sheet.merge_cells(start_row=2, start_column=1, end_row=2, end_column=len(columns) + 1)
    sheet["A3"] = workbook_cell(heading) or "填报单位：            填报日期："
    sheet.cell(4, 1, "序号")
    for index, column in enumerate(columns, start=2):
        cell = sheet.cell(4, index, column.heading + ("*" if column.required else ""))
        cell.font = Font(bold=True)
        cell.fill = PatternFill("solid", fgColor="DDE7F0")
        cell.alignment = Alignment(wrap_text=True, horizontal="center", vertical="center")
        sheet.column_dimensions[get_column_letter(index)].width = column.width
    for number, values in enumerate(rows, start=1):
        sheet.cell(4 + number, 1, number)
        for index, column in enumerate(columns, start=2):
            cell = sheet.cell(4 + number, index, workbook_text(values.get(column.field)))
            if isinstance(cell.value, str):
                cell.data_type = "s"  # also where it begins as a formula does
    for index, column in enumerate(columns, start=2):
        if column.field in _LONG_NUMBERS:
            for row in range(5, max(5 + len(rows), 205)):
                sheet.cell(row, index).number_format = "@"
    sheet.freeze_panes = "C5"
    notes = workbook.create_sheet("填表说明")
    notes.append(["栏目", "必填", "填法"])
    for column in columns:
        notes.append([column.heading, "是" if column.required else "", column.meaning])
    notes.column_dimensions["A"].width = 24
    notes.column_dimensions["C"].width = 60
    workbook.save(path)
