"""Paid to nearly everybody (平均发放（福利化）), clause A-6.

The persons paid through a unit are nine tenths of its staff or more, or ten or more equal payouts
reached everybody whom the unit's dossiers place in one shop. Looked at as days end and at the close.
Cleared when enough came back.
"""

from projections.flags.as_of import UNITS_PAID_SINCE
from projections.flags.rule import FlagRule

RULE = FlagRule(
    id="blanket-coverage",
    version=2,
    title_zh="平均发放（福利化）",
    title_en="Paid to nearly everybody",
    clause="A-6",
    severity="medium",
    subject="unit",
    parameters={"percent": 90, "equal": 10},
    on_schedule=UNITS_PAID_SINCE,
    query="""
        WITH paid AS (
            SELECT a.subject, a.as_of, a.parameters, p.unit, p.dossier, p.person, p.position, p.kept_fen
            FROM asked a
            JOIN kept_payouts(a.as_of) p ON p.campaign = a.campaign AND p.unit = a.name AND p.form = 'money'
        ), whole AS (
            SELECT p.subject, p.as_of, p.unit, array_agg(p.position) AS positions,
                sum(p.kept_fen) AS kept_fen, count(DISTINCT p.person) AS persons, u.staff_count AS of,
                NULL::text AS shop
            FROM paid p JOIN units u USING (unit)
            GROUP BY p.subject, p.as_of, p.unit, p.parameters, u.staff_count
            HAVING u.staff_count > 0 AND count(DISTINCT p.person) * 100
                >= u.staff_count * (p.parameters ->> 'percent')::int
        ), shops AS (
            SELECT p.subject, p.as_of, p.unit, array_agg(p.position), sum(p.kept_fen),
                count(DISTINCT p.person), count(DISTINCT p.person), s.shop
            FROM paid p
            JOIN (
                SELECT a.subject, a.as_of, d.dossier, d.facts ->> 'shop' AS shop
                FROM asked a
                JOIN dossiers_at(a.as_of) d ON d.unit = a.name AND d.facts ? 'shop'
            ) s USING (subject, as_of, dossier)
            GROUP BY p.subject, p.as_of, p.unit, p.parameters, s.shop, p.kept_fen
            HAVING count(DISTINCT p.person) >= (p.parameters ->> 'equal')::int
                AND count(DISTINCT p.person) = (
                    SELECT count(DISTINCT d.person) FROM dossiers_at(p.as_of) d
                    WHERE d.unit = p.unit AND d.facts ->> 'shop' = s.shop AND d.facts ? 'shop'
                )
        )
        SELECT DISTINCT ON (subject, as_of) subject, as_of, unit, positions[1:200], kept_fen,
            jsonb_build_object('persons', persons, 'of', of, 'shop', shop)
        FROM (TABLE whole UNION ALL TABLE shops) x
        ORDER BY subject, as_of, persons DESC, shop
    """,
)
