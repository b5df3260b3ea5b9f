"""What the reader for workbooks leaves out (读表程序略去的内容): errors, formulas without a result, hidden and struck rows.

Read from the files themselves: xlsx and ods are archives of XML, xls is BIFF (:mod:`api.roster.biff`).
Imported by the reading program, so it imports nothing of the project but that.
"""

from __future__ import annotations

import html
import io
import posixpath
import re
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple
from xml.parsers import expat

from api.roster import biff
from api.roster.styles import NO_STYLES, Styles, is_scaled, styles_of

Unread = dict[int, dict[int, str]]
"""Row → column → what stands in a cell that the reader for workbooks takes for empty."""


Cells = dict[int, set[int]]
"""Row → columns, from 0."""


Place = tuple[int, int]
"""A row and a column, from 0."""


class LeftOut(NamedTuple):
    """Of one sheet: cells taken for empty, and rows that are hidden or filtered out; all from 0."""

    cells: Unread
    hidden: list[tuple[int, int]]
    """First and last row of each run."""
    struck: Cells
    """Cells that are struck out."""
    scaled: Cells
    """Cells whose number is shown in another unit than it is in."""
    columns: set[int]
    """Columns that are hidden in the file."""
    from_1904: bool = False
    """Whether the file counts days from 1904."""
    noted: frozenset[Place] = frozenset()
    """Cells that carry a comment, as row and column."""
    merges: tuple[tuple[Place, Place], ...] = ()
    """Areas merged over several rows, first and last cell, where the reader for workbooks does not give them."""
    coloured: frozenset[int] = frozenset()
    """Rows of which at least two cells have a ground of their own; known of xlsx alone."""


def nothing_left_out() -> LeftOut:
    """Of a sheet of which nothing is left out, or nothing known."""
    return LeftOut({}, [], {}, {}, set())


class TooMuch(Exception):
    """More cells hold errors than a file may have cells."""


_CHUNK_BYTES = 1 << 20
_MOST_CELLS = 1_000_000
_OPEN_DOCUMENT = "content.xml"


def left_out(raw: bytes) -> Iterator[LeftOut]:
    """Of each sheet of a workbook, in order.

    Raises:
        ValueError, zipfile.BadZipFile: a damaged file.
        TooMuch: where errors repeat without end.
    """
    if raw.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            if _OPEN_DOCUMENT in archive.namelist():
                yield from _of_open_document(archive)
            else:
                yield from _of_xlsx(archive)
        return
    if raw.startswith(biff.MAGIC):
        for found in biff.read_sheets(raw):
            yield LeftOut(
                found.errors,
                runs(found.hidden),
                found.struck,
                found.scaled,
                found.columns,
                found.from_1904,
                frozenset(found.noted),
            )


def runs(numbers: Iterable[int]) -> list[tuple[int, int]]:
    """Numbers as runs, first and last.

    >>> runs({3, 1, 2, 7})
    [(1, 3), (7, 7)]
    """
    found: list[tuple[int, int]] = []
    for number in sorted(numbers):
        if found and found[-1][1] == number - 1:
            found[-1] = (found[-1][0], number)
        else:
            found.append((number, number))
    return found


# --- xlsx ----------------------------------------------------------------------------------------

_SHEET_ID = re.compile(rb"""<(?:\w{1,16}:)?sheet\s[^>]*?\b\w{1,16}:id=["']([^"']+)["']""")
_RELATION = re.compile(rb"<(?:\w{1,16}:)?Relationship\s[^>]*>")
_ATTRIBUTE = re.compile(rb"""\b(Id|Target|Type)=["']([^"']+)["']""")
_NOTED = re.compile(rb"""<(?:\w{1,16}:)?comment\s[^>]*?\bref=["']([A-Z]{1,3})([0-9]{1,7})["']""")
_CELL = re.compile(rb"<(?:\w{1,16}:)?c\s")
_REFERENCE = re.compile(rb"""\br=["']([A-Z]{1,3})([0-9]{1,7})["']""")
_VALUE = re.compile(rb"<(?:\w{1,16}:)?v>([^<]+)<")
_FORMULA = re.compile(rb"<(?:\w{1,16}:)?f(?:\s[^>]*?)?(?:/>|>([^<]*)<)")
_KIND = re.compile(rb"""\bt=["'](\w+)["']""")
_ROW = re.compile(rb"<(?:\w{1,16}:)?row\b[^>]{0,1000}>")
_ROW_NUMBER = re.compile(rb"""\br=["'](\d{1,7})["']""")
_ROW_HIDDEN = re.compile(rb"""\b(?:hidden=["'](?:1|true)["']|ht=["']0(?:\.\d*)?["'])""")
"""Also by a height of less than a point, which nobody sees."""
_ROWS_HIDDEN = re.compile(rb"""<(?:\w{1,16}:)?sheetFormatPr\b[^>]*?\bzeroHeight=["'](?:1|true)["']""")
_ROW_HEIGHT = re.compile(rb"""\bht=["']""")
_COLUMN = re.compile(rb"<(?:\w{1,16}:)?col\s[^>]{0,1000}>")
_FIRST_COLUMN = re.compile(rb"""\bmin=["'](\d{1,5})["']""")
_LAST_COLUMN = re.compile(rb"""\bmax=["'](\d{1,5})["']""")
_COLUMN_HIDDEN = re.compile(rb"""\b(?:hidden=["'](?:1|true)["']|width=["']0(?:\.0*)?["'])""")
_MOST_COLUMNS = 16_384
_FROM_1904 = re.compile(rb"""<(?:\w{1,16}:)?workbookPr\b[^>]*?\bdate1904=["'](?:1|true|on)["']""")
_STYLE = re.compile(rb"""[^>]{0,200}?\bs=["'](\d{1,6})["']""")
_LONGEST_CELL = 1 << 17
_LEAST_COLOURED = 2


class _Parts:
    """The parts of a packed workbook, whatever the case of their names, as the reader for workbooks finds them."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.archive = archive
        self._names = {name.lower(): name for name in archive.namelist()}

    def name(self, part: str) -> str | None:
        """What a part is called in the archive; None where there is none."""
        return self._names.get(part.lower())

    def read(self, part: str) -> bytes:
        """A part; nothing where there is none."""
        name = self.name(part)
        return b"" if name is None else self.archive.read(name)


def _of_xlsx(archive: zipfile.ZipFile) -> Iterator[LeftOut]:
    """Of each sheet.

    Raises:
        ValueError: the workbook is not where it belongs, so that what is hidden in it cannot be told.
    """
    parts = _Parts(archive)
    workbook = parts.read("xl/workbook.xml")
    if not workbook:
        raise ValueError("no workbook")
    tags = (
        dict(_ATTRIBUTE.findall(tag)) for tag in _RELATION.findall(parts.read("xl/_rels/workbook.xml.rels"))
    )
    targets = {tag.get(b"Id"): tag.get(b"Target", b"").decode() for tag in tags}
    styles = styles_of(parts.read("xl/styles.xml")) if parts.name("xl/styles.xml") else NO_STYLES
    from_1904 = _FROM_1904.search(workbook) is not None
    for sheet in _SHEET_ID.findall(workbook):
        target = targets.get(sheet, "")
        part = target[1:] if target.startswith("/") else posixpath.normpath(f"xl/{target}")
        name = parts.name(part)
        found = nothing_left_out() if name is None else _of_worksheet(archive, name, styles)
        yield found._replace(from_1904=from_1904, noted=frozenset(_noted(parts, part)))


def _noted(parts: _Parts, part: str) -> Iterator[Place]:
    """The cells of a worksheet that carry a comment."""
    folder, _, name = part.rpartition("/")
    for tag in _RELATION.findall(parts.read(f"{folder}/_rels/{name}.rels")):
        given = dict(_ATTRIBUTE.findall(tag))
        target = given.get(b"Target", b"").decode()
        notes = target[1:] if target.startswith("/") else posixpath.normpath(f"{folder}/{target}")
        if given.get(b"Type", b"").endswith(b"/comments"):
            for column, row in _NOTED.findall(parts.read(notes)):
                yield int(row) - 1, column_number(column) - 1


def _of_worksheet(archive: zipfile.ZipFile, part: str, styles: Styles) -> LeftOut:
    found: Unread = {}
    struck: Cells = {}
    scaled: Cells = {}
    hidden: set[int] = set()
    columns: set[int] = set()
    grounds: Counter[int] = Counter()
    rest = b""
    row = 0
    all_hidden = False
    with archive.open(part) as file:
        while True:
            chunk = file.read(_CHUNK_BYTES)
            *cells, rest = _CELL.split(rest + chunk)
            for cell in cells if chunk else [*cells, rest]:
                if row == 0:
                    columns |= _hidden_columns(cell)
                    all_hidden = all_hidden or _ROWS_HIDDEN.search(cell) is not None
                text = _unread_text(cell)
                style = _STYLE.match(cell)
                number_of_style = int(style[1]) if style is not None else 0
                is_struck, is_scaled = number_of_style in styles.struck, number_of_style in styles.scaled
                if number_of_style in styles.coloured and b">" in cell:
                    grounds[row - 1] += 1
                place = _REFERENCE.search(cell) if text or is_struck or is_scaled else None
                if place is not None:
                    at = int(place[2]) - 1, column_number(place[1]) - 1
                    if text:
                        found.setdefault(at[0], {})[at[1]] = text
                    if is_struck and b">" in cell:
                        struck.setdefault(at[0], set()).add(at[1])
                    if is_scaled:
                        scaled.setdefault(at[0], set()).add(at[1])
                for tag in _ROW.findall(cell):
                    number = _ROW_NUMBER.search(tag)
                    row = int(number[1]) if number is not None else row + 1
                    if _ROW_HIDDEN.search(tag) or (all_hidden and not _ROW_HEIGHT.search(tag)):
                        hidden.add(row - 1)
            if not chunk:
                coloured = frozenset(at for at, cells in grounds.items() if cells >= _LEAST_COLOURED)
                return LeftOut(found, runs(hidden), struck, scaled, columns, coloured=coloured)
            # What was split off its beginning is put together again, unless nothing that long is a cell.
            rest = b"<c " + rest if len(rest) < _LONGEST_CELL else b""


def _hidden_columns(head: bytes) -> set[int]:
    """The hidden columns that stand before a worksheet's rows, from 0."""
    found: set[int] = set()
    for tag in _COLUMN.findall(head):
        first, last = _FIRST_COLUMN.search(tag), _LAST_COLUMN.search(tag)
        if first is not None and last is not None and _COLUMN_HIDDEN.search(tag) is not None:
            found |= set(range(int(first[1]) - 1, min(int(last[1]), _MOST_COLUMNS)))
    return found


def _unread_text(cell: bytes) -> str:
    """An error's text, or a formula with ``=`` where it has no result; else nothing."""
    kind = _KIND.search(cell.partition(b">")[0])
    value = _VALUE.search(cell)
    if kind is not None and kind[1] == b"e":
        return html.unescape(value[1].decode(errors="replace")) if value else "#VALUE!"
    # The result of a formula for text may be the empty one.
    formula = _FORMULA.search(cell) if value is None and (kind is None or kind[1] != b"str") else None
    return "" if formula is None else "=" + html.unescape((formula[1] or b"").decode(errors="replace"))


def column_number(name: bytes) -> int:
    """A column's number, from 1, by its letters."""
    number = 0
    for letter in name:
        number = number * 26 + letter - 64
    return number


# --- ods -----------------------------------------------------------------------------------------

_MOST_STYLED_COLUMNS = 256
_ERROR_TEXT = re.compile(r"#[A-Z0-9/]{2,10}[!?]?|(?:Err|错误)[:：]\d{3}")


def _of_open_document(archive: zipfile.ZipFile) -> list[LeftOut]:
    reader = _OpenDocument()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    # Without declarations there are no entities that grow.
    parser.StartDoctypeDeclHandler = _refuse_declarations
    try:
        with archive.open(_OPEN_DOCUMENT) as file:
            while chunk := file.read(_CHUNK_BYTES):
                parser.Parse(chunk)
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise ValueError(str(error)) from None
    return reader.sheets


def _refuse_declarations(*_: Any) -> None:
    raise ValueError("a document type in a spreadsheet")


class _CellStyles:
    """The names of the cell styles that strike out, and of those that show a number as another."""

    def __init__(self) -> None:
        self.struck: set[str] = set()
        self.scaled: set[str] = set()
        self._formats: set[str] = set()
        """Names of number formats that show another number."""
        self._style = self._format = ""
        self._is_text = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        if name == "style:style" and attributes.get("style:family") == "table-cell":
            self._style = attributes.get("style:name", "")
            if attributes.get("style:data-style-name") in self._formats:
                self.scaled.add(self._style)
        elif name == "style:text-properties" and self._style:
            if attributes.get("style:text-line-through-style", "none") != "none":
                self.struck.add(self._style)
        elif name in ("number:number-style", "number:currency-style", "number:percentage-style"):
            self._format = attributes.get("style:name", "")
            if name == "number:percentage-style":
                self._formats.add(self._format)
        elif self._format and name == "number:number":
            if attributes.get("number:display-factor", "1") != "1":
                self._formats.add(self._format)
        elif name == "number:text":
            self._is_text = True

    def text(self, data: str) -> None:
        """Text between elements: that of a number format is shown with every number."""
        if self._is_text and self._format and is_scaled(f'"{data}"'):
            self._formats.add(self._format)

    def end(self, name: str) -> None:
        """An element ends."""
        if name == "style:style":
            self._style = ""
        elif name == "number:text":
            self._is_text = False
        elif name in ("number:number-style", "number:currency-style", "number:percentage-style"):
            self._format = ""


class _OpenDocument:
    """Goes through the cells of ``content.xml``; names as LibreOffice and Excel write them, by their prefixes."""

    def __init__(self) -> None:
        self.sheets: list[LeftOut] = []
        self._from_1904 = False
        self._next_column = 0
        self._row = self._rows = self._column = self._columns = 0
        self._cell: dict[str, str] | None = None
        self._is_in_note = self._is_noted = False
        self._texts: list[str] = []
        self._found: dict[int, str] = {}
        self._marks: dict[str, set[int]] = {}
        self._merges: list[tuple[Place, Place]] = []
        self._noted: set[Place] = set()
        self._styles = _CellStyles()
        self._styles_of_columns: dict[int, str] = {}
        self._left = _MOST_CELLS

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        self._styles.start(name, attributes)
        if name == "table:null-date":
            self._from_1904 = attributes.get("table:date-value", "").startswith("1904")
        elif name == "table:table":
            self.sheets.append(nothing_left_out()._replace(from_1904=self._from_1904))
            self._row = self._next_column = 0
            self._merges, self._noted, self._styles_of_columns = [], set(), {}
        elif name == "table:table-column" and self.sheets:
            count = min(_repeated(attributes, "table:number-columns-repeated"), _MOST_COLUMNS)
            columns = range(self._next_column, self._next_column + count)
            if attributes.get("table:visibility") in ("collapse", "filter"):
                self.sheets[-1].columns.update(columns)
            if style := attributes.get("table:default-cell-style-name"):
                self._styles_of_columns |= dict.fromkeys(columns[:_MOST_STYLED_COLUMNS], style)
            self._next_column += count
        elif name == "table:table-row" and self.sheets:
            self._rows = _repeated(attributes, "table:number-rows-repeated")
            self._column = 0
            self._found, self._marks = {}, {"struck": set(), "scaled": set()}
            if attributes.get("table:visibility") in ("collapse", "filter"):
                self.sheets[-1].hidden.append((self._row, self._row + self._rows - 1))
        elif name in ("table:table-cell", "table:covered-table-cell"):
            self._columns = _repeated(attributes, "table:number-columns-repeated")
            self._cell, self._texts, self._is_noted = attributes, [], False
        elif name == "office:annotation" and self._cell is not None:
            self._is_in_note = self._is_noted = True

    def text(self, data: str) -> None:
        """Text between elements."""
        self._styles.text(data)
        if self._cell is not None and not self._is_in_note:
            self._texts.append(data)

    def end(self, name: str) -> None:
        """An element ends."""
        self._styles.end(name)
        if name == "office:annotation":
            self._is_in_note = False
        elif self._cell is not None and name in ("table:table-cell", "table:covered-table-cell"):
            self._end_cell(self._cell, "".join(self._texts).strip())
            self._column += self._columns
            self._cell = None
        elif name == "table:table-row" and self.sheets:
            rows = range(self._row, self._row + self._rows)
            for found, into in (
                (self._found, self.sheets[-1].cells),
                (self._marks["struck"], self.sheets[-1].struck),
                (self._marks["scaled"], self.sheets[-1].scaled),
            ):
                if found:
                    self._count(self._rows * len(found))
                    into.update(dict.fromkeys(rows, found))  # type: ignore[arg-type] # texts go to texts, columns to columns
            self._row += self._rows
        elif name == "table:table" and self.sheets:
            self.sheets[-1] = self.sheets[-1]._replace(
                merges=tuple(self._merges), noted=frozenset(self._noted)
            )

    def _end_cell(self, cell: dict[str, str], shown: str) -> None:
        columns = range(self._column, self._column + self._columns)
        text = _unread_of(cell, shown)
        if text:
            self._count(self._columns)
            self._found |= dict.fromkeys(columns, text)
        if self._is_noted:
            self._noted.add((self._row, self._column))
        if not shown and "office:value-type" not in cell:
            return
        style = cell.get("table:style-name") or self._styles_of_columns.get(self._column, "")
        if style in self._styles.struck:
            self._count(self._columns)
            self._marks["struck"].update(columns)
        if style in self._styles.scaled or cell.get("office:value-type") == "percentage":
            self._count(self._columns)
            self._marks["scaled"].update(columns)
        below = _repeated(cell, "table:number-rows-spanned") - 1
        if below > 0:
            right = self._column + _repeated(cell, "table:number-columns-spanned") - 1
            self._count(1)
            self._merges.append(((self._row, self._column), (self._row + below, right)))

    def _count(self, cells: int) -> None:
        self._left -= cells
        if self._left < 0:
            raise TooMuch


def _repeated(attributes: dict[str, str], name: str) -> int:
    return max(1, int(attributes.get(name, "1")))


def _unread_of(cell: dict[str, str], shown: str) -> str:
    """An error's text, or a formula with ``=`` where it has no result; else nothing."""
    kind, formula = cell.get("office:value-type"), cell.get("table:formula")
    is_error = cell.get("calcext:value-type") == "error" or (
        formula is not None and _ERROR_TEXT.fullmatch(shown) is not None
    )
    if is_error:
        return shown or "#VALUE!"
    if formula is not None and kind is None and not shown:
        return "=" + formula.removeprefix("of:").removeprefix("=")
    return ""
