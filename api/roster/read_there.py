"""A roster as a service read it (服务读表结果): the same lines and the same report as one that is read beside the ledger."""

from __future__ import annotations

from api.roster.answers import RosterFault, RosterLine, RosterRead
from api.roster.importing import Prepared
from api.roster.reading import CellFault, RosterRow
from api.roster.report import ListedLine, ReadReport, read_line


def prepared_of(read: RosterRead) -> Prepared:
    """The lines without faults, ready to be committed to and signed."""
    return Prepared(
        rows=[_row(line) for line in read.lines],
        dossiers={line.line: line.dossier for line in read.lines if line.dossier is not None},
        already={line.line: line.already for line in read.lines if line.already is not None},
        elsewhere=frozenset(line.line for line in read.lines if line.elsewhere),
        waits=frozenset(line.line for line in read.lines if line.waits),
    )


def report_of_read(read: RosterRead, prepared: Prepared, kind: str) -> ReadReport:
    """What the command prints of it."""
    good = [row for row in prepared.rows if not prepared.is_listed(row.line)]
    return ReadReport(
        file=kind,
        sheets=list(dict.fromkeys(each.sheet for each in read.mapping)),
        recipient=read.recipient,
        rows=len(read.lines) + len(read.bad),
        good=read.good,
        total_fen=sum(row.amount_fen or 0 for row in good),
        lines=[read_line(row) for row in good],
        listed=[
            ListedLine(
                line=each.line, sheet=each.sheet, row=each.row, name=each.masked_name, case=each.already
            )
            for each in read.lines
            if prepared.is_listed(each.line)
        ],
        faults=read.faults,
        unused=read.unused,
        mapping=read.mapping,
        notices=[each.model_dump() for each in read.notices],
    )


def _row(line: RosterLine) -> RosterRow:
    return RosterRow(
        row=line.row,
        line=line.line,
        sheet=line.sheet,
        identity=line.identity,
        facts=line.facts,
        category=line.category,
        amount_fen=line.amount_fen,
        on=line.on,
        warnings=[_fault(each) for each in line.warnings],
    )


def _fault(said: RosterFault) -> CellFault:
    return CellFault(said.cell, said.heading, said.found, said.code, said.zh, said.en)
