"""Numbers that stand a digit a cell, or in parts beside each other (号码分格填写), put together before columns are mapped."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace

from api.roster.cleaning import cleaned
from api.roster.layout import FoundTable, Heading, field_meant
from api.roster.sheet import is_filled
from api.roster.workbooks import Cell, Row

_WHOLE = {"number": re.compile(r"\d{17}[\dXx]|\d{15}"), "account": re.compile(r"\d{12,21}")}
"""What the parts have to come to."""
_LEAST_PARTS = 3


def put_together(table: FoundTable) -> FoundTable:
    """A table whose numbers each stand in the cell below their heading.

    Only columns without a heading that follow it are taken, and only on rows where all of them make one number.
    """
    headings = sorted((*table.shared, *table.headings), key=lambda each: each.index)
    for heading, following in zip(headings, [*headings[1:], None], strict=True):
        whole = _WHOLE.get(field_meant(heading) or "")
        if whole is None:
            continue
        end = _end(table, heading, following)
        if end - heading.index >= _LEAST_PARTS:
            table = replace(table, rows=[_joined(each, heading.index, end, whole) for each in table.rows])
    return table


def _end(table: FoundTable, heading: Heading, following: Heading | None) -> int:
    """The column before which the next heading stands, or the rows end."""
    if following is not None:
        return following.index
    return min(table.reach.stop, max((len(row) for _, row in table.rows), default=0))


def _joined(line: Row, start: int, end: int, whole: re.Pattern[str]) -> Row:
    index, row = line
    parts = [_part(cell) for cell in row[start:end] if is_filled(cell)]
    text = "".join(parts)
    if len(parts) < _LEAST_PARTS or whole.fullmatch(text) is None:
        return line
    cells: Sequence[Cell] = [*row[:start], text, *[""] * (min(end, len(row)) - start - 1), *row[end:]]
    return index, list(cells)


def _part(cell: Cell) -> str:
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return unicodedata.normalize("NFKC", cleaned(str(cell)).text)
