"""Split drawings (拆分领取), clause B-4.

What a unit draws from a line within seven days, by the dates or by the recording, adds up to more than the sum
above which two must sign, in parts at or below it that one person signed. What it gives back in those days is
taken off. What an auditor recorded after the fact counts by its date alone. Cleared when what was given back
takes the sum to the limit.
"""

from projections.flags.as_of import counted_on
from projections.flags.rule import FlagRule
from projections.flags.triggers.lines import drawing_returned, money_drawn

RULE = FlagRule(
    id="split-drawing",
    version=1,
    title_zh="拆分领取",
    title_en="Split drawings",
    clause="B-4",
    severity="medium",
    subject="line",
    raised_by=(money_drawn,),
    affected_by=(drawing_returned,),
    parameters={"days": 7},
    query=f"""
        WITH moved AS (
            SELECT a.subject, a.as_of, (a.parameters ->> 'days')::int AS days, e.unit, e.position,
                m.measure, m.day, l.limit_fen,
                CASE e.type WHEN 'MoneyDrawn' THEN e.amount_fen ELSE -e.amount_fen END AS fen
            FROM asked a
            JOIN terms_at(a.as_of) t ON t.campaign = a.campaign
            CROSS JOIN LATERAL (SELECT (t.policy ->> 'two_signatures_above_fen')::bigint AS limit_fen) l
            JOIN timeline e ON e.line = a.campaign || '/' || split_part(a.name, '@', 1)
                AND e.unit = split_part(a.name, '@', 2) AND e.position <= a.as_of AND (
                    e.type = 'MoneyDrawn' AND e.seconds IS NULL AND e.amount_fen <= l.limit_fen
                    OR e.type = 'DrawnReturned'
                )
            CROSS JOIN LATERAL (
                VALUES ('on', e.happened_on), ('recorded', {counted_on("e.position")})
            ) AS m (measure, day)
        ), windows AS (
            SELECT x.subject, x.as_of, x.unit, x.limit_fen, x.measure, x.position,
                array_agg(y.position) FILTER (WHERE y.fen > 0) AS positions, sum(y.fen) AS fen
            FROM moved x
            JOIN moved y USING (subject, as_of, limit_fen, measure)
            WHERE x.fen > 0 AND y.day BETWEEN x.day AND x.day + x.days - 1
            GROUP BY x.subject, x.as_of, x.unit, x.limit_fen, x.measure, x.position
            HAVING count(*) FILTER (WHERE y.fen > 0) >= 2 AND sum(y.fen) > x.limit_fen
        )
        SELECT DISTINCT ON (subject, as_of) subject, as_of, unit, positions, fen,
            jsonb_build_object('limit_fen', limit_fen, 'drawings', cardinality(positions))
        FROM windows
        ORDER BY subject, as_of, fen DESC, measure, position
    """,
)
