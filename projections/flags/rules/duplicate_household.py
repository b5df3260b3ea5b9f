"""One household paid twice (一户多领), clause B-7.

Payouts that stand reached two or more persons of one household in one campaign. Cleared when all but
one person's came back.
"""

from projections.flags.rule import FlagRule
from projections.flags.triggers.marks import mark_helped_no_more, mark_paid

RULE = FlagRule(
    id="duplicate-household",
    version=1,
    title_zh="一户多领",
    title_en="Several persons of one household paid",
    clause="B-7",
    severity="medium",
    subject="household",
    raised_by=mark_paid("household"),
    affected_by=mark_helped_no_more("household"),
    query="""
        SELECT a.subject, a.as_of, min(p.unit), array_agg(p.position), sum(p.kept_fen),
            jsonb_build_object(
                'persons', count(DISTINCT p.person),
                'units', to_jsonb(array_agg(DISTINCT p.unit ORDER BY p.unit))
            )
        FROM asked a
        JOIN kept_payouts(a.as_of) p ON p.campaign = a.campaign AND p.household = a.name
        GROUP BY a.subject, a.as_of
        HAVING count(DISTINCT p.person) >= 2
    """,
)
