"""One way to give an answer: as a table, JSON, CSV, or an Excel file, from the same columns."""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import typer
from openpyxl import Workbook
from openpyxl.cell.cell import Cell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from api.cli.exit_codes import Misused
from api.cli.language import say, titled
from api.cli.output import AsJson, console, errors, money, print_json, print_table
from api.cli.running import check_recorded
from api.cli.terminals import as_it_is
from api.gate import Row
from api.wording.cells import no_formula, workbook_text

AsCsv = Annotated[bool, typer.Option("--csv", help=say("输出 CSV", "print CSV"))]
XlsxFile = Annotated[
    Path | None, typer.Option("--xlsx", help=say("写入 Excel 文件", "write an Excel file"), dir_okay=False)
]
AsOf = Annotated[
    str | None,
    typer.Option(
        "--as-of",
        help=say(
            "截至登记序号，或日期、时间（如 2026-01-12）",
            "as of a position, a date or a time, like 1200 or 2026-01-12",
        ),
    ),
]

Campaign = Annotated[str | None, typer.Option(help=say("活动", "campaign"))]
UnitName = Annotated[str | None, typer.Option(help=say("单位", "unit"))]
Limit = Annotated[int, typer.Option(min=1, max=1_000_000, help=say("最多几行", "at most so many rows"))]

__all__ = [
    "AsCsv",
    "AsJson",
    "AsOf",
    "Campaign",
    "Column",
    "Limit",
    "Shape",
    "UnitName",
    "XlsxFile",
    "answer",
]


@dataclass(frozen=True)
class Column:
    """A column: its member of the row, its titles, and how a value is said.

    ``in_fen`` sums are shown in yuan. ``short`` says a value for the screen alone. ``names`` is the member that says
    what the codes are called: people read that, with the code behind it where ``typed``, as
    commands take it; ``by_name`` says it alone.
    """

    key: str
    title: tuple[str, str]
    in_fen: bool = False
    right: bool = False
    said: Callable[[Any], Any] | None = None
    short: Callable[[Any], Any] | None = None
    names: str | None = None
    typed: bool = False
    by_name: bool = False

    def value(self, row: Row) -> Any:
        """The value for a file: yuan as a number, the rest as said."""
        found = row[self.key]
        if self.by_name and self.names is not None:
            return row.get(self.names) or found
        if self.in_fen:
            return None if found is None else found / 100
        if self.said is not None and found is not None:
            return self.said(found)
        return _yes_or_no(found) if isinstance(found, bool) else found

    def shown(self, row: Row) -> Any:
        """The value for the screen."""
        if self.in_fen:
            return money(row[self.key])
        if self.names is not None and row.get(self.names):
            return self._named(row[self.key], row[self.names])
        return self.short(row[self.key]) if self.short is not None else _flat(self.value(row))

    def _named(self, code: Any, name: Any) -> str:
        """Names with their codes, as far as these are typed."""
        if isinstance(name, list):
            return say("、", ", ").join(
                self._named(one, called) for one, called in zip(code, name, strict=True)
            )
        return say(f"{name}（{code}）", f"{name} ({code})") if self.typed and name != code else str(name)

    @property
    def for_files(self) -> Sequence[Column]:
        """The column as files have it: what the code is called in one of its own, before the code."""
        if self.names is None:
            return (self,)
        zh, en = self.title
        return (replace(self, by_name=True), replace(self, title=(f"{zh}代码", f"{en} code"), names=None))


@dataclass(frozen=True)
class Shape:
    """How an answer is wanted; at most one of them."""

    as_json: bool = False
    as_csv: bool = False
    xlsx: Path | None = None

    def __post_init__(self) -> None:
        if self.as_json + self.as_csv + (self.xlsx is not None) > 1:
            raise Misused("--json、--csv、--xlsx 只能选一个", "only one of --json, --csv and --xlsx")

    @property
    def for_a_file(self) -> bool:
        """Whether other programs read it."""
        return self.as_json or self.as_csv or self.xlsx is not None


def answer(
    title: str, columns: Sequence[Column], found: Sequence[Row], shape: Shape, *, limit: int | None = None
) -> None:
    """Gives the rows in that shape. JSON has every member, the others the columns.

    Where they reach the ``limit`` that was asked with, stderr says that they were cut there.
    """
    check_recorded()
    if limit is not None and len(found) >= limit:
        errors.print(
            say(
                f"只取了前 {limit} 行，其后可能还有：请加大 --limit",
                f"cut at {limit} rows, there may be more: raise --limit",
            )
        )
    if shape.as_json:
        print_json(found)
    elif shape.as_csv:
        writer = csv.writer(sys.stdout)
        of_file = _for_files(columns)
        with as_it_is():
            writer.writerow([titled(column.title) for column in of_file])
            for row in found:
                writer.writerow([_for_csv(column, row) for column in of_file])
    elif shape.xlsx is not None:
        _write_xlsx(shape.xlsx, title, _for_files(columns), found)
        console.print(
            say(f"已写入 {shape.xlsx}（{len(found)} 行）", f"wrote {shape.xlsx} ({len(found)} rows)")
        )
    else:
        print_table(
            title,
            [
                (titled(column.title), "right" if column.in_fen or column.right else "left")
                for column in columns
            ],
            [[column.shown(row) for column in columns] for row in found],
        )


def _for_files(columns: Sequence[Column]) -> list[Column]:
    return [each for column in columns for each in column.for_files]


def _yes_or_no(found: bool) -> str:
    return say("是", "yes") if found else say("否", "no")


def _for_csv(column: Column, row: Row) -> Any:
    value = column.value(row)
    if column.in_fen and value is not None:
        return f"{value:.2f}"
    flat = _flat(value)
    return no_formula(flat) if isinstance(flat, str) else flat


def _flat(value: Any) -> Any:
    return " ".join(map(str, value)) if isinstance(value, list) else value


def _write_xlsx(path: Path, title: str, columns: Sequence[Column], found: Sequence[Row]) -> None:
    book = Workbook(write_only=True)
    sheet = book.create_sheet(_sheet_name(title))
    sheet.freeze_panes = "A2"
    for number, column in enumerate(columns, 1):
        sheet.column_dimensions[get_column_letter(number)].width = 14 if column.in_fen else 20
    header = []
    for column in columns:
        cell = _cell(sheet, titled(column.title))
        cell.font = Font(bold=True)
        header.append(cell)
    sheet.append(header)
    for row in found:
        cells = []
        for column in columns:
            cell = _cell(sheet, _flat(column.value(row)))
            if column.in_fen:
                cell.number_format = "#,##0.00"
            cells.append(cell)
        sheet.append(cells)
    book.save(path)


def _cell(sheet: Any, value: Any) -> Cell:
    """A cell that holds the value itself: text that begins with = is no formula."""
    from openpyxl.cell import WriteOnlyCell

    cell: Cell = WriteOnlyCell(sheet, value=workbook_text(value))
    if isinstance(value, str):
        cell.data_type = "s"
    return cell


def _sheet_name(title: str) -> str:
    return "".join(character for character in title if character not in "[]:*?/\\（）()")[:31]
