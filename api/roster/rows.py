"""The roster's rows as they are answered (名单应答): cases, what is looked at beside them, counts and sums."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from api.service.answers import InBoth
from api.wording.masked_names import Named
from projections.flags.rule import Severity
from projections.frame.column import Fen, Number, Title
from projections.frame.view import Version
from projections.views.roster_rows import CaseRow


@dataclass
class ListedCase(Named, Version, CaseRow):
    """A case as it stood, with who it is about as far as everybody may know, and what stays paid."""


@dataclass
class CriterionMet:
    """What a category asks, and whether the facts meet it; null where it cannot be told; ``why`` is what they say."""

    criterion: str
    met: bool | None
    why: InBoth


@dataclass
class EarlierHelp:
    """What a person kept of another campaign's payouts."""

    campaign: str
    year: Number
    kept_fen: Fen


@dataclass
class FlagBeside:
    """A flag that concerns a case."""

    subject: str
    flag: str
    rule: str
    severity: Severity
    raised_at: int
    amount_fen: Fen


@dataclass
class CaseChecks:
    """What an approver looks at beside a case (审核要点)."""

    case_id: str
    criteria: list[CriterionMet]
    earlier: list[EarlierHelp]
    flags: list[FlagBeside]


@dataclass
class CaseCount:
    """How many cases there are of a kind, and their sums."""

    campaign: str
    unit: str
    category: str
    state: str
    cases: Number
    approved_fen: Fen
    kept_fen: Fen


@dataclass
class UnitSummary:
    """A unit with all below it (汇总), clause A-10; ``depth`` counts the units above it."""

    unit: Annotated[str, Title("代码", "code")]
    name: Annotated[str, Title("名称", "name")]
    level: Annotated[str, Title("级别", "level")]
    parent: str | None
    depth: Number
    persons: Annotated[Number, Title("人数", "persons")]
    enterprises: Annotated[Number, Title("企业", "enterprises")]
    helped: Annotated[Number, Title("已慰问", "helped")]
    approved_fen: Annotated[Fen, Title("批准（元）", "approved")]
    paid_fen: Annotated[Fen, Title("实发（元）", "paid")]
    aid_fen: Annotated[Fen, Title("物资（元）", "goods")]
