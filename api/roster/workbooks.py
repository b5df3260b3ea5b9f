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
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

from api.roster.left_out import (
    LeftOut,
    TooMuch,
    Unread,
    column_number,
    left_out,
)
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
    from 0; they are among ``rows`` like all others.
    """

    name: str
    rows: list[Row]
    hidden: Sequence[tuple[int, int]] = ()


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
TEXT_FILES = (".csv", ".txt")

_REFERENCE = re.compile(rb"""\br=["']([A-Z]{1,3})([0-9]{1,7})["']""")
_CHUNK_BYTES = 1 << 20


class FileLimitExceeded(Exception):
    """A file asks for more than it may have; ``limit`` says of what."""

    def __init__(self, limit: Limit) -> None:
        super().__init__(limit)
        self.limit = limit


class FileUnreadable(Exception):
    """A file is no spreadsheet of the kind that its name says; ``encoding`` where its text has none."""

    def __init__(self, problem: Literal["format", "encoding"]) -> None:
        super().__init__(problem)
        self.problem = problem


class _Answer(NamedTuple):
    kind: Literal["sheets", "limit", "unreadable"]
    value: Any


def read_sheets(path: Path) -> list[Sheet]:
    """The sheets of a file with their cells, read by a process of its own.

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
    return [Sheet(name, rows, tuple(hidden)) for name, rows, hidden in value]


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
        return _Answer("sheets", _sheets(path))
    except FileLimitExceeded as exceeded:
        return _Answer("limit", exceeded.limit)
    except FileUnreadable as unreadable:
        return _Answer("unreadable", unreadable.problem)
    except MemoryError:
        return _Answer("limit", "memory")


def _sheets(path: Path) -> list[Sheet]:
    if path.suffix.lower() in TEXT_FILES:
        return [Sheet(path.stem, _csv_rows(path))]
    from python_calamine import CalamineError, CalamineWorkbook, SheetVisibleEnum

    try:
        _check_archive(path)
        workbook = CalamineWorkbook.from_path(str(path))
        if len(workbook.sheet_names) > MOST_SHEETS:
            raise FileLimitExceeded("sheets")
        shown: list[Sheet] = []
        hidden: list[Sheet] = []
        left = MOST_CELLS
        filled = _Filled()
        beside = left_out(path)
        for name, about in zip(workbook.sheet_names, workbook.sheets_metadata, strict=True):
            sheet = workbook.get_sheet_by_name(name)
            left -= sheet.total_height * sheet.total_width
            if left < 0:
                raise FileLimitExceeded("cells")
            before: list[Cell] = [""] * sheet.start[1] if sheet.start else []
            rows = (before + list(row) for row in sheet.iter_rows())
            cells, hidden_rows = next(beside, LeftOut({}, []))
            merged = list(filled.rows(_merged(_completed(rows, cells), sheet.merged_cell_ranges or [])))
            if about.visible == SheetVisibleEnum.Visible:
                shown.append(Sheet(name, merged, hidden_rows))
            else:
                hidden.append(Sheet(name + HIDDEN_SHEET, merged, hidden_rows))
    except TooMuch:
        raise FileLimitExceeded("filled") from None
    # What zipfile raises for an unknown compression is NotImplementedError, for an encrypted file RuntimeError.
    except (CalamineError, OSError, ValueError, zipfile.BadZipFile, NotImplementedError, RuntimeError):
        raise FileUnreadable("format") from None
    except BaseException as error:
        # What the Rust below panics with is no Exception.
        if type(error).__name__ == "PanicException":
            raise FileUnreadable("format") from None
        raise
    return shown + hidden


def _check_archive(path: Path) -> None:
    """A packed workbook's size once unpacked, and how far its cells reach, before it is opened."""
    if not zipfile.is_zipfile(path):
        return
    with zipfile.ZipFile(path) as archive:
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


Merge = tuple[tuple[int, int], tuple[int, int]]


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


def _csv_rows(path: Path) -> list[Row]:
    try:
        raw = path.read_bytes()
    except OSError:
        raise FileUnreadable("format") from None
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        del raw
        try:
            return list(_Filled().rows(_counted(csv.reader(io.StringIO(text))), as_they_are=True))
        except csv.Error:
            raise FileUnreadable("format") from None
    raise FileUnreadable("encoding")


def _counted(rows: Iterable[list[str]]) -> Iterator[list[Cell]]:
    left = MOST_CELLS
    for row in rows:
        left -= max(1, len(row))
        if left < 0:
            raise FileLimitExceeded("cells")
        yield list(row)


def main() -> None:
    """Read the file that is named, and write what it holds to the standard output."""
    limit_this_process(LIMITS)
    try:
        kind, value = _answer(Path(sys.argv[1]))
        plain = [tuple(each) for each in value] if kind == "sheets" else value
        raw = pickle.dumps((kind, plain), protocol=5)
        if len(raw) > MOST_ANSWER_BYTES:
            raw = pickle.dumps(("limit", "text"), protocol=5)
    except MemoryError:
        raw = pickle.dumps(("limit", "memory"), protocol=5)
    sys.stdout.buffer.write(raw)


if __name__ == "__main__":
    main()
