"""Class of hardship differs (困难类别与测算不符), clauses A-2, B-2.

The class that the clerk stated is not the one that the policy's formula gives for the household as declared, or the
formula gives none at all. Where a local line is missing, nothing is judged. Cleared when the nomination is rejected
or revoked, or the household is declared anew before anything is paid.
"""

from projections.flags.as_of import ASSESSED
from projections.flags.rule import FlagRule
from projections.flags.triggers.cases import CASE_DISCLOSED, LATER_ON_CASE
from projections.flags.triggers.households import cases_of_declared

RULE = FlagRule(
    id="class-differs",
    version=1,
    title_zh="困难类别与测算不符",
    title_en="Class of hardship differs from the one computed",
    clause="A-2, B-2",
    severity="high",
    subject="case",
    raised_by=(*CASE_DISCLOSED, cases_of_declared),
    affected_by=LATER_ON_CASE,
    query=f"""
        SELECT DISTINCT ON (a.subject, a.as_of)
            a.subject, a.as_of, k.unit, array[k.nominated_position, s.from_position],
            k.paid_fen - k.returned_fen,
            jsonb_build_object('stated_class', s.stated, 'computed_class', s.computed)
        FROM asked a
        JOIN cases_at(a.as_of) k ON k.case_id = a.name
        JOIN {ASSESSED}
        WHERE is_helped(k.step, k.paid_fen, k.returned_fen, k.aid_fen)
            AND s.judged AND (s.computed IS NULL OR s.stated <> s.computed)
        ORDER BY a.subject, a.as_of, s.from_position DESC
    """,
)
