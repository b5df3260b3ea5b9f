"""What is answered of tables (列表应答): their columns, a page of rows, counts and sums, how far an export is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BaseModel

from api.dossiers.rows import ListedDossier
from api.flags.rows import ListedFlag
from api.roster.rows import ListedCase
from api.service.answers import InBoth
from projections.frame.column import Day, Fen, Title
from projections.views.timeline import EventRow


@dataclass
class ListedPayout:
    """What was paid or given, and what came back of it; names are masked.

    ``line`` is null for goods, ``bank`` is what the bank said last, null where it has not spoken.
    """

    payout: str
    position: Annotated[int, Title("登记序号", "position")]
    campaign: Annotated[str, Title("活动", "campaign")]
    unit: Annotated[str, Title("单位", "unit")]
    masked_name: Annotated[str, Title("姓名", "name")]
    dossier: str
    case_id: str | None
    line: Annotated[str | None, Title("资金项目", "line")]
    method: Annotated[str | None, Title("支付方式", "method")]
    paid_on: Annotated[Day, Title("发放日期", "paid on")]
    amount_fen: Annotated[Fen, Title("金额（元）", "amount")]
    returned_fen: Annotated[Fen, Title("退回（元）", "returned")]
    bank: Annotated[str | None, Title("银行结果", "bank")]


@dataclass
class TabledFlag(ListedFlag):
    """A flag with whom or what it is about in words (涉及对象): masked names and titles for codes."""

    about: Annotated[str, Title("涉及对象", "about")]


class TableColumn(BaseModel):
    """A column: what it holds, what people call it, and whether it can be asked about, grouped by, summed.

    ``codes`` says what its codes are codes of, where it holds any.
    """

    name: str
    kind: str
    title: InBoth
    asked: bool
    grouped: bool
    summed: bool
    codes: str | None


class TableShown(BaseModel):
    """A table that the reader may ask: its columns in their order, and the order that its rows come in."""

    name: str
    title: InBoth
    key: str
    sort: str
    columns: list[TableColumn]


class TablePage(BaseModel):
    """A page of a table as it stood at ``position``; ``next`` asks for the one after it, and is null on the last.

    ``total`` counts the rows of all pages, ``sums`` are theirs in fen by column.
    """

    position: int
    rows: list[ListedCase | TabledFlag | ListedDossier | ListedPayout | EventRow]
    next: str | None
    total: int
    sums: dict[str, int]


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
