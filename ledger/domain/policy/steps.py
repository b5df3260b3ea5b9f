"""The steps that a policy asks for (办理程序): 申报 → 初审 → 审核 → 集体研究 → 审批 → 拨付 → 支付复核 → 支付.

A step is one of four acts that every campaign knows (nominate, confirm, approve, pay), or one of the policy's own,
which is taken by an event that names it. Who holds which steps apart is the policy's too. A policy without
a procedure has the short chain of plans A and B.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, model_validator

from ledger.domain.fields import Code, Text
from ledger.domain.level import Level
from ledger.domain.policy.part import Part
from ledger.validation_words import ValueProblem

Act = Literal["nominate", "confirm", "approve", "pay"]
"""What a step is where the ledger has an event of its own for it (申报、确认、审批、发放)."""

StepRole = Literal["clerk", "confirmer", "approver", "finance", "cashier", "accountant"]
"""The roles that can take a step of a policy's own."""

_ROLES_OF_ACTS: Mapping[Act, frozenset[StepRole]] = {
    "nominate": frozenset({"clerk"}),
    "confirm": frozenset({"confirmer"}),
    "approve": frozenset({"approver"}),
    "pay": frozenset({"finance", "cashier", "clerk"}),
}


class Step(Part):
    """One step: who takes it, at which level, how many sign, with which papers.

    ``act`` is None for a step of the policy's own. ``papers`` are the titles of papers that must be named with it;
    ``level`` is that of the unit over which the role is held, or above.
    """

    code: Code
    title: Text
    role: StepRole
    act: Act | None = None
    level: Level | None = None
    signatures: Annotated[int, Field(ge=1, le=2)] = 1
    papers: Annotated[list[Text], Field(max_length=20)] = []
    minutes_required: bool = False
    source: Text | None = None

    @model_validator(mode="after")
    def _is_taken_by_who_can(self) -> Step:
        if self.act is None:
            return self
        if self.role not in _ROLES_OF_ACTS[self.act]:
            raise ValueProblem(
                f"步骤“{self.title}”不能由所设岗位办理：申报由经办，确认由确认人，审批由审批人，支付由财务、出纳或经办办理",
                f"the step {self.code} is not taken by {self.role}",
            )
        if self.papers or self.minutes_required:
            raise ValueProblem(
                f"步骤“{self.title}”不能要求附件或会议纪要：请另设步骤",
                f"the step {self.code} takes neither papers nor minutes: let a step of its own ask for them",
            )
        if self.act == "nominate" and (self.level is not None or self.signatures > 1):
            raise ValueProblem(
                f"步骤“{self.title}”由单位一人办理，不能另设层级、人数",
                f"the step {self.code} is taken by one person of the unit, at whatever level that is",
            )
        return self


class Apart(Part):
    """Two steps that one person does not take for one case (不相容步骤), beside those held apart in any case."""

    step: Code
    other: Code
    source: Text | None = None


class Procedure(Part):
    """All steps in order (办理程序), from the nomination to the payout, and which of them are held apart."""

    steps: Annotated[list[Step], Field(min_length=3, max_length=20)]
    apart: Annotated[list[Apart], Field(max_length=100)] = []
    source: Text

    @model_validator(mode="after")
    def _is_one_chain(self) -> Procedure:
        codes = [step.code for step in self.steps]
        if len(set(codes)) != len(codes):
            raise ValueProblem("有步骤重复", "a step stands twice")
        acts = [step.act for step in self.steps if step.act is not None]
        if acts not in (["nominate", "approve", "pay"], ["nominate", "confirm", "approve", "pay"]):
            raise ValueProblem(
                "步骤须依次含申报、确认（可不设）、审批、支付各一次",
                "the steps nominate, confirm (which may be left out), approve and pay stand once each, in this order",
            )
        if self.steps[0].act != "nominate" or self.steps[-1].act != "pay":
            raise ValueProblem(
                "首个步骤须为申报，末个须为支付", "the first step nominates, the last one pays"
            )
        for pair in self.apart:
            for code in (pair.step, pair.other):
                if code not in codes:
                    raise ValueProblem(f"没有步骤 {code}", f"there is no step {code}")
            if pair.step == pair.other:
                raise ValueProblem(
                    f"步骤 {pair.step} 与自身不相容", f"the step {pair.step} is held apart from itself"
                )
        return self


def short_chain(*, confirmed: bool) -> tuple[Step, ...]:
    """The steps of a policy that has no procedure, as plans A and B: nominated, confirmed, approved, paid."""
    nominate = Step(code="nominate", title="申报", role="clerk", act="nominate")
    confirm = Step(code="confirm", title="确认", role="confirmer", act="confirm")
    approve = Step(code="approve", title="审批", role="approver", act="approve")
    pay = Step(code="pay", title="发放", role="finance", act="pay")
    return (nominate, confirm, approve, pay) if confirmed else (nominate, approve, pay)
