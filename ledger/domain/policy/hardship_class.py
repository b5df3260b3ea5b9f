"""Classes of hardship (困难类别): the formula over a household, as the policy lays it down, and its working.

深度困难 and 相对困难 go by what a household has left: (disposable income of the year - rigid outlays) ÷ 12 ÷
persons living together, against a multiple of the local subsistence line or against a fixed sum. 意外致困 goes by
outlays of some kinds above a share of the year's income. Which classes there are, their multiples, the lines of each
locality and year, and what counts as a rigid outlay are the policy's, each with its source.

All is counted in whole fen. What is shown per head and month is rounded down; what is compared is not rounded at all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import Field, model_validator

from ledger.domain.fields import Code, Fen, PositiveFen, Text
from ledger.domain.policy.part import OfCategories, Part
from ledger.validation_words import ValueProblem

MONTHS = 12
PERMILLE = 1000

Permille = Annotated[int, Field(ge=1, le=100_000)]
"""A share or a multiple in thousandths: 1500 is one and a half."""


class LocalLine(Part):
    """The subsistence line (低保标准) of a locality in a year, for one person and month."""

    locality: Text
    year: Annotated[int, Field(ge=2000, le=2100)]
    monthly_fen: PositiveFen
    source: Text


class OutlayKind(Part):
    """A kind of rigid outlay (刚性支出), up to a sum a year where the rule has one."""

    code: Code
    title: Text
    most_fen: PositiveFen | None = None
    source: Text


class HardshipClass(Part):
    """One class: by a multiple of the local line, by a fixed sum, or by outlays as a share of the income.

    ``or_equal`` lets in who is exactly at the limit. ``outlay_kinds`` are what a share is taken of.
    """

    code: Code
    title: Text
    line_permille: Permille | None = None
    fixed_fen: PositiveFen | None = None
    outlay_permille: Permille | None = None
    outlay_kinds: list[Code] = []
    or_equal: bool = False
    source: Text

    @model_validator(mode="after")
    def _goes_by_one(self) -> HardshipClass:
        if sum(each is not None for each in (self.line_permille, self.fixed_fen, self.outlay_permille)) != 1:
            raise ValueProblem(
                "困难类别须且只须有一种标准：低保标准倍数、固定数额或支出占比",
                "a class goes by a multiple of the line, by a fixed sum or by a share: exactly one of them",
            )
        if bool(self.outlay_kinds) != (self.outlay_permille is not None):
            raise ValueProblem(
                "以支出占比认定的类别须列明支出项目，其他类别不列",
                "a class by a share of outlays names their kinds, and no other class does",
            )
        return self


class HardshipRules(OfCategories):
    """The classes in the order in which they are tried, with lines and kinds of outlays (困难认定标准)."""

    classes: Annotated[list[HardshipClass], Field(min_length=1, max_length=20)]
    local_lines: Annotated[list[LocalLine], Field(max_length=400)] = []
    outlays: Annotated[list[OutlayKind], Field(max_length=40)] = []
    source: Text

    @model_validator(mode="after")
    def _references_hold(self) -> HardshipRules:
        for zh, en, names in (
            ("困难类别", "class of hardship", [each.code for each in self.classes]),
            ("刚性支出项目", "kind of outlay", [each.code for each in self.outlays]),
            ("低保标准", "line of a locality and year", [(e.locality, e.year) for e in self.local_lines]),
        ):
            if len(set(names)) != len(names):
                raise ValueProblem(f"有{zh}重复", f"a {en} stands twice")
        kinds = {each.code for each in self.outlays}
        for each in self.classes:
            for kind in each.outlay_kinds:
                if kind not in kinds:
                    raise ValueProblem(
                        f"困难类别“{each.title}”所列支出项目 {kind} 不存在",
                        f"class {each.code} names an unknown kind of outlay {kind}",
                    )
        return self

    def line_of(self, locality: str, year: int) -> LocalLine | None:
        """The line of a locality in a year, or None."""
        found = (each for each in self.local_lines if (each.locality, each.year) == (locality, year))
        return next(found, None)

    def title_of(self, code: str) -> str:
        """What people call a class; a code that is none of the policy's stays as it is."""
        return next((each.title for each in self.classes if each.code == code), code)


@dataclass(frozen=True)
class HouseholdFigures:
    """What a class is computed from: of one year, sums in fen, persons living together."""

    locality: str
    year: int
    persons: int
    income_fen: Fen
    outlays: Sequence[tuple[str, Fen]]
    """kind, sum"""


StepKind = Literal[
    "income",
    "outlay",
    "outlay-not-counted",
    "left",
    "per-head",
    "line",
    "line-unknown",
    "limit-of-line",
    "limit-fixed",
    "limit-of-income",
]


class WorkingStep(NamedTuple):
    """One step of the working: what it gives in fen, of what, and for a class whether it is met.

    ``subject`` is the code of an outlay or class, or the locality; ``title`` what people call it. ``against_fen`` is
    what is held against a limit, rounded down; ``permille`` is the multiple or share. ``met`` is None for what is no
    class, and for a class that cannot be judged.
    """

    kind: StepKind
    fen: int
    subject: str = ""
    title: str = ""
    against_fen: int | None = None
    permille: int | None = None
    source: str = ""
    met: bool | None = None


class Assessment(NamedTuple):
    """The class computed, None where there is none, and how; ``undetermined`` where a local line is missing."""

    hardship_class: str | None
    undetermined: bool
    working: tuple[WorkingStep, ...]


def assess(figures: HouseholdFigures, rules: HardshipRules) -> Assessment:
    """The first class whose condition the household meets, with the working step by step.

    Where a class that comes before it cannot be judged for want of a local line, none is computed.

    >>> rules = HardshipRules.model_validate({"source": "s", "classes": [
    ...     {"code": "deep", "title": "深度困难", "line_permille": 1000, "source": "s"}],
    ...     "local_lines": [{"locality": "某县", "year": 2026, "monthly_fen": 80000, "source": "s"}]})
    >>> assess(HouseholdFigures("某县", 2026, 3, 28_799_99, ()), rules).hardship_class
    'deep'
    >>> assess(HouseholdFigures("某县", 2026, 3, 28_800_00, ()), rules).hardship_class is None
    True
    """
    counted, steps = _outlays(figures, rules)
    left_fen = figures.income_fen - sum(counted.values())
    parts = MONTHS * figures.persons
    steps.append(WorkingStep("left", left_fen))
    steps.append(WorkingStep("per-head", left_fen // parts))
    line = rules.line_of(figures.locality, figures.year)
    if line is not None:
        steps.append(WorkingStep("line", line.monthly_fen, line.locality, line.locality, source=line.source))
    elif any(each.line_permille is not None for each in rules.classes):
        steps.append(WorkingStep("line-unknown", 0, figures.locality, figures.locality))
    found: str | None = None
    undetermined = False
    for each in rules.classes:
        step = _judged(each, left_fen, parts, line, figures, counted)
        steps.append(step)
        if found is None and step.met is None:
            undetermined = True
        if step.met and found is None and not undetermined:
            found = each.code
    return Assessment(found, undetermined, tuple(steps))


def _outlays(figures: HouseholdFigures, rules: HardshipRules) -> tuple[Mapping[str, int], list[WorkingStep]]:
    """What counts of each kind of outlay, and the steps that say so."""
    steps = [WorkingStep("income", figures.income_fen)]
    kinds = {each.code: each for each in rules.outlays}
    given: dict[str, int] = {}
    for kind, sum_fen in figures.outlays:
        given[kind] = given.get(kind, 0) + sum_fen
    counted: dict[str, int] = {}
    for kind, sum_fen in given.items():
        rule = kinds.get(kind)
        if rule is None:
            steps.append(WorkingStep("outlay-not-counted", sum_fen, kind, kind))
            continue
        counted[kind] = sum_fen if rule.most_fen is None else min(sum_fen, rule.most_fen)
        steps.append(
            WorkingStep("outlay", counted[kind], kind, rule.title, against_fen=sum_fen, source=rule.source)
        )
    return counted, steps


def _judged(
    each: HardshipClass,
    left_fen: int,
    parts: int,
    line: LocalLine | None,
    figures: HouseholdFigures,
    counted: Mapping[str, int],
) -> WorkingStep:
    """Whether one class is met, compared without rounding."""
    said: dict[str, Any] = {"subject": each.code, "title": each.title, "source": each.source}
    if each.outlay_permille is not None:
        spent_fen = sum(counted.get(kind, 0) for kind in each.outlay_kinds)
        limit, spent = figures.income_fen * each.outlay_permille, spent_fen * PERMILLE
        met = spent > limit or (each.or_equal and spent == limit and spent > 0)
        return WorkingStep(
            "limit-of-income",
            limit // PERMILLE,
            against_fen=spent_fen,
            permille=each.outlay_permille,
            met=met,
            **said,
        )
    per_head_fen = left_fen // parts
    if each.fixed_fen is not None:
        met = left_fen < each.fixed_fen * parts or (each.or_equal and left_fen == each.fixed_fen * parts)
        return WorkingStep("limit-fixed", each.fixed_fen, against_fen=per_head_fen, met=met, **said)
    multiple = each.line_permille or 0
    if line is None:
        return WorkingStep("limit-of-line", 0, against_fen=per_head_fen, permille=multiple, met=None, **said)
    limit = line.monthly_fen * multiple
    has, allowed = left_fen * PERMILLE, limit * parts
    return WorkingStep(
        "limit-of-line",
        limit // PERMILLE,
        against_fen=per_head_fen,
        permille=multiple,
        met=has < allowed or (each.or_equal and has == allowed),
        **said,
    )
