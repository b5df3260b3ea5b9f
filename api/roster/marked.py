"""A roster's report as a workbook (读表报告 xlsx): the file's rows as they were read, masked, with its cells marked.

Red is at fault, yellow is to be looked at, grey is not used; each marked cell says why. The first sheet lists
all of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from api.roster.cells import masked_cell
from api.roster.cleaning import cleaned
from api.roster.report import ReadFault, ReadReport, UnusedPart
from api.roster.roster_file import RosterFile
from api.roster.sheet import is_filled
from api.roster.workbooks import Cell, Sheet
from api.wording.cells import workbook_cell, workbook_text
from ledger.errors import yuan
from ledger.identity.documents import numbers_masked

RED, YELLOW, GREY, BLUE = "F8CBAD", "FFE699", "D9D9D9", "DDE7F0"
NOT_SHOWN = "…"
"""What stands for a cell of a column that is not used: who knows whose it is."""
MOST_SHOWN = 20_000
_ASIDE = ("row-title", "row-heading-again", "row-total", "row-remark", "row-serial-only")
"""Rows that are about nobody."""


def write_marked(path: Path, roster: RosterFile, report: ReadReport) -> None:
    """Write the report: what was read, and each sheet that was, with its marks."""
    # Here, so that the commands that write no workbook start without it.
    from openpyxl import Workbook

    workbook = Workbook()
    first = workbook.active
    assert first is not None
    first.title = "读表结果"
    for line in _summary(report):
        first.append([workbook_cell(each) for each in line])
    for column, width in zip("ABCDEF", (14, 10, 10, 22, 20, 80), strict=True):
        first.column_dimensions[column].width = width
    taken = {first.title}
    for sheet in roster.file.sheets:
        if any(table.sheet == sheet.name for table in roster.tables):
            title = _title(sheet.name, taken)
            _write_sheet(workbook.create_sheet(title), sheet, roster, report)
    workbook.save(path)


def _title(name: str, taken: set[str]) -> str:
    """A sheet's name as a workbook may have it, and none twice."""
    plain = "".join("_" if c in "[]:*?/\\" else c for c in workbook_text(name))[:25] or "表"
    title, number = plain, 2
    while title in taken:
        title, number = f"{plain} {number}", number + 1
    taken.add(title)
    return title


def _summary(report: ReadReport) -> Iterable[list[str | int]]:
    yield ["可导入 lines to file", report.good, "金额（元） yuan", yuan(report.total_fen)]
    yield []
    yield ["工作表 sheet", "行 row", "单元格 cell", "栏目 heading", "所填 found", "问题 problem"]
    for fault in report.faults:
        yield _said(fault)
    yield []
    yield ["须留意 to be looked at"]
    for line in report.lines:
        for warning in line.warnings:
            yield _said(warning)
    for notice in report.notices:
        yield ["", "", "", notice["code"], "", f"{notice['zh']} {notice['en']}"]
    yield []
    yield ["未采用 not used", "行 row", "列 column", "表头 heading", "", "原因 why"]
    for each in (*report.unused.sheets, *report.unused.columns, *report.unused.rows):
        yield [
            each.sheet,
            each.row or "",
            each.column or "",
            each.heading or "",
            "",
            f"{each.why} {each.why_en}",
        ]
    yield []
    yield ["对应 mapping", "", "列 column", "表头 heading", "栏目 field", "单位 unit"]
    for column in report.mapping:
        yield [column.sheet, "", column.column, column.heading, column.title or "", column.unit or ""]


def _said(fault: ReadFault) -> list[str | int]:
    return [
        fault.sheet,
        fault.row,
        fault.cell,
        fault.heading,
        fault.found,
        f"{fault.message} {fault.message_en}",
    ]


def _write_sheet(into: object, sheet: Sheet, roster: RosterFile, report: ReadReport) -> None:
    from openpyxl.comments import Comment
    from openpyxl.styles import PatternFill
    from openpyxl.worksheet.worksheet import Worksheet

    assert isinstance(into, Worksheet)
    fills = {colour: PatternFill("solid", fgColor=colour) for colour in (RED, YELLOW, GREY, BLUE)}
    fields = _fields(sheet, roster)
    headings = {
        row for table in roster.tables if table.sheet == sheet.name for row in table.table.heading_rows
    }
    marks = _marks(sheet.name, report)
    unused_rows = {each.row: each for each in report.unused.rows if each.sheet == sheet.name}
    unused_columns = {each.column: each for each in report.unused.columns if each.sheet == sheet.name}
    for index, row in sheet.rows[:MOST_SHOWN]:
        for at, cell in enumerate(row):
            if is_filled(cell):
                aside = unused_rows.get(index + 1)
                is_aside = index in headings or (aside is not None and aside.code in _ASIDE)
                into.cell(index + 1, at + 1, _shown(cell, fields.get(at), is_aside=is_aside))
    for cell, (colour, said) in marks.items():
        into[cell].fill = fills[colour]
        into[cell].comment = Comment(workbook_text(said), "songnuan")
    for number, part in unused_rows.items():
        _grey(into.cell(number or 1, 1), part, fills[GREY])
    for name, part in unused_columns.items():
        _grey(into[f"{name}{max(headings, default=0) + 1}"], part, fills[GREY])


def _grey(cell: object, part: UnusedPart, fill: object) -> None:
    from openpyxl.cell import Cell as SheetCell
    from openpyxl.comments import Comment

    if isinstance(cell, SheetCell) and cell.comment is None:
        cell.fill = fill  # type: ignore[assignment] # a style proxy takes any fill, which its types do not say
        cell.comment = Comment(f"{part.why} {part.why_en}", "songnuan")


def _fields(sheet: Sheet, roster: RosterFile) -> dict[int, str]:
    """Column → field, over all tables of the sheet."""
    return {
        index: each.column.field
        for table in roster.tables
        if table.sheet == sheet.name
        for index, each in table.places.items()
        if each.column is not None
    }


def _marks(sheet: str, report: ReadReport) -> Mapping[str, tuple[str, str]]:
    """Cell → its colour, and what is said of it."""
    said = [(YELLOW, warning) for line in report.lines for warning in line.warnings]
    said += [(RED, fault) for fault in report.faults]
    return {
        (fault.cell if fault.cell[:1].isascii() else f"A{fault.row}"): (
            colour,
            f"{fault.message} {fault.message_en}",
        )
        for colour, fault in said
        if fault.sheet == sheet
    }


def _shown(cell: Cell, field: str | None, *, is_aside: bool) -> str | int | float:
    """A cell as the report shows it: masked by its field, or not at all."""
    if is_aside:
        return workbook_cell(numbers_masked(cleaned(str(cell)).text))
    return NOT_SHOWN if field is None else workbook_cell(masked_cell(field, cell))
