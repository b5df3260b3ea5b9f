"""What an approver looks at beside a case (审核要点): criteria, earlier help, flags."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from api.gate import Row, ScopedViews
from api.wording.words import CODES
from ledger.domain.policy.campaign_policy import Policy
from ledger.errors import yuan
from projections.frame.view import AS_OF

STOPPED_MONTHS = 6
"""From how many months on an enterprise counts as stopped, clause A-1."""

CRITERIA = {
    "income-below-line": ("人均月收入低于低保线", "income below the local line"),
    "cause-given": ("有致困原因", "a cause is given"),
    "registered-unemployed": ("登记失业", "registered as unemployed"),
    "employed-in-county": ("在本县就业", "employed in the county"),
    "model-worker": ("劳动模范", "a model worker"),
    "stopped-or-closing": ("停产六个月以上或关闭破产", "stopped for six months, or closing"),
}


def eligibility_of(views: ScopedViews, cases: Sequence[str], as_of: int) -> list[Row]:
    """For each case what its category asks and whether it is met, earlier help, and flags that stand.

    ``met`` is true, false, or null where the dossier or the policy does not say.
    """
    found = views.rows(
        "SELECT k.case_id, k.campaign, k.category, k.dossier, k.person, d.facts, d.marks, t.policy"
        f" FROM (SELECT * FROM cases k WHERE case_id = ANY(%(cases)s) AND {AS_OF}"
        ") k"
        f" JOIN (SELECT * FROM dossiers d WHERE {AS_OF}) d ON d.dossier = k.dossier"
        f" JOIN (SELECT * FROM terms t WHERE {AS_OF}) t ON t.campaign = k.campaign"
        " ORDER BY k.nominated_position",
        cases=list(cases),
        as_of=as_of,
    )
    flags = _flags(views, sorted({subject for row in found for subject in _subjects(row)}), as_of)
    earlier = _earlier(views, [row["person"] for row in found], as_of)
    return [
        {
            "case_id": row["case_id"],
            "criteria": criteria(Policy.model_validate(row["policy"]), row["category"], row["facts"]),
            "earlier": [
                each for each in earlier.get(row["person"], []) if each["campaign"] != row["campaign"]
            ],
            "flags": [flag for subject in _subjects(row) for flag in flags.get(subject, [])],
        }
        for row in found
    ]


def criteria(policy: Policy, category: str, facts: dict[str, Any]) -> list[dict[str, Any]]:
    """What the category asks, each with whether the facts meet it, and why; null where it cannot be told."""
    asked = policy.category(category)
    found = [] if asked is None else [(each, *_met(policy, each, facts)) for each in asked.criteria]
    return [{"criterion": each, "met": met, "why": {"zh": why[0], "en": why[1]}} for each, met, why in found]


_Judged = tuple[bool | None, tuple[str, str]]


def _met(policy: Policy, criterion: str, facts: dict[str, Any]) -> _Judged:
    """Whether the facts meet a criterion, and what they say of it."""
    if criterion == "income-below-line":
        return _below_the_line(facts.get("income_per_head_fen"), policy.subsistence_line_fen)
    if criterion == "stopped-or-closing":
        return _stopped(facts.get("closing"), facts.get("stopped_months"))
    if criterion == "employed-in-county":
        employed = facts.get("employed_in_county")
        if employed is None:
            return None, ("档案未说明是否在本县就业", "the dossier does not say where the person is employed")
        return bool(employed), ("档案：是", "the dossier says yes") if employed else (
            "档案：否",
            "the dossier says no",
        )
    # What is shown by being there: a cause, a title. Whoever is in no work is so by a word of the dossier's.
    member = {"cause-given": "cause", "model-worker": "model_worker"}.get(criterion, "employment")
    value = facts.get(member)
    if value is None:
        return None if member == "employment" else False, ("档案未填写", "the dossier does not say")
    met = value == "registered-unemployed" if member == "employment" else True
    return met, (f"档案：{CODES.get(value, value)}", f"the dossier says {value}")


def _below_the_line(income_fen: int | None, line_fen: int | None) -> _Judged:
    if line_fen is None:
        return None, ("方案未写明低保线", "the policy names no line")
    if income_fen is None:
        return None, ("档案未说明人均月收入", "the dossier does not say what the income per head is")
    return income_fen < line_fen, (
        f"人均月收入 {yuan(income_fen)} 元，低保线 {yuan(line_fen)} 元",
        f"income per head {yuan(income_fen)} yuan, the line {yuan(line_fen)} yuan",
    )


def _stopped(closing: str | None, months: int | None) -> _Judged:
    if closing is not None:
        return True, (f"档案：{CODES.get(closing, closing)}", f"the dossier says {closing}")
    if months is None:
        return None, ("档案未说明停产月数", "the dossier does not say for how long it has stopped")
    return months >= STOPPED_MONTHS, (f"停产 {months} 个月", f"stopped for {months} months")


def _subjects(row: Row) -> list[str]:
    """The subjects of flags that this case is concerned by."""
    campaign, marks = row["campaign"], row["marks"]
    shared = [
        f"{kind}:{campaign}/{marks[kind]}"
        for kind in ("account", "phone", "address", "household")
        if kind in marks
    ]
    return [
        f"case:{campaign}/{row['case_id']}",
        f"person:{campaign}/{row['person']}",
        f"dossier:{campaign}/{row['dossier']}",
        f"dossier:-/{row['dossier']}",
        *shared,
    ]


def _flags(views: ScopedViews, subjects: list[str], as_of: int) -> dict[str, list[Row]]:
    found = views.rows(
        "SELECT subject, flag, rule, severity, raised_at, amount_fen FROM flags "
        f" WHERE subject = ANY(%(subjects)s) AND {AS_OF} ORDER BY raised_at",
        subjects=subjects,
        as_of=as_of,
    )
    by_subject: dict[str, list[Row]] = {}
    for row in found:
        by_subject.setdefault(row["subject"], []).append(row)
    return by_subject


def _earlier(views: ScopedViews, persons: list[str], as_of: int) -> dict[str, list[Row]]:
    """What each person kept of each campaign's payouts, the newest year first."""
    found = views.rows(
        "SELECT p.person, p.campaign, p.year, sum(p.amount_fen - coalesce(r.fen, 0))::bigint AS kept_fen"
        " FROM payouts p LEFT JOIN LATERAL (SELECT sum(amount_fen) AS fen FROM returns r"
        "  WHERE r.payout = p.payout AND r.position <= %(as_of)s) r ON true"
        " WHERE p.person = ANY(%(persons)s) AND p.position <= %(as_of)s"
        " GROUP BY p.person, p.campaign, p.year HAVING sum(p.amount_fen - coalesce(r.fen, 0)) > 0"
        " ORDER BY p.year DESC, p.campaign",
        persons=persons,
        as_of=as_of,
    )
    by_person: dict[str, list[Row]] = {}
    for row in found:
        by_person.setdefault(row.pop("person"), []).append(row)
    return by_person
