"""One account for several (一卡多人), clause A-8.

Money that stands went to one bank account for two or more persons of a campaign who are not all of
one household. The account is the one on the dossier at each payout. Cleared when what was paid came
back, down to one person or one household.
"""

from projections.flags.rule import FlagRule
from projections.flags.triggers.marks import mark_helped_no_more, mark_paid

RULE = FlagRule(
    id="shared-account",
    version=1,
    title_zh="一卡多人",
    title_en="One account for several persons",
    clause="A-8",
    severity="high",
    subject="account",
    raised_by=mark_paid("account"),
    affected_by=mark_helped_no_more("account"),
    query="""
        SELECT a.subject, a.as_of, min(p.unit), array_agg(p.position), sum(p.kept_fen),
            jsonb_build_object(
                'persons', count(DISTINCT p.person),
                'units', to_jsonb(array_agg(DISTINCT p.unit ORDER BY p.unit))
            )
        FROM asked a
        JOIN kept_payouts(a.as_of) p ON p.campaign = a.campaign AND p.account = a.name
        GROUP BY a.subject, a.as_of
        HAVING count(DISTINCT coalesce(p.household, p.person)) >= 2
            AND count(DISTINCT p.person) >= 2
    """,
)
