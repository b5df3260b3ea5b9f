"""Duplicate recipient (重复领取（同一身份证）), clause B-5.

Two or more payouts stand for one identity number, on different cases, in one campaign or in campaigns
whose windows overlap. A number in
its old form of 15 digits is the same person, since marks are over the 18-character form. Instalments
on one approval are one payout; what came back in full does not count. Cleared when all but one came
back.
"""

from projections.flags.rule import FlagRule
from projections.flags.triggers.persons import (
    PERSON_HELPED_NO_MORE,
    person_paid_anywhere,
    persons_of_campaign_paid_again,
)

RULE = FlagRule(
    id="duplicate-identity",
    version=2,
    title_zh="重复领取（同一身份证）",
    title_en="Paid twice under one identity number",
    clause="B-5",
    severity="high",
    subject="person",
    raised_by=(person_paid_anywhere, persons_of_campaign_paid_again),
    affected_by=PERSON_HELPED_NO_MORE,
    query="""
        SELECT a.subject, a.as_of, min(p.unit), array_agg(p.position ORDER BY p.position),
            sum(p.kept_fen),
            jsonb_build_object(
                'payouts', count(*), 'units', to_jsonb(array_agg(DISTINCT p.unit ORDER BY p.unit))
            )
        FROM asked a
        JOIN kept_payouts(a.as_of) p ON p.person = a.name
        JOIN terms_at(a.as_of) t ON t.campaign = a.campaign
        JOIN terms_at(a.as_of) b ON b.campaign = p.campaign
        WHERE p.form = 'money' AND (
            p.campaign = a.campaign
            OR t.policy -> 'window' ->> 'start' <= b.policy -> 'window' ->> 'end'
            AND b.policy -> 'window' ->> 'start' <= t.policy -> 'window' ->> 'end'
        )
        GROUP BY a.subject, a.as_of
        HAVING count(DISTINCT coalesce(p.case_id, p.payout)) >= 2 AND bool_or(p.campaign = a.campaign)
    """,
)
