"""Split payouts (拆分发放), clause B-4.

Payouts to one person through one unit within seven days, by their dates or by their recording, add up to
more than a limit, each of them at or under it: the category's standard, or the sum above which two must
sign. What an auditor recorded after the fact counts by its date alone. Cleared when what came back takes
the sum to the limit.
"""

from projections.flags.as_of import counted_on
from projections.flags.rule import FlagRule
from projections.flags.triggers.persons import (
    person_paid_again,
    person_paid_back,
    persons_of_campaign_paid_again,
)

RULE = FlagRule(
    id="split-payout",
    version=2,
    title_zh="拆分发放",
    title_en="Split payouts",
    clause="B-4",
    severity="medium",
    subject="person",
    raised_by=(person_paid_again, persons_of_campaign_paid_again),
    affected_by=(person_paid_back,),
    parameters={"days": 7},
    query=f"""
        WITH small AS (
            SELECT a.subject, a.as_of, (a.parameters ->> 'days')::int AS days, p.position, p.unit,
                m.measure, m.day, p.kept_fen, l.limit_fen
            FROM asked a
            JOIN terms_at(a.as_of) t ON t.campaign = a.campaign
            JOIN kept_payouts(a.as_of) p ON p.campaign = a.campaign AND p.person = a.name
            CROSS JOIN LATERAL (
                SELECT (t.policy ->> 'two_signatures_above_fen')::bigint AS limit_fen
                UNION
                SELECT (c ->> 'standard_fen')::bigint
                FROM jsonb_array_elements(t.policy -> 'categories') AS c
                WHERE c ->> 'code' = p.category
            ) l
            CROSS JOIN LATERAL (
                VALUES ('on', p.paid_on), ('recorded', {counted_on("p.position")})
            ) AS m (measure, day)
            WHERE p.form = 'money' AND p.kept_fen <= l.limit_fen
        ), windows AS (
            SELECT x.subject, x.as_of, x.unit, x.limit_fen, x.measure, x.position,
                array_agg(y.position) AS positions, sum(y.kept_fen) AS fen
            FROM small x
            JOIN small y USING (subject, as_of, unit, limit_fen, measure)
            WHERE y.day BETWEEN x.day AND x.day + x.days - 1
            GROUP BY x.subject, x.as_of, x.unit, x.limit_fen, x.measure, x.position
            HAVING count(*) >= 2 AND sum(y.kept_fen) > x.limit_fen
        )
        SELECT DISTINCT ON (subject, as_of) subject, as_of, unit, positions, fen,
            jsonb_build_object('limit_fen', limit_fen, 'payouts', cardinality(positions))
        FROM windows
        ORDER BY subject, as_of, fen DESC, limit_fen, measure, position
    """,
)
