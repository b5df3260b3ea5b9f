"""What is there in a file (读表第一步): its sheets, the tables in them, and what stands around these.

A table begins with its headings, on one row or over several, and goes on below them, also after headings
that are repeated on a new page. Two tables beside each other, or two persons in a row, are tables of
their own. Nothing is decided here about what a column means for its lines: only which texts are headings.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from api.roster.cleaning import cleaned
from api.roster.columns import FORMS, Recipient
from api.roster.headings import (
    Unit,
    bare_unit,
    heading_name,
    is_anothers,
    is_beneath,
    is_serial,
    is_signature,
    matched,
    plain_heading,
    stated_unit,
    unit_of,
)
from api.roster.sheet import is_filled
from api.roster.workbooks import Cell, Row, Sheet
from ledger.identity.documents import folded

MOST_LEVELS = 4
"""Over so many rows headings may go."""
_SHARED = ("category", "employer", "shop", "group", "on")
"""What may stand once for two persons beside each other."""
_DATA = re.compile(r"\d{6,}|^[-+]?[\d.,]+$")
_ID_LIKE = re.compile(r"[1-9]\d{5}(?:19|20)\d\d[01]\d[0-3]\d\d{3}[\dXx]")
_FORM_NOTES = ("栏目", "必填", "填法")

IsHeading = Callable[[str], bool]
"""Whether the officer named this heading."""


@dataclass(frozen=True)
class Heading:
    """A column's heading: where it stands, its texts from above to below, the unit that it gives."""

    index: int
    texts: tuple[str, ...]
    unit: Unit | None

    @property
    def text(self) -> str:
        """What it is called: its lowest text, with those above where there are any."""
        return " ".join(self.texts)


@dataclass
class FoundTable:
    """A table of a sheet: its headings, by columns, and the rows below them."""

    sheet: Sheet
    heading_rows: list[int]
    """From 0."""
    headings: list[Heading]
    shared: list[Heading] = field(default_factory=list)
    """Columns before two tables beside each other, which say something of both."""
    beside: bool = False
    """Whether another table stands before it on the same rows."""
    reach: range = range(1 << 20)
    """The columns of which it has to account for what stands there."""
    rows: list[Row] = field(default_factory=list)
    stated: Unit | None = None
    """The unit of money that stands over the table."""
    stated_below: Unit | None = None
    """The unit of money that a remark among its rows states."""
    titles: list[str] = field(default_factory=list)
    """What stands over the table, the nearest first."""
    aside: list[Heading] = field(default_factory=list)
    """Headings of another table behind it that lists nobody, as of its totals."""


class Around(NamedTuple):
    """A row that belongs to no table's lines: a title, a heading repeated."""

    row: int
    """From 0."""
    code: str


class Layout(NamedTuple):
    """The tables of a sheet, and the rows that are none of their lines."""

    sheet: Sheet
    tables: list[FoundTable]
    around: list[Around]

    @property
    def is_form_notes(self) -> bool:
        """Whether the sheet holds the notes on filling a form in."""
        first = [plain_heading(str(cell)) for cell in self.sheet.rows[0][1]] if self.sheet.rows else []
        return first[: len(_FORM_NOTES)] == list(_FORM_NOTES)


def layout_without_headings(sheet: Sheet) -> Layout:
    """The one table of a sheet that has persons' numbers and no headings, its columns without texts."""
    first = next((at for at, (_, row) in enumerate(sheet.rows) if _holds_number(row)), None)
    if first is None:
        return Layout(sheet, [], [Around(index, "title") for index, _ in sheet.rows])
    rows = sheet.rows[first:]
    columns = sorted({at for _, row in rows for at, cell in enumerate(row) if is_filled(cell)})
    table = FoundTable(sheet, [], [Heading(at, ("",), None) for at in columns], rows=rows)
    table.stated = unit_over(sheet.rows[:first])
    return Layout(sheet, [table], [Around(index, "title") for index, _ in sheet.rows[:first]])


def layout_of(sheet: Sheet, is_named: IsHeading = lambda text: False) -> Layout:
    """Find the tables of a sheet."""
    rows = sheet.rows
    around: list[Around] = []
    titles: set[str] = set()
    found: list[FoundTable] = []
    current: list[FoundTable] = []
    before: list[Row] = []
    by_content = None if _has_heading(rows, is_named) else _heading_by_content(rows)
    at = 0
    while at < len(rows):
        index, row = rows[at]
        if at != by_content and not _is_heading(row, is_named):
            before.append((index, row))
            for table in current:
                table.rows.append((index, row))
            at += 1
            continue
        last = _last_level(rows, at, is_named)
        groups = _groups_above(before)
        block = [*groups, *rows[at : last + 1]]
        for table in current:
            while table.rows and table.rows[-1][0] >= block[0][0]:
                table.rows.pop()
        headings = _headings(block)
        if current and _same(current, headings):
            around += [Around(number, "heading-again") for number, _ in block]
            _take_titles_back(current, titles)
        else:
            titles |= {text for _, row in before for text in _texts(row) if text}
            current = _split(sheet, [number for number, _ in block], headings)
            found += current
        for table in current:
            over = before[: len(before) - len(groups)]
            table.stated = unit_over(over) or table.stated
            table.titles = _titles(over) or table.titles
        before = []
        at = last + 1
    for table in found:
        table.stated_below = unit_over([each for each in table.rows if not _holds_number(each[1])])
    taken = {index for table in found for index, _ in table.rows} | {each.row for each in around}
    taken |= {index for table in found for index in table.heading_rows}
    around += [Around(index, "title") for index, _ in rows if index not in taken]
    return Layout(sheet, found, sorted(around))


def _take_titles_back(tables: Sequence[FoundTable], titles: Container[str]) -> None:
    """Take the titles that are repeated with the headings of a new page from among a table's rows."""
    for table in tables:
        while table.rows and _is_title_again(table.rows[-1][1], titles):
            table.rows.pop()


def _is_title_again(row: Sequence[Cell], titles: Container[str]) -> bool:
    filled = [cell for cell in row if is_filled(cell)]
    return _is_plain_text(row) and all(text in titles for text in _texts(filled))


def _texts(row: Sequence[Cell]) -> list[str]:
    return [cleaned(cell).text if isinstance(cell, str) else "" for cell in row]


def _is_plain_text(row: Sequence[Cell]) -> bool:
    """Whether all that stands in a row is words: no numbers, no dates, nothing that is somebody's."""
    filled = [cell for cell in row if is_filled(cell)]
    return bool(filled) and all(
        isinstance(cell, str) and not _DATA.search(cleaned(cell).text) for cell in filled
    )


def _has_heading(rows: Sequence[Row], is_named: IsHeading) -> bool:
    return any(_is_heading(row, is_named) for _, row in rows)


def _is_heading(row: Sequence[Cell], is_named: IsHeading) -> bool:
    """A row of words of which two are headings, one of them of what a line must have, or named by the officer."""
    if not isinstance(next((cell for cell in row if is_filled(cell)), None), str) or not _is_plain_text(row):
        return False
    texts = [text for text in _texts(row) if text]
    if any(is_named(text) for text in texts) and len(texts) >= 2:
        return True
    for recipient in FORMS:
        found = [match for match in (matched(recipient, text) for text in texts) if match is not None]
        others = sum(is_serial(text) or is_signature(text) for text in texts)
        if any(match.column.required for match in found) and len(found) + others >= 2:
            return True
    return False


def _heading_by_content(rows: Sequence[Row]) -> int | None:
    """Where no heading is known: the row of words right above the first row with a person's number."""
    for at, (_, row) in enumerate(rows):
        if _holds_number(row):
            above = rows[at - 1][1] if at else []
            is_row = _is_plain_text(above) and sum(is_filled(cell) for cell in above) >= 2
            return at - 1 if is_row else None
    return None


def _holds_number(row: Sequence[Cell]) -> bool:
    """Whether a cell of a row looks like a resident's number."""
    return any(isinstance(cell, str) and _ID_LIKE.fullmatch(folded(cleaned(cell).text)) for cell in row)


def _last_level(rows: Sequence[Row], at: int, is_named: IsHeading) -> int:
    """The last of the rows over which headings go, from the first that is known."""
    last = at
    while last + 1 < len(rows) and last + 1 - at < MOST_LEVELS and rows[last + 1][0] == rows[last][0] + 1:
        below = rows[last + 1][1]
        if _is_units(below):
            last += 1
            continue
        if not _is_heading(below, is_named) and not _is_level_below(rows[last][1], below):
            break
        if _is_heading(below, is_named) and not _is_wider_below(rows[last][1], below):
            break
        last += 1
    return last


def _is_units(row: Sequence[Cell]) -> bool:
    """Whether a row beneath headings only gives their units, and how they are filled in."""
    texts = [text for text in _texts(row) if text]
    is_text = len(texts) == sum(map(is_filled, row))
    return is_text and all(map(is_beneath, texts)) and any(bare_unit(text) is not None for text in texts)


def _is_wider_below(above: Sequence[Cell], below: Sequence[Cell]) -> bool:
    """Whether a second row of headings goes on with the first: merged into it, or beneath its groups."""
    pairs = [(one, other) for one, other in zip(_texts(above), _texts(below), strict=False) if one and other]
    return all(one == other or not _is_known(one) for one, other in pairs)


def _is_level_below(above: Sequence[Cell], below: Sequence[Cell]) -> bool:
    """Whether a row holds headings of parts alone, beneath groups, nobody's name or number among them."""
    if not _is_plain_text(below):
        return False
    upper, lower = _texts(above), _texts(below)
    upper += [""] * (len(lower) - len(upper))
    filled = [(one, other) for one, other in zip(upper, lower, strict=False) if other]
    beneath = all(one == other or not one or not _is_known(one) for one, other in filled)
    return beneath and any(_is_known(other) for _, other in filled) and len(filled) < sum(map(bool, upper))


def _is_known(text: str) -> bool:
    return (
        any(matched(recipient, text) is not None for recipient in FORMS)
        or is_serial(text)
        or is_signature(text)
    )


def _groups_above(before: Sequence[Row]) -> list[Row]:
    """Rows of words right above the headings, each with at least two groups."""
    found: list[Row] = []
    for index, row in reversed(before[-(MOST_LEVELS - 1) :]):
        texts = [text for text in _texts(row) if text]
        is_group = (
            _is_plain_text(row) and len(set(texts)) >= 2 and not any(_is_remark(text) for text in texts)
        )
        if not is_group or (found and found[0][0] != index + 1):
            break
        found.insert(0, (index, row))
    return found


def _is_remark(text: str) -> bool:
    plain = unicodedata.normalize("NFKC", text)
    return bool(re.search(r"[:\d]|月\s*日|合计|总计|共计|制表|填报|填表", plain))


def _headings(block: Sequence[Row]) -> list[Heading]:
    """The headings of each column over the rows of a block; a group's goes on to the right until the next."""
    levels: list[list[str]] = []
    width = max(len(row) for _, row in block)
    units = {at: unit for _, row in block if _is_units(row) for at, unit in _units(row)}
    block = [(number, row) for number, row in block if not _is_units(row)]
    for number, (_, row) in enumerate(block):
        texts = _texts(row)
        texts += [""] * (width - len(texts))
        if number < len(block) - 1:
            group = ""
            for index, text in enumerate(texts):
                group = text or group
                below = any(_text_at(other, index) for _, other in block[number + 1 :])
                if not text and below and not _is_known(group):
                    texts[index] = group
        levels.append(texts)
    found = []
    for index in range(width):
        parts = tuple(dict.fromkeys(level[index] for level in levels if level[index]))
        if parts:
            unit = next((unit for unit in map(unit_of, reversed(parts)) if unit is not None), None)
            found.append(Heading(index, parts, units.get(index, unit)))
    return found


def _units(row: Sequence[Cell]) -> list[tuple[int, Unit]]:
    """The units of a row that gives units, each with its column."""
    given = ((at, bare_unit(text)) for at, text in enumerate(_texts(row)) if text)
    return [(at, unit) for at, unit in given if unit is not None]


def _text_at(row: Sequence[Cell], index: int) -> str:
    cell = row[index] if index < len(row) else ""
    return cell.strip() if isinstance(cell, str) else ""


def _same(tables: Sequence[FoundTable], headings: Sequence[Heading]) -> bool:
    """Whether these are the headings of the tables that stand above, repeated, and in no other unit."""
    above = {each.index: each for table in tables for each in (*table.shared, *table.headings, *table.aside)}
    below = {each.index: each for each in headings}
    return above.keys() == below.keys() and all(
        heading_name(each.texts[-1]) == heading_name(above[at].texts[-1])
        and each.unit in (None, above[at].unit)
        for at, each in below.items()
    )


def _titles(before: Sequence[Row]) -> list[str]:
    """The texts of the rows of words right above the headings, the nearest first."""
    found: list[str] = []
    for _, row in reversed(before):
        if not _is_plain_text(row):
            break
        found += [text for text in _texts(row) if text]
    return found


def unit_over(before: Sequence[Row]) -> Unit | None:
    """The unit of money that rows over a table state, the nearest to it."""
    for _, row in reversed(before):
        for text in _texts(row):
            unit = stated_unit(text)
            if unit is not None:
                return unit
    return None


def _split(sheet: Sheet, heading_rows: list[int], headings: list[Heading]) -> list[FoundTable]:
    """One table, or one for each set of headings that has its own person."""
    starts = _starts(headings)
    if len(starts) < 2:
        own, aside = _own_and_aside(sheet, heading_rows[-1], headings)
        return [FoundTable(sheet, heading_rows, own, aside=aside)]
    shared = [each for each in headings if each.index < starts[0]]
    ends = [*starts[1:], headings[-1].index + 1]
    tables = []
    for number, (start, end) in enumerate(zip(starts, ends, strict=True)):
        own = [each for each in headings if start <= each.index < end]
        both = [each for each in shared if field_meant(each) in _SHARED] if number else shared
        reach = range(start if number else 0, end if number < len(starts) - 1 else 1 << 20)
        tables.append(FoundTable(sheet, heading_rows, own, both, number > 0, reach))
    return tables


def _own_and_aside(sheet: Sheet, row: int, headings: list[Heading]) -> tuple[list[Heading], list[Heading]]:
    """A table's headings, and those of a table behind an empty column that lists nobody and says the same again."""
    for place, (one, other) in enumerate(pairwise(headings), 1):
        gap = range(one.index + 1, other.index)
        if not gap or any(
            is_filled(cells[at]) for _, cells in _below(sheet, row) for at in gap if at < len(cells)
        ):
            continue
        left, right = (
            {field_meant(each) for each in part} - {None} for part in (headings[:place], headings[place:])
        )
        required = {column.field for column in FORMS["person"] if column.required}
        if required <= left and not required & right and left & right:
            return headings[:place], headings[place:]
    return headings, []


def _below(sheet: Sheet, row: int) -> Iterator[Row]:
    return (each for each in sheet.rows if each[0] > row)


def _starts(headings: Sequence[Heading]) -> list[int]:
    """Where each set of headings begins; empty where there is one."""
    for recipient in FORMS:
        required = [column.field for column in FORMS[recipient] if column.required]
        places = [
            [each.index for each in headings if field_meant(each, recipient) == name] for name in required
        ]
        counts = {len(each) for each in places}
        if len(counts) == 1 and counts.pop() > 1:
            anchors = [min(each) for each in zip(*places, strict=True)]
            names = {each.index: heading_name(each.texts[-1]) for each in headings}
            back = 0
            while all(
                names.get(anchor - back - 1) == names.get(anchors[0] - back - 1) is not None
                for anchor in anchors
            ):
                back += 1
            return [anchor - back for anchor in anchors]
    return []


def field_meant(heading: Heading, recipient: Recipient = "person") -> str | None:
    """The field that a heading means by its lowest text, or with those above it; none where these are another's."""
    if any(is_anothers(text) for text in heading.texts[:-1]):
        return None
    for text in (heading.texts[-1], "".join(heading.texts)):
        match = matched(recipient, text)
        if match is not None:
            return match.column.field
    return None
