"""A statement of account (对账单), from a table by its profile or from camt.053: entries and balances that chain.

Where the table has a balance on each line, every line is held against the one before it; what does not follow is
named by its row, for lines may be missing there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from pathlib import Path
from typing import Literal, NamedTuple

from api.bank.bank_words import TOTALS, check_yuan, check_yuan_above, plain_word
from api.bank.camt import NoCamt, is_xml, read_camt
from api.bank.profile import StatementField, StatementLayout
from api.roster.amounts import amount_fen
from api.roster.cells import long_number
from api.roster.dates import past_day
from api.roster.file_notices import Notice, cells_marked, hidden_rows
from api.roster.headings import Unit, heading_name, plain_heading, unit_of
from api.roster.layout import unit_over
from api.roster.sheet import HEADER_WITHIN_ROWS, letters, sheets
from api.roster.workbooks import Cell, Row, Sheet
from ledger.errors import Explained, IdentityFault

Direction = Literal["debit", "credit"]


class StatementFault(Explained):
    """A statement that is no whole one, or cannot be read; nothing of it is used."""


class ReadEntry(NamedTuple):
    """An entry as it was read: who is on the other side, and what the note and references say."""

    row: int
    booked_on: str
    direction: Direction
    amount_fen: int
    account: str = ""
    name: str = ""
    note: str = ""
    reference: str = ""
    parts: tuple[str, ...] = ()


class ReadStatement(NamedTuple):
    """A statement as it was read; its balances chain."""

    from_day: str
    to_day: str
    opening_fen: int
    closing_fen: int
    entries: list[ReadEntry]
    notices: list[Notice]


def read_statement(path: Path, today: str, layout: StatementLayout) -> ReadStatement:
    """The statement in a file.

    Raises:
        StatementFault: ``statement-unreadable``, ``statement-no-header``, ``statement-row``,
            ``statement-breaks``, ``statement-no-balance``.
        RosterUnreadable: as :func:`sheets`.
    """
    if is_xml(path):
        return _from_camt(path)
    found = [(sheet, *_header(sheet, layout)) for sheet in sheets(path) if sheet.rows]
    tables = [(sheet, columns, at) for sheet, columns, at in found if columns]
    if len(tables) > 1:
        names = "、".join(sheet.name for sheet, _, _ in tables)
        raise StatementFault(
            "statement-sheets",
            f"几个工作表都有对账单（{names}）：请分开，一次一份",
            f"several sheets hold a statement ({names}): give them apart, one at a time",
        )
    if tables:
        [(sheet, columns, at)] = tables
        read = _Table(sheet, columns, at, layout, date.fromisoformat(today)).read()
        return read._replace(notices=[*read.notices, *_of_file(sheet, at, [each for each, _, _ in found])])
    raise StatementFault(
        "statement-no-header",
        "找不到表头：对账单应有 日期、借方/贷方（或金额、借贷标志）和余额",
        "no header found: a statement has a date, debit and credit (or amount and direction), and the balance",
    )


def _of_file(sheet: Sheet, header: int, all_sheets: Sequence[Sheet]) -> Iterator[Notice]:
    """What is to be said of the file: rows and cells that are marked, sheets that are not used."""
    yield from hidden_rows((index + 1 for index, _ in sheet.rows[header + 1 :]), sheet.hidden)
    yield from cells_marked(sheet)
    for other in all_sheets:
        if other is not sheet:
            yield Notice(
                "bank-sheet-unused",
                f"工作表 {other.name} 未采用：{'隐藏' if other.is_hidden else '没有对账单的表头'}",
                f"sheet {other.name} is not used: "
                + ("it is hidden" if other.is_hidden else "it has no headings of a statement"),
            )


# --- From a table -------------------------------------------------------------------------------

_ASIDE = re.compile(rf"(?:本页|本日|本月|借方|贷方|收入|支出)?(?:{'|'.join(TOTALS)})")
_CARRIED = re.compile(r"承前页|接上页|转下页|过次页")

Columns = dict[StatementField, int]


def _header(sheet: Sheet, layout: StatementLayout) -> tuple[Columns, int]:
    known = {plain_heading(word): field for field, words in layout.headings.items() for word in words}
    for place, (index, row) in enumerate(sheet.rows):
        if index >= HEADER_WITHIN_ROWS or sheet.is_hidden:
            break
        columns: Columns = {}
        for at, cell in enumerate(row):
            text = str(cell)
            field = known.get(plain_heading(text)) or known.get(heading_name(text)) if cell else None
            if field is not None and field != "-":
                columns.setdefault(field, at)
        # Without its direction a sum says it by its sign, which the balances beside it prove.
        sums = {"debit", "credit"} <= columns.keys() or (
            "amount" in columns and ("direction" in columns or "balance" in columns)
        )
        if "booked_on" in columns and sums:
            return columns, place
    return {}, 0


class _Table:
    """Reads the lines below a heading, and the balances around them."""

    def __init__(self, sheet: Sheet, columns: Columns, at: int, layout: StatementLayout, today: date) -> None:
        self._columns, self._today = columns, today
        known = {plain_heading(word) for word in layout.headings.get("note", ())}
        self._more_notes = [
            index
            for index, cell in enumerate(sheet.rows[at][1])
            if cell and index != columns.get("note") and plain_heading(str(cell)) in known
        ]
        self._above, self._rows = sheet.rows[:at], sheet.rows[at + 1 :]
        header = sheet.rows[at][1]
        first = columns.get("amount", columns.get("debit", 0))
        self._header, self._from_1904 = header, sheet.from_1904
        self._unit = unit_of(str(header[first])) or unit_over(self._above) or Unit(layout.unit)
        self._debit = {plain_word(word) for word in layout.debit}
        self._credit = {plain_word(word) for word in layout.credit}
        self._opening = {plain_heading(word) for word in layout.opening}
        self._closing = {plain_heading(word) for word in layout.closing}
        unused = [
            f"{letters(at)} {cell}"
            for at, cell in enumerate(header)
            if cell and at not in (*columns.values(), *self._more_notes)
        ]
        named = "、".join(unused)
        self._notices = (
            [
                Notice(
                    "bank-columns-unused", f"以下各栏未采用：{named}", f"these columns are not used: {named}"
                )
            ]
            if unused
            else []
        )

    def read(self) -> ReadStatement:
        """The statement, its entries from the earliest to the latest."""
        entries: list[tuple[ReadEntry, int | None]] = []
        try:
            check_yuan_above(self._above)
        except IdentityFault as fault:
            raise StatementFault(fault.code, fault.message("zh"), fault.message("en")) from None
        opening_fen, closing_fen = self._labelled(self._above)
        for number, row in self._rows:
            # What is carried over opens a statement, and stands within it where a page begins.
            is_carried = bool(entries) and _CARRIED.match(self._first(row)) is not None
            opened, closed = (None, None) if is_carried else self._labelled([(number, row)])
            if opened is not None or closed is not None:
                opening_fen = opened if opened is not None else opening_fen
                closing_fen = closed if closed is not None else closing_fen
            elif self._is_aside(row):
                self._notices.append(
                    Notice(
                        "row-aside",
                        f"第 {number + 1} 行是合计、过页或重复的表头，未采用",
                        f"row {number + 1} is a total, carries a page over, or is the heading again, and not used",
                    )
                )
            elif self._text(row, "booked_on"):
                entries.append(self._entry(number + 1, row))
            else:
                self._notices.append(
                    Notice(
                        "row-no-date", f"第 {number + 1} 行没有日期，未采用", f"row {number + 1} has no date"
                    )
                )
        if len(entries) > 1:
            falls = entries[0][0].booked_on > entries[-1][0].booked_on
            if falls or (not _chains(entries) and _chains(entries[::-1])):
                entries.reverse()
        return self._statement(entries, opening_fen, closing_fen)

    def _is_aside(self, row: list[Cell]) -> bool:
        """A total, a sum carried from page to page, or the heading again: none of them has a day of its own."""
        if [str(cell) for cell in row] == [str(cell) for cell in self._header]:
            return True
        day = self._text(row, "booked_on")
        first = self._first(row)
        is_named = _ASIDE.match(first) is not None or _CARRIED.match(first) is not None
        return is_named and not any(map(str.isdecimal, day.partition("：")[0]))

    @staticmethod
    def _first(row: list[Cell]) -> str:
        return plain_heading(next((str(cell) for cell in row if cell != ""), ""))

    def _statement(
        self, entries: list[tuple[ReadEntry, int | None]], opening_fen: int | None, closing_fen: int | None
    ) -> ReadStatement:
        is_signed = not {"debit", "credit"} <= self._columns.keys() and "direction" not in self._columns
        if is_signed and opening_fen is None and len(entries) == 1:
            # One sum and one balance prove nothing of its sign.
            raise self._unclear(entries[0][0].row)
        if opening_fen is None and entries and entries[0][1] is not None:
            opening_fen = entries[0][1] - _signed(entries[0][0])
        if opening_fen is None:
            raise StatementFault(
                "statement-no-balance",
                "没有期初余额，也没有逐笔余额：请用带余额的对账单",
                "there is neither an opening balance nor one on each line: use a statement with balances",
            )
        standing_fen = opening_fen
        for entry, balance_fen in entries:
            standing_fen += _signed(entry)
            if balance_fen is not None and balance_fen != standing_fen:
                raise _breaks(entry.row, standing_fen, balance_fen)
        if closing_fen is not None and closing_fen != standing_fen:
            raise _breaks(None, standing_fen, closing_fen)
        days = [entry.booked_on for entry, _ in entries] or [self._today.isoformat()]
        return ReadStatement(
            min(days), max(days), opening_fen, standing_fen, [entry for entry, _ in entries], self._notices
        )

    def _labelled(self, rows: Sequence[Row]) -> tuple[int | None, int | None]:
        """Opening and closing balance where a label says so, beside it or in the balance's column."""
        opening: int | None = None
        closing: int | None = None
        for number, row in rows:
            for at, cell in enumerate(row):
                plain = plain_heading(str(cell)) if isinstance(cell, str) else ""
                label, _, rest = str(cell).partition("：") if isinstance(cell, str) else ("", "", "")
                name = plain if plain in self._opening | self._closing else plain_heading(label)
                if name not in self._opening | self._closing:
                    continue
                found = rest.strip() or next((each for each in row[at + 1 :] if each != ""), "")
                balance = self._cell(row, "balance") if rows is not self._above else ""
                fen = self._fen(balance if balance != "" and not rest else found, number + 1, "balance")
                opening, closing = (fen, closing) if name in self._opening else (opening, fen)
        return opening, closing

    def _entry(self, row: int, cells: list[Cell]) -> tuple[ReadEntry, int | None]:
        try:
            booked_on = past_day(self._cell(cells, "booked_on"), self._today, from_1904=self._from_1904)
            account = long_number(self._cell(cells, "account"))
            check_yuan(self._text(cells, "currency"))
        except IdentityFault as fault:
            raise _row_fault(row, fault) from None
        direction, fen = self._money(row, cells)
        balance = self._cell(cells, "balance")
        entry = ReadEntry(
            row=row,
            booked_on=booked_on,
            direction=direction,
            amount_fen=fen,
            account=account,
            name=self._text(cells, "name"),
            note=" ".join(
                filter(None, [self._text(cells, "note"), *(_text_at(cells, at) for at in self._more_notes)])
            ),
            reference=self._text(cells, "reference"),
        )
        return entry, None if balance == "" else self._fen(balance, row, "balance")

    def _money(self, row: int, cells: list[Cell]) -> tuple[Direction, int]:
        if "direction" in self._columns and "amount" in self._columns:
            fen = self._fen(self._cell(cells, "amount"), row, "amount")
            word = plain_word(self._text(cells, "direction"))
            if word in self._debit or word in self._credit:
                is_debit = (word in self._debit) != (fen < 0)
                if fen:
                    return "debit" if is_debit else "credit", abs(fen)
            raise self._unclear(row)
        if "amount" in self._columns and not {"debit", "credit"} <= self._columns.keys():
            fen = self._fen(self._cell(cells, "amount"), row, "amount")
            if fen and self._cell(cells, "balance") != "":
                return "credit" if fen > 0 else "debit", abs(fen)
            raise self._unclear(row)
        sums: list[tuple[Direction, int]] = []
        for direction in ("debit", "credit"):
            cell = self._cell(cells, direction)
            fen = 0 if str(cell).strip() in ("", "-", "—") else self._fen(cell, row, direction)
            if fen:
                sums.append((direction, fen))
        if len(sums) != 1:
            raise self._unclear(row)
        [(direction, fen)] = sums
        # A sum below zero is taken back on its own side: red figures (红字).
        return (direction, fen) if fen > 0 else ("credit" if direction == "debit" else "debit", -fen)

    def _unclear(self, row: int) -> StatementFault:
        return StatementFault(
            "statement-row",
            f"第 {row} 行借贷不明：借方、贷方应恰有一个金额",
            f"row {row} is neither debit nor credit: exactly one of them has a sum",
        )

    def _fen(self, cell: Cell, row: int, field: StatementField) -> int:
        try:
            return amount_fen(cell, self._unit)
        except IdentityFault as fault:
            raise _row_fault(row, fault) from None

    def _cell(self, row: list[Cell], field: StatementField) -> Cell:
        at = self._columns.get(field)
        return "" if at is None or at >= len(row) else row[at]

    def _text(self, row: list[Cell], field: StatementField) -> str:
        at = self._columns.get(field)
        return "" if at is None else _text_at(row, at)


def _text_at(row: list[Cell], at: int) -> str:
    value = row[at] if at < len(row) else ""
    return str(int(value) if isinstance(value, float) and value.is_integer() else value).strip()


def _signed(entry: ReadEntry) -> int:
    return entry.amount_fen if entry.direction == "credit" else -entry.amount_fen


def _chains(entries: list[tuple[ReadEntry, int | None]]) -> bool:
    """Whether each line's balance follows from the one before it."""
    pairs = pairwise(entries)
    return all(
        before is None or after is None or before + _signed(entry) == after
        for (_, before), (entry, after) in pairs
    )


def _row_fault(row: int, fault: IdentityFault) -> StatementFault:
    return StatementFault(
        "statement-row", f"第 {row} 行：{fault.message('zh')}", f"row {row}: {fault.message('en')}"
    )


def _breaks(row: int | None, expected_fen: int, found_fen: int) -> StatementFault:
    at, at_en = ("期末余额", "the closing balance") if row is None else (f"第 {row} 行余额", f"row {row}")
    return StatementFault(
        "statement-breaks",
        f"{at}不衔接：应为 {expected_fen / 100:,.2f} 元，实为 {found_fen / 100:,.2f} 元，其间可能缺行",
        f"{at_en} does not follow: expected {expected_fen / 100:,.2f} yuan, found {found_fen / 100:,.2f}; lines may be"
        " missing before it",
    )


# --- From camt.053 ------------------------------------------------------------------------------


def _from_camt(path: Path) -> ReadStatement:
    try:
        found = [each for each in read_camt(path) if each.message == "camt.053"]
    except NoCamt as fault:
        raise StatementFault("statement-unreadable", fault.zh, fault.en) from None
    if len(found) != 1:
        raise StatementFault(
            "statement-unreadable",
            f"文件含 {len(found)} 份对账单（camt.053），应为一份",
            f"the file holds {len(found)} statements (camt.053), one is expected",
        )
    [statement] = found
    if statement.opening is None or statement.closing is None:
        raise StatementFault(
            "statement-no-balance",
            "对账单缺期初或期末余额",
            "the statement lacks its opening or closing balance",
        )
    notices, entries = [], []
    for row, entry in enumerate(statement.entries, 1):
        if entry.status != "BOOK":
            notices.append(
                Notice(
                    "entry-not-booked",
                    f"第 {row} 笔未入账，未采用",
                    f"entry {row} is not booked, and not used",
                )
            )
            continue
        one = entry.details[0] if len(entry.details) == 1 else None
        entries.append(
            ReadEntry(
                row=row,
                booked_on=entry.booked_on,
                direction="debit" if entry.direction == "DBIT" else "credit",
                amount_fen=fen_of(entry.amount, entry.currency),
                account="" if one is None else one.account,
                name="" if one is None else one.name,
                note=" ".join([entry.note, *([] if one is None else [one.note])]).strip(),
                reference=entry.reference,
                parts=tuple(reference for detail in entry.details for reference in detail.references[:1]),
            )
        )
    opening_fen, closing_fen = _balance(statement.opening), _balance(statement.closing)
    standing_fen = opening_fen + sum(map(_signed, entries))
    if standing_fen != closing_fen:
        raise _breaks(None, standing_fen, closing_fen)
    return ReadStatement(statement.from_day, statement.to_day, opening_fen, closing_fen, entries, notices)


def _balance(said: Sequence[str]) -> int:
    amount, direction, currency = said
    fen = fen_of(amount, currency)
    return -fen if direction == "DBIT" else fen


def fen_of(amount: str, currency: str) -> int:
    """A sum of ISO 20022 in fen.

    Raises:
        StatementFault: ``statement-unreadable``, for another currency or parts of a fen.
    """
    try:
        fen = Decimal(amount) * 100
        is_whole = fen == fen.to_integral_value() and 0 <= fen <= 10**15
    except InvalidOperation:
        is_whole = False
    if currency != "CNY" or not is_whole:
        raise StatementFault(
            "statement-unreadable",
            f"金额应为人民币（CNY），至多两位小数：{amount[:20]} {currency[:3]}",
            f"sums are in yuan (CNY) with two decimals at most: {amount[:20]} {currency[:3]}",
        )
    return int(fen)
