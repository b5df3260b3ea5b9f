"""Writes tables as the files that offices send: workbooks, texts in many encodings, pages, protected ones."""

from __future__ import annotations

import csv
import io
import struct
import zipfile
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import xlwt
from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from xlwt import CompoundDoc

Rows = Sequence[Sequence[Any]]


def xlsx(
    rows: Rows,
    *,
    merges: Sequence[str] = (),
    hidden: Sequence[int] = (),
    struck: Sequence[str] = (),
    formats: dict[str, str] | None = None,
    more: Mapping[str, Rows] | None = None,
    hidden_sheets: Sequence[str] = (),
    hidden_columns: Sequence[str] = (),
    from_1904: bool = False,
    title: str = "名单",
) -> bytes:
    """A workbook; ``more`` are other sheets, by name."""
    book = Workbook()
    if from_1904:
        book.epoch = CALENDAR_MAC_1904
    sheet = book.active
    assert sheet is not None
    sheet.title = title
    for row in rows:
        sheet.append(list(row))
    for letter in hidden_columns:
        sheet.column_dimensions[letter].hidden = True
    for area in merges:
        sheet.merge_cells(area)
    for number in hidden:
        sheet.row_dimensions[number].hidden = True
    for cell in struck:
        sheet[cell].font = Font(strike=True)
    for cell, code in (formats or {}).items():
        sheet[cell].number_format = code
    for name, others in (more or {}).items():
        other = book.create_sheet(name)
        for row in others:
            other.append(list(row))
        if name in hidden_sheets:
            other.sheet_state = "hidden"
    raw = io.BytesIO()
    book.save(raw)
    return raw.getvalue()


def xls(
    rows: Rows,
    *,
    struck: Sequence[tuple[int, int]] = (),
    hidden_columns: Sequence[int] = (),
    from_1904: bool = False,
    formats: dict[tuple[int, int], str] | None = None,
) -> bytes:
    """A workbook of the older kind; cells that are ``struck`` or have ``formats``, and ``hidden_columns``, from 0."""
    book = xlwt.Workbook()
    book.dates_1904 = from_1904
    sheet = book.add_sheet("名单")
    for number in hidden_columns:
        sheet.col(number).hidden = True
    line = xlwt.easyxf("font: struck_out on")
    for y, row in enumerate(rows):
        for x, value in enumerate(row):
            if value is not None:
                if (y, x) in struck:
                    sheet.write(y, x, value, line)
                elif formats and (y, x) in formats:
                    sheet.write(y, x, value, xlwt.easyxf(num_format_str=formats[(y, x)]))
                else:
                    sheet.write(y, x, value)
    raw = io.BytesIO()
    book.save(raw)
    return raw.getvalue()


def excel_95(rows: Rows) -> bytes:
    """A workbook of Excel 95: BIFF 5 in a stream ``Book``, its texts in the code page 936."""

    def record(kind: int, body: bytes = b"") -> bytes:
        return struct.pack("<HH", kind, len(body)) + body

    begin, end, style = (0x809, struct.pack("<HHHH", 0x500, 0x10, 0x0DBB, 0x07CC)), record(0x0A), 15
    sheet = record(*begin)
    for y, row in enumerate(rows):
        for x, value in enumerate(row):
            said = str(value).encode("gbk")
            sheet += record(0x204, struct.pack("<HHHH", y, x, style, len(said)) + said)
    font = record(0x31, struct.pack("<HHHHHBBBB", 200, 0, 0x7FFF, 400, 0, 0, 0, 134, 0) + b"\5Arial")
    head = record(begin[0], struct.pack("<HHHH", 0x500, 5, 0x0DBB, 0x07CC)) + record(0x42, b"\xa8\x03")
    head += font + record(0xE0, bytes(16)) * (style + 1)
    named = struct.pack("<H", 0) + b"\6Sheet1"
    starts = len(head) + len(record(0x85, bytes(4) + named)) + len(end)
    raw = io.BytesIO()
    stream = head + record(0x85, struct.pack("<I", starts) + named) + end + sheet + end
    CompoundDoc.XlsDoc().save(raw, stream)
    # The writer knows the name of the later stream alone: it stands in 64 bytes, its length behind it.
    later, earlier = ("".join((name, "\0")).encode("utf-16-le") for name in ("Workbook", "Book"))
    whole = raw.getvalue()
    at = whole.index(later)
    return whole[:at] + earlier.ljust(64, b"\0") + struct.pack("<H", len(earlier)) + whole[at + 66 :]


def text(encoding: str, delimiter: str = ",") -> Callable[[Rows], bytes]:
    """Writes a text in an encoding, with this between its cells."""

    def write(rows: Rows) -> bytes:
        into = io.StringIO()
        csv.writer(into, delimiter=delimiter).writerows(
            [["" if cell is None else cell for cell in row] for row in rows]
        )
        return into.getvalue().encode(encoding)

    return write


def page(rows: Rows) -> bytes:
    """A page with a table, as systems write it under the name of a workbook."""
    cells = "".join(
        "<tr>" + "".join(f"<td>{'' if c is None else c}</td>" for c in row) + "</tr>" for row in rows
    )
    return f"<html><head><meta charset='utf-8'></head><body><table>{cells}</table></body></html>".encode()


def xml_2003(rows: Rows) -> bytes:
    """An XML spreadsheet of Excel 2003."""
    cells = "".join(
        "<Row>"
        + "".join(f'<Cell><Data ss:Type="String">{"" if c is None else c}</Data></Cell>' for c in row)
        + "</Row>"
        for row in rows
    )
    return (
        '<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"'
        ' xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet">'
        f'<Worksheet ss:Name="名单"><Table>{cells}</Table></Worksheet></Workbook>'
    ).encode()


def ods(rows: Rows, *, hidden_columns: Sequence[int] = ()) -> bytes:
    """An OpenDocument spreadsheet; ``hidden_columns`` from 0."""
    collapsed = ' table:visibility="collapse"'
    columns = "".join(
        f"<table:table-column{collapsed if at in hidden_columns else ''}/>"
        for at in range(max(map(len, rows)))
    )
    cells = "".join(
        "<table:table-row>"
        + "".join(
            '<table:table-cell office:value-type="string"><text:p>'
            f"{'' if c is None else c}</text:p></table:table-cell>"
            for c in row
        )
        + "</table:table-row>"
        for row in rows
    )
    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text")
    )
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", "<m/>")
        archive.writestr(
            "content.xml",
            f'<?xml version="1.0"?><office:document-content {spaces}><office:body><office:spreadsheet>'
            f'<table:table table:name="名单">{columns}{cells}</table:table></office:spreadsheet></office:body>'
            "</office:document-content>",
        )
    return raw.getvalue()


def protected() -> bytes:
    """What a workbook with a password is: a compound file that names its encrypted package."""
    return (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
        + b"\0" * 504
        + "EncryptedPackage".encode("utf-16-le")
        + b"\0" * 512
    )


def archive(part: str) -> bytes:
    """A packed file with one part of this name, and no workbook."""
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as into:
        into.writestr(part, "<w/>")
    return raw.getvalue()
