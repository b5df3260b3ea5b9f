"""Spreadsheets as they come: what they are refused for as a whole, and how their cells and columns are named."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from api.roster.cleaning import cleaned
from api.roster.file_kinds import TEXT_FILES, Problem
from api.roster.workbooks import (
    CPU_SECONDS,
    MEMORY_BYTES,
    MOST_ANSWER_BYTES,
    MOST_CELLS,
    MOST_FILLED,
    MOST_SHEETS,
    MOST_UNPACKED_BYTES,
    Cell,
    FileLimitExceeded,
    FileRead,
    FileUnreadable,
    Limit,
    Sheet,
    read_file,
)
from ledger.errors import Explained

HEADER_WITHIN_ROWS = 30
MOST_ROWS = 40_000


class Cut(NamedTuple):
    """A row of a text file that ends before its header does, or after it: something may be lost, or moved."""

    found: int
    expected: int

    @property
    def code(self) -> str:
        """``row-cut`` or ``row-spilled``."""
        return "row-cut" if self.found < self.expected else "row-spilled"

    @property
    def zh(self) -> str:
        """What is wrong, in Chinese."""
        if self.found > self.expected:
            return (
                f"本行有 {self.found} 格，表头只有 {self.expected} 格：金额的千位逗号等可能把一格拆成两格，"
                "各栏可能错位，请去掉多余的分隔符"
            )
        return f"本行只有 {self.found} 格，表头有 {self.expected} 格，可能被截断：请补齐（空格也要留分隔符）"

    @property
    def en(self) -> str:
        """What is wrong, in English."""
        if self.found > self.expected:
            return (
                f"this row has {self.found} cells and the header {self.expected}: a comma within a cell, as between"
                " thousands, may have split it and moved the others: take it out"
            )
        return (
            f"this row has {self.found} cells and the header {self.expected}, it may have been cut:"
            " complete it (an empty cell keeps its comma)"
        )


def end_of(row: list[Cell]) -> int:
    """How many columns a row reaches over."""
    return next((index for index in range(len(row), 0, -1) if is_filled(row[index - 1])), 0)


def header_width(path: Path, header: list[Cell]) -> int | None:
    """How many cells rows have to have; None for workbooks, whose rows are as wide as their sheet."""
    if path.suffix.lower() not in TEXT_FILES:
        return None
    return end_of(header)


def cut_short(row: list[Cell], width: int | None, *, is_exact: bool = False) -> Cut | None:
    """Whether a row ends before its header does, or goes on after it where others do not (``is_exact``)."""
    if width is None or len(row) == width or (len(row) > width and not is_exact and not _is_split(row)):
        return None
    return Cut(len(row), width)


def _is_split(row: list[Cell]) -> bool:
    """Whether two cells beside each other are one sum, divided at its thousands.

    >>> _is_split(["张三", "1", "500.00"]), _is_split(["张三", "500", "1"])
    (True, False)
    """
    texts = [str(cell).strip() for cell in row]
    return any(
        re.fullmatch(r"[¥￥]?[1-9]\d{0,2}", one) and re.fullmatch(r"\d{3}(?:\.\d{1,2})?元?", other)
        for one, other in pairwise(texts)
    )


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


def is_filled(cell: Cell) -> bool:
    """Whether something stands in a cell that can be seen."""
    if not isinstance(cell, str):
        return True
    plain = cell.strip()
    return (len(plain) > 1 and plain.isprintable()) or (plain != "" and cleaned(plain).text != "")


def letters(index: int) -> str:
    """A column's name: 0 is A, 26 is AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def sheets(path: Path) -> list[Sheet]:
    """The sheets of a file with their cells, as :func:`opened_file`."""
    return opened_file(path).sheets


def opened_file(path: Path) -> FileRead:
    """What a file is, and its sheets with their cells.

    Raises:
        RosterUnreadable: ``roster-file``, ``file-protected``; or ``file-limit``, which names the limit that was met.
    """
    try:
        return read_file(path)
    except FileLimitExceeded as exceeded:
        zh, en = _LIMITS[exceeded.limit]
        raise RosterUnreadable(
            "file-limit",
            f"{path.name} 超出处理上限（{zh}），未读取",
            f"{path.name} was not read: it exceeds the limit on {en}",
        ) from None
    except FileUnreadable as unreadable:
        if unreadable.problem == "protected":
            raise RosterUnreadable(
                "file-protected",
                f"{path.name} 有打开密码，未读取：请在表格软件中取消密码后另存，再导入",
                f"{path.name} opens by a password and was not read: save it without one, and import that",
            ) from None
        if unreadable.problem == "encoding":
            raise RosterUnreadable(
                "roster-file",
                f"{path.name} 的编码不是 UTF-8、UTF-16、GB 18030 或 Big5",
                f"{path.name} is neither UTF-8, UTF-16, GB 18030 nor Big5",
            ) from None
        if unreadable.problem == "other-program":
            raise RosterUnreadable(
                "roster-file",
                f"{path.name} 是不予读取的表格格式（如 xlsb、Excel 95 及更早的 xls、dBase、SYLK、DIF、Numbers、网页归档）："
                "请用表格软件另存为 xlsx 后导入",
                f"{path.name} is a table in a form that is not read (as xlsb, an xls of Excel 95"
                " or before, dBase, SYLK, DIF, Numbers or a web archive):"
                " save it as xlsx, and import that",
            ) from None
        if unreadable.problem in _FOREIGN:
            zh, en = _FOREIGN[unreadable.problem]
            unpacked = ("先解压，再", "unpack it, then ") if unreadable.problem == "archive" else ("", "")
            raise RosterUnreadable(
                "roster-file",
                f"{path.name} 是{zh}，不是表格：请{unpacked[0]}导入 xlsx、xls、et、ods 或 csv 文件",
                f"{path.name} is {en} and no table: {unpacked[1]}import an xlsx, xls, et, ods or csv file",
            ) from None
        raise RosterUnreadable(
            "roster-file",
            f"无法打开 {path.name}：应为 xlsx、xls、et、ods、fods、csv、tsv 或网页表格",
            f"cannot read {path.name} as xlsx, xls, et, ods, fods, csv, tsv or a page with a table",
        ) from None


_FOREIGN: dict[Problem, tuple[str, str]] = {
    "document": ("文档（PDF、Word 等）", "a document (PDF, Word and others)"),
    "image": ("图片", "a picture"),
    "archive": ("压缩包", "an archive"),
}
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
