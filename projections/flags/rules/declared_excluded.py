"""Excluded by the own declaration (申报存在不予认定情形), clauses B-3, B-6.

The family said yes to an exclusion of the policy, and is put forward or was helped all the same. Cleared when the
nomination is rejected or revoked, or the household is declared anew before anything is paid.
"""

from projections.flags.as_of import ASSESSED
from projections.flags.rule import FlagRule
from projections.flags.triggers.cases import CASE_DISCLOSED, LATER_ON_CASE
from projections.flags.triggers.households import cases_of_declared

RULE = FlagRule(
    id="declared-excluded",
    version=1,
    title_zh="申报存在不予认定情形",
    title_en="Excluded by the family's own declaration",
    clause="B-3, B-6",
    severity="high",
    subject="case",
    raised_by=(*CASE_DISCLOSED, cases_of_declared),
    affected_by=LATER_ON_CASE,
    query=f"""
        SELECT DISTINCT ON (a.subject, a.as_of)
            a.subject, a.as_of, k.unit, array[k.nominated_position, s.from_position],
            k.paid_fen - k.returned_fen,
            jsonb_build_object('exclusions', s.excluded)
        FROM asked a
        JOIN cases_at(a.as_of) k ON k.case_id = a.name
        JOIN {ASSESSED}
        WHERE is_helped(k.step, k.paid_fen, k.returned_fen, k.aid_fen) AND s.excluded <> '[]'
        ORDER BY a.subject, a.as_of, s.from_position DESC
    """,
)
