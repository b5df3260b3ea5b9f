"""Spreadsheets taken apart by a process of their own (表格解析进程), under limits.

A file from outside may be made to break whoever reads it: a workbook of a kilobyte may ask for half a
terabyte. So it is read by a program that has little memory, little time, no settings, no secrets and
no way to write; what it finds comes back as plain values. This module is that program too: what it
imports of the project imports the standard library alone, so that it starts within a few hundredths
of a second.
"""

from __future__ import annotations

import csv
import datetime
import io
import pickle
import re
import sys
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from api.roster import biff
from api.roster.file_kinds import (
    DELIMITERS,
    TEXT_FILES,
    FileKind,
    NotReadable,
    Problem,
    decoded,
    delimiter_of,
    kind_of,
)
from api.roster.left_out import (
    TooMuch,
    Unread,
    column_number,
    left_out,
    nothing_left_out,
    runs,
)
from api.roster.pages import Merge, PageTable, TooWide, page_tables, xml_tables
from api.service.limited_process import (
    LimitMet,
    ProcessLimits,
    ProgramFailed,
    limit_this_process,
    run_limited,
)

Cell = int | float | str | bool | datetime.date | datetime.time | datetime.datetime | datetime.timedelta
Row = tuple[int, list[Cell]]
"""A row that holds something, with its number from 0.

Of a workbook, whose rows are all as wide as its sheet, up to the last cell that holds something; of a
text file as wide as it is there.
"""


class Sheet(NamedTuple):
    """A sheet; hidden ones come last, and their names say that they are.

    ``hidden`` are the rows that are hidden or filtered out in the file, first and last of each run,
    from 0; they are among ``rows`` like all others. ``struck`` are cells that are struck out, ``scaled``
    those whose number is shown in another unit than it is in: row → columns, from 0. ``merges`` are the
    areas that are merged over several rows, first and last cell. ``hidden_columns`` are those that are hidden
    in the file, from 0; ``from_1904`` says that the file counts days from 1904; ``noted`` are the cells that carry
    a comment, as row and column from 0. ``coloured`` are the rows that have a ground of their own, from 0.
    """

    name: str
    rows: list[Row]
    hidden: Sequence[tuple[int, int]] = ()
    struck: Mapping[int, Set[int]] = MappingProxyType({})
    scaled: Mapping[int, Set[int]] = MappingProxyType({})
    merges: Sequence[Merge] = ()
    hidden_columns: Set[int] = frozenset()
    from_1904: bool = False
    noted: Set[tuple[int, int]] = frozenset()
    coloured: Set[int] = frozenset()

    @property
    def is_hidden(self) -> bool:
        """Whether the sheet is hidden in the file."""
        return self.name.endswith(HIDDEN_SHEET)


class FileRead(NamedTuple):
    """A file taken apart: what it really is, of a text its encoding and what stands between cells; its sheets."""

    kind: FileKind
    detail: str
    sheets: list[Sheet]


HIDDEN_SHEET = "（隐藏的工作表 hidden sheet）"
Limit = Literal["memory", "time", "cells", "filled", "text", "unpacked", "sheets"]

MEMORY_BYTES = 224 * 1024 * 1024
"""How much address space the reading program has besides what it starts with."""
CPU_SECONDS = 20
LIMITS = ProcessLimits(MEMORY_BYTES, CPU_SECONDS, wall_seconds=40.0)
MOST_CELLS = 3_000_000
"""Rows by columns that a sheet reaches over, whether or not something stands there."""
MOST_FILLED = 700_000
MOST_ANSWER_BYTES = 32 * 1024 * 1024
"""What the cells of all sheets hold, as it is handed back."""
MOST_UNPACKED_BYTES = 256 * 1024 * 1024
MOST_SHEETS = 100

_REFERENCE = re.compile(rb"""\br=["']([A-Z]{1,3})([0-9]{1,7})["']""")
_BETWEEN_ELEMENTS = re.compile(rb">\s*\n\s*<")
_CHUNK_BYTES = 1 << 20


class FileLimitExceeded(Exception):
    """A file asks for more than it may have; ``limit`` says of what."""

    def __init__(self, limit: Limit) -> None:
        super().__init__(limit)
        self.limit = limit


class FileUnreadable(Exception):
    """A file is no spreadsheet, and why not."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.problem = problem


class _Answer(NamedTuple):
    kind: Literal["sheets", "limit", "unreadable"]
    value: Any


def read_sheets(path: Path) -> list[Sheet]:
    """The sheets of a file, as :func:`read_file`."""
    return read_file(path).sheets


def read_file(path: Path) -> FileRead:
    """What a file is, and its sheets with their cells, read by a process of its own.

    Raises:
        FileLimitExceeded: with the limit that was met.
        FileUnreadable: where it is no such file.
    """
    try:
        answer = io.BytesIO(run_limited(__name__, str(path.absolute()), limits=LIMITS))
    except LimitMet as met:
        raise FileLimitExceeded("memory" if met.limit == "memory" else "time") from None
    except ProgramFailed:
        raise FileUnreadable("format") from None
    kind, value = _PlainValues(answer).load()
    if kind == "limit":
        raise FileLimitExceeded(value)
    if kind == "unreadable":
        raise FileUnreadable(value)
    found, detail, plain = value
    return FileRead(
        found,
        detail,
        [
            Sheet(name, rows, hidden, struck, scaled, tuple(merges), *marks)
            for name, rows, hidden, struck, scaled, merges, *marks in plain
        ],
    )


class _PlainValues(pickle.Unpickler):
    """Reads plain values and times back, and refuses anything else that a broken reader might send."""

    def find_class(self, module: str, name: str) -> Any:
        """The classes of times, and no other."""
        if module == "datetime" and name in ("date", "time", "datetime", "timedelta"):
            return getattr(datetime, name)
        raise pickle.UnpicklingError(f"{module}.{name}")


# --- The program ---------------------------------------------------------------------------------


def _answer(path: Path) -> _Answer:
    try:
        return _Answer("sheets", _file(path))
    except FileLimitExceeded as exceeded:
        return _Answer("limit", exceeded.limit)
    except FileUnreadable as unreadable:
        return _Answer("unreadable", unreadable.problem)
    except MemoryError:
        return _Answer("limit", "memory")


def _file(path: Path) -> FileRead:
    try:
        raw = path.read_bytes()
    except OSError:
        raise FileUnreadable("format") from None
    try:
        kind = kind_of(raw)
        if kind == "text":
            return _text_file(raw, path)
        if kind in ("html", "xml"):
            tables = page_tables(decoded(raw).text) if kind == "html" else xml_tables(raw)
            return FileRead(kind, "", [_page_sheet(table, tables, path) for table in tables])
        return FileRead(kind, "", _workbook(_packed(raw) if kind == "fods" else raw))
    except NotReadable as problem:
        raise FileUnreadable(problem.problem) from None
    except biff.Encrypted:
        raise FileUnreadable("protected") from None
    except TooMuch:
        raise FileLimitExceeded("filled") from None
    except TooWide:
        raise FileLimitExceeded("cells") from None
    # What zipfile raises for an unknown compression is NotImplementedError, for an encrypted file RuntimeError.
    except (OSError, ValueError, zipfile.BadZipFile, NotImplementedError, RuntimeError):
        raise FileUnreadable("format") from None


def _packed(raw: bytes) -> bytes:
    """An OpenDocument in one file of XML as the archive that it otherwise is, without the line breaks between elements."""
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
        archive.writestr("content.xml", _BETWEEN_ELEMENTS.sub(b"><", raw))
    return into.getvalue()


def _workbook(raw: bytes) -> list[Sheet]:
    from python_calamine import CalamineError, CalamineWorkbook, SheetVisibleEnum

    _check_archive(raw)
    # First, for it says that a file has a password where the reader only fails.
    beside = left_out(raw)
    ahead = next(beside, None)
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(raw))
        if len(workbook.sheet_names) > MOST_SHEETS:
            raise FileLimitExceeded("sheets")
        shown: list[Sheet] = []
        hidden: list[Sheet] = []
        left = MOST_CELLS
        filled = _Filled()
        for name, about in zip(workbook.sheet_names, workbook.sheets_metadata, strict=True):
            sheet = workbook.get_sheet_by_name(name)
            left -= sheet.total_height * sheet.total_width
            if left < 0:
                raise FileLimitExceeded("cells")
            before: list[Cell] = [""] * sheet.start[1] if sheet.start else []
            rows = (before + list(row) for row in sheet.iter_rows())
            more = ahead or next(beside, None) or nothing_left_out()
            ahead = None
            given = sheet.merged_cell_ranges or more.merges
            merges = [each for each in given if each[1][0] > each[0][0]]
            merged = list(filled.rows(_merged(_completed(rows, more.cells), merges)))
            is_visible = about.visible == SheetVisibleEnum.Visible
            into = shown if is_visible else hidden
            title = name if is_visible else name + HIDDEN_SHEET
            hidden_rows, columns = tuple(more.hidden), frozenset(more.columns)
            marks = more.struck, more.scaled, merges, columns, more.from_1904, more.noted, more.coloured
            into.append(Sheet(title, merged, hidden_rows, *marks))
    except CalamineError:
        raise FileUnreadable("format") from None
    except BaseException as error:
        # What the Rust below panics with is no Exception.
        if type(error).__name__ == "PanicException":
            raise FileUnreadable("format") from None
        raise
    return shown + hidden


def _page_sheet(table: PageTable, tables: Sequence[PageTable], path: Path) -> Sheet:
    """A page's table as a sheet: the only one is named for its file."""
    name = path.stem if len(tables) == 1 else table.name
    downwards = [each for each in table.merges if each[1][0] > each[0][0]]
    cells: Iterable[list[Cell]] = (list(row) for row in table.rows)
    rows = list(_Filled().rows(_merged(cells, downwards)))
    return Sheet(name, rows, tuple(runs(table.hidden)), table.struck, {}, downwards)


def _check_archive(raw: bytes) -> None:
    """A packed workbook's size once unpacked, and how far its cells reach, before it is opened."""
    if not raw.startswith(b"PK"):
        return
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        parts = archive.infolist()
        if len(parts) > 10_000 or sum(part.file_size for part in parts) > MOST_UNPACKED_BYTES:
            raise FileLimitExceeded("unpacked")
        unpacked = 0
        for part in parts:
            is_sheet = part.filename.startswith("xl/worksheets/") and part.filename.endswith(".xml")
            with archive.open(part) as file:
                rows = columns = 0
                tail = b""
                # What the archive says of its sizes may be a lie.
                while chunk := file.read(_CHUNK_BYTES):
                    unpacked += len(chunk)
                    if unpacked > MOST_UNPACKED_BYTES:
                        raise FileLimitExceeded("unpacked")
                    if is_sheet:
                        for column, row in _REFERENCE.findall(tail + chunk):
                            rows, columns = max(rows, int(row)), max(columns, column_number(column))
                        tail = chunk[-32:]
                if rows * columns > MOST_CELLS:
                    raise FileLimitExceeded("cells")


def _completed(rows: Iterable[list[Cell]], unread: Unread) -> Iterator[list[Cell]]:
    """Rows with what the reader for workbooks left out of them."""
    for number, row in enumerate(rows):
        for column, text in unread.get(number, {}).items():
            row.extend([""] * (column + 1 - len(row)))
            row[column] = text
        yield row


class _Filled:
    """Counts the cells that hold something, over all sheets."""

    def __init__(self) -> None:
        self._left = MOST_FILLED

    def rows(self, rows: Iterable[list[Cell]], *, as_they_are: bool = False) -> Iterator[Row]:
        """The rows that hold something, cut behind their last cell that does unless ``as_they_are``."""
        for number, row in enumerate(rows):
            while not as_they_are and row and row[-1] == "":
                row.pop()
            if any(cell != "" for cell in row):
                self._left -= len(row) - row.count("")
                if self._left < 0:
                    raise FileLimitExceeded("filled")
                yield number, row


def _merged(rows: Iterable[list[Cell]], merges: list[Merge]) -> Iterator[list[Cell]]:
    """Cells merged downwards (one unit for many rows) all say what the first says."""
    coming = sorted((each for each in merges if each[1][0] > each[0][0]), reverse=True)
    reaching: list[tuple[Merge, Cell]] = []
    for number, row in enumerate(rows):
        reaching = [each for each in reaching if each[0][1][0] >= number]
        for ((_, left), (_, right)), value in reaching:
            for column in range(left, min(right + 1, len(row))):
                row[column] = value
        while coming and coming[-1][0][0] <= number:
            merge = coming.pop()
            left = merge[0][1]
            if merge[0][0] == number and left < len(row):
                reaching.append((merge, row[left]))
        yield row


def _text_file(raw: bytes, path: Path) -> FileRead:
    """A text with cells; one that is named as a workbook and has none is damaged."""
    text, encoding = decoded(raw)
    if "\n" not in text:
        # Excel for the Mac ends lines so.
        text = text.replace("\r", "\n")
    delimiter = delimiter_of(text)
    if path.suffix.lower() not in TEXT_FILES and ("\0" in text or delimiter not in text or "\n" not in text):
        raise FileUnreadable("format")
    lines = io.StringIO(text)
    if text[:4].lower() == "sep=":
        lines.readline()
    try:
        reader = csv.reader(lines, delimiter=delimiter)
        rows = list(_Filled().rows(_counted(reader), as_they_are=True))
    except csv.Error:
        raise FileUnreadable("format") from None
    return FileRead("text", f"{encoding}, {DELIMITERS.get(delimiter, delimiter)}", [Sheet(path.stem, rows)])


def _counted(rows: Iterable[list[str]]) -> Iterator[list[Cell]]:
    left = MOST_CELLS
    for row in rows:
        left -= max(1, len(row))
        if left < 0:
            raise FileLimitExceeded("cells")
        yield list(row)


def _plain(sheet: Sheet) -> tuple[Any, ...]:
    marks = dict(sheet.struck), dict(sheet.scaled), list(sheet.merges)
    return (
        *sheet[:3],
        *marks,
        set(sheet.hidden_columns),
        sheet.from_1904,
        set(sheet.noted),
        set(sheet.coloured),
    )


def main() -> None:
    """Read the file that is named, and write what it holds to the standard output."""
    limit_this_process(LIMITS)
    try:
        kind, value = _answer(Path(sys.argv[1]))
        plain = (value[0], value[1], [_plain(each) for each in value.sheets]) if kind == "sheets" else value
        raw = pickle.dumps((kind, plain), protocol=5)
        if len(raw) > MOST_ANSWER_BYTES:
            raw = pickle.dumps(("limit", "text"), protocol=5)
    except MemoryError:
        raw = pickle.dumps(("limit", "memory"), protocol=5)
    sys.stdout.buffer.write(raw)


if __name__ == "__main__":
    main()
