"""Questions about the steps of a case (办理步骤): the policy's chain as it stood, with what was taken of it."""

from __future__ import annotations

from api.gate import Row, ScopedViews
from ledger.domain.policy.campaign_policy import Policy
from ledger.domain.policy.steps import Act, Step
from ledger.domain.state import UNKNOWN_REFERENCE
from projections.frame.view import AS_OF

_TYPES: dict[Act, tuple[str, ...]] = {
    "nominate": ("Nominated",),
    "confirm": ("Confirmed",),
    "approve": ("Approved",),
    "pay": ("Disbursed", "AidDelivered"),
}


def steps(views: ScopedViews, case: str, as_of: int) -> list[Row]:
    """The steps of a case in the order of its campaign's policy, each with who took it; the next one is due.

    Raises:
        Refused: ``reference-unknown`` where there is no such case, or none that may be seen.
    """
    found = views.rows(
        f"SELECT campaign, unit, step, confirmed, approved_fen FROM cases WHERE case_id = %(case)s AND {AS_OF}",
        case=case,
        as_of=as_of,
    )
    if not found:
        raise UNKNOWN_REFERENCE.refused(kind="case", id=case)
    terms = views.rows(
        f"SELECT policy FROM terms WHERE campaign = %(campaign)s AND {AS_OF}",
        campaign=found[0]["campaign"],
        as_of=as_of,
    )
    policy = Policy.model_validate(terms[0]["policy"])
    taken = _taken(views, case, as_of)
    of_acts = _of_acts(views, case, as_of, is_approved=found[0]["step"] == "approved")
    live = found[0]["step"] in ("nominated", "confirmed", "approved")
    revoked_at = 0 if found[0]["step"] == "approved" or not live else _approval_revoked_at(views, case, as_of)
    rows: list[Row] = []
    due = live
    for number, step in enumerate(policy.chain, 1):
        row = taken.get(step.code) if step.act is None else of_acts.get(step.act)
        again = step.act is None and row is not None and row["position"] < revoked_at
        of_step = {**_asked(number, step, policy), **(row or _NOT_TAKEN)}
        rows.append({**of_step, "is_due": due and row is None, "is_due_again": again})
        due = due and row is not None
    return rows


_NOT_TAKEN: Row = {
    "position": None,
    "taken_on": None,
    "officers": [],
    "minutes": None,
    "held_on": None,
    "papers": [],
    "note": None,
}


def _asked(number: int, step: Step, policy: Policy) -> Row:
    apart = [pair.other if pair.step == step.code else pair.step for pair in policy.apart
             if step.code in (pair.step, pair.other)]  # fmt: skip
    return {
        "number": number,
        "step": step.code,
        "title": step.title,
        "role": step.role,
        "level": step.level,
        "signatures": step.signatures,
        "act": step.act,
        "papers_required": step.papers,
        "minutes_required": step.minutes_required,
        "apart": apart,
    }


def _taken(views: ScopedViews, case: str, as_of: int) -> dict[str, Row]:
    rows = views.rows(
        "SELECT s.step, s.position, s.taken_on, s.minutes, s.held_on, s.papers, s.note,"
        " ARRAY[t.officer] || coalesce(t.seconds, '{}') AS officers"
        f" FROM (SELECT * FROM case_steps WHERE case_id = %(case)s AND {AS_OF}) s"
        " JOIN timeline t ON t.position = s.position",
        case=case,
        as_of=as_of,
    )
    return {row.pop("step"): row for row in rows}


def _approval_revoked_at(views: ScopedViews, case: str, as_of: int) -> int:
    """Where the approval of a live case was revoked last, which is not approved since; 0 where none was."""
    [found] = views.rows(
        "SELECT coalesce(max(t.position), 0) AS position FROM timeline t"
        " WHERE t.case_id = %(case)s AND t.position <= %(as_of)s AND t.type = 'Revoked'",
        case=case,
        as_of=as_of,
    )
    return int(found["position"])


def _of_acts(views: ScopedViews, case: str, as_of: int, *, is_approved: bool) -> dict[Act, Row]:
    """The last time that each of the ledger's own acts was done; an approval that fell is none."""
    rows = views.rows(
        "SELECT t.position, t.type, t.happened_on AS taken_on,"
        " ARRAY[t.officer] || coalesce(t.seconds, '{}') AS officers"
        " FROM timeline t WHERE t.case_id = %(case)s AND t.position <= %(as_of)s AND t.type = ANY(%(types)s)"
        " ORDER BY t.position",
        case=case,
        as_of=as_of,
        types=[name for names in _TYPES.values() for name in names],
    )
    found: dict[Act, Row] = {}
    for row in rows:
        act = next(act for act, names in _TYPES.items() if row["type"] in names)
        if act != "approve" or is_approved:
            found[act] = {**_NOT_TAKEN, **{name: row[name] for name in ("position", "taken_on", "officers")}}
    return found
