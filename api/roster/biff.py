"""What an xls file (BIFF in a compound file) says that the reader for workbooks leaves out.

Only the records of rows, formats, comments and errors are read. Imported by the reading program, so it imports
nothing of the project but what reads number formats.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

from api.roster.styles import is_scaled

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ERRORS = {
    0x00: "#NULL!",
    0x07: "#DIV/0!",
    0x0F: "#VALUE!",
    0x17: "#REF!",
    0x1D: "#NAME?",
    0x24: "#NUM!",
    0x2A: "#N/A",
}
_END_OF_CHAIN = 0xFFFFFFFA
"""From here on a sector's number is none."""
_BEGIN, _END, _SHEET = 0x0809, 0x000A, 0x0085
_FORMULA, _ERROR, _ROW = 0x0006, 0x0205, 0x0208
_COLUMN, _DATE_MODE = 0x007D, 0x0022
_LAST_COLUMN = 255
_WORKSHEET = 0
_HIDDEN_ROW = 0x20

_FILE_PASS, _FONT, _FORMAT_OF_CELL = 0x002F, 0x0031, 0x00E0
_CELLS = (0x0006, 0x00FD, 0x0203, 0x0204, 0x027E)
"""Formulas, shared texts, numbers, texts, short numbers: each with its row, column and format."""
_MANY_NUMBERS = 0x00BD
"""Short numbers beside each other: a row, the first column, then each with its format, and the last column."""
_NUMBER_FORMAT, _NOTE = 0x041E, 0x001C
_STRUCK = 0x08
_HUNDREDTHS = frozenset({9, 10})
"""The formats of every workbook that show hundredths: 0% and 0.00%."""


class _Formats(NamedTuple):
    """The numbers of the cell formats whose font is struck out, and of those that show another number."""

    struck: set[int]
    scaled: set[int]


class Found(NamedTuple):
    """A sheet's errors, row → column → text, its hidden rows, struck cells and hidden columns; all from 0.

    ``scaled`` are cells whose number is shown as another, ``noted`` those with a comment; ``from_1904`` says that
    the file counts days from 1904.
    """

    errors: dict[int, dict[int, str]]
    hidden: set[int]
    struck: dict[int, set[int]]
    columns: set[int]
    from_1904: bool
    scaled: dict[int, set[int]]
    noted: set[tuple[int, int]]


class Encrypted(ValueError):
    """The file opens by a password alone."""


class NotCompound(ValueError):
    """The file is no compound file with a workbook in it, or a damaged one."""


def read_sheets(raw: bytes) -> list[Found]:
    """What the worksheets of a file hold, in the order of the file.

    Raises:
        NotCompound: where there is no workbook to be found.
        Encrypted: where it opens by a password alone.
    """
    try:
        stream = _CompoundFile(raw).stream("Workbook", "Book")
        formats = _formats(stream)
        from_1904 = _counts_from_1904(stream)
        return [_sheet(stream, start, formats, from_1904) for start in _starts(stream)]
    except (struct.error, IndexError) as error:
        raise NotCompound(str(error)) from None


def _records(stream: bytes, start: int) -> Iterator[tuple[int, bytes]]:
    """Record by record up to the end of the part that begins there, whatever parts lie within."""
    depth = 0
    while start + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, start)
        yield kind, stream[start + 4 : start + 4 + length]
        depth += (kind == _BEGIN) - (kind == _END)
        if depth <= 0:
            return
        start += 4 + length


def _starts(stream: bytes) -> list[int]:
    """Where each worksheet begins."""
    sheets = [body for kind, body in _records(stream, 0) if kind == _SHEET]
    return [struct.unpack_from("<I", body)[0] for body in sheets if body[5] == _WORKSHEET]


def _formats(stream: bytes) -> _Formats:
    """What the cell formats of a file say of their cells."""
    fonts: list[bool] = []
    formats: list[tuple[int, int]] = []
    scaled = set(_HUNDREDTHS)
    for kind, body in _records(stream, 0):
        if kind == _FILE_PASS:
            raise Encrypted("a password")
        if kind == _FONT:
            fonts.append(bool(body[2] & _STRUCK))
        elif kind == _FORMAT_OF_CELL:
            formats.append(struct.unpack_from("<HH", body))
        elif kind == _NUMBER_FORMAT and len(body) > 5:
            number = struct.unpack_from("<H", body)[0]
            scaled.discard(number)
            wide = body[4] & 1
            if is_scaled(body[5:].decode("utf-16-le" if wide else "latin-1", "replace")):
                scaled.add(number)
    # There is no font of number 4: those after it count one more.
    struck = {number + (number >= 4) for number, is_struck in enumerate(fonts) if is_struck}
    return _Formats(
        {at for at, (font, _) in enumerate(formats) if font in struck},
        {at for at, (_, number) in enumerate(formats) if number in scaled},
    )


def _counts_from_1904(stream: bytes) -> bool:
    """Whether the file counts days from 1904, as Excel for the Mac did."""
    return any(kind == _DATE_MODE and body[:1] == b"\x01" for kind, body in _records(stream, 0))


def _sheet(stream: bytes, start: int, formats: _Formats, from_1904: bool) -> Found:
    found = Found({}, set(), {}, set(), from_1904, {}, set())
    for kind, body in _records(stream, start):
        for row, column, shape in _formatted(kind, body):
            if shape in formats.struck:
                found.struck.setdefault(row, set()).add(column)
            if shape in formats.scaled:
                found.scaled.setdefault(row, set()).add(column)
        code = None
        if kind == _ROW and struct.unpack_from("<H", body, 12)[0] & _HIDDEN_ROW:
            found.hidden.add(struct.unpack_from("<H", body)[0])
        elif kind == _COLUMN:
            first, last, width, _, options = struct.unpack_from("<HHHHH", body)
            if options & 1 or width == 0:
                found.columns.update(range(first, min(last, _LAST_COLUMN) + 1))
        elif kind == _NOTE:
            found.noted.add(struct.unpack_from("<HH", body))
        elif kind == _ERROR and body[7] == 1:
            code = body[6]
        elif kind == _FORMULA and body[12:14] == b"\xff\xff" and body[6] == 2:
            code = body[8]
        if code is not None:
            row, column = struct.unpack_from("<HH", body)
            found.errors.setdefault(row, {})[column] = ERRORS.get(code, "#VALUE!")
    return found


def _formatted(kind: int, body: bytes) -> Iterator[tuple[int, int, int]]:
    """The cells of a record, each with its row, its column and the number of its format."""
    if kind in _CELLS:
        yield struct.unpack_from("<HHH", body)
    elif kind == _MANY_NUMBERS:
        row, first = struct.unpack_from("<HH", body)
        for at in range((len(body) - 6) // 6):
            yield row, first + at, struct.unpack_from("<H", body, 4 + at * 6)[0]


class _CompoundFile:
    """A file of streams in sectors (MS-CFB)."""

    def __init__(self, raw: bytes) -> None:
        if not raw.startswith(MAGIC):
            raise NotCompound("no compound file")
        self._raw = raw
        self._size = 1 << struct.unpack_from("<H", raw, 30)[0]
        self._small = 1 << struct.unpack_from("<H", raw, 32)[0]
        directory, self._cutoff, small_table = struct.unpack_from("<I4xII", raw, 48)
        self._table = self._numbers(self._table_sectors())
        self._directory = self._chain(directory)
        self._small_table = self._numbers(self._sectors(small_table))

    def stream(self, *names: str) -> bytes:
        """The first stream of one of these names."""
        root = self._directory[:128]
        for start in range(0, len(self._directory) - 127, 128):
            entry = self._directory[start : start + 128]
            length = struct.unpack_from("<H", entry, 64)[0]
            if entry[: max(0, length - 2)].decode("utf-16-le", "replace") in names:
                first, size = struct.unpack_from("<II", entry, 116)
                if size >= self._cutoff:
                    return self._chain(first)[:size]
                within = self._chain(struct.unpack_from("<I", root, 116)[0])
                small = self._follow(first, self._small_table)
                return b"".join(within[at * self._small : (at + 1) * self._small] for at in small)[:size]
        raise NotCompound("no workbook")

    def _table_sectors(self) -> list[int]:
        """Where the table of sectors lies: 109 places in the head, the others in sectors of their own."""
        found = list(struct.unpack_from("<109I", self._raw, 76))
        following, left = struct.unpack_from("<II", self._raw, 68)
        while following < _END_OF_CHAIN and left > 0:
            *more, following = self._numbers([following])
            found += more
            left -= 1
        return [sector for sector in found if sector < _END_OF_CHAIN]

    def _sector(self, number: int) -> bytes:
        start = (number + 1) * self._size
        return self._raw[start : start + self._size]

    def _numbers(self, sectors: list[int]) -> list[int]:
        raw = b"".join(self._sector(each) for each in sectors)
        return list(struct.unpack(f"<{len(raw) // 4}I", raw[: len(raw) // 4 * 4]))

    def _sectors(self, first: int) -> list[int]:
        return self._follow(first, self._table)

    def _chain(self, first: int) -> bytes:
        return b"".join(self._sector(each) for each in self._sectors(first))

    def _follow(self, first: int, table: list[int]) -> list[int]:
        found: list[int] = []
        while first < _END_OF_CHAIN:
            found.append(first)
            if len(found) > len(table):
                raise NotCompound("a chain without an end")
            first = table[first]
        return found
