"""Files from outside: read by a process of their own, refused with the limit that they meet."""

from __future__ import annotations

import io
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import xlwt
from openpyxl import Workbook

from api.bank.answer_file import read_bank_file
from api.roster import workbooks
from api.roster.roster_file import open_roster
from api.roster.sheet import RosterUnreadable, sheets
from api.roster.workbooks import (
    FileLimitExceeded,
    FileUnreadable,
    Sheet,
    read_sheets,
)


def sparse_xlsx(path: Path) -> None:
    """A kilobyte and a half that asks for half a terabyte."""
    workbook = Workbook()
    assert workbook.active is not None
    workbook.active["A1"] = "姓名"
    workbook.active["XFD1048576"] = "x"
    workbook.save(path)


def sparse_without_references(path: Path) -> None:
    """The same, with cells whose place follows from their row alone, and no dimension."""
    sparse_xlsx(path)
    _rewritten(path, b'<c r="XFD1048576"', b'<c r="A1048576"')


def zip_bomb(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("xl/sharedStrings.xml", b"a" * (workbooks.MOST_UNPACKED_BYTES + 1))


def lying_zip_bomb(path: Path) -> None:
    """An archive that says of its part that it is small."""
    zip_bomb(path)
    raw = path.read_bytes()
    size = (workbooks.MOST_UNPACKED_BYTES + 1).to_bytes(4, "little")
    path.write_bytes(raw.replace(size, (1000).to_bytes(4, "little")))


def entity_bomb(path: Path) -> None:
    workbook = Workbook()
    workbook.save(path)
    entities = '<!ENTITY a "aaaaaaaaaa">' + "".join(
        f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9)
    )
    _rewritten(path, b"<worksheet ", f"<!DOCTYPE l [{entities}]><worksheet ".encode())
    _rewritten(
        path, b"<sheetData />", b'<sheetData><row><c t="inlineStr"><is><t>&j;</t></is></c></row></sheetData>'
    )


def sparse_xls(path: Path) -> None:
    book = xlwt.Workbook()
    sheet = book.add_sheet("a")
    sheet.write(0, 0, "x")
    sheet.write(65_535, 255, "y")
    book.save(str(path))


def endless_ods(path: Path) -> None:
    cell = '<table:table-cell table:number-columns-repeated="16384" office:value-type="string"><text:p>x</text:p>'
    content = (
        '<?xml version="1.0"?><office:document-content'
        ' xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
        ' xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"'
        ' xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet>'
        '<table:table table:name="a"><table:table-row table:number-rows-repeated="1048576">'
        f"{cell}</table:table-cell></table:table-row></table:table></office:spreadsheet></office:body>"
        "</office:document-content>"
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", "<m/>")
        archive.writestr("content.xml", content)


def commas(path: Path) -> None:
    path.write_bytes(b"," * (workbooks.MOST_CELLS + 10))


def _rewritten(path: Path, old: bytes, new: bytes) -> None:
    source = zipfile.ZipFile(io.BytesIO(path.read_bytes()))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for part in source.infolist():
            raw = source.read(part)
            archive.writestr(part.filename, raw.replace(old, new) if "worksheets/" in part.filename else raw)


@pytest.mark.parametrize(
    ("made", "ending", "limits"),
    [
        (sparse_xlsx, "xlsx", {"cells"}),
        (zip_bomb, "xlsx", {"unpacked"}),
        (lying_zip_bomb, "xlsx", {"unpacked", "format"}),
        (sparse_xls, "xls", {"cells", "memory"}),
        (endless_ods, "ods", {"cells", "memory", "time", "format"}),
        (commas, "csv", {"cells"}),
    ],
)
def test_a_file_that_asks_for_too_much_is_refused(
    made: Callable[[Path], None], ending: str, limits: set[str], tmp_path: Path
) -> None:
    path = tmp_path / f"file.{ending}"
    made(path)
    with pytest.raises((FileLimitExceeded, FileUnreadable)) as caught:
        read_sheets(path)
    assert str(caught.value) in limits
    for read in (open_roster, lambda path: read_bank_file(path, "2026-01-12")):
        with pytest.raises(RosterUnreadable) as refused:
            read(path)
        assert refused.value.code in ("file-limit", "roster-file")


def test_entities_are_not_expanded(tmp_path: Path) -> None:
    entity_bomb(tmp_path / "a.xlsx")
    assert (
        sum(
            len(str(cell))
            for sheet in read_sheets(tmp_path / "a.xlsx")
            for _, row in sheet.rows
            for cell in row
        )
        < 100
    )
    with pytest.raises(RosterUnreadable) as caught:
        open_roster(tmp_path / "a.xlsx")
    assert caught.value.code == "roster-no-header"


def test_the_refusal_names_the_limit(tmp_path: Path) -> None:
    sparse_xlsx(tmp_path / "a.xlsx")
    assert (tmp_path / "a.xlsx").stat().st_size < 8_000
    with pytest.raises(RosterUnreadable) as caught:
        sheets(tmp_path / "a.xlsx")
    assert caught.value.code == "file-limit"
    assert "单元格" in caught.value.message("zh")
    assert "cells" in caught.value.message("en")


def test_a_row_at_the_end_of_a_sheet_costs_only_its_column(tmp_path: Path) -> None:
    sparse_without_references(tmp_path / "a.xlsx")
    assert read_sheets(tmp_path / "a.xlsx") == [Sheet("Sheet", [(0, ["姓名"]), (1_048_575, ["x"])])]


@pytest.mark.parametrize(
    "raw", [b"", b"nothing", b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 4000]
)
@pytest.mark.parametrize("ending", ["xlsx", "xls", "ods"])
def test_what_is_no_workbook_is_said_to_be_none(raw: bytes, ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"file.{ending}"
    path.write_bytes(raw)
    with pytest.raises(RosterUnreadable) as caught:
        sheets(path)
    assert caught.value.code == "roster-file"


def test_the_reader_takes_too_long_or_dies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commas(tmp_path / "a.csv")
    monkeypatch.setattr(workbooks, "LIMITS", workbooks.LIMITS._replace(wall_seconds=0.001))
    with pytest.raises(FileLimitExceeded, match="time"):
        read_sheets(tmp_path / "a.csv")


def test_a_broken_reader_can_send_values_only() -> None:
    class Evil:
        def __reduce__(self) -> tuple[Any, ...]:
            return print, ("broken in",)

    with pytest.raises(pickle.UnpicklingError):
        workbooks._PlainValues(io.BytesIO(pickle.dumps(Evil()))).load()
