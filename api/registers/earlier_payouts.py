"""Payouts of an earlier year read from an office's list (以前年度发放名单), as rosters are read.

Of a line only who, how much and when are read: its number, its name, the sum, and the day where a column says
it. What the roster's form asks for besides (category, causes, accounts) was that year's.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from api.registers.list_file import FAULTS_SHOWN, LineFault, ListFile
from api.roster.choices import Choices
from api.roster.headings import heading_name
from api.roster.layout import Heading
from api.roster.lines import Total, lines_of
from api.roster.mapping import Clash, MappedTable
from api.roster.one_number import number_key, taken_back
from api.roster.reading import CellFault
from api.roster.roster_file import RosterFile, open_roster
from api.roster.sheet import is_filled, letters
from api.roster.table_lines import MappedLine
from api.roster.unused import Unused
from api.roster.workbooks import Cell
from ledger.domain.register_kinds import EARLIER_PAYOUTS, KINDS
from ledger.errors import IdentityFault
from ledger.identity.documents import person_name
from ledger.identity.register_rows import Listed

PAID_ON = frozenset(
    heading_name(each)
    for column in KINDS[EARLIER_PAYOUTS].columns
    if column.holds == "day"
    for each in column.headings
)
"""Headings of the day on which somebody was paid."""
_READ = ("number", "name", "amount_fen", "document")


@dataclass
class EarlierPayoutsFile(ListFile):
    """An office's list of what it paid in an earlier year; ``choices`` as for a roster."""

    choices: Choices = field(default_factory=Choices)

    def lines(self, today: datetime.date) -> Iterator[Listed]:
        """The lines that can be taken, numbered in their order; what cannot is counted and, the first of them, kept.

        Raises:
            RosterUnreadable: the file is no list of persons.
        """
        roster = open_roster(self.path, self.choices)
        self.unused += _unread(roster)
        number, back = 0, taken_back(roster.tables)
        for mapped in roster.tables:
            paid = _paid_column(mapped)
            rows = dict(mapped.table.rows)
            self.mapped |= _fields(mapped)
            if paid is not None:
                self.mapped[paid.text] = "paid_on"
            for found in lines_of(mapped, roster.choices, is_text=roster.file.kind == "text"):
                if isinstance(found, Unused):
                    self._leave_out(found)
                elif not isinstance(found, Total):
                    number += 1
                    day = None if paid is None else _cell(rows[found.row - 1], paid.index)
                    listed = self._taken(PaidLine(mapped, found, today, roster.choices), day, number, back)
                    if listed is not None:
                        self.taken += 1
                        yield listed

    def _leave_out(self, row: Unused) -> None:
        """A row that nobody reads: named where it may be somebody, as an officer of a roster is asked about it."""
        if row.is_asked:
            self._count(LineFault(row.sheet, row.row or 0, row.code, row.zh, row.en))

    def _taken(self, line: PaidLine, day: Cell | None, number: int, back: Mapping[str, str]) -> Listed | None:
        facts = line.read(day)
        if not line.faults and (place := back.get(number_key(facts["number"]))) is not None:
            zh, en = f"另有一行冲回（{place}），未计作已发放", f"another line takes it back ({place})"
            line.faults.append(CellFault(f"第{line.row}行", "慰问金额", "", "amount-taken-back", zh, en))
        for clash in line.clashes:
            line.faults.append(CellFault("", clash.heading, "", clash.code, clash.zh, clash.en))
        if line.faults:
            self._count(_line_fault(line, line.faults[0]))
            return None
        return Listed(str(facts.pop("number")), number, facts)

    def _count(self, fault: LineFault) -> None:
        self.codes[fault.code] += 1
        if len(self.faults) < FAULTS_SHOWN:
            self.faults.append(fault)


class PaidLine(MappedLine):
    """A line of such a list."""

    @property
    def sheet(self) -> str:
        """The sheet in which it stands."""
        return self._mapped.sheet

    @property
    def clashes(self) -> list[Clash]:
        """Columns of its table that are not settled."""
        return self._mapped.clashes

    @property
    def row(self) -> int:
        """Its row, from 1."""
        return self._line.row

    def read(self, day: Cell | None) -> dict[str, str | int]:
        """Its number, its name, the sum and the day, as far as they are there; what is wrong is in ``faults``."""
        document = self._document()
        facts: dict[str, str | int | None] = {
            "number": self._read("number", lambda cell: self._number(cell, document)),
            "name": self._read("name", lambda cell: person_name(str(cell))),
            "amount_fen": self._read("amount_fen", self._amount_fen),
            "paid_on": None if day is None else self._day(day),
        }
        self._check_marks()
        for name, heading in (("number", "公民身份号码"), ("name", "姓名"), ("amount_fen", "慰问金额")):
            if facts[name] is None and not self.faults:
                zh, en = f"缺少{heading}", f"{name} is needed, and empty"
                self.faults.append(CellFault(f"第{self.row}行", heading, "", "cell-missing", zh, en))
        sum_fen = facts["amount_fen"]
        if isinstance(sum_fen, int) and sum_fen <= 0:
            self._fault("amount_fen", "amount-not-positive", "金额必须大于零", "must be above zero")
        return {name: value for name, value in facts.items() if value is not None}

    def _day(self, cell: Cell) -> str | None:
        try:
            return self._past_day(cell)
        except IdentityFault as fault:
            zh, en = fault.message("zh"), fault.message("en")
            self.faults.append(CellFault(f"第{self.row}行", "发放日期", "", fault.code, zh, en))
            return None


def _line_fault(line: PaidLine, fault: CellFault) -> LineFault:
    place = f"{fault.cell} {fault.heading}".strip()
    return LineFault(line.sheet, line.row, fault.code, f"{place}：{fault.zh}", f"{place}: {fault.en}")


def _fields(mapped: MappedTable) -> dict[str, str]:
    """Which of its columns are read, by their headings or letters, and as what."""
    return {
        each.heading or each.letters: each.column.field
        for each in mapped.columns
        if each.column is not None and each.column.field in _READ
    }


def _paid_column(mapped: MappedTable) -> Heading | None:
    """The column that says when somebody was paid."""
    headings = (each for each in mapped.table.headings if mapped.places.get(each.index) is None)
    return next((each for each in headings if heading_name(each.texts[-1]) in PAID_ON), None)


def _cell(row: Sequence[Cell], index: int) -> Cell | None:
    return row[index] if index < len(row) and is_filled(row[index]) else None


def _unread(roster: RosterFile) -> list[str]:
    """What of a file is not read for what was paid: whole sheets, and columns that say something else."""
    days = {
        (each.sheet, letters(paid.index))
        for each in roster.tables
        for paid in [_paid_column(each)]
        if paid is not None
    }
    left = [each for each in roster.left_over if (each.sheet, each.column) not in days]
    others = [
        f"{each.letters} {each.heading}"
        for mapped in roster.tables
        for each in mapped.columns
        if each.column is not None and each.column.field not in _READ
    ]
    return [f"{each.place}（{each.zh}）" for each in left] + others
