"""What a paper is (文书的构成): a title, and blocks one below the other; all of its texts are already written out.

The typesetter takes each text as it is: nothing in it is markup.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from ledger.errors import yuan

Align = Literal["left", "center", "right"]


class TableColumn(BaseModel):
    """A column: its heading, how its cells stand, and its part of the width."""

    title: str
    align: Align = "left"
    weight: float = 1.0


class Table(BaseModel):
    """A table whose heading stands on every page, and whose totals stand once, at its end; ``tall`` is to be signed in."""

    kind: Literal["table"] = "table"
    heading: str | None = None
    columns: list[TableColumn]
    rows: list[list[str]]
    totals: list[str] | None = None
    tall: bool = False


class Fields(BaseModel):
    """Names with their values, in a ruled grid; ``pairs`` of them stand side by side."""

    kind: Literal["fields"] = "fields"
    heading: str | None = None
    pairs: Literal[1, 2, 3] = 2
    items: list[tuple[str, str]]


class Paragraphs(BaseModel):
    """Running text under a heading, each paragraph indented by two characters; a letter says to whom (主送), flush."""

    kind: Literal["paragraphs"] = "paragraphs"
    heading: str | None = None
    addressee: str | None = None
    texts: list[str]


class Blank(BaseModel):
    """A ruled space to be filled in by hand, under its heading."""

    kind: Literal["blank"] = "blank"
    heading: str
    lines: int = 4


class Signatures(BaseModel):
    """Places to sign, side by side: who signs as what, the name where it is known, and the day."""

    kind: Literal["signatures"] = "signatures"
    places: list[tuple[str, str, str]]


class Seal(BaseModel):
    """The issuer and the day, with the seal's place over them (盖章处)."""

    kind: Literal["seal"] = "seal"
    issuer: str
    day: str


class Proof(BaseModel):
    """How the paper is checked: a QR code (SVG) so many millimetres wide, what it holds, and the commands to check it."""

    kind: Literal["proof"] = "proof"
    heading: str
    code: str
    width: int = 28
    caption: str
    texts: list[str]
    hashes: list[tuple[str, str]] = []
    commands: list[str] = []


class TearOff(BaseModel):
    """A form of its own to be cut off along its foot: title, number, names with their values, places to sign."""

    kind: Literal["tear-off"] = "tear-off"
    title: str
    number: str = ""
    items: list[tuple[str, str]]
    places: list[str]


class SlipCards(BaseModel):
    """Slips to be cut out, two beside each other: title, lines, number, hint and QR code (SVG)."""

    kind: Literal["slips"] = "slips"
    cards: list[SlipCard]


class SlipCard(BaseModel):
    """One slip."""

    title: str
    lines: list[str]
    number: str
    hint: str
    code: str


class DrawnNode(BaseModel):
    """A node of a drawing, in millimetres from its upper left corner."""

    x: float
    y: float
    label: str
    color: str


class DrawnEdge(BaseModel):
    """A line between two nodes, by their places in the list, so many points thick."""

    source: int
    target: int
    label: str = ""
    thickness: float


class Drawing(BaseModel):
    """Nodes and the lines between them, so many millimetres wide and high, and what the colours mean."""

    kind: Literal["drawing"] = "drawing"
    heading: str | None = None
    width: float
    height: float
    nodes: list[DrawnNode]
    edges: list[DrawnEdge]
    legend: list[tuple[str, str]]


class Together(BaseModel):
    """Blocks that stand on one page: a seal is not left alone on the last."""

    kind: Literal["together"] = "together"
    blocks: list[Fields | Paragraphs | Signatures | Seal | Proof]


Block = Annotated[
    Table
    | Fields
    | Paragraphs
    | Blank
    | Signatures
    | Seal
    | Proof
    | TearOff
    | SlipCards
    | Drawing
    | Together,
    Field(discriminator="kind"),
]


class Paper(BaseModel):
    """A paper. ``mark`` stands above the title (附件2), ``lead`` below it; ``foot`` is on every page.

    ``made_at`` is what the file itself says of when it was made (seconds since 1970), so that the same question has
    the same bytes.
    """

    name: str
    title: str
    mark: str | None = None
    lead: list[str] = []
    number: str | None = None
    issuer: str = ""
    foot: str = ""
    landscape: bool = False
    made_at: int
    blocks: list[Block]


def rows_of(paper: Paper) -> int:
    """How many rows its tables have, and forms to be cut off."""
    return sum(
        len(block.rows) if isinstance(block, Table) else isinstance(block, TearOff) for block in paper.blocks
    )


WIDEST = 24
"""What a column of text asks for at most, in half-width characters; beyond that it wraps."""


def chinese_day(day: str | date) -> str:
    """A day as papers sign off with it.

    >>> chinese_day("2026-01-15")
    '2026年1月15日'
    """
    found = date.fromisoformat(str(day))
    return f"{found.year}年{found.month}月{found.day}日"


UNDATED = "　　　　年　　月　　日"
"""A day to be written in by hand."""


def money(amount_fen: int | None) -> str:
    """A sum in yuan; nothing where there is none.

    >>> money(123450)
    '1,234.50'
    """
    return "" if amount_fen is None else yuan(amount_fen)


def column(title: str, align: Align = "left", *, cells: Iterable[str] = (), least: int = 4) -> TableColumn:
    """A column as wide as its cells need: what is right-aligned stays on one line, the rest may wrap."""
    longest = max((width_of(part) for cell in cells for part in cell.split("\n")), default=0)
    heading = width_of(title)
    wanted = longest if align == "right" else min(longest, WIDEST)
    return TableColumn(
        title=title, align=align, weight=max(wanted, min(heading, 10), -(-heading // 2), least) + 1.5
    )


def table(
    headings: Sequence[tuple[str, Align]],
    rows: Sequence[Sequence[str]],
    *,
    heading: str | None = None,
    totals: Sequence[str] | None = None,
    least: Mapping[str, int] = MappingProxyType({}),
    tall: bool = False,
) -> Table:
    """A table whose columns have the widths that their cells need, and at least those by heading in ``least``."""
    standing = [*rows, *([totals] if totals is not None else [])]
    return Table(
        heading=heading,
        columns=[
            column(title, align, cells=(row[index] for row in standing), least=least.get(title, 4))
            for index, (title, align) in enumerate(headings)
        ],
        rows=[list(row) for row in rows],
        totals=None if totals is None else list(totals),
        tall=tall,
    )


def width_of(text: str) -> int:
    """How many half-width columns a text takes.

    >>> width_of("金额1")
    5
    """
    return sum(2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in text)
