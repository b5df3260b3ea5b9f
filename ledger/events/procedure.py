"""What a policy's procedure asks of an act on a case (办理程序): steps before it, level, signatures, persons apart.

The steps stand in :mod:`ledger.domain.policy.steps`. A policy without a procedure asks for nothing here that is not
asked of every campaign.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from ledger.domain.compromise import is_unsound
from ledger.domain.event import ROLE_TITLES, VerifiedEvent, covers, fulfilling
from ledger.domain.level import LEVEL_TITLES, Level, is_at_least
from ledger.domain.policy.campaign_policy import Policy
from ledger.domain.policy.steps import Act, Step
from ledger.domain.references import Scope
from ledger.domain.state import Campaign, Case, Key, Officer, State, Unit
from ledger.errors import Rule
from ledger.events.separation import Titles, check_separate, check_two_persons

STEP_MISSING = Rule(
    "step-missing",
    zh="方案规定的步骤“{title}”尚未办理，不得{doing}：由{level}{role}办理",
    en="the policy asks for the step {step}, which was not taken, before this case is {doing_en}: the {role_en}"
    " {level_en}takes it",
)
STEP_LEVEL_TOO_LOW = Rule(
    "step-level-too-low",
    zh="步骤“{title}”须由{expected}及以上单位的{role}办理：{officer} 在该级没有此岗位",
    en="the step {step} is taken by a {role_en} at the level {expected_en} or above, where {officer} holds no such role",
)


def check_step(
    act: VerifiedEvent,
    case: Case,
    known: Act,
    state: State,
    *,
    after_the_fact: bool = False,
    spent: Collection[str] = (),
) -> None:
    """Refuses an act on a case that the policy's procedure does not allow yet, or not of these officers.

    What is recorded after the fact may lack steps; that persons are held apart binds it as well. ``spent`` are the
    steps that were taken and are not good for this.

    Raises:
        Refused: ``step-missing``, ``step-level-too-low``, ``second-person-missing``, ``duties-not-separated``.
    """
    terms = state.get(Campaign, case.campaign).terms
    step = terms.step_of(known)
    if terms.procedure is None or step is None:
        return
    if not after_the_fact:
        check_earlier(case, step, terms, state, spent)
        # Whoever else may sign hands out what a unit drew, at whatever level that unit is.
        if act.event.roles() <= fulfilling(step.role):
            check_level(act, step, Scope(case.unit, case.campaign), state)
    check_persons(act, case, step, terms, state)


def check_site_step(act: VerifiedEvent, known: Act, scope: Scope, state: State) -> None:
    """Refuses to approve or give help to a site otherwise than the procedure asks of a case: level, signatures.

    Raises:
        Refused: ``step-level-too-low``, ``second-person-missing``.
    """
    terms = state.get(Campaign, scope.campaign or "").terms
    step = terms.step_of(known)
    if terms.procedure is None or step is None:
        return
    check_level(act, step, scope, state)
    if step.signatures == 2:
        check_two_persons(act, state, (step.title, f"the step {step.code}"))


def check_earlier(case: Case, step: Step, terms: Policy, state: State, spent: Collection[str] = ()) -> None:
    """Refuses a step before those that come first.

    Raises:
        Refused: ``step-missing``.
    """
    for earlier in terms.chain:
        if earlier.code == step.code:
            return
        if earlier.code in spent or not is_taken(case, earlier, state):
            level = ("", "") if earlier.level is None else LEVEL_TITLES[earlier.level]
            role = ROLE_TITLES[earlier.role]
            raise STEP_MISSING.refused(
                step=earlier.code,
                title=earlier.title,
                role=role[0],
                role_en=role[1],
                level=level[0],
                level_en=f"at the level {level[1]} " if level[1] else "",
                doing=f"办理“{step.title}”",
                doing_en=f"taken to the step {step.code}",
            )


def is_taken(case: Case, step: Step, state: State) -> bool:
    """Whether a step stands: it was taken, and no stolen key is behind that."""
    match step.act:
        case "nominate":
            return True
        case "confirm":
            return bool(case.confirmed_by)
        case "approve":
            return case.state == "approved"
        case "pay":
            return bool(case.paid_by)
        case None:
            scope = Scope(case.unit, case.campaign)
            return any(
                taken[0] == step.code and not is_unsound(taken[2], taken[3], step.role, scope, state)
                for taken in case.steps
            )


def check_level(act: VerifiedEvent, step: Step, scope: Scope, state: State) -> None:
    """Refuses signers who hold the role below the level that the step asks for.

    Raises:
        Refused: ``step-level-too-low``.
    """
    if step.level is None:
        return
    unit = None if scope.unit is None else state.get(Unit, scope.unit)
    for keyid in act.signers:
        officer = state.get(Officer, state.get(Key, keyid).officer)
        held = [
            grant["unit"]
            for grant in officer.grants
            if grant["role"] in fulfilling(step.role) and covers(grant, unit, scope.campaign)
        ]
        if not any(_reaches(each, step.level, state) for each in held):
            level, role = LEVEL_TITLES[step.level], ROLE_TITLES[step.role]
            raise STEP_LEVEL_TOO_LOW.refused(
                step=step.code,
                title=step.title,
                expected=level[0],
                expected_en=level[1],
                role=role[0],
                role_en=role[1],
                officer=officer.id,
            )


def _reaches(unit: str | None, level: Level, state: State) -> bool:
    return unit is None or is_at_least(state.get(Unit, unit).level, level)


def check_persons(act: VerifiedEvent, case: Case, step: Step, terms: Policy, state: State) -> None:
    """Refuses one signature where the step takes two, and persons who took a step that is held apart from it.

    Raises:
        Refused: ``second-person-missing``, ``duties-not-separated``.
    """
    if step.signatures == 2:
        check_two_persons(act, state, (step.title, f"the step {step.code}"))
    for pair in terms.apart:
        if step.code not in (pair.step, pair.other):
            continue
        other = terms.step(pair.other if step.code == pair.step else pair.step)
        if other is not None:
            check_separate(act, state, takers(case, other), _taken(other), _taking(step))


def takers(case: Case, step: Step) -> list[str]:
    """The officers who ever took a step of a case, also where it was taken again."""
    match step.act:
        case "nominate":
            return case.nominated_by
        case "confirm":
            return case.confirmed_by
        case "approve":
            return case.ever_approved_by
        case "pay":
            return case.paid_by
        case None:
            return [officer for code, officer in case.step_takers if code == step.code]


def _taken(step: Step) -> Titles:
    return f"办理“{step.title}”", f"taken the step {step.code} of"


def _taking(step: Step) -> Titles:
    return f"办理“{step.title}”", f"take the step {step.code} of"


def drop_later_steps(case: Case) -> None:
    """Takes back the steps that rest on the approval: where it ends, or what it was about changed, they are due anew."""
    case.steps = [taken for taken in case.steps if not taken[4]]


def note_spent(case: Case, state: State) -> None:
    """Notes, as an approval is revoked, which steps it rested on and what for, by the eighth version of the rules."""
    if state.rules < 8 or not case.steps:
        return
    money_fen, goods_fen, forms = case.steps_backed or (0, 0, [])
    case.steps_spent = [taken[0] for taken in case.steps]
    case.steps_backed = [
        max(money_fen, case.approved_fen),
        max(goods_fen, case.goods_fen),
        sorted({*forms, *case.forms}),
    ]


def spent_for(case: Case, money_fen: int, goods_fen: int, forms: Iterable[str]) -> list[str]:
    """The steps that are due again before this is approved, since they were taken when less was asked for."""
    if not case.steps_backed:
        return []
    most_fen, most_goods_fen, backed = case.steps_backed
    is_more = money_fen > most_fen or goods_fen > most_goods_fen or not set(forms) <= set(backed)
    return case.steps_spent if is_more else []
