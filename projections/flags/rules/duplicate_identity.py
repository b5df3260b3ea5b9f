"""Duplicate recipient (重复领取（同一身份证）), clause B-5.

Two or more payouts stand for one identity number in one campaign, on different cases. A number in
its old form of 15 digits is the same person, since marks are over the 18-character form. Instalments
on one approval are one payout; what came back in full does not count. Cleared when all but one came
back.
"""

from projections.flags.rule import FlagRule
from projections.flags.subjects.persons import person_paid_again, person_paid_back

RULE = FlagRule(
    id="duplicate-identity",
    version=1,
    title_zh="重复领取（同一身份证）",
    title_en="Paid twice under one identity number",
    clause="B-5",
    severity="high",
    subject="person",
    touched=person_paid_again,
    follows=person_paid_back,
    query="""
        SELECT a.subject, a.as_of, min(p.unit), array_agg(p.position ORDER BY p.position),
            sum(p.amount_fen - r.fen),
            jsonb_build_object(
                'payouts', count(*), 'units', to_jsonb(array_agg(DISTINCT p.unit ORDER BY p.unit))
            )
        FROM asked a
        JOIN payouts p ON p.person = a.name AND p.campaign = a.campaign AND p.position <= a.as_of
        CROSS JOIN LATERAL (
            SELECT coalesce(sum(amount_fen), 0) AS fen FROM returns
            WHERE payout = p.payout AND position <= a.as_of
        ) r
        WHERE p.form = 'money' AND p.amount_fen > r.fen
        GROUP BY a.subject, a.as_of
        HAVING count(DISTINCT coalesce(p.case_id, p.payout)) >= 2
    """,
)
