"""Helped year after year on an old dossier (连年慰问档案未变), clause B-3.

A person holds payouts of three years running, the last of them in this campaign, and no dossier of
theirs was filed or amended after the first of these. Lists of earlier payouts that were brought in
count as such years. Cleared when one year's came back.
"""

from projections.flags.rule import FlagRule
from projections.flags.triggers.earlier import PERSON_HELPED_BEFORE, earlier_help, earlier_help_ended
from projections.flags.triggers.persons import PERSON_HELPED_NO_MORE, PERSON_OF_TWO_CAMPAIGNS

RULE = FlagRule(
    id="perennial-recipient",
    version=4,
    title_zh="连年慰问档案未变",
    title_en="Helped year after year on an unchanged dossier",
    clause="B-3",
    severity="low",
    subject="person",
    raised_by=(*PERSON_OF_TWO_CAMPAIGNS, *PERSON_HELPED_BEFORE),
    affected_by=(*PERSON_HELPED_NO_MORE, earlier_help_ended),
    parameters={"years": 3},
    query=f"""
        WITH given AS (
            SELECT a.subject, a.as_of, a.parameters, p.campaign, p.unit, p.year, p.position, p.paid_on, p.kept_fen
            FROM asked a
            JOIN terms_at(a.as_of) t ON t.campaign = a.campaign
            JOIN kept_payouts(a.as_of) p ON p.person = a.name
                AND p.year > t.year - (a.parameters ->> 'years')::int AND p.year <= t.year
            UNION ALL
            SELECT a.subject, a.as_of, a.parameters, NULL, NULL, x.year, x.position, x.paid_on, x.fen
            FROM asked a
            JOIN terms_at(a.as_of) t ON t.campaign = a.campaign
            CROSS JOIN LATERAL {earlier_help("a.name", "a.as_of")} x
            WHERE x.year > t.year - (a.parameters ->> 'years')::int AND x.year <= t.year
        ), paid AS (
            SELECT g.*,
                min(g.paid_on) OVER w AS first_on, max(g.paid_on) OVER w AS last_on,
                max(g.position) FILTER (WHERE g.campaign IS NOT NULL) OVER w AS last_position
            FROM given g
            WINDOW w AS (PARTITION BY g.subject, g.as_of)
        )
        SELECT x.subject, x.as_of,
            (array_agg(x.unit ORDER BY x.position DESC) FILTER (WHERE x.unit IS NOT NULL))[1],
            array_agg(x.position), sum(x.kept_fen),
            jsonb_build_object('years', to_jsonb(array_agg(DISTINCT x.year ORDER BY x.year)))
        FROM paid x
        JOIN asked a ON a.subject = x.subject AND a.as_of = x.as_of
        WHERE NOT EXISTS (
            SELECT FROM dossiers d
            WHERE d.person = a.name AND d.from_position <= a.as_of
                AND d.amended_on > x.first_on AND d.amended_on <= x.last_on
                AND d.from_position < x.last_position
        )
        GROUP BY x.subject, x.as_of, a.campaign, x.parameters
        HAVING count(DISTINCT x.year) = (x.parameters ->> 'years')::int
            AND bool_or(x.campaign = a.campaign)
    """,
)
