"""The program that writes a report as a workbook (xlsx): :mod:`api.reports.workbook` runs it under limits."""

from __future__ import annotations

import io
import sys
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Border, Font, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.cell_range import CellRange
from openpyxl.worksheet.properties import PageSetupProperties

from api.reports.report import Cell, Column, Report
from api.service.limited_process import NO_MEMORY, ProcessLimits, limit_this_process
from api.wording.cells import workbook_text

_A4 = "9"
_WIDTHS = {"text": 16, "count": 10, "fen": 16}


def written(report: Report) -> bytes:
    """The workbook's bytes. Text that begins with = is no formula; money is in yuan.

    Written row by row: a cell of a workbook that is held whole takes a hundred times what it says.
    """
    book = Workbook(write_only=True)
    sheet = book.create_sheet(report.annex or report.title.zh)
    width = len(report.columns)
    for index, column in enumerate(report.columns, 1):
        sheet.column_dimensions[get_column_letter(index)].width = _WIDTHS[column.kind]
    sheet.page_setup.orientation = "landscape" if width > 8 else "portrait"
    sheet.page_setup.paperSize = _A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    writer = _Writer(sheet, width)
    writer.head(report)
    header = writer.header(report.columns)
    sheet.print_title_rows = f"{header}:{header}"
    for row in report.rows:
        writer.row(report.columns, row)
    if report.totals:
        writer.row(report.columns, report.totals)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


class _Writer:
    """Writes a sheet's rows, one after the other."""

    def __init__(self, sheet: Any, width: int) -> None:
        self._sheet = sheet
        self._width = width
        self._line = 0
        thin = Side(style="thin")
        self._border = Border(left=thin, right=thin, top=thin, bottom=thin)
        self._bold = Font(bold=True)
        self._title = Font(size=16, bold=True)
        self._middle = Alignment(horizontal="center")
        self._heading = Alignment(horizontal="center", wrap_text=True)
        self._paragraph = Alignment(wrap_text=True, vertical="top")

    def head(self, report: Report) -> None:
        """What stands above the table: the annex, the title, the heading, the paragraphs."""
        if report.annex is not None:
            self._write([self._cell(report.annex)])
        title = self._cell(report.title.zh)
        title.font, title.alignment = self._title, self._middle
        self._across(title)
        heading = self._cell(report.heading.zh)
        heading.alignment = self._middle
        self._across(heading)
        for paragraph in report.paragraphs:
            cell = self._cell(paragraph.zh)
            cell.alignment = self._paragraph
            self._sheet.row_dimensions[self._line + 1].height = 34
            self._across(cell)

    def header(self, columns: list[Column]) -> int:
        """The table's header; answers its line."""
        cells = []
        for column in columns:
            cell = self._cell(column.zh)
            cell.font, cell.border, cell.alignment = self._bold, self._border, self._heading
            cells.append(cell)
        self._write(cells)
        return self._line

    def row(self, columns: list[Column], values: list[Cell]) -> None:
        """A row of the table."""
        cells = []
        for column, value in zip(columns, values, strict=True):
            fen = column.kind == "fen"
            cell = self._cell(value / 100 if fen and isinstance(value, int) else value)
            cell.border = self._border
            if fen:
                cell.number_format = "#,##0.00"
            cells.append(cell)
        self._write(cells)

    def _cell(self, value: Cell | float) -> Any:
        cell = WriteOnlyCell(self._sheet, workbook_text(value))
        if isinstance(value, str):
            cell.data_type = "s"
        return cell

    def _across(self, cell: Any) -> None:
        """One cell over the whole width."""
        self._write([cell])
        self._sheet.merged_cells.ranges.add(
            CellRange(min_col=1, max_col=self._width, min_row=self._line, max_row=self._line)
        )

    def _write(self, cells: list[Any]) -> None:
        self._sheet.append(cells)
        self._line += 1


def main() -> None:
    """Read a report (JSON) from the standard input, and write its workbook to the standard output."""
    memory, seconds, size = map(int, sys.argv[1:])
    limit_this_process(ProcessLimits(memory, seconds, 0, size))
    try:
        raw = written(Report.model_validate_json(sys.stdin.buffer.read()))
    except MemoryError:
        sys.exit(NO_MEMORY)
    sys.stdout.buffer.write(raw)


if __name__ == "__main__":
    main()
