"""What a report is (报表), however it is shown: on a page to be printed, or in a workbook.

Its words are Chinese, as the bodies that ask for it write; headings stand in English beside them.
"""

from __future__ import annotations

from collections.abc import Iterable
from operator import attrgetter
from typing import Literal

from pydantic import BaseModel

from projections.frame.column import columns as declared
from projections.frame.column import names

Kind = Literal["text", "count", "fen"]
"""What stands in a column: words, a number, money in whole fen."""

Cell = str | int | None


class Column(BaseModel):
    """A column: its heading, and what stands in it."""

    zh: str
    en: str
    kind: Kind = "text"


class Paragraph(BaseModel):
    """A paragraph of a written report, in both languages."""

    zh: str
    en: str


class Report(BaseModel):
    """A report as of a position: paragraphs, then a table, then its sums where a column has them."""

    name: str
    title: Paragraph
    annex: str | None
    heading: Paragraph
    paragraphs: list[Paragraph] = []
    columns: list[Column]
    rows: list[list[Cell]]
    totals: list[Cell] | None = None


class ShownReport(Report):
    """The report, as of the position that it holds for; ``total`` is how many lines it has."""

    position: int
    total: int


def columns_of(line: type) -> list[Column]:
    """The columns of a report's lines, as they are declared."""
    kinds: dict[str, Kind] = {"fen": "fen", "number": "count"}
    return [
        Column(zh=column.title.zh, en=column.title.en, kind=kinds.get(column.kind.name, "text"))
        for column in declared(line)
        if column.title is not None
    ]


def cells(line: type, lines: Iterable[object]) -> list[list[Cell]]:
    """The cells of lines, in the order of their columns."""
    values = attrgetter(*names(line))
    return [list(values(each)) for each in lines]


def summed(columns: list[Column], rows: list[list[Cell]]) -> list[Cell]:
    """The last line of a table: the sum under each column of numbers."""
    sums: list[Cell] = ["合计"]
    for index, column in enumerate(columns[1:], 1):
        values = [row[index] for row in rows]
        sums.append(sum(v for v in values if isinstance(v, int)) if column.kind != "text" else None)
    return sums
