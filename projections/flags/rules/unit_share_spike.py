"""A unit's recipients out of proportion (单位人数异常增长), clause A-6.

A unit's persons paid, per head of its staff, lie above the third quartile of all units by more than
one and a half times the quartiles' distance (at least four units with known staff); or they are twice
those of the campaign before, and five more at least: of the one that the policy
names or the same sponsor's of the year before, whichever had most. Looked at as days end and at the close. Cleared
when enough came back, or when the other units' shares rise.
"""

from projections.flags.as_of import UNITS_PAID_SINCE, all_payouts
from projections.flags.rule import FlagRule

RULE = FlagRule(
    id="unit-share-spike",
    version=2,
    title_zh="单位人数异常增长",
    title_en="Unit's share of recipients spikes",
    clause="A-6",
    severity="high",
    subject="unit",
    parameters={"times": 2, "added": 5},
    on_schedule=UNITS_PAID_SINCE,
    query=f"""
        WITH counted AS (
            SELECT x.campaign, x.as_of, p.unit, count(DISTINCT p.person) AS persons,
                sum(p.kept_fen) AS kept_fen, (array_agg(p.position ORDER BY p.position))[1:200] AS positions
            FROM (SELECT DISTINCT campaign, as_of FROM asked) x
            CROSS JOIN LATERAL (
                SELECT p.* FROM (SELECT x.campaign, x.as_of) a JOIN {all_payouts()}
            ) p
            GROUP BY x.campaign, x.as_of, p.unit
        ), shares AS (
            SELECT c.*, c.persons::numeric / nullif(u.staff_count, 0) AS share
            FROM counted c JOIN units u USING (unit)
        ), fences AS MATERIALIZED (
            SELECT campaign, as_of,
                (2.5 * percentile_cont(0.75) WITHIN GROUP (ORDER BY share)
                    - 1.5 * percentile_cont(0.25) WITHIN GROUP (ORDER BY share)) AS fence
            FROM shares WHERE share IS NOT NULL
            GROUP BY campaign, as_of HAVING count(*) >= 4
        )
        SELECT a.subject, a.as_of, s.unit, s.positions, s.kept_fen,
            jsonb_build_object(
                'persons', s.persons, 'share_permille', round(s.share * 1000),
                'fence_permille', round(f.fence::numeric * 1000), 'persons_before', b.persons
            )
        FROM asked a
        JOIN terms_at(a.as_of) t ON t.campaign = a.campaign
        JOIN shares s ON s.campaign = a.campaign AND s.as_of = a.as_of AND s.unit = a.name
        LEFT JOIN fences f ON f.campaign = a.campaign AND f.as_of = a.as_of
        LEFT JOIN LATERAL (
            SELECT count(DISTINCT p.person) AS persons
            FROM terms_at(a.as_of) b
            JOIN kept_payouts(a.as_of) p ON p.campaign = b.campaign AND p.unit = a.name
            WHERE b.campaign <> t.campaign AND (
                b.campaign = t.policy ->> 'prior_campaign' OR b.sponsor = t.sponsor AND b.year = t.year - 1
            )
            GROUP BY b.campaign ORDER BY persons DESC LIMIT 1
        ) b ON true
        WHERE s.share > f.fence::numeric OR (
            b.persons > 0 AND s.persons >= b.persons * (a.parameters ->> 'times')::int
            AND s.persons - b.persons >= (a.parameters ->> 'added')::int
        )
    """,
)
