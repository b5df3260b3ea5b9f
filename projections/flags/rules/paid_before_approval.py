"""Paid before approval (未批先付), clause A-8.

A payout that stands is of a date before any approval of its case, or has no case or approval at all.
An approval that was revoked after the payout's date stood on that date. Cleared when the payout came
back in full, or when an approval of an earlier date is recorded.
"""

from projections.flags.as_of import THE_PAYOUT
from projections.flags.rule import FlagRule
from projections.flags.subjects.payouts import payout, payout_approved_or_returned

RULE = FlagRule(
    id="paid-before-approval",
    version=1,
    title_zh="未批先付",
    title_en="Paid before approval",
    clause="A-8",
    severity="high",
    subject="payout",
    touched=payout,
    follows=payout_approved_or_returned,
    query=f"""
        SELECT a.subject, a.as_of, p.unit,
            array_remove(array[p.position, s.approved_at], NULL), p.kept_fen,
            jsonb_build_object('paid_on', p.paid_on, 'approved_on', s.approved_on)
        FROM asked a
        JOIN {THE_PAYOUT}
        CROSS JOIN LATERAL (
            SELECT min(k.approved_on) AS approved_on, min(k.from_position) AS approved_at
            FROM cases k
            WHERE k.case_id = p.case_id AND k.from_position <= a.as_of AND k.approved_on IS NOT NULL
        ) s
        WHERE s.approved_on IS NULL OR s.approved_on > p.paid_on
    """,
)
