"""Paid above the standard (超标准发放), clause B-4.

A payout that stands is above its category's standard, or a person's payouts of one year add up to
more than the yearly cap, with what lists of earlier payouts that were brought in say of the same year.
What came back is taken off first. Cleared when the excess came back.
"""

from projections.flags.rule import FlagRule
from projections.flags.triggers.earlier import PERSON_HELPED_BEFORE, earlier_help, earlier_help_ended
from projections.flags.triggers.persons import person_paid, person_paid_back, persons_of_campaign

RULE = FlagRule(
    id="over-standard",
    version=3,
    title_zh="超标准发放",
    title_en="Paid above the standard",
    clause="B-4",
    severity="high",
    subject="person",
    raised_by=(person_paid, persons_of_campaign, *PERSON_HELPED_BEFORE),
    affected_by=(person_paid_back, earlier_help_ended),
    query=f"""
        WITH kept AS (
            SELECT a.subject, a.as_of, a.campaign AS asked_campaign, t.policy,
                p.campaign, p.unit, p.category, p.position, p.kept_fen
            FROM asked a
            JOIN terms_at(a.as_of) t ON t.campaign = a.campaign
            JOIN kept_payouts(a.as_of) p ON p.person = a.name AND p.year = t.year
            WHERE p.form = 'money'
            UNION ALL
            SELECT a.subject, a.as_of, a.campaign, t.policy, NULL, NULL, NULL, x.position, x.fen
            FROM asked a
            JOIN terms_at(a.as_of) t ON t.campaign = a.campaign
            CROSS JOIN LATERAL {earlier_help("a.name", "a.as_of")} x
            WHERE x.year = t.year
        ), measured AS (
            SELECT k.*,
                k.campaign = k.asked_campaign AND k.kept_fen > c.standard_fen AS above,
                c.standard_fen,
                sum(k.kept_fen) OVER (PARTITION BY k.subject, k.as_of) AS year_fen,
                (k.policy ->> 'yearly_cap_fen')::bigint AS cap_fen
            FROM kept k
            LEFT JOIN LATERAL (
                SELECT (c ->> 'standard_fen')::bigint AS standard_fen
                FROM jsonb_array_elements(k.policy -> 'categories') AS c
                WHERE c ->> 'code' = k.category
            ) c ON true
        )
        SELECT subject, as_of, min(unit), array_agg(position ORDER BY position),
            sum(CASE WHEN above THEN kept_fen - standard_fen ELSE 0 END)
                + greatest(0, coalesce(max(year_fen) - max(cap_fen), 0)),
            jsonb_build_object(
                'standard_fen', max(standard_fen), 'cap_fen', max(cap_fen),
                'largest_fen', max(kept_fen), 'year_fen', max(year_fen)
            )
        FROM measured
        WHERE above OR year_fen > cap_fen
        GROUP BY subject, as_of
        HAVING min(unit) IS NOT NULL
    """,
)
