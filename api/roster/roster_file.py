"""A roster's file as a whole (名单文件): its tables mapped, its lines one after the other, what is not used of it.

Lines are read as they are asked for: many at once take many times their file.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from api.roster.amounts import amount_fen
from api.roster.choices import Choices
from api.roster.cleaning import bare_number, cleaned
from api.roster.columns import FORMS, Recipient
from api.roster.file_notices import Notice, Notices
from api.roster.headings import matched
from api.roster.layout import Layout, layout_of, layout_without_headings
from api.roster.lines import TableLine, Total, lines_of
from api.roster.mapping import MappedTable, check_beside, map_table
from api.roster.reading import CellFault, RosterRow
from api.roster.sheet import RosterUnreadable, is_filled, letters, opened_file
from api.roster.split_numbers import put_together
from api.roster.table_lines import RosterLine
from api.roster.unused import WHY, Unused, row_aside, sheet_unused
from api.roster.words import category_in, words_under
from api.roster.workbooks import FileRead, Row, Sheet
from ledger.domain.policy.campaign_policy import Policy
from ledger.errors import IdentityFault
from ledger.identity.documents import (
    EnterpriseIdentity,
    PersonIdentity,
    folded,
    masked_document,
    masked_name,
    numbers_masked,
)

MOST_LINES = 50_000
LONG_NUMBER = 11
SHOWN_HEADINGS = 12
SHOWN_NAMES = 5
NOTHING_CHOSEN = Choices()


class Named(NamedTuple):
    """A name under a number, and the cell where the number stands."""

    name: str
    cell: str


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
        doubled = _doubled(self.tables, self.choices)
        back = taken_back(self.tables)
        seen: dict[str, Named] = {}
        count = 0
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
                _check_once(mapped, row, seen, doubled)
                _check_kept(mapped, row, back)
                yield row
            for total in first:
                self.notices.take_total(mapped.sheet, total.row, sums.differs(total))
            self.notices.take_ends(mapped, is_text=self.file.kind == "text")

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
    if not any(layout.tables for layout in layouts):
        layouts = [layout_without_headings(sheet) for sheet in file.sheets]
    tables: list[MappedTable] = []
    unused: list[Unused] = []
    for layout in layouts:
        why = "sheet-other-year" if layout in former else _why_not(layout, choices)
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


# --- One number, one person ------------------------------------------------------------------------


def _doubled(tables: Sequence[MappedTable], choices: Choices) -> dict[str, list[Named]]:
    """Numbers that stand under two names: the number's first 17 characters → who."""
    first: dict[str, Named] = {}
    found: dict[str, list[Named]] = {}
    for mapped in tables:
        number, name = mapped.of("number"), mapped.of("name")
        if mapped.recipient != "person" or number is None or name is None:
            continue
        for index, row in mapped.table.rows:
            if max(number.index, name.index) >= len(row):
                continue
            key = number_key(row[number.index])
            who = folded(cleaned(str(row[name.index])).text).replace("·", "")
            if len(key) < 8 or not who:
                continue
            named = Named(who, f"{number.letters}{index + 1}")
            before = first.setdefault(key, named)
            if before is not named and before.name != who:
                found.setdefault(key, [before]).append(named)
    return found


def taken_back(tables: Sequence[MappedTable]) -> dict[str, str]:
    """Numbers that have a line with a sum below zero (冲正), as :func:`number_key`, and where that stands."""
    found: dict[str, str] = {}
    for mapped in tables:
        number, money = mapped.of("number") or mapped.of("credit_code"), mapped.of("amount_fen")
        if number is None or money is None:
            continue
        for index, row in mapped.table.rows:
            if max(number.index, money.index) < len(row) and _is_below_zero(row[money.index]):
                found.setdefault(number_key(row[number.index]), f"{money.letters}{index + 1}")
    return found


def _is_below_zero(cell: object) -> bool:
    if isinstance(cell, int | float):
        return cell < 0
    return isinstance(cell, str) and _BELOW_ZERO.match(cell) is not None


_BELOW_ZERO = re.compile(
    r"\s*(?:[-−－﹣]\s*[¥￥]?\s*\d|[(（]\s*[¥￥]?\s*\d[\d,.]*\s*[)）]$|(?:红字|冲正|冲销))"
)


def _check_kept(mapped: MappedTable, row: RosterRow, back: Mapping[str, str]) -> None:
    """A line whose sum another line of the same number takes back."""
    if not back or row.identity is None or (row.amount_fen or 0) <= 0:
        return
    who = row.identity.number if isinstance(row.identity, PersonIdentity) else row.identity.credit_code
    place = back.get(number_key(who))
    if place is not None:
        row.faults.append(
            CellFault(
                row.person_cell,
                FORMS[mapped.recipient][0].heading,
                masked_document(who),
                "amount-taken-back",
                f"同一号码另有一行金额为负（{place}，冲正）：请只留实际应发的一行",
                f"another line of the same number takes a sum back ({place}): keep the one line that is to be paid",
            )
        )


def number_key(cell: object) -> str:
    """A number without its check character; the older form as the newer."""
    text = str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)
    number = folded(bare_number(cleaned(text).text))
    return number[:6] + "19" + number[6:] if len(number) == 15 and number.isdecimal() else number[:17]


def _check_once(
    mapped: MappedTable, row: RosterRow, seen: dict[str, Named], doubled: dict[str, list[Named]]
) -> None:
    if row.identity is None:
        return
    number = _number_of(row.identity)
    place = Named(row.identity.name, row.person_cell)
    first = seen.setdefault(number, place)
    who = mapped.of("number" if mapped.recipient == "person" else "credit_code")
    heading = who.column.heading if who is not None and who.column is not None else ""
    names = doubled.get(number[:17])
    if names is not None:
        listed = "、".join(f"{masked_name(each.name)}（{each.cell}）" for each in names[:SHOWN_NAMES])
        row.faults.append(
            CellFault(
                row.person_cell,
                heading,
                masked_document(number),
                "number-two-names",
                f"同一号码有两个姓名：{listed}，请核对证件",
                f"one number under two names: {listed}, compare them with the document",
            )
        )
    elif first is not place:
        at = int("".join(c for c in first.cell if c.isdigit()) or 0)
        row.faults.append(
            CellFault(
                row.person_cell,
                heading,
                masked_document(number),
                "twice-in-roster",
                f"与第 {at} 行重复（{first.cell}）",
                f"the same as row {at} ({first.cell})",
            )
        )


def _number_of(identity: PersonIdentity | EnterpriseIdentity) -> str:
    return identity.number if isinstance(identity, PersonIdentity) else identity.credit_code


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


class _Sums:
    """What the lines of a table come to, against the totals that stand in it."""

    def __init__(self) -> None:
        self._all = self._since = 0
        self.is_begun = False
        self._is_whole = True

    def add(self, fen: int | None) -> None:
        """One more line."""
        self.is_begun = True
        self._is_whole = self._is_whole and fen is not None
        self._all += fen or 0
        self._since += fen or 0

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
