"""One household paid twice (一户多领), clause B-7.

Payouts that stand reached two or more persons of one household, in this campaign and others of its
year. Cleared when all but one person's came back.
"""

from projections.flags.rule import FlagRule
from projections.flags.triggers.marks import mark_paid_anywhere, mark_paid_no_more

RULE = FlagRule(
    id="duplicate-household",
    version=2,
    title_zh="一户多领",
    title_en="Several persons of one household paid",
    clause="B-7",
    severity="medium",
    subject="household",
    raised_by=mark_paid_anywhere("household"),
    affected_by=mark_paid_no_more("household"),
    query="""
        SELECT a.subject, a.as_of, min(p.unit) FILTER (WHERE p.campaign = a.campaign),
            array_agg(p.position), sum(p.kept_fen),
            jsonb_strip_nulls(jsonb_build_object(
                'persons', count(DISTINCT p.person),
                'units', to_jsonb(array_agg(DISTINCT p.unit ORDER BY p.unit)),
                'campaigns', CASE WHEN count(DISTINCT p.campaign) > 1
                    THEN to_jsonb(array_agg(DISTINCT p.campaign ORDER BY p.campaign)) END
            ))
        FROM asked a
        JOIN terms_at(a.as_of) t ON t.campaign = a.campaign
        JOIN kept_payouts(a.as_of) p ON p.household = a.name AND p.year = t.year
        GROUP BY a.subject, a.as_of
        HAVING count(DISTINCT p.person) >= 2 AND bool_or(p.campaign = a.campaign)
    """,
)
