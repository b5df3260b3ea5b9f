"""A dossier as it is answered (档案应答), and what was paid on a case."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from projections.frame.column import Day, Fen, Number, Title


@dataclass
class ListedDossier:
    """A person's dossier with where it is in its life, and what was declared of its household."""

    dossier: str
    masked_name: Annotated[str, Title("姓名", "name")]
    unit: Annotated[str, Title("单位", "unit")]
    filed_position: Annotated[int, Title("登记序号", "position", only="command")]
    state: Annotated[str, Title("档案状态", "state")]
    visited_on: Annotated[Day | None, Title("入户调查日期", "visited on")]
    on_file_on: Annotated[Day | None, Title("建档在册日期", "on file since")]
    reviewed_on: Annotated[Day | None, Title("最近复核日期", "reviewed on")]
    persons: Annotated[Number | None, Title("共同生活人数", "persons living together")]
    stated_class: str | None


@dataclass
class Payout:
    """What was paid or given on a case, and what came back of it; ``line`` is null for goods.

    ``drawn`` says that it was money that the unit had drawn.
    """

    payout: str
    position: int
    campaign: str
    unit: str
    dossier: str
    case_id: str
    form: str
    line: str | None
    drawn: bool
    method: str | None
    paid_on: Day
    amount_fen: Fen
    returned_fen: Fen
