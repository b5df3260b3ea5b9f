"""A campaign's policy (活动方案): who may receive what, from which line, when.

The policy is signed with the campaign and decides nothing retroactively: a case is judged by the
policy that stood when its statement was recorded. Amounts are whole fen, dates ISO 8601.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from ledger.domain.fields import (
    Code,
    Day,
    Fen,
    PositiveFen,
    Text,
)
from ledger.domain.policy.accounting import Accounting
from ledger.domain.policy.collective import CollectiveRules
from ledger.domain.policy.dossier_life import DossierLifeRules
from ledger.domain.policy.family_exclusions import ExclusionRules
from ledger.domain.policy.funding import Funding
from ledger.domain.policy.hardship_class import HardshipRules
from ledger.domain.policy.part import Part
from ledger.domain.policy.public_notice import NoticeRules, WorkCalendar
from ledger.domain.policy.steps import Act, Apart, Procedure, Step, short_chain
from ledger.domain.policy.vocabulary import LIST_TITLES, ListName, Vocabulary, Words, words_of
from ledger.validation_words import ValueProblem

Form = Literal["policy", "job", "training", "goods", "money"]
"""The five forms of support (政策、岗位、培训、物资、资金), clause A-7."""

Recipient = Literal["person", "enterprise"]
"""Who is helped (慰问对象): persons, clause B-2, or enterprises, clause A-4."""


class Category(Part):
    """A kind of recipient (慰问对象类别), with its standard and the line that pays it."""

    code: Code
    title: Text
    recipient: Recipient = "person"
    synonyms: Annotated[list[Text], Field(max_length=60)] = []
    """What it is also called in rosters."""
    line: Code | None = None
    standard_fen: PositiveFen | None = None
    criteria: list[
        Literal[
            "income-below-line",
            "cause-given",
            "registered-unemployed",
            "employed-in-county",
            "model-worker",
            "stopped-or-closing",
        ]
    ] = []
    source: Text | None = None


class BudgetLine(Part):
    """A line of the budget (资金项目) with its cap and the source of its money."""

    code: Code
    title: Text
    source: Code
    cap_fen: PositiveFen | None = None
    note: Text | None = None
    """Where the line and its cap stand."""


class Window(Part):
    """From one day to another, both included."""

    start: Day
    end: Day

    @model_validator(mode="after")
    def _in_order(self) -> Window:
        if self.start > self.end:
            raise ValueProblem("期间的结束早于开始", "the window ends before it starts")
        return self


class Phase(Part):
    """A phase of the campaign (阶段), and the events that belong into it."""

    code: Code
    title: Text
    window: Window
    events: list[Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Za-z]+$")]] = []


class UnitWindow(Part):
    """A unit's own dates, where a locality sets them (clause A-3)."""

    unit: Code
    window: Window


class Parameter(Part):
    """One parameter of one flag rule, where the campaign departs from the rule's default."""

    rule: Code
    name: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,40}$")]
    value: Annotated[int, Field(ge=0, le=10**13)]


class FieldSource(Part):
    """Where a field of the policy comes from (依据): its document, clause and year, signed with the policy."""

    field: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z_.]{0,80}$")]
    source: Text


class Policy(Part):
    """What the plan lays down, as far as a machine can check it."""

    plan: Literal["union", "human-resources"]
    locality: Text
    year: Annotated[int, Field(ge=2000, le=2100)]
    window: Window
    unit_windows: list[UnitWindow] = []
    phases: list[Phase] = []
    categories: Annotated[list[Category], Field(min_length=1, max_length=40)]
    excluded_groups: list[Code] = []
    lines: Annotated[list[BudgetLine], Field(min_length=1, max_length=40)]
    forms: list[Form] = ["money"]
    subsistence_line_fen: PositiveFen | None = None
    yearly_cap_fen: PositiveFen | None = None
    confirmation_required: bool = True
    notice_working_days: Annotated[int, Field(ge=0, le=60)] = 5
    two_signatures_above_fen: Fen | None = None
    bank_transfer_required: bool = False
    roster_deadline: Day | None = None
    county_deadline: Day | None = None
    summary_deadline: Day | None = None
    prior_campaign: Code | None = None
    retention_years: Annotated[int, Field(ge=1, le=100)] = 30
    """How long who was paid is kept, from the end of the year (保存期限). Vouchers are kept 30 years
    by the rules on accounting archives (会计档案管理办法, 2015)."""
    parameters: list[Parameter] = []
    hardship: HardshipRules | None = None
    exclusions: ExclusionRules | None = None
    dossier_life: DossierLifeRules | None = None
    procedure: Procedure | None = None
    funding: Funding | None = None
    collective: CollectiveRules | None = None
    vocabularies: Annotated[list[Vocabulary], Field(max_length=20)] = []
    """The policy's own words beside the release's, or instead of them."""
    sources: Annotated[list[FieldSource], Field(max_length=200)] = []
    accounting: Accounting | None = None
    compare_at_filing: bool = False
    """Whether the ledger compares whom it is handed with those on file, by itself (申报时比对), clause B-5."""
    said_of_persons: Annotated[list[Literal["purpose", "visit_mode"]], Field(max_length=2)] = []
    """What a person's nomination must say (申报必填): what for (B-7), how visited (B-1)."""
    notice: NoticeRules | None = None
    calendar: WorkCalendar | None = None
    sources_complete: bool = False
    """Whether each field that the policy sets must have its source (依据齐备); policies of before say no."""

    @model_validator(mode="after")
    def _references_hold(self) -> Policy:
        for what, zh, codes in (
            ("category", "类别", [category.code for category in self.categories]),
            ("line", "资金项目", [line.code for line in self.lines]),
            ("source", "依据", [each.field for each in self.sources]),
            ("vocabulary", "词表", [LIST_TITLES[each.of][0] for each in self.vocabularies]),
        ):
            if len(set(codes)) != len(codes):
                raise ValueProblem(f"有{zh}重复", f"a {what} stands twice")
        known = {category.code for category in self.categories}
        for part in (self.hardship, self.exclusions, self.dossier_life):
            for code in () if part is None else part.categories:
                if code not in known:
                    raise ValueProblem(f"所列类别 {code} 不存在", f"an unknown category {code} is named")
        lines = {line.code for line in self.lines}
        for category in self.categories:
            if category.line is not None and category.line not in lines:
                raise ValueProblem(
                    f"类别 {category.code} 所指的资金项目 {category.line} 不存在",
                    f"category {category.code} names an unknown line {category.line}",
                )
        for accounts in [] if self.accounting is None else self.accounting.lines:
            if accounts.line not in lines:
                raise ValueProblem(
                    f"会计科目所指的资金项目 {accounts.line} 不存在",
                    f"account codes name an unknown line {accounts.line}",
                )
        for line in [] if self.funding is None else self.lines:
            if self.funding is not None and self.funding.of(line.source) is None:
                raise ValueProblem(
                    f"资金项目 {line.code} 所指的资金来源 {line.source} 不存在",
                    f"the line {line.code} names an unknown source {line.source}",
                )
        if self.sources_complete and (bare := self.without_source()):
            raise ValueProblem(
                f"方案声明依据齐备，但 {'、'.join(bare)} 未注依据",
                f"the policy says that its sources are complete, and {', '.join(bare)} have none",
            )
        if self.confirmation_required != (self.step_of("confirm") is not None):
            raise ValueProblem(
                "须经确认与办理程序中的确认步骤不一致",
                "confirmation_required and the procedure's steps differ",
            )
        return self

    def without_source(self) -> list[str]:
        """The fields that this policy sets, and whose source it does not say; a part says its own."""
        set_here = self.model_dump(exclude_defaults=True)
        return [
            field
            for field in set_here
            if field not in ("sources", "sources_complete", "unit_windows", "prior_campaign", "parameters")
            and getattr(getattr(self, field), "source", None) is None
            and self.source_of_field(field) is None
        ]

    def source_of(self, line: str) -> str:
        """The code of the source that a line of this policy has its money from."""
        return next(each.source for each in self.lines if each.code == line)

    @property
    def chain(self) -> tuple[Step, ...]:
        """The steps in order: the procedure's, or the short chain of a policy without one."""
        if self.procedure is None:
            return short_chain(confirmed=self.confirmation_required)
        return tuple(self.procedure.steps)

    @property
    def apart(self) -> list[Apart]:
        """The steps that this policy holds apart, beside those held apart in every campaign."""
        return [] if self.procedure is None else self.procedure.apart

    def step(self, code: str) -> Step | None:
        """The step of that code, or None."""
        return next((step for step in self.chain if step.code == code), None)

    def step_of(self, act: Act) -> Step | None:
        """The step that is this act, or None where the policy does not ask for it."""
        return next((step for step in self.chain if step.act == act), None)

    def category(self, code: str) -> Category | None:
        """The category of that code, or None: such a nomination is out of category."""
        return next((category for category in self.categories if category.code == code), None)

    def source_of_field(self, field: str) -> str | None:
        """Where a field comes from, or None where the policy does not say."""
        return next((each.source for each in self.sources if each.field == field), None)

    def words(self, name: ListName) -> Words:
        """The words of a list as this policy has them."""
        return words_of(name, self.vocabularies)

    def line(self, code: str) -> BudgetLine | None:
        """The budget line of that code, or None."""
        return next((line for line in self.lines if line.code == code), None)
