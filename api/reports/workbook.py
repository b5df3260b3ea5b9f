"""A report as a workbook (xlsx), ready to be printed on A4."""

from __future__ import annotations

import io

from api.reports.report import Cell, Report

_WIDTHS = {"text": 16, "count": 10, "fen": 16}


def workbook(report: Report) -> bytes:
    """The workbook's bytes. Text that begins with = is no formula; money is in yuan."""
    # Here, so that what writes no workbook starts without it.
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Border, Font, Side
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.properties import PageSetupProperties

    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = report.annex or report.title.zh
    width = len(report.columns)
    line = 1

    def write(row: int, column: int, value: Cell | float) -> None:
        cell = sheet.cell(row, column, value)
        if isinstance(value, str):
            cell.data_type = "s"

    if report.annex is not None:
        write(line, 1, report.annex)
        line += 1
    for text, font in ((report.title.zh, Font(size=16, bold=True)), (report.heading.zh, Font())):
        write(line, 1, text)
        sheet.cell(line, 1).font = font
        sheet.merge_cells(start_row=line, start_column=1, end_row=line, end_column=width)
        sheet.cell(line, 1).alignment = Alignment(horizontal="center")
        line += 1
    for paragraph in report.paragraphs:
        write(line, 1, paragraph.zh)
        sheet.merge_cells(start_row=line, start_column=1, end_row=line, end_column=width)
        sheet.cell(line, 1).alignment = Alignment(wrap_text=True, vertical="top")
        sheet.row_dimensions[line].height = 34
        line += 1
    thin = Side(style="thin")
    border = Border(left=thin, right=thin, top=thin, bottom=thin)
    body = [*report.rows, *([report.totals] if report.totals else [])]
    for index, column in enumerate(report.columns, 1):
        write(line, index, column.zh)
        cell = sheet.cell(line, index)
        cell.font, cell.border = Font(bold=True), border
        cell.alignment = Alignment(horizontal="center", wrap_text=True)
        sheet.column_dimensions[get_column_letter(index)].width = _WIDTHS[column.kind]
        for below, values in enumerate(body, line + 1):
            value = values[index - 1]
            write(below, index, value / 100 if column.kind == "fen" and isinstance(value, int) else value)
            sheet.cell(below, index).border = border
            if column.kind == "fen":
                sheet.cell(below, index).number_format = "#,##0.00"
    sheet.print_title_rows = f"{line}:{line}"
    sheet.page_setup.orientation = "landscape" if width > 8 else "portrait"
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
