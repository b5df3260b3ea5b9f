"""Sums just below the limit (临界金额), clause B-4.

Of a unit's payouts (at least five), the share at 95 to 100 % of the sum above which two must sign lies
above the third quartile of all units by more than one and a half times the quartiles' distance (at
least four units). Judged only where the policy has that limit. Looked at as days end and at the close.
Cleared when enough came back, or when the other units' shares rise.
"""

from projections.flags.as_of import UNITS_PAID_SINCE, all_payouts
from projections.flags.rule import FlagRule

RULE = FlagRule(
    id="just-below-limit",
    version=1,
    title_zh="临界金额",
    title_en="Sums just below the limit",
    clause="B-4",
    severity="low",
    subject="unit",
    parameters={"percent": 95, "payouts": 5},
    on_schedule=UNITS_PAID_SINCE,
    query=f"""
        WITH counted AS (
            SELECT x.campaign, x.as_of, p.unit, count(*) AS payouts,
                count(*) FILTER (WHERE p.near) AS near,
                sum(p.kept_fen) FILTER (WHERE p.near) AS near_fen,
                (array_agg(p.position ORDER BY p.position) FILTER (WHERE p.near))[1:200] AS positions
            FROM (SELECT DISTINCT campaign, as_of, parameters FROM asked) x
            CROSS JOIN LATERAL (
                SELECT p.*, p.kept_fen <= l.fen
                    AND p.kept_fen * 100 >= l.fen * (x.parameters ->> 'percent')::int AS near
                FROM (SELECT x.campaign, x.as_of) a
                JOIN terms_at(a.as_of) t ON t.campaign = a.campaign
                CROSS JOIN LATERAL (
                    SELECT (t.policy ->> 'two_signatures_above_fen')::bigint AS fen
                ) l
                JOIN {all_payouts("o.form = 'money' AND l.fen > 0")}
            ) p
            GROUP BY x.campaign, x.as_of, p.unit, x.parameters
            HAVING count(*) >= (x.parameters ->> 'payouts')::int
        ), fences AS MATERIALIZED (
            SELECT campaign, as_of,
                (2.5 * percentile_cont(0.75) WITHIN GROUP (ORDER BY near::numeric / payouts)
                    - 1.5 * percentile_cont(0.25) WITHIN GROUP (ORDER BY near::numeric / payouts)) AS fence
            FROM counted GROUP BY campaign, as_of HAVING count(*) >= 4
        )
        SELECT a.subject, a.as_of, c.unit, c.positions, c.near_fen,
            jsonb_build_object(
                'near', c.near, 'payouts', c.payouts, 'fence_permille', round(f.fence::numeric * 1000)
            )
        FROM asked a
        JOIN counted c ON c.campaign = a.campaign AND c.as_of = a.as_of AND c.unit = a.name
        JOIN fences f ON f.campaign = a.campaign AND f.as_of = a.as_of
        WHERE c.near::numeric / c.payouts > f.fence::numeric
    """,
)
