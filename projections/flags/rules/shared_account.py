"""One account for several (一卡多人), clause A-8.

Money that stands went to one bank account for two or more persons who are not all of one household, in
this campaign and others of its year, whatever unit paid. The account is the one on the dossier at each
payout. Cleared when what was paid came back, down to one person or one household.
"""

from projections.flags.rule import FlagRule
from projections.flags.triggers.marks import mark_paid_anywhere, mark_paid_no_more

RULE = FlagRule(
    id="shared-account",
    version=2,
    title_zh="一卡多人",
    title_en="One account for several persons",
    clause="A-8",
    severity="high",
    subject="account",
    raised_by=mark_paid_anywhere("account"),
    affected_by=mark_paid_no_more("account"),
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
        JOIN kept_payouts(a.as_of) p ON p.account = a.name AND p.year = t.year
        GROUP BY a.subject, a.as_of
        HAVING count(DISTINCT coalesce(p.household, p.person)) >= 2
            AND count(DISTINCT p.person) >= 2 AND bool_or(p.campaign = a.campaign)
    """,
)
