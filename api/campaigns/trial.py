"""A changed policy tried over past cases (方案试算): what it would have asked of each, and what that changes.

Pure: a case with its dossier as it stands, held against two policies by the decisions that statements pass. A case is
judged on the day of its nomination; what its dossier has by now counts, whenever it was recorded. Nothing is written.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from api.roster.eligibility import CRITERIA, criteria
from api.roster.readiness import refusal
from ledger.domain.loosening import Loosening, loosenings, removals
from ledger.domain.policy.campaign_policy import Policy
from ledger.domain.policy.hardship_class import assess
from ledger.domain.record import Record
from ledger.domain.state import Campaign, Dossier
from ledger.errors import Refused
from ledger.events.funds import check_per_time_cap
from ledger.events.household import HouseholdDeclared
from projections.flags.rules.criteria_not_met import RULE as CRITERIA_NOT_MET
from projections.flags.rules.out_of_category import RULE as OUT_OF_CATEGORY
from projections.flags.rules.over_standard import RULE as OVER_STANDARD


@dataclass(frozen=True)
class PastCase:
    """A case with what its dossier says: facts, the household's newest declaration, its records."""

    case_id: str
    dossier: str
    unit: str
    person: str
    recipient: str
    category: str
    nominated_on: str
    state: str
    sum_fen: int
    """What was approved; what was asked for, where nothing is approved."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    declared: HouseholdDeclared | None = None
    records: tuple[Record, ...] = ()


class CaseProblem(BaseModel):
    """Why a case would be refused, or what would be flagged of it: the refusal's or flag's code and its words."""

    code: str
    zh: str
    en: str


class Outcome(BaseModel):
    """What a policy says of one case; sums in fen."""

    hardship_class: str | None
    class_title: str | None
    cap_fen: int | None
    steps: list[str]
    papers: list[str]
    two_signatures: bool
    refused: CaseProblem | None
    flagged: list[CaseProblem]


class TriedCase(BaseModel):
    """A case of which the changed policy says something else, and in which of the outcome's members."""

    case_id: str
    dossier: str
    unit: str
    category: str
    state: str
    nominated_on: str
    sum_fen: int
    changes: list[str]
    before: Outcome
    after: Outcome


class TrialCounts(BaseModel):
    """How many cases were tried, how many would change, and in what."""

    cases: int = 0
    changed: int = 0
    hardship_class: int = 0
    cap: int = 0
    steps: int = 0
    papers: int = 0
    two_signatures: int = 0
    flags: int = 0
    newly_refused: int = 0
    newly_passed: int = 0


class LoosenedMember(BaseModel):
    """A member of the policy that becomes looser, which takes two approvers."""

    member: str
    zh: str
    en: str


def loosened(before: Policy, after: Policy) -> list[LoosenedMember]:
    """What takes two approvers of an amendment: what becomes looser, and categories and lines that go."""
    found: dict[str, Loosening] = {
        each.member: each for each in (*removals(before, after), *loosenings(before, after))
    }
    return [LoosenedMember(member=each.member, zh=each.zh, en=each.en) for each in found.values()]


def outcome(case: PastCase, policy: Policy, *, with_flags: bool = True) -> Outcome:
    """What a policy says of a case; what would be flagged is not for everybody who sees the case."""
    hardship = policy.hardship
    found = None
    if hardship is not None and hardship.holds_for(case.category) and case.declared is not None:
        found = assess(case.declared.figures, hardship).hardship_class
    cap_fen = _cap_fen(case, policy)
    limit_fen = policy.two_signatures_above_fen
    return Outcome(
        hardship_class=found,
        class_title=None if found is None or hardship is None else hardship.title_of(found),
        cap_fen=cap_fen,
        steps=[step.title for step in policy.chain],
        papers=list(_papers(policy)),
        two_signatures=limit_fen is not None and case.sum_fen > limit_fen,
        refused=_refused(case, policy),
        flagged=list(_flagged(case, policy)) if with_flags else [],
    )


def _cap_fen(case: PastCase, policy: Policy) -> int | None:
    """The most that the case is given at one time: its category's standard, or the cap per time below it."""
    category = policy.category(case.category)
    limits = (
        None if category is None else category.standard_fen,
        None if policy.funding is None else policy.funding.per_time_cap_fen,
    )
    return min((each for each in limits if each is not None), default=None)


def _papers(policy: Policy) -> Iterator[str]:
    """What must be named on the way, each once."""
    asked = [paper for step in policy.chain for paper in step.papers]
    asked += ["会议纪要" for step in policy.chain if step.minutes_required]
    if policy.exclusions is not None and policy.exclusions.consent_required:
        asked.append("核对授权书")
    yield from dict.fromkeys(asked)


def _refused(case: PastCase, policy: Policy) -> CaseProblem | None:
    """The first refusal of its nomination or of the sum's approval."""
    dossier = Dossier(case.dossier, case.unit, case.recipient, case.person, case.nominated_on)
    found = refusal(dossier, case.category, policy, case.nominated_on, case.records)
    if found is None:
        try:
            check_per_time_cap(Campaign("tried", case.unit, "", {}, _terms=policy), case.sum_fen)
        except Refused as refused:
            found = refused
    if found is None:
        return None
    return CaseProblem(code=found.code, zh=found.message("zh"), en=found.message("en"))


def _flagged(case: PastCase, policy: Policy) -> Iterator[CaseProblem]:
    """What the flags of category, criteria and standard would say of it."""
    category = policy.category(case.category)
    if (
        category is None
        or category.recipient != case.recipient
        or case.facts.get("group") in policy.excluded_groups
    ):
        yield CaseProblem(code=OUT_OF_CATEGORY.id, zh=OUT_OF_CATEGORY.title_zh, en=OUT_OF_CATEGORY.title_en)
    unmet = [
        each["criterion"]
        for each in criteria(policy, case.category, dict(case.facts))
        if each["met"] is False
    ]
    if unmet:
        yield CaseProblem(
            code=CRITERIA_NOT_MET.id,
            zh=f"{CRITERIA_NOT_MET.title_zh}：{'、'.join(CRITERIA[each][0] for each in unmet)}",
            en=f"{CRITERIA_NOT_MET.title_en}: {', '.join(CRITERIA[each][1] for each in unmet)}",
        )
    if category is not None and category.standard_fen is not None and case.sum_fen > category.standard_fen:
        yield CaseProblem(code=OVER_STANDARD.id, zh=OVER_STANDARD.title_zh, en=OVER_STANDARD.title_en)


def tried(
    cases: Iterable[PastCase], before: Policy, after: Policy, *, with_flags: bool = True
) -> Iterator[TriedCase]:
    """Every case with what both policies say of it; ``changes`` is empty where they say the same."""
    for case in cases:
        one = outcome(case, before, with_flags=with_flags)
        other = outcome(case, after, with_flags=with_flags)
        changes = [name for name in Outcome.model_fields if _differs(name, one, other)]
        yield TriedCase(
            case_id=case.case_id,
            dossier=case.dossier,
            unit=case.unit,
            category=case.category,
            state=case.state,
            nominated_on=case.nominated_on,
            sum_fen=case.sum_fen,
            changes=changes,
            before=one,
            after=other,
        )


def _differs(name: str, one: Outcome, other: Outcome) -> bool:
    if name == "refused":
        return _code(one.refused) != _code(other.refused)
    if name == "flagged":
        return [each.zh for each in one.flagged] != [each.zh for each in other.flagged]
    return name != "class_title" and getattr(one, name) != getattr(other, name)


def _code(problem: CaseProblem | None) -> str | None:
    return None if problem is None else problem.code


def count(counts: TrialCounts, case: TriedCase) -> None:
    """Counts one more case."""
    counts.cases += 1
    counts.changed += bool(case.changes)
    counts.hardship_class += "hardship_class" in case.changes
    counts.cap += "cap_fen" in case.changes
    counts.steps += "steps" in case.changes
    counts.papers += "papers" in case.changes
    counts.two_signatures += "two_signatures" in case.changes
    counts.flags += "flagged" in case.changes
    counts.newly_refused += case.before.refused is None and case.after.refused is not None
    counts.newly_passed += case.before.refused is not None and case.after.refused is None
