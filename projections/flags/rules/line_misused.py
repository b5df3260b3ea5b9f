"""Charged to another line (列支项目与类别不符), clauses B-4, B-6.

A payout of money that stands is charged to a line that is not the one of its case's category in the
policy. A category without a line of its own may be paid from any. Cleared when the payout came back
in full, or the policy names that line.
"""

from projections.flags.rule import FlagRule
from projections.flags.triggers.payouts import PAYOUT, PAYOUT_APPROVED_OR_RETURNED

RULE = FlagRule(
    id="line-misused",
    version=1,
    title_zh="列支项目与类别不符",
    title_en="Charged to another line",
    clause="B-4, B-6",
    severity="high",
    subject="payout",
    raised_by=PAYOUT,
    affected_by=PAYOUT_APPROVED_OR_RETURNED,
    query="""
        SELECT a.subject, a.as_of, p.unit, array[p.position], p.kept_fen,
            jsonb_build_object('category', p.category, 'line', p.line, 'expected', c ->> 'line')
        FROM asked a
        JOIN kept_payouts(a.as_of) p ON p.campaign = a.campaign AND p.payout = a.name
        JOIN terms_at(a.as_of) t ON t.campaign = a.campaign
        JOIN jsonb_array_elements(t.policy -> 'categories') AS c ON c ->> 'code' = p.category
        WHERE p.form = 'money' AND c ->> 'line' <> p.line
    """,
)
