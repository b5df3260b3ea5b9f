"""What was read of a roster's file, said as one object (读表报告): good lines, faults, what is unused, the mapping.

Nobody is named whole in it: names, numbers, accounts and addresses are masked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from pydantic import BaseModel

from api.roster.importing import Prepared
from api.roster.mapping import MappedTable
from api.roster.reading import CellFault, RosterRow
from api.roster.roster_file import RosterFile
from api.roster.unused import Unused
from ledger.identity.documents import (
    EnterpriseIdentity,
    PersonIdentity,
    masked_address,
    masked_document,
    masked_name,
    masked_number,
)


class ReadFault(BaseModel):
    """What is wrong with a cell, or is to be said of it: where, its heading, what stood there (masked), and why."""

    sheet: str
    row: int
    cell: str
    heading: str
    found: str
    code: str
    message: str
    message_en: str


class ReadLine(BaseModel):
    """A line that can be filed: who, masked, and how much; what is to be said of its cells."""

    line: int
    sheet: str
    row: int
    name: str
    number: str
    phone: str | None
    account: str | None
    address: str | None
    category: str
    amount_fen: int | None
    on: str | None
    warnings: list[ReadFault]


class ListedLine(BaseModel):
    """A line whose person is in the campaign already: the case, where it is this unit's."""

    line: int
    sheet: str
    row: int
    name: str
    case: str | None


class UnusedPart(BaseModel):
    """A sheet, column or row that is not used, and why; ``asked`` where that has to be accepted."""

    sheet: str
    column: str | None
    heading: str | None
    row: int | None
    code: str
    why: str
    why_en: str
    asked: bool

    @property
    def place(self) -> str:
        """What it is called: a sheet, ``H 民族``, ``7``."""
        if self.column is not None:
            return f"{self.column} {self.heading or ''}".strip()
        return self.sheet if self.row is None else str(self.row)


class UnusedParts(BaseModel):
    """All that is not used of a file."""

    sheets: list[UnusedPart]
    columns: list[UnusedPart]
    rows: list[UnusedPart]

    @property
    def left_over(self) -> list[UnusedPart]:
        """What has to be accepted as not needed before anything is signed."""
        return [each for each in (*self.sheets, *self.columns, *self.rows) if each.asked]


class ColumnMapping(BaseModel):
    """A column: its heading, its field with how that is known and how surely, and its unit of money."""

    sheet: str
    table: int
    column: str
    heading: str
    field: str | None
    title: str | None
    how: str | None
    score: float
    unit: str | None


class ReadReport(BaseModel):
    """A roster's file as it was read; ``good`` lines can be filed."""

    file: str
    sheets: list[str]
    recipient: str
    rows: int
    good: int
    total_fen: int
    lines: list[ReadLine]
    listed: list[ListedLine]
    faults: list[ReadFault]
    unused: UnusedParts
    mapping: list[ColumnMapping]
    notices: list[dict[str, str]]


def report_of(roster: RosterFile, rows: list[RosterRow], prepared: Prepared) -> ReadReport:
    """The report of a file whose lines were all read."""
    good = [row for row in prepared.rows if not prepared.is_listed(row.line)]
    listed = [row for row in prepared.rows if prepared.is_listed(row.line)]
    return ReadReport(
        file=roster.file.kind,
        sheets=list(dict.fromkeys(table.sheet for table in roster.tables)),
        recipient=roster.recipient,
        rows=len(rows),
        good=len(good),
        total_fen=sum(row.amount_fen or 0 for row in good),
        lines=[read_line(row) for row in good],
        listed=[
            ListedLine(
                line=row.line,
                sheet=row.sheet,
                row=row.row,
                name=masked_name(row.identity.name) if row.identity else "",
                case=prepared.already.get(row.line),
            )
            for row in listed
        ],
        faults=list(faults_of(rows)),
        unused=unused_parts(roster.unused),
        mapping=mapping_of(roster.tables),
        notices=[notice._asdict() for notice in roster.notices.all()],
    )


def faults_of(rows: Iterable[RosterRow]) -> Iterator[ReadFault]:
    """The faults of all lines; one of a table's heading once."""
    seen: set[tuple[str, str, str]] = set()
    for row in rows:
        for fault in row.faults:
            said = read_fault(row, fault)
            key = (said.sheet, said.cell, said.code)
            if said.row != row.row and key in seen:
                continue
            seen.add(key)
            yield said


def read_fault(row: RosterRow, fault: CellFault) -> ReadFault:
    """A line's fault with its sheet and row."""
    at = re.fullmatch(r"[A-Z]{1,3}(\d+)", fault.cell)
    return ReadFault(
        sheet=row.sheet,
        row=int(at[1]) if at is not None else row.row,
        cell=fault.cell,
        heading=fault.heading,
        found=fault.found,
        code=fault.code,
        message=fault.zh,
        message_en=fault.en,
    )


def read_line(row: RosterRow) -> ReadLine:
    """A line that can be filed, masked."""
    who = row.identity
    assert who is not None
    return ReadLine(
        line=row.line,
        sheet=row.sheet,
        row=row.row,
        name=masked_name(who.name),
        number=masked_document(who.number if isinstance(who, PersonIdentity) else who.credit_code),
        phone=masked_number(who.phone) if who.phone else None,
        account=masked_document(who.account) if who.account else None,
        address=_address(who),
        category=row.category,
        amount_fen=row.amount_fen,
        on=row.on,
        warnings=[read_fault(row, warning) for warning in row.warnings],
    )


def _address(who: PersonIdentity | EnterpriseIdentity) -> str | None:
    return masked_address(who.address) if who.address else None


def unused_parts(unused: Iterable[Unused]) -> UnusedParts:
    """What is not used, by kind."""
    found = UnusedParts(sheets=[], columns=[], rows=[])
    into = {"sheet": found.sheets, "column": found.columns, "row": found.rows}
    for each in unused:
        into[each.part].append(
            UnusedPart(
                sheet=each.sheet,
                column=each.column or None,
                heading=each.heading or None,
                row=each.row,
                code=each.code,
                why=each.zh,
                why_en=each.en,
                asked=each.is_asked,
            )
        )
    return found


def mapping_of(tables: Iterable[MappedTable]) -> list[ColumnMapping]:
    """Every column of every table, with its field or without one."""
    return [
        ColumnMapping(
            sheet=mapped.sheet,
            table=number,
            column=each.letters,
            heading=each.heading,
            field=each.column.field if each.column else None,
            title=each.column.heading if each.column else None,
            how=each.how,
            score=each.score,
            unit=None
            if each.unit is None
            else each.unit.name + (f"/{each.unit.period}" if each.unit.period else ""),
        )
        for number, mapped in enumerate(tables, 1)
        for each in mapped.columns
    ]
