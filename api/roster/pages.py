"""Tables out of web pages and of Excel's own XML (网页表格、XML 表格), as systems hand them out under ``.xls``.

Imported by the reading program, so it imports the standard library alone.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import NamedTuple
from xml.parsers import expat

Merge = tuple[tuple[int, int], tuple[int, int]]
"""First and last cell of a merged area, row and column from 0."""


class PageTable(NamedTuple):
    """A table of a page: its name, its rows, merged areas, and what is hidden or struck out; all from 0."""

    name: str
    rows: list[list[str]]
    merges: list[Merge]
    hidden: set[int]
    struck: dict[int, set[int]]


class TooWide(Exception):
    """A table spans more cells than a file may have."""


_MOST_CELLS = 3_000_000
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)", re.I)
_STRUCK = re.compile(r"line-through", re.I)
_UNSHOWN = ("comment", "script", "style", "title")


def page_tables(text: str) -> list[PageTable]:
    """The tables of a page that hold something; one within another is a table of its own."""
    reader = _Page()
    reader.feed(text)
    reader.close()
    return [table for table in reader.tables if any(any(row) for row in table.rows)]


class _Open:
    """A table that is being read."""

    def __init__(self, name: str) -> None:
        self.table = PageTable(name, [], [], set(), {})
        self.spans: dict[tuple[int, int], None] = {}
        self.cell: list[str] | None = None
        self.size = (1, 1)
        self.is_struck = False


class _Page(HTMLParser):
    """Goes through a page's tables; a cell's place follows from the spans above and before it."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[PageTable] = []
        self._open: list[_Open] = []
        self._struck = 0
        self._unshown = 0
        """How deep within what a page does not show, as the comment on a cell."""
        self._left = _MOST_CELLS

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element begins."""
        given = {name: value or "" for name, value in attrs}
        style = given.get("style", "")
        if tag == "table":
            self._open.append(_Open(f"表{len(self.tables) + len(self._open) + 1}"))
        elif not self._open:
            return
        elif tag == "tr":
            self._end_cell()
            table = self._open[-1].table
            table.rows.append([])
            if _HIDDEN.search(style) or "hidden" in given:
                table.hidden.add(len(table.rows) - 1)
        elif tag in ("td", "th"):
            self._end_cell()
            open_table = self._open[-1]
            if not open_table.table.rows:
                open_table.table.rows.append([])
            open_table.cell = []
            open_table.size = (_span(given.get("rowspan")), _span(given.get("colspan")))
            open_table.is_struck = bool(_STRUCK.search(style))
        elif tag in _UNSHOWN:
            self._unshown += 1
        elif tag in ("s", "strike", "del"):
            self._struck += 1
            self._open[-1].is_struck = True
        elif tag in ("br", "p", "div") and self._open[-1].cell:
            self._open[-1].cell.append("\n")

    def handle_endtag(self, tag: str) -> None:
        """An element ends."""
        if not self._open:
            return
        if tag in ("td", "th", "tr"):
            self._end_cell()
        elif tag == "table":
            self._end_cell()
            self.tables.append(self._open.pop().table)
        elif tag in _UNSHOWN:
            self._unshown = max(0, self._unshown - 1)
        elif tag in ("s", "strike", "del"):
            self._struck = max(0, self._struck - 1)

    def handle_data(self, data: str) -> None:
        """Text between elements."""
        if self._open and self._open[-1].cell is not None and not self._unshown:
            self._open[-1].cell.append(data)

    def close(self) -> None:
        """The page ends, also where its tables do not."""
        super().close()
        while self._open:
            self._end_cell()
            self.tables.append(self._open.pop().table)

    def _end_cell(self) -> None:
        here = self._open[-1]
        if here.cell is None:
            return
        text = "\n".join(
            " ".join(line.split()) for line in "".join(here.cell).replace("\xa0", " ").split("\n")
        ).strip()
        here.cell = None
        row = len(here.table.rows) - 1
        cells = here.table.rows[row]
        while (row, len(cells)) in here.spans:
            cells.append("")
        column, (height, width) = len(cells), here.size
        self._left -= height * width
        if self._left < 0:
            raise TooWide
        cells += [text, *[""] * (width - 1)]
        if here.is_struck and text:
            here.table.struck.setdefault(row, set()).add(column)
        if (height, width) != (1, 1):
            here.table.merges.append(((row, column), (row + height - 1, column + width - 1)))
            here.spans |= dict.fromkeys(
                (below, beside)
                for below in range(row + 1, row + height)
                for beside in range(column, column + width)
            )


def _span(text: str | None) -> int:
    return min(max(1, int(text)), 10_000) if text and text.isdecimal() else 1


# --- Excel's XML of 2003 -------------------------------------------------------------------------


def xml_tables(raw: bytes) -> list[PageTable]:
    """The worksheets of an XML spreadsheet (Excel 2003).

    Raises:
        ValueError: it is damaged, or declares entities.
    """
    reader = _XmlSpreadsheet()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.StartDoctypeDeclHandler = _refuse_declarations
    try:
        parser.Parse(raw, True)
    except expat.ExpatError as error:
        raise ValueError(str(error)) from None
    return reader.tables


def _refuse_declarations(*_: object) -> None:
    raise ValueError("a document type in a spreadsheet")


class _XmlSpreadsheet:
    """Goes through ``Worksheet``, ``Row``, ``Cell`` and ``Data``; indices may skip rows and cells."""

    def __init__(self) -> None:
        self.tables: list[PageTable] = []
        self._cell: list[str] | None = None
        self._column = 0
        self._size = (1, 1)
        self._left = _MOST_CELLS

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        tag = name.rpartition(" ")[2]
        given = {key.rpartition(" ")[2]: value for key, value in attributes.items()}
        if tag == "Worksheet":
            self.tables.append(PageTable(given.get("Name", f"表{len(self.tables) + 1}"), [], [], set(), {}))
        elif tag == "Row" and self.tables:
            rows = self.tables[-1].rows
            self._take(int(given.get("Index", len(rows) + 1)) - 1 - len(rows))
            rows += [[] for _ in range(int(given.get("Index", len(rows) + 1)) - 1 - len(rows))]
            rows.append([])
            if given.get("Hidden") == "1":
                self.tables[-1].hidden.add(len(rows) - 1)
        elif tag == "Cell" and self.tables and self.tables[-1].rows:
            cells = self.tables[-1].rows[-1]
            self._column = int(given.get("Index", len(cells) + 1)) - 1
            self._size = (int(given.get("MergeDown", 0)) + 1, int(given.get("MergeAcross", 0)) + 1)
            self._take(max(self._column - len(cells), 0) + self._size[1])
            cells += [""] * (self._column + self._size[1] - len(cells))
            if self._size != (1, 1):
                row = len(self.tables[-1].rows) - 1
                last = (row + self._size[0] - 1, self._column + self._size[1] - 1)
                self.tables[-1].merges.append(((row, self._column), last))
        elif tag == "Data":
            self._cell = []

    def text(self, data: str) -> None:
        """Text between elements."""
        if self._cell is not None:
            self._cell.append(data)

    def end(self, name: str) -> None:
        """An element ends."""
        if (
            name.rpartition(" ")[2] == "Data"
            and self._cell is not None
            and self.tables
            and self.tables[-1].rows
        ):
            self.tables[-1].rows[-1][self._column] = "".join(self._cell).strip()
            self._cell = None

    def _take(self, cells: int) -> None:
        self._left -= max(0, cells)
        if self._left < 0:
            raise TooWide
