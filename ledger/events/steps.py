"""A step of the policy's own is taken for a case (办理步骤): 初审, 审核, 集体研究, 拨付, 支付复核."""

from __future__ import annotations

from typing import Annotated, ClassVar, get_args

from pydantic import BaseModel, ConfigDict, Field

from ledger.domain.event import ROLE_TITLES, Document, VerifiedEvent, fulfilling
from ledger.domain.fields import PastDay, Text, Word
from ledger.domain.policy.steps import Step, StepRole
from ledger.domain.references import Scope, recipient_of
from ledger.domain.state import Case, State
from ledger.domain.who_signs import TAKING_PART, HeldOver, RolesWhere
from ledger.errors import Rule
from ledger.events.campaign import sound_campaign
from ledger.events.nomination import OfCase, check_in_time, check_state
from ledger.events.procedure import check_earlier, check_level, check_persons, is_taken
from ledger.events.separation import check_not_kin, check_not_own, officers_of

STEP_UNKNOWN = Rule(
    "step-unknown",
    zh="方案的办理程序中没有可单独办理的步骤 {step}",
    en="the policy's procedure has no step {step} of its own",
)
STEP_OF_ANOTHER_ROLE = Rule(
    "step-of-another-role",
    zh="步骤“{title}”由{expected}办理，实为{found}",
    en="the step {step} is taken by the {expected_en}, found {found_en}",
)
STEP_ALREADY_TAKEN = Rule(
    "step-already-taken",
    zh="步骤“{title}”已经办理",
    en="the step {step} was taken already",
)
STEP_PAPER_MISSING = Rule(
    "step-paper-missing",
    zh="步骤“{title}”缺少附件：{papers}",
    en="the step {step} lacks papers: {papers}",
)
STEP_MINUTES_MISSING = Rule(
    "step-minutes-missing",
    zh="步骤“{title}”须填写会议纪要编号和会议日期",
    en="the step {step} names the minutes' number and the day of the meeting",
)


class StepPaper(BaseModel):
    """A paper named with a step (附件): what it is by the policy's word, its number and its file's hash."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    title: Text
    document: Document


class Minutes(BaseModel):
    """The minutes of the meeting that decided (会议纪要): number, file's hash, day of the meeting."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    document: Document
    held_on: PastDay


class StepTaken(OfCase):
    """A step that the policy asks for beside nomination, confirmation, approval and payout is taken (办理步骤).

    The body says in which role; the policy says whether that is the step's.
    """

    TITLE_ZH: ClassVar[str] = "办理步骤"
    TITLE_EN: ClassVar[str] = "Step taken"
    ROLES: ClassVar[frozenset[str]] = frozenset({"clerk"})
    ROLES_WHERE: ClassVar[tuple[RolesWhere, ...]] = tuple(
        RolesWhere("role", role, fulfilling(role)) for role in get_args(StepRole) if role != "clerk"
    )
    HELD_OVER: ClassVar[HeldOver] = TAKING_PART

    step: Word
    role: StepRole
    papers: Annotated[list[StepPaper], Field(max_length=20)] = Field(default_factory=list)
    minutes: Minutes | None = None
    note: Text | None = None

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """A live case whose earlier steps were taken, by who takes this one, with all papers asked for."""
        terms = sound_campaign(self.campaign, state).terms
        case = self.the_case(state)
        check_state(case, "nominated", "confirmed", "approved")
        check_in_time(case)
        step = terms.step(self.step)
        if step is None or step.act is not None:
            raise STEP_UNKNOWN.refused(step=self.step)
        if self.role != step.role:
            expected, found = ROLE_TITLES[step.role], ROLE_TITLES[self.role]
            raise STEP_OF_ANOTHER_ROLE.refused(
                step=step.code,
                title=step.title,
                expected=expected[0],
                expected_en=expected[1],
                found=found[0],
                found_en=found[1],
            )
        is_due_again = case.state != "approved" and step.code in case.steps_spent
        if is_taken(case, step, state) and not is_due_again:
            raise STEP_ALREADY_TAKEN.refused(step=step.code, title=step.title)
        check_earlier(case, step, terms, state)
        self._check_papers(step)
        check_level(act, step, Scope(self.unit, self.campaign), state)
        check_persons(act, case, step, terms, state)
        doing = step.title, f"take the step {step.code} of"
        check_not_own(act, recipient_of(case, state), state, doing)
        check_not_kin(act, case, state, doing)

    def _check_papers(self, step: Step) -> None:
        named = {paper.title for paper in self.papers}
        missing = [title for title in step.papers if title not in named]
        if missing:
            raise STEP_PAPER_MISSING.refused(step=step.code, title=step.title, papers="、".join(missing))
        if step.minutes_required and self.minutes is None:
            raise STEP_MINUTES_MISSING.refused(step=step.code, title=step.title)

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """The step stands; one taken on the approval falls with it."""
        case = state.get(Case, self.case)
        officers = officers_of(act, state)
        others = [taken for taken in case.steps if taken[0] != self.step]
        on_approval = case.state == "approved"
        case.steps = [*others, [self.step, officers, list(act.signers), act.recorded_at, on_approval]]
        case.steps_spent = [code for code in case.steps_spent if code != self.step]
        case.step_takers = [*case.step_takers, *([self.step, each] for each in officers)]
        state.put(case)
