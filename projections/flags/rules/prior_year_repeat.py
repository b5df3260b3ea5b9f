"""Helped last year already (上年已慰问), clause B-3.

A person nominated or paid in a campaign holds a payout of one before it: of the one that the policy
names, or of the same sponsor's of the year before; or stands on a list of that year's payouts that
was brought in. In principle nobody is helped two years running. Cleared when either year's help is
gone.
"""

from projections.flags.as_of import HELP
from projections.flags.rule import FlagRule
from projections.flags.triggers.earlier import (
    PERSON_HELPED_BEFORE,
    earlier_help,
    earlier_help_ended,
    on_the_line,
)
from projections.flags.triggers.persons import PERSON_HELPED_NO_MORE, PERSON_OF_TWO_CAMPAIGNS

RULE = FlagRule(
    id="prior-year-repeat",
    version=4,
    title_zh="上年已慰问",
    title_en="Helped in the year before",
    clause="B-3",
    severity="medium",
    subject="person",
    raised_by=(*PERSON_OF_TWO_CAMPAIGNS, *PERSON_HELPED_BEFORE),
    affected_by=(*PERSON_HELPED_NO_MORE, earlier_help_ended),
    query=f"""
        WITH {HELP}
        SELECT h.subject, h.as_of, min(h.unit), array_agg(h.position) || max(b.positions),
            sum(h.kept_fen),
            jsonb_strip_nulls(jsonb_build_object(
                'prior_campaign', min(b.campaign), 'prior_list', min(b.list), 'prior_fen', max(b.kept_fen)
            ))
        FROM help h
        JOIN asked a ON a.subject = h.subject AND a.as_of = h.as_of
        JOIN terms_at(a.as_of) t ON t.campaign = a.campaign
        CROSS JOIN LATERAL (
            SELECT min(x.campaign) AS campaign, min(x.list) AS list, array_agg(x.position) AS positions,
                sum(x.kept_fen) AS kept_fen
            FROM (
                SELECT b.campaign, NULL AS list, p.position, p.kept_fen
                FROM terms_at(a.as_of) b
                JOIN kept_payouts(a.as_of) p ON p.person = a.name AND p.campaign = b.campaign
                WHERE b.campaign <> t.campaign AND (
                    b.campaign = t.policy ->> 'prior_campaign' OR b.sponsor = t.sponsor AND b.year = t.year - 1
                )
                UNION ALL
                SELECT NULL, x.title, x.position, x.fen
                FROM {earlier_help("a.name", "a.as_of")} x
                WHERE x.year = t.year - 1
                    AND {on_the_line("x.unit", "t.sponsor")}
            ) x
        ) b
        WHERE h.campaign = h.asked_campaign AND b.positions IS NOT NULL
        GROUP BY h.subject, h.as_of
    """,
)
