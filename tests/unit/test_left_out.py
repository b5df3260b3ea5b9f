"""What the reader for workbooks leaves out is said all the same: errors, hidden rows, lines cut short."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest
import xlwt
from openpyxl import Workbook

from api.bank.answer_file import read_bank_file
from api.roster import biff
from api.roster.choices import Choices
from api.roster.roster_file import Roster, read_roster
from api.roster.workbooks import FileLimitExceeded, FileUnreadable, read_sheets
from ledger.identity.documents import resident_number
from tests.scene import policy

pytestmark = pytest.mark.usefixtures("read_here")

TODAY = date(2026, 1, 12)
NUMBERS = ("110101199003070011", "11010519491231002X", "110101198001010010")
HEADER = ("姓名", "公民身份号码", "对象类别", "慰问金额", "工作单位")
EMPTY = None


class Wrong(str):
    """A cell with an error's code, as a spreadsheet program stores it."""


def line(number: str, amount: Any = 500, shop: str | None = "一车间") -> tuple[Any, ...]:
    return ("张三", number, "困难职工", amount, shop)


def write(
    path: Path, rows: Sequence[Sequence[Any]], hidden: Sequence[int] = (), *, filtered: bool = False
) -> None:
    """A workbook of the kind that its name says; ``hidden`` are rows from 1."""
    {".xlsx": _xlsx, ".xls": _xls, ".ods": _ods}[path.suffix](path, rows, hidden, filtered)


def _xlsx(path: Path, rows: Sequence[Sequence[Any]], hidden: Sequence[int], filtered: bool) -> None:
    workbook = Workbook()
    sheet = workbook.active
    assert sheet is not None
    for row in rows:
        sheet.append(list(row))
    for number in hidden:
        sheet.row_dimensions[number].hidden = True
    if filtered:
        sheet.auto_filter.ref = f"A1:E{len(rows)}"
    workbook.save(path)


def _xls(path: Path, rows: Sequence[Sequence[Any]], hidden: Sequence[int], filtered: bool) -> None:
    book = xlwt.Workbook()
    sheet = book.add_sheet("名单")
    codes = {text: code for code, text in biff.ERRORS.items()}
    for number, row in enumerate(rows):
        for column, value in enumerate(row):
            if isinstance(value, Wrong):
                sheet.row(number).set_cell_error(column, codes[value])
            elif value is not EMPTY:
                sheet.write(number, column, value)
    for number in hidden:
        sheet.row(number - 1).hidden = True
    book.save(str(path))


def _ods(path: Path, rows: Sequence[Sequence[Any]], hidden: Sequence[int], filtered: bool) -> None:
    written = []
    for number, row in enumerate(rows, 1):
        visibility = f' table:visibility="{"filter" if filtered else "collapse"}"' if number in hidden else ""
        written.append(f"<table:table-row{visibility}>{''.join(map(_ods_cell, row))}</table:table-row>")
    _ods_of(path, "".join(written))


def _ods_cell(value: Any) -> str:
    if value is EMPTY:
        return "<table:table-cell/>"
    if isinstance(value, Wrong):
        return (
            '<table:table-cell table:formula="of:=NA()" office:value-type="string" office:string-value=""'
            f' calcext:value-type="error"><text:p>{escape(value)}</text:p></table:table-cell>'
        )
    if isinstance(value, int):
        return (
            f'<table:table-cell office:value-type="float" office:value="{value}"><text:p>{value}</text:p>'
            "</table:table-cell>"
        )
    return f'<table:table-cell office:value-type="string"><text:p>{escape(value)}</text:p></table:table-cell>'


def _ods_of(path: Path, rows: str, before: str = "") -> None:
    names = ["office", "table", "text"]
    spaces = "".join(f' xmlns:{each}="urn:oasis:names:tc:opendocument:xmlns:{each}:1.0"' for each in names)
    calc = ' xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"'
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", "<m/>")
        archive.writestr(
            "content.xml",
            f'<?xml version="1.0"?>{before}<office:document-content{spaces}{calc}><office:body>'
            f'<office:spreadsheet><table:table table:name="a">{rows}</table:table></office:spreadsheet>'
            "</office:body></office:document-content>",
        )


def read(path: Path) -> Roster:
    return read_roster(path, policy(), today=TODAY)


KINDS = pytest.mark.parametrize("ending", ["xlsx", "xls", "ods"])


@KINDS
@pytest.mark.parametrize("filtered", [False, True])
def test_hidden_and_filtered_rows_are_named_and_read_only_where_they_are_chosen(
    ending: str, filtered: bool, tmp_path: Path
) -> None:
    path = tmp_path / f"r.{ending}"
    # The header stands in the third row, so that numbers are the file's and not the table's.
    write(path, [("名单",), (), HEADER, *map(line, NUMBERS)], hidden=[1, 5, 6], filtered=filtered)
    roster = read(path)
    assert [row.row for row in roster.good] == [4]
    assert [each.row for each in roster.source.left_over if each.code == "row-hidden"] == [5, 6]
    taken = read_roster(path, policy(), today=TODAY, choices=Choices(hidden_rows=True))
    assert len(taken.good) == 3
    (notice,) = taken.notices
    assert notice.code == "rows-hidden"
    assert "第 5-6 行" in notice.zh
    assert "are hidden or filtered out" in notice.en


@KINDS
def test_of_a_file_with_nothing_hidden_nothing_is_said(ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"r.{ending}"
    write(path, [HEADER, *map(line, NUMBERS)])
    assert read(path).notices == []


@KINDS
def test_a_line_that_ends_before_the_others_may_have_been_cut(ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"r.{ending}"
    write(path, [HEADER, line(NUMBERS[0]), line(NUMBERS[1], 500, None), line(NUMBERS[2])])
    roster = read(path)
    (notice,) = roster.notices
    assert notice.code == "row-cut"
    assert "第 3 行" in notice.zh
    assert len(roster.good) == 3


@KINDS
def test_a_column_that_nobody_fills_cuts_no_line(ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"r.{ending}"
    write(path, [HEADER, *(line(number, 500, None) for number in NUMBERS)])
    assert read(path).notices == []


@pytest.mark.parametrize("ending", ["xls", "ods"])
@pytest.mark.parametrize("text", list(biff.ERRORS.values()))
def test_an_error_is_a_fault_of_its_cell(ending: str, text: str, tmp_path: Path) -> None:
    path = tmp_path / f"r.{ending}"
    write(path, [(), HEADER, line(NUMBERS[0], Wrong(text)), line(NUMBERS[1])])
    roster = read(path)
    (fault,) = (fault for row in roster.bad for fault in row.faults)
    assert (fault.cell, fault.code, fault.found) == ("D3", "cell-error", text)
    assert len(roster.good) == 1


def test_an_error_of_a_formula_in_an_xls_file_is_a_fault() -> None:
    error = b"\x03\x00\x05\x00\x0f\x00" + b"\x02\x00\x17\x00\x00\x00\xff\xff" + b"\x00" * 8
    stream = (
        b"\x09\x08\x00\x00" + b"\x06\x00" + len(error).to_bytes(2, "little") + error + b"\x0a\x00\x00\x00"
    )
    assert biff._sheet(stream, 0, biff._Formats(set(), set()), False)[:3] == ({3: {5: "#REF!"}}, set(), {})


@pytest.mark.parametrize("shown", ["Err:502", "错误:502"])
def test_an_error_that_only_ods_has_is_a_fault_as_well(shown: str, tmp_path: Path) -> None:
    write(tmp_path / "r.ods", [HEADER, line(NUMBERS[0], Wrong(shown))])
    (fault,) = (fault for row in read(tmp_path / "r.ods").bad for fault in row.faults)
    assert (fault.cell, fault.code, fault.found) == ("D2", "cell-error", shown)


def test_a_formula_of_an_ods_file_without_a_result_is_a_fault(tmp_path: Path) -> None:
    cells = "".join(map(_ods_cell, line(NUMBERS[0])))
    empty = '<table:table-cell table:formula="of:=1+1"/>'
    cells = cells.replace(_ods_cell(500), empty)
    header = "".join(map(_ods_cell, HEADER))
    _ods_of(
        tmp_path / "r.ods", "".join(f"<table:table-row>{each}</table:table-row>" for each in (header, cells))
    )
    (fault,) = (fault for row in read(tmp_path / "r.ods").bad for fault in row.faults)
    assert (fault.cell, fault.code) == ("D2", "cell-not-computed")


def test_repeated_cells_and_rows_keep_their_places(tmp_path: Path) -> None:
    header = "".join(map(_ods_cell, HEADER))
    cells = "".join(map(_ods_cell, line(NUMBERS[0], Wrong("#N/A"))))
    gap = '<table:table-row table:number-rows-repeated="3"><table:table-cell table:number-columns-repeated="5"/></table:table-row>'
    _ods_of(
        tmp_path / "r.ods",
        f"{gap}<table:table-row>{header}</table:table-row>{gap}"
        f'<table:table-row table:visibility="filter">{cells}</table:table-row>',
    )
    hidden = read(tmp_path / "r.ods")
    assert [(each.row, each.code) for each in hidden.source.unused] == [(8, "row-hidden")]
    roster = read_roster(tmp_path / "r.ods", policy(), today=TODAY, choices=Choices(hidden_rows=True))
    (fault,) = (fault for row in roster.bad for fault in row.faults)
    assert (fault.cell, fault.code) == ("D8", "cell-error")


def test_errors_without_end_are_refused(tmp_path: Path) -> None:
    cell = _ods_cell(Wrong("#N/A")).replace(
        "<table:table-cell", '<table:table-cell table:number-columns-repeated="16384"'
    )
    _ods_of(
        tmp_path / "r.ods", f'<table:table-row table:number-rows-repeated="1048576">{cell}</table:table-row>'
    )
    with pytest.raises((FileLimitExceeded, FileUnreadable)) as caught:
        read_sheets(tmp_path / "r.ods")
    assert str(caught.value) in ("cells", "filled", "memory", "time", "format")


def test_a_document_type_opens_no_door(tmp_path: Path) -> None:
    _ods_of(tmp_path / "r.ods", "", before='<!DOCTYPE d [<!ENTITY a "aaaa">]>')
    with pytest.raises(FileUnreadable):
        read_sheets(tmp_path / "r.ods")


@pytest.mark.parametrize("place", [30, 48, 60, 76, 200, 1024, 1500, 3000])
def test_a_damaged_xls_file_is_said_to_be_none_or_read(place: int, tmp_path: Path) -> None:
    write(tmp_path / "r.xls", [HEADER, *map(line, NUMBERS)])
    raw = bytearray((tmp_path / "r.xls").read_bytes())
    raw[place : place + 8] = b"\xfe\x01\xff\x7f\x05\x00\x01\x00"
    (tmp_path / "r.xls").write_bytes(raw)
    try:
        read_sheets(tmp_path / "r.xls")
    except (FileLimitExceeded, FileUnreadable) as refused:
        assert str(refused) in ("format", "cells", "memory", "time")


@KINDS
def test_the_banks_file_says_the_same(ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"b.{ending}"
    said = ("6228480402564890018", 5, "成功", "c")
    write(path, [("账号", "金额", "结果", "附言"), said, said[:3], said], hidden=[2])
    assert [notice.code for notice in read_bank_file(path, "2026-01-12").notices] == [
        "rows-hidden",
        "row-cut",
    ]


def test_the_numbers_here_hold() -> None:
    assert [resident_number(each, today=TODAY) for each in NUMBERS] == list(NUMBERS)
