"""A roster's file as a whole (名单文件): its tables mapped, its lines one after the other, what is not used of it.

Lines are read as they are asked for: many at once take many times their file.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from api.roster.amounts import amount_fen
from api.roster.choices import Choices
from api.roster.cleaning import cleaned
from api.roster.columns import FORMS, Recipient
from api.roster.file_notices import Notice, Notices
from api.roster.headings import matched
from api.roster.layout import Layout, layout_of, layout_without_headings
from api.roster.lines import TableLine, Total, lines_of
from api.roster.mapping import MappedTable, check_beside, map_table
from api.roster.one_number import Seen, check_kept, check_once, doubled_in, taken_back, two_sums
from api.roster.reading import CellFault, RosterRow
from api.roster.sheet import RosterUnreadable, is_filled, letters, opened_file
from api.roster.split_numbers import put_together
from api.roster.stated import stated
from api.roster.table_lines import RosterLine
from api.roster.unused import WHY, Unused, row_aside, sheet_unused
from api.roster.weighing import lists_others
from api.roster.words import category_in, words_under
from api.roster.workbooks import FileRead, Row, Sheet
from ledger.domain.policy.campaign_policy import Policy
from ledger.errors import IdentityFault
from ledger.identity.documents import (
    numbers_masked,
)

MOST_LINES = 50_000
LONG_NUMBER = 11
SAYS_OF_LINES = ("row-title", "row-remark", "row-total")
"""Rows that may say how many persons a list has, and how much in all."""
SHOWN_HEADINGS = 12
NOTHING_CHOSEN = Choices()


@dataclass
class RosterFile:
    """A file's tables with their fields, and what is known to be unused before its lines are read."""

    file: FileRead
    choices: Choices
    tables: list[MappedTable]
    unused: list[Unused]
    """Grows while lines are read: rows that are none."""
    notices: Notices = field(default_factory=Notices)
    """Grow while lines are read."""

    @property
    def recipient(self) -> Recipient:
        """Whom it lists."""
        return self.tables[0].recipient if self.tables else "person"

    @property
    def sheet(self) -> str:
        """The sheets that are read, by name."""
        return "、".join(dict.fromkeys(table.sheet for table in self.tables))

    @property
    def left_over(self) -> list[Unused]:
        """What has to be accepted as not needed before anything is signed."""
        return [each for each in self.unused if each.is_asked]

    def lines(self, policy: Policy, *, today: datetime.date) -> Iterator[RosterRow]:
        """The lines of all tables, checked one after the other against a campaign's policy."""
        words = words_under([policy])
        doubled = doubled_in(self.tables)
        sums_of_two = two_sums(self.tables)
        back = taken_back(self.tables)
        seen: dict[str, Seen] = {}
        count = 0
        counts: dict[str, list[tuple[int, int | None]]] = {}
        for mapped in self.tables:
            sums, first = _Sums(), list[Total]()
            categories: dict[str, str] = {}
            sections = _Sections(mapped, policy)
            for found in self._rows(mapped):
                if isinstance(found, Total) and not sums.is_begun:
                    first.append(found)
                    continue
                if isinstance(found, Total):
                    self.notices.take_total(mapped.sheet, found.row, sums.differs(found))
                    continue
                count += 1
                section = sections.of(found.row)
                reader = RosterLine(mapped, found, policy, today, self.choices, categories, words, section)
                row = reader.read()
                if reader.is_from_title:
                    self.notices.take_section(mapped.sheet, found.row, sections.title)
                row.line = count
                sums.add(row.amount_fen)
                self.notices.take(row, reader.dropped, reader.placeholders)
                self._check_whole(mapped, found, row)
                check_once(mapped, row, seen, doubled, sums_of_two)
                check_kept(mapped, row, back)
                yield row
            for total in first:
                self.notices.take_total(mapped.sheet, total.row, sums.differs(total))
            self.notices.take_ends(mapped, is_text=self.file.kind == "text")
            counts.setdefault(mapped.sheet, []).append(sums.all)
        self._take_stated(counts)

    def _take_stated(self, counts: Mapping[str, list[tuple[int, int | None]]]) -> None:
        """What is said around the lines of each sheet, against how many lines there are, and what they come to."""
        if not counts:
            return
        whole = _added(each for tables in counts.values() for each in tables)
        for sheet in {id(each.table.sheet): each.table.sheet for each in self.tables}.values():
            aside = {
                each.row for each in self.unused if each.sheet == sheet.name and each.code in SAYS_OF_LINES
            }
            said = stated(row for index, row in sheet.rows if index + 1 in aside)
            found = [whole, _added(counts[sheet.name]), *counts[sheet.name]]
            sums = [fen for _, fen in found if fen is not None]
            self.notices.take_stated(sheet.name, said, [count for count, _ in found], sums)

    def _rows(self, mapped: MappedTable) -> Iterator[TableLine | Total]:
        for each in lines_of(mapped, self.choices, is_text=self.file.kind == "text"):
            if isinstance(each, Unused):
                self.unused.append(each)
                continue
            if isinstance(each, TableLine):
                self.notices.take_line(mapped.sheet, each)
            yield each

    def _check_whole(self, mapped: MappedTable, line: TableLine, row: RosterRow) -> None:
        """What is wrong with the line as a whole: it was cut, or its table's columns are not settled."""
        if line.cut is not None:
            cut = line.cut
            row.faults.append(CellFault(f"第{row.row}行", "", str(cut.found), cut.code, cut.zh, cut.en))
        rows = mapped.table.heading_rows
        for clash in mapped.clashes:
            cell = f"{letters(clash.index)}{rows[-1] + 1 if rows else row.row}"
            row.faults.append(CellFault(cell, clash.heading, "", clash.code, clash.zh, clash.en))


def open_roster(
    path: Path, choices: Choices = NOTHING_CHOSEN, remembered: Choices = NOTHING_CHOSEN
) -> RosterFile:
    """Read a file, find its tables, and say which column is which field.

    Raises:
        RosterUnreadable: ``roster-file``, ``file-protected``, ``file-limit``, ``roster-no-header``,
            ``sheet-unknown`` or ``roster-too-long``.
    """
    file = opened_file(path)
    _check_sheets(file.sheets, choices)
    both = remembered.joined(choices)
    layouts = [layout_of(sheet, both.names_heading) for sheet in file.sheets]
    former = [] if choices.sheets else _of_former_years(layouts)
    of_others = [] if choices.sheets else _of_others(layouts)
    if not any(layout.tables for layout in layouts):
        layouts = [layout_without_headings(sheet) for sheet in file.sheets]
    tables: list[MappedTable] = []
    unused: list[Unused] = []
    for layout in layouts:
        why = _why_not(layout, choices)
        if layout in former or layout in of_others:
            why = "sheet-other-year" if layout in former else "sheet-weighs"
        tables_found = map(put_together, layout.tables) if why is None else ()
        mapped = [map_table(table, choices, remembered) for table in tables_found]
        for rows in {tuple(each.table.heading_rows) for each in mapped}:
            check_beside([each for each in mapped if tuple(each.table.heading_rows) == rows])
        if any(map(_is_sideways, mapped)):
            why, mapped = "sheet-sideways", []
        if mapped and tables and mapped[0].recipient != tables[0].recipient:
            why, mapped = "sheet-other-form", []
        if why is not None:
            unused.append(sheet_unused(layout.sheet.name, why))
            continue
        tables += mapped
        unused += [each for table in mapped for each in table.unused]
        unused += _around(layout)
    if not any(layout.tables for layout in layouts):
        raise _no_header(file.sheets)
    if not tables and any(each.code == "sheet-sideways" for each in unused):
        raise RosterUnreadable("roster-sideways", *WHY["sheet-sideways"])
    roster = RosterFile(file, both, tables, unused)
    roster.notices.take_file(path, file)
    for sheet in {id(each.table.sheet): each.table.sheet for each in tables}.values():
        roster.notices.take_notes(sheet)
    if sum(map(_count, tables)) > MOST_LINES:
        raise RosterUnreadable(
            "roster-too-long",
            f"名单超过 {MOST_LINES} 行，请分开导入",
            f"the roster has more than {MOST_LINES} rows, import it in parts",
        )
    return roster


def _around(layout: Layout) -> Iterator[Unused]:
    rows = dict(layout.sheet.rows)
    for each in layout.around:
        yield row_aside(layout.sheet.name, each.row, f"row-{each.code}", rows.get(each.row, ()))


def _count(mapped: MappedTable) -> int:
    """How many rows of a table are somebody's: those that have what a line must have."""
    who = [at for at, each in mapped.places.items() if each.column is not None and each.column.required]
    return sum(any(at < len(row) and is_filled(row[at]) for at in who) for _, row in mapped.table.rows)


def _is_sideways(mapped: MappedTable) -> bool:
    """Whether what a line must have is no column, and its heading stands among the lines."""
    missing = [
        column.field
        for column in FORMS[mapped.recipient]
        if column.required and mapped.of(column.field) is None
    ]
    if not mapped.table.heading_rows:
        return _names_all(mapped.recipient, mapped.table.sheet.rows)
    return bool(missing) and bool(_fields_named(mapped.recipient, mapped.table.rows) & set(missing))


def _names_all(recipient: Recipient, rows: Sequence[Row]) -> bool:
    """Whether the labels of all that a line must have stand among the cells of a sheet without headings."""
    return {column.field for column in FORMS[recipient] if column.required} <= _fields_named(recipient, rows)


def _fields_named(recipient: Recipient, rows: Sequence[Row]) -> set[str]:
    """The fields whose headings stand among the first rows' cells."""
    texts = (cleaned(cell).text for _, row in rows[:30] for cell in row if isinstance(cell, str))
    found = (matched(recipient, text) for text in texts if text)
    return {match.column.field for match in found if match is not None}


_YEAR = re.compile(r"(?<!\d)(20\d\d)(?!\d|年?\d{1,2}月|\s*[-—~至./]\s*\d)")
"""A year that stands for itself, and is no part of a day, a month or a span."""


def _of_former_years(layouts: Sequence[Layout]) -> list[Layout]:
    """Sheets of which the name, or else a title, states an earlier year than that of another: a list of the past."""
    years = {}
    for place, layout in enumerate(layouts):
        texts = [layout.sheet.name, *(title for table in layout.tables[:1] for title in table.titles)]
        found = [match[1] for match in map(_YEAR.search, texts) if match is not None]
        if layout.tables and not layout.sheet.is_hidden and found:
            years[place] = found[0]
    return [layouts[place] for place, year in years.items() if year < max(years.values())]


def _of_others(layouts: Sequence[Layout]) -> list[Layout]:
    """Sheets that are, by their name or title, of those who are not to be helped, beside one that is not."""
    listed = [layout for layout in layouts if layout.tables and not layout.sheet.is_hidden]
    others = [
        layout for layout in listed if any(map(lists_others, [layout.sheet.name, *layout.tables[0].titles]))
    ]
    return others if len(others) < len(listed) else []


def _check_sheets(sheets: Sequence[Sheet], choices: Choices) -> None:
    names = [sheet.name for sheet in sheets]
    for name in choices.sheets:
        if not any(_is_called(sheet, name) for sheet in sheets):
            raise RosterUnreadable(
                "sheet-unknown",
                f"没有工作表“{name}”，文件中有：{'、'.join(names)}",
                f"there is no sheet {name}, the file has: {', '.join(names)}",
            )


def _is_called(sheet: Sheet, name: str) -> bool:
    return sheet.name == name or (sheet.is_hidden and sheet.name.startswith(f"{name}（"))


def _why_not(layout: Layout, choices: Choices) -> str | None:
    """Why a sheet is not read; None where it is."""
    sheet = layout.sheet
    if choices.sheets:
        is_chosen = any(_is_called(sheet, name) for name in choices.sheets)
        return (
            None if is_chosen and layout.tables else ("sheet-no-table" if is_chosen else "sheet-not-chosen")
        )
    if not sheet.rows:
        return "sheet-empty"
    if sheet.is_hidden:
        return "sheet-hidden"
    if layout.is_form_notes:
        return "sheet-notes"
    return None if layout.tables else "sheet-no-table"


def _no_header(sheets: Sequence[Sheet]) -> RosterUnreadable:
    texts = [
        numbers_masked(cleaned(cell).text)
        for sheet in sheets
        for _, row in sheet.rows[:30]
        for cell in row[:6]
        if isinstance(cell, str)
        and cell.strip()
        and not any(len(_digits(each)) >= LONG_NUMBER for each in row)
    ][:SHOWN_HEADINGS]
    return RosterUnreadable(
        "roster-no-header",
        "找不到表头：应有 姓名、公民身份号码（附件2）或 企业名称、统一社会信用代码（附件1），"
        f"各占一栏；所见：{'、'.join(texts) or ('只有内容，没有表头' if any(sheet.rows for sheet in sheets) else '空表')}",
        "no header found: expected 姓名 and 公民身份号码 (Annex 2) or 企业名称 and 统一社会信用代码"
        f" (Annex 1), each in a column of its own, found: {', '.join(texts) or 'none'}",
    )


def _digits(cell: object) -> str:
    return "".join(c for c in str(cell) if c.isdecimal())


class _Sections:
    """The category that stands over a table's lines, or over those of a part of it (一、困难职工), line after line."""

    def __init__(self, mapped: MappedTable, policy: Policy) -> None:
        self._mapped, self._policy = mapped, policy
        self.title = self._category = ""
        for text in (*mapped.table.titles, mapped.sheet):
            if self._take(text):
                break
        words = ((index, [cell for cell in row if is_filled(cell)]) for index, row in mapped.table.rows)
        self._coming = [
            (index + 1, str(texts[0])) for index, texts in words if len({str(each) for each in texts}) == 1
        ]

    def of(self, row: int) -> str:
        """The category over a row, by its number from 1; rows are asked for in their order."""
        while self._coming and self._coming[0][0] < row:
            self._take(self._coming.pop(0)[1])
        return self._category

    def _take(self, text: str) -> bool:
        """Whether a title names categories; two of them are none."""
        found = category_in(self._policy, cleaned(text).text, self._mapped.recipient)
        if found:
            self._category, self.title = (found[0] if len(found) == 1 else ""), cleaned(text).text
        return bool(found)


def _added(parts: Iterable[tuple[int, int | None]]) -> tuple[int, int | None]:
    """Lines and sums of parts together; no sum where one has none."""
    counts, sums = zip(*parts, strict=True)
    return sum(counts), None if None in sums else sum(sums)


class _Sums:
    """What the lines of a table come to, against the totals that stand in it."""

    def __init__(self) -> None:
        self._all = self._since = self._count = 0
        self.is_begun = False
        self._is_whole = True

    def add(self, fen: int | None) -> None:
        """One more line."""
        self.is_begun = True
        self._count += 1
        self._is_whole = self._is_whole and fen is not None
        self._all += fen or 0
        self._since += fen or 0

    @property
    def all(self) -> tuple[int, int | None]:
        """How many lines, and what they come to; None where one has no sum that can be read."""
        return self._count, self._all if self._is_whole else None

    def differs(self, total: Total) -> tuple[int, int] | None:
        """What a total says and what the lines come to, where these differ; in fen."""
        since, self._since = self._since, 0
        if total.amount is None or not self._is_whole:
            return None
        try:
            said = amount_fen(total.amount, total.unit)
        except IdentityFault:
            return None
        return None if said in (self._all, since) else (said, self._all)


# --- All at once -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Roster:
    """A roster as read: whom it lists, and all its lines, good and bad."""

    source: RosterFile
    rows: list[RosterRow]

    @property
    def sheet(self) -> str:
        """The sheets that are read, by name."""
        return self.source.sheet

    @property
    def recipient(self) -> Recipient:
        """Whom it lists."""
        return self.source.recipient

    @property
    def notices(self) -> list[Notice]:
        """What is to be said of the file."""
        return self.source.notices.all()

    @property
    def good(self) -> list[RosterRow]:
        """The lines without faults."""
        return [row for row in self.rows if not row.faults]

    @property
    def bad(self) -> list[RosterRow]:
        """The lines with faults."""
        return [row for row in self.rows if row.faults]


def read_roster(
    path: Path,
    policy: Policy,
    *,
    today: datetime.date,
    choices: Choices = NOTHING_CHOSEN,
    remembered: Choices = NOTHING_CHOSEN,
) -> Roster:
    """Reads and checks a file against a campaign's policy.

    Raises:
        RosterUnreadable: the file is no roster at all.
    """
    source = open_roster(path, choices, remembered)
    return Roster(source, list(source.lines(policy, today=today)))
