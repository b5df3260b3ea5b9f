"""Spreadsheets as they come: xlsx, xls, ods and csv, with titles, merged cells and totals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from api.roster.columns import (
    FORMS,
    Column,
    Recipient,
    heading_fields,
    plain_heading,
)
from api.roster.file_notices import Notice, hidden_rows, short_rows
from api.roster.workbooks import (
    CPU_SECONDS,
    MEMORY_BYTES,
    MOST_ANSWER_BYTES,
    MOST_CELLS,
    MOST_FILLED,
    MOST_SHEETS,
    MOST_UNPACKED_BYTES,
    TEXT_FILES,
    Cell,
    FileLimitExceeded,
    FileUnreadable,
    Limit,
    Row,
    Sheet,
    read_sheets,
)
from ledger.errors import Explained
from ledger.identity.documents import numbers_masked

HEADER_WITHIN_ROWS = 30
MOST_ROWS = 40_000
SAID_OF_NOBODY = 2
"""In how many columns something stands where a line lacks its person; a sum stands alone."""
_NO_PERSON = ("合计", "总计", "小计", "填表人", "审核人", "制表", "填报", "负责人", "备注", "注")


class Cut(NamedTuple):
    """A row of a text file that ends before its header does: something may be lost."""

    found: int
    expected: int

    @property
    def zh(self) -> str:
        """What is wrong, in Chinese."""
        return f"本行只有 {self.found} 格，表头有 {self.expected} 格，可能被截断：请补齐（空格也要留分隔符）"

    @property
    def en(self) -> str:
        """What is wrong, in English."""
        return (
            f"this row has {self.found} cells and the header {self.expected}, it may have been cut:"
            " complete it (an empty cell keeps its comma)"
        )


def end_of(row: list[Cell]) -> int:
    """How many columns a row reaches over."""
    return max((index for index, cell in enumerate(row, 1) if _filled(cell)), default=0)


def header_width(path: Path, header: list[Cell]) -> int | None:
    """How many cells rows have to have; None for workbooks, whose rows are as wide as their sheet."""
    if path.suffix.lower() not in TEXT_FILES:
        return None
    return end_of(header)


def cut_short(row: list[Cell], width: int | None) -> Cut | None:
    """Whether a row ends before its header does."""
    return Cut(len(row), width) if width is not None and len(row) < width else None


class RosterUnreadable(Explained):
    """A file that is no roster at all: nothing of it can be imported."""


def heading_twice(meant: str, first: tuple[int, str], second: tuple[int, str]) -> RosterUnreadable:
    """Two columns, as index and heading, that mean the same: which of them counts is not guessed."""
    (here, one), (there, other) = ((letters(index), heading.strip()) for index, heading in (first, second))
    return RosterUnreadable(
        "heading-twice",
        f"{here} 列“{one}”与 {there} 列“{other}”都认作“{meant}”：请删去一列，或改其表头",
        f"columns {here} ({one}) and {there} ({other}) both mean {meant}: delete one, or rename its heading",
    )


class TableRow(NamedTuple):
    """A row's number in its sheet, field → (cell's name, value), and what it lacks if it was cut."""

    number: int
    cells: dict[str, tuple[str, Cell]]
    cut: Cut | None


@dataclass(frozen=True)
class Table:
    """A roster's header, and what stands below it."""

    sheet: str
    recipient: Recipient
    columns: Mapping[str, Column]
    places: Mapping[int, Column]
    """Where each column stands."""
    below: list[Row]
    width: int | None
    """How many cells each row has to have, where rows of the file end by themselves."""
    hidden: Sequence[tuple[int, int]] = ()
    """The rows that are hidden or filtered out in the file, from 0."""

    def notices(self) -> list[Notice]:
        """What is to be said of the lines, beside their faults."""
        ends = {index + 1: end_of(row) for index, row in self.below if self._is_line(row)}
        found = list(hidden_rows(ends, self.hidden))
        if self.width is None:
            places = [place for place, column in self.places.items() if column.field != "note"]
            found += short_rows(ends, max(places) + 1)
        return found

    def rows(self) -> Iterator[TableRow]:
        """The rows that are about somebody, read one after the other: many at once take many times their file."""
        for index, row in self.below:
            if self._is_line(row):
                cells = {
                    column.field: (f"{letters(position)}{index + 1}", row[position])
                    for position, column in self.places.items()
                    if _stands(row, position)
                }
                yield TableRow(index + 1, cells, cut_short(row, self.width))

    def count(self) -> int:
        """How many rows :meth:`rows` gives."""
        return sum(self._is_line(row) for _, row in self.below)

    def _is_line(self, row: list[Cell]) -> bool:
        """Names somebody, or says several things of nobody: then a cell is missing, not the line."""
        fields = {column.field for position, column in self.places.items() if _stands(row, position)}
        named = any(column.field in fields for column in self.places.values() if column.required)
        if not named and len(fields - {"note"}) < SAID_OF_NOBODY:
            return False
        first = next((str(cell).strip() for cell in row if _filled(cell)), "")
        return not first.startswith(_NO_PERSON) or "number" in fields or "credit_code" in fields


def read_table(path: Path) -> Table:
    """Finds the roster in a file: the first sheet with a header of a known form.

    Raises:
        RosterUnreadable: ``roster-file``, ``roster-no-header``, ``heading-twice`` or ``roster-too-long``.
    """
    headings: list[str] = []
    for name, rows, hidden in sheets(path):
        for place, (index, row) in enumerate(rows):
            if index >= HEADER_WITHIN_ROWS:
                break
            texts = [str(cell).strip() if isinstance(cell, str) else "" for cell in row]
            headings += [numbers_masked(text) for text in texts if text][:6]
            for recipient in FORMS:
                columns = _header(texts, recipient)
                if columns:
                    table = Table(
                        name,
                        recipient,
                        {column.field: column for column in columns.values()},
                        columns,
                        rows[place + 1 :],
                        header_width(path, row),
                        hidden,
                    )
                    return _not_too_long(table)
    raise RosterUnreadable(
        "roster-no-header",
        "找不到表头：应有 姓名、公民身份号码（附件2）或 企业名称、统一社会信用代码（附件1）；"
        f"所见：{'、'.join(headings[:12]) or '空表'}",
        "no header found: expected 姓名 and 公民身份号码 (Annex 2) or 企业名称 and 统一社会信用代码"
        f" (Annex 1), found: {', '.join(headings[:12]) or 'nothing'}",
    )


def _header(texts: list[str], recipient: Recipient) -> dict[int, Column]:
    """Column index → column, where all required ones are there; else nothing."""
    known = heading_fields(recipient)
    columns: dict[int, Column] = {}
    places: dict[Column, int] = {}
    twice: list[RosterUnreadable] = []
    for index, text in enumerate(texts):
        column = known.get(plain_heading(text)) if text else None
        if column is None:
            continue
        first = places.setdefault(column, index)
        if first == index:
            columns[index] = column
        elif column.field != "note":
            twice.append(heading_twice(column.heading, (first, texts[first]), (index, text)))
    if any(column.required and column not in places for column in FORMS[recipient]):
        return {}
    if twice:
        raise twice[0]
    return columns


def _not_too_long(table: Table) -> Table:
    if table.count() > MOST_ROWS:
        raise RosterUnreadable(
            "roster-too-long",
            f"名单超过 {MOST_ROWS} 行，请分开导入",
            f"the roster has more than {MOST_ROWS} rows, import it in parts",
        )
    return table


def _stands(row: list[Cell], position: int) -> bool:
    return position < len(row) and _filled(row[position])


def _filled(cell: Cell) -> bool:
    return not isinstance(cell, str) or bool(cell.strip())


def letters(index: int) -> str:
    """A column's name: 0 is A, 26 is AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def sheets(path: Path) -> list[Sheet]:
    """The sheets of a file with their cells.

    Raises:
        RosterUnreadable: ``roster-file``; or ``file-limit``, which names the limit that was met.
    """
    try:
        return read_sheets(path)
    except FileLimitExceeded as exceeded:
        zh, en = _LIMITS[exceeded.limit]
        raise RosterUnreadable(
            "file-limit",
            f"{path.name} 超出处理上限（{zh}），未读取",
            f"{path.name} was not read: it exceeds the limit on {en}",
        ) from None
    except FileUnreadable as unreadable:
        if unreadable.problem == "encoding":
            raise RosterUnreadable(
                "roster-file",
                f"{path.name} 的编码不是 UTF-8 或 GB 18030",
                f"{path.name} is neither UTF-8 nor GB 18030",
            ) from None
        raise RosterUnreadable(
            "roster-file",
            f"打不开 {path.name}：应为 xlsx、xls、ods 或 csv 文件",
            f"cannot read {path.name} as xlsx, xls, ods or csv",
        ) from None


_LIMITS: dict[Limit, tuple[str, str]] = {
    "memory": (f"内存 {MEMORY_BYTES >> 20} 兆字节", f"memory, {MEMORY_BYTES >> 20} MiB"),
    "time": (f"时间 {CPU_SECONDS} 秒", f"time, {CPU_SECONDS} s"),
    "cells": (f"单元格 {MOST_CELLS} 个", f"cells, {MOST_CELLS}"),
    "filled": (f"有内容的单元格 {MOST_FILLED} 个", f"cells that hold something, {MOST_FILLED}"),
    "text": (f"内容 {MOST_ANSWER_BYTES >> 20} 兆字节", f"what the cells hold, {MOST_ANSWER_BYTES >> 20} MiB"),
    "unpacked": (
        f"解压后 {MOST_UNPACKED_BYTES >> 20} 兆字节",
        f"unpacked size, {MOST_UNPACKED_BYTES >> 20} MiB",
    ),
    "sheets": (f"工作表 {MOST_SHEETS} 个", f"sheets, {MOST_SHEETS}"),
}
