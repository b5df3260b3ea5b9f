"""Helped last year already (上年已慰问), clause B-3.

A person nominated or paid in a campaign holds a payout of one before it: of the one that the policy
names, or of the same sponsor's of the year before. In principle nobody is helped two years
running. Cleared when either year's help is gone.
"""

from projections.flags.as_of import HELP
from projections.flags.rule import FlagRule
from projections.flags.triggers.persons import PERSON_HELPED_NO_MORE, PERSON_OF_TWO_CAMPAIGNS

RULE = FlagRule(
    id="prior-year-repeat",
    version=2,
    title_zh="上年已慰问",
    title_en="Helped in the year before",
    clause="B-3",
    severity="medium",
    subject="person",
    raised_by=PERSON_OF_TWO_CAMPAIGNS,
    affected_by=PERSON_HELPED_NO_MORE,
    query=f"""
        WITH {HELP}
        SELECT h.subject, h.as_of, min(h.unit), array_agg(h.position) || max(b.positions),
            sum(h.kept_fen),
            jsonb_build_object('prior_campaign', min(b.campaign), 'prior_fen', max(b.kept_fen))
        FROM help h
        JOIN asked a ON a.subject = h.subject AND a.as_of = h.as_of
        JOIN terms_at(a.as_of) t ON t.campaign = a.campaign
        CROSS JOIN LATERAL (
            SELECT min(b.campaign) AS campaign, array_agg(p.position) AS positions,
                sum(p.kept_fen) AS kept_fen
            FROM terms_at(a.as_of) b
            JOIN kept_payouts(a.as_of) p ON p.person = a.name AND p.campaign = b.campaign
            WHERE b.campaign <> t.campaign AND (
                b.campaign = t.policy ->> 'prior_campaign' OR b.sponsor = t.sponsor AND b.year = t.year - 1
            )
        ) b
        WHERE h.campaign = h.asked_campaign AND b.campaign IS NOT NULL
        GROUP BY h.subject, h.as_of
    """,
)
