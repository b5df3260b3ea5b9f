"""What is said of a file that was read (读表提示): no fault, but not to be passed over in silence."""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from api.roster.cleaning import SAID, Kind
from api.roster.file_kinds import TEXT_FILES, FileKind
from api.roster.left_out import runs
from api.roster.lines import TableLine
from api.roster.mapping import MappedTable
from api.roster.reading import RosterRow
from api.roster.sheet import letters
from api.roster.stated import Stated, fits
from api.roster.workbooks import FileRead, Sheet

SHOWN_RUNS = 20
SHOWN_CELLS = 20
_COLOURED_SHARE = 3
"""One line in so many at most has a colour that says something."""
_ENDINGS: dict[FileKind, tuple[str, ...]] = {
    "xlsx": (".xlsx", ".xlsm"),
    "ods": (".ods",),
    "fods": (".fods",),
    "xls": (".xls", ".et"),
    "html": (".html", ".htm"),
    "xml": (".xml",),
    "text": TEXT_FILES,
}
_KINDS: dict[FileKind, tuple[str, str]] = {
    "xlsx": ("xlsx 工作簿", "an xlsx workbook"),
    "ods": ("ods 工作簿", "an ods workbook"),
    "fods": ("fods 工作簿", "a flat ods workbook (fods)"),
    "xls": ("xls 工作簿", "an xls workbook"),
    "html": ("网页（HTML 表格）", "a page with tables (HTML)"),
    "xml": ("XML 表格（Excel 2003）", "an XML spreadsheet (Excel 2003)"),
    "text": ("文本", "a text"),
}


class Notice(NamedTuple):
    """A stable code and what it says."""

    code: str
    zh: str
    en: str


def hidden_rows(lines: Iterable[int], hidden: Sequence[tuple[int, int]]) -> Iterable[Notice]:
    """That lines, by their numbers from 1, are hidden or filtered out in the file.

    >>> [each.en for each in hidden_rows([5, 6, 7, 12], [(3, 6)])]
    ['rows 5-7 are hidden or filtered out in the file, and were read like all others']
    """
    found = [line for line in lines if any(first <= line - 1 <= last for first, last in hidden)]
    if found:
        rows = _named(found)
        yield Notice(
            "rows-hidden",
            f"第 {rows} 行在文件中被隐藏或筛选掉，已与其他行一样读取",
            f"rows {rows} are hidden or filtered out in the file, and were read like all others",
        )


def cells_marked(sheet: Sheet) -> Iterable[Notice]:
    """That cells of a sheet are struck out, or carry comments: both are read like all others."""
    struck = [
        f"{letters(column)}{row + 1}"
        for row, columns in sorted(sheet.struck.items())
        for column in sorted(columns)
    ]
    if struck:
        yield Notice(
            "cells-struck",
            f"工作表 {sheet.name} 中有被划去（删除线）的单元格，已与其他一样读取：{_cells(struck)}",
            f"cells of sheet {sheet.name} are struck out, and were read like all others: {_cells(struck)}",
        )
    places = [f"{letters(column)}{row + 1}" for row, column in sorted(sheet.noted)]
    if places:
        zh = f"工作表 {sheet.name} 的批注未读取，请查看：{_cells(places)}"
        en = f"the comments in sheet {sheet.name} were not read, look at them: {_cells(places)}"
        yield Notice("cells-noted", zh, en)


def coloured_rows(lines: Collection[int], coloured: Container[int]) -> Iterable[Notice]:
    """That some lines, by their numbers from 1, have a ground of their own; where many have, it is the table's look.

    >>> [each.en for each in coloured_rows([2, 3, 4], {2})]
    ['row 3 has a coloured ground and was read like all others: see whether the colour says that somebody was taken off']
    >>> list(coloured_rows([2, 3, 4, 5], {1, 3}))
    []
    """
    found = [line for line in lines if line - 1 in coloured]
    if found and _COLOURED_SHARE * len(found) <= len(lines):
        rows = _named(found)
        are = f"row {rows} has" if len(found) == 1 else f"rows {rows} have"
        yield Notice(
            "rows-coloured",
            f"第 {rows} 行有底色，已与其他行一样读取：请核对底色是否表示删除或变更",
            f"{are} a coloured ground and {'was' if len(found) == 1 else 'were'} read like all others: see whether the"
            " colour says that somebody was taken off",
        )


def short_rows(ends: dict[int, int], width: int) -> Iterable[Notice]:
    """That lines end before the header does, where most of the others do not.

    ``ends`` is, of each line by its number from 1, how many columns it reaches over, ``width`` the
    header's. A workbook does not write empty cells, so a line that ends early may be whole; where at
    least half of the lines go on to a later column, it may have been cut.

    >>> [each.code for each in short_rows({2: 6, 3: 6, 4: 3}, 6)]
    ['row-cut']
    >>> list(short_rows({2: 5, 3: 5, 4: 5}, 6))
    []
    """
    reached = sorted(min(end, width) for end in ends.values())
    usual = reached[len(reached) // 2] if reached else 0
    found = [line for line, end in ends.items() if end < usual]
    if found:
        rows = _named(found)
        yield Notice(
            "row-cut",
            f"第 {rows} 行在其他行还有内容的栏之前就结束，可能被截断：请核对末尾各栏",
            f"rows {rows} end before columns that the others fill, they may have been cut: check their last columns",
        )


def _named(numbers: Iterable[int]) -> str:
    found = [str(first) if first == last else f"{first}-{last}" for first, last in runs(numbers)]
    return ", ".join(found[:SHOWN_RUNS]) + (" …" if len(found) > SHOWN_RUNS else "")


class Notices:
    """What is to be said of a roster's file, gathered while its lines are read."""

    def __init__(self) -> None:
        self._found: list[Notice] = []
        self._dropped: dict[Kind, list[str]] = {}
        self._placeholders: list[str] = []
        self._hidden: dict[str, list[int]] = {}
        self._ends: dict[str, dict[int, int]] = {}
        self._sections: dict[tuple[str, str], list[int]] = {}

    def take_file(self, path: Path, file: FileRead) -> None:
        """A file that is not what its name says is said to be what it is."""
        if path.suffix.lower() not in _ENDINGS[file.kind]:
            zh, en = _KINDS[file.kind]
            more = f"（{file.detail}）" if file.detail else ""
            self._found.append(
                Notice(
                    "file-kind",
                    f"文件名以 {path.suffix or '空'} 结尾，实为{zh}{more}，已按实际读取",
                    f"the file's name ends in {path.suffix or 'nothing'}, it is {en} {file.detail}".rstrip()
                    + ", and was read as such",
                )
            )

    def take_notes(self, sheet: Sheet) -> None:
        """The cells of a sheet that carry comments, which are not read."""
        self._found += [each for each in cells_marked(sheet) if each.code == "cells-noted"]

    def take_line(self, sheet: str, line: TableLine) -> None:
        """A line that is read, and where it ends."""
        if line.is_hidden:
            self._hidden.setdefault(sheet, []).append(line.row)
        self._ends.setdefault(sheet, {})[line.row] = line.end

    def take(self, row: RosterRow, dropped: Iterable[tuple[str, Kind]], placeholders: Iterable[str]) -> None:
        """What was left out of a line's cells."""
        for cell, kind in dropped:
            self._dropped.setdefault(kind, []).append(f"{row.sheet}!{cell}")
        self._placeholders += [f"{row.sheet}!{cell}" for cell in placeholders]

    def take_total(self, sheet: str, row: int, differs: tuple[int, int] | None) -> None:
        """A total that its lines do not come to."""
        if differs is None:
            return
        said, found = (f"{fen / 100:,.2f}" for fen in differs)
        self._found.append(
            Notice(
                "total-differs",
                f"工作表 {sheet} 第 {row} 行合计为 {said} 元，各行相加为 {found} 元：请核对是否有行或单位读错",
                f"sheet {sheet}, row {row} says {said} yuan in all, its lines come to {found}:"
                " see whether a line or a unit was misread",
            )
        )

    def take_stated(self, sheet: str, said: Stated, persons: Collection[int], sums: Collection[int]) -> None:
        """What titles and remarks of a sheet say of its lines, against the sheet's or the file's; sums in fen."""
        if not fits(said.persons, persons):
            listed, found = "、".join(map(str, dict.fromkeys(said.persons))), min(persons)
            self._found.append(
                Notice(
                    "count-differs",
                    f"工作表 {sheet} 写明共 {listed} 人，读到 {found} 行：请核对是否缺行",
                    f"sheet {sheet} says {listed} persons, {found} lines were read: see whether a line is missing",
                )
            )
        if sums and not fits(said.fen, sums):
            listed = "、".join(f"{fen / 100:,.2f}" for fen in dict.fromkeys(said.fen))
            self._found.append(
                Notice(
                    "sum-differs",
                    f"工作表 {sheet} 写明金额合计 {listed} 元，各行相加为 {min(sums) / 100:,.2f} 元：请核对是否有行或单位读错",
                    f"sheet {sheet} says {listed} yuan in all, its lines come to {min(sums) / 100:,.2f}:"
                    " see whether a line or a unit was misread",
                )
            )

    def take_section(self, sheet: str, row: int, title: str) -> None:
        """A line whose category stands in a title over it."""
        self._sections.setdefault((sheet, title), []).append(row)

    def take_ends(self, mapped: MappedTable, *, is_text: bool) -> None:
        """Lines of a workbook that end before the others do."""
        ends = self._ends.pop(mapped.sheet, {})
        places = [
            at
            for at, each in mapped.places.items()
            if each.column is not None and each.column.field != "note"
        ]
        if not is_text and places and not mapped.table.beside:
            self._found += coloured_rows(ends, mapped.table.sheet.coloured)
            self._found += short_rows(ends, max(places) + 1)

    def all(self) -> list[Notice]:
        """Everything that is to be said."""
        found = list(self._found)
        for sheet, rows in self._hidden.items():
            zh, en = _named(rows), _named(rows)
            found.append(
                Notice(
                    "rows-hidden",
                    f"工作表 {sheet} 第 {zh} 行在文件中被隐藏或筛选掉，已按所选读取",
                    f"rows {en} of sheet {sheet} are hidden or filtered out in the file, and were read as chosen",
                )
            )
        for (sheet, title), rows in self._sections.items():
            lines = _named(rows)
            found.append(
                Notice(
                    "category-from-title",
                    f"工作表 {sheet} 第 {lines} 行的对象类别按标题“{title}”采用，请核对",
                    f"rows {lines} of sheet {sheet} have their category from the title “{title}”: compare it",
                )
            )
        for kind, cells in self._dropped.items():
            zh, en = SAID[kind]
            found.append(
                Notice("marks-dropped", f"已去掉{zh}：{_cells(cells)}", f"dropped {en}: {_cells(cells)}")
            )
        if self._placeholders:
            places = _cells(self._placeholders)
            found.append(
                Notice(
                    "cells-say-nothing",
                    f"填“无”“-”的单元格按未填处理：{places}",
                    f"cells that say there is nothing count as empty: {places}",
                )
            )
        return found


def _cells(cells: Sequence[str]) -> str:
    return "、".join(cells[:SHOWN_CELLS]) + (f" … ({len(cells)})" if len(cells) > SHOWN_CELLS else "")
