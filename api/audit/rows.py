"""What auditors are answered (审计应答): phases, samples, and the rows that a replay finds to differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BaseModel, JsonValue

from api.service.answers import Rows
from api.wording.masked_names import Named
from projections.frame.column import Day, Fen, Number, Title


@dataclass
class PhaseSpan:
    """A phase of a campaign with its days, both included, and its first and last position."""

    code: str
    title: str
    start: Day
    end: Day
    from_position: int
    to_position: int


@dataclass
class SampledCase(Named):
    """A case that was drawn, and the rules of the flags on it; ``rank`` is of the most severe, 3, or 0."""

    case_id: str
    campaign: str
    unit: Annotated[str, Title("单位", "unit")]
    dossier: str
    category: str
    state: Annotated[str, Title("状态", "state")]
    line: Annotated[str | None, Title("资金项目", "line")]
    approved_fen: Fen
    paid_fen: Fen
    returned_fen: Fen
    nominated_on: Day
    nominated_position: int
    rank: Number
    rules: Annotated[list[str] | None, Title("疑点", "flags")]


@dataclass
class DrawShown:
    """A draw that was ordered: of what, how, how many, by which seed, as of which entry; the same for anybody."""

    draw: str
    drawn_at: Annotated[int, Title("抽取时点", "drawn as of")]
    of: Literal["sample", "call-back"]
    campaign: Annotated[str, Title("活动", "campaign")]
    unit: Annotated[str | None, Title("单位", "unit")]
    method: Literal["random", "sum", "flag"]
    size: Annotated[Number, Title("抽取数量", "how many")]
    seed: Annotated[str, Title("种子", "seed")]


class Sample(Rows[SampledCase]):
    """The cases drawn, out of how many."""

    of: int


@dataclass
class DifferingRow:
    """A row of a view that the replay did not have alike; its versions, and the columns that differ."""

    view: str
    table: str
    kind: str
    key: str
    columns: list[str]
    found: dict[str, JsonValue] | None
    expected: dict[str, JsonValue] | None


class ReplayAnswer(BaseModel):
    """How a replay stands: see ``state``; ``differences`` name table, key and both versions of a row."""

    state: Literal["none", "running", "done", "failed"]
    to: int
    position: int
    rows: int
    started_at: str | None
    ended_at: str | None
    by: str | None
    problem: str | None
    differences: list[DifferingRow]
    left_out: int
