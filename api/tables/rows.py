"""What is answered of tables (列表应答): their columns, a page of rows, counts and sums, how far an export is."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel

from api.audit.rows import ListedSample
from api.dossiers.rows import ListedDossier
from api.money.rows import ListedHelp
from api.rectifications.rows import HandoverShown, OutsideCaseShown
from api.registers.rows import ListedRegister
from api.roster.rows import ListedCase
from api.service.answers import InBoth
from api.tables.listed import (
    ListedPayout,
    TabledAccess,
    TabledBankLine,
    TabledChange,
    TabledDay,
    TabledFlag,
    TabledHit,
    TabledHolding,
    TabledInvestigation,
    TabledKey,
    TabledObjection,
    TabledOfficer,
    TabledPair,
    TabledPaymentFile,
    TabledPosting,
    TabledRectification,
    TabledSlip,
    TabledStatement,
    TabledStatementEntry,
    TabledVoucher,
)
from projections.views.timeline import EventRow

TabledRow = (
    ListedCase
    | ListedDossier
    | ListedPayout
    | TabledSlip
    | TabledPosting
    | TabledHolding
    | TabledBankLine
    | TabledStatementEntry
    | ListedHelp
    | TabledVoucher
    | TabledDay
    | TabledPaymentFile
    | TabledStatement
    | TabledFlag
    | ListedRegister
    | TabledHit
    | TabledInvestigation
    | TabledRectification
    | HandoverShown
    | OutsideCaseShown
    | TabledObjection
    | TabledPair
    | EventRow
    | TabledChange
    | ListedSample
    | TabledAccess
    | TabledOfficer
    | TabledKey
)
"""A row of any of the tables."""


class TableColumn(BaseModel):
    """A column: what it holds, what people call it, and whether it can be asked about, sorted and grouped by, summed.

    ``codes`` says what its codes are codes of, where it holds any, and ``titles`` what they are called, where
    every ledger calls them the same.
    """

    name: str
    kind: str
    title: InBoth
    asked: bool
    sorted: bool
    grouped: bool
    summed: bool
    codes: str | None
    titles: dict[str, InBoth]


class TableShown(BaseModel):
    """A table that the reader may ask: its columns in their order, and the order that its rows come in."""

    name: str
    title: InBoth
    key: str
    sort: str
    columns: list[TableColumn]


class TablePage(BaseModel):
    """A page of a table as it stood at ``position``; ``next`` asks for the one after it, and is null on the last.

    ``total`` counts the rows of all pages, ``sums`` are theirs in fen by column; both are counted with the first
    page, and null on the others. ``upto`` is the last row of a list that no position bounds, null of all others:
    who asks with it goes on in the same rows.
    """

    position: int
    rows: list[TabledRow]
    next: str | None
    total: int | None
    sums: dict[str, int] | None
    upto: int | None


class TableGroup(BaseModel):
    """Rows that have the same in a column, ``key``: how many they are, and their sums in fen by column."""

    key: str | None
    title: InBoth
    rows: int
    sums: dict[str, int]


class TableTotals(BaseModel):
    """How many rows there are in all, and their sums in fen by column; and the same of each group."""

    position: int
    total: int
    sums: dict[str, int]
    groups: list[TableGroup]


class ExportAnswer(BaseModel):
    """An export: how many rows it will have, how many are written, and once ``done`` the name of its file."""

    export: str
    table: str
    state: Literal["running", "done", "failed"]
    position: int
    total: int
    written: int
    file: str
    problem: InBoth | None
