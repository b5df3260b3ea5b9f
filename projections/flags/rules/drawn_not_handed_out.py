"""Drawn and not handed out (领款逾期未发), clause B-1.

Of the money that a unit drew from a line, some has been with it for fifteen days, the earliest drawn counted
as handed out first; or the campaign is closed and the unit still holds some. What went back or out within the
fifteen days and then came again is not newly drawn. Looked at as days end, at the close, and when a unit gives
money back. Cleared when it is handed out or given back.
"""

from projections.flags.as_of import DAY, recorded_on
from projections.flags.rule import FlagRule
from projections.flags.triggers.lines import drawing_returned

RULE = FlagRule(
    id="drawn-not-handed-out",
    version=2,
    title_zh="领款逾期未发",
    title_en="Drawn and not handed out",
    clause="B-1",
    severity="high",
    subject="line",
    raised_by=(drawing_returned,),
    parameters={"days": 15},
    on_schedule="""
        SELECT e.campaign, c.line || '@' || c.unit FROM ending e
        JOIN accounts c ON c.campaign = e.campaign AND c.account LIKE 'held/%%' AND c.position <= e.as_of
    """,
    query=f"""
        SELECT a.subject, a.as_of, h.unit, h.positions,
            CASE WHEN t.closed_on IS NOT NULL THEN h.balance_fen ELSE h.balance_fen - newly.fen END,
            jsonb_build_object(
                'line', h.line, 'held_fen', h.balance_fen, 'closed', t.closed_on IS NOT NULL
            )
        FROM asked a
        JOIN terms_at(a.as_of) t ON t.campaign = a.campaign
        CROSS JOIN LATERAL (
            SELECT coalesce({DAY} - (a.parameters ->> 'days')::int, '-infinity') AS day
        ) since
        CROSS JOIN LATERAL (
            SELECT min(x.unit) AS unit, min(x.line) AS line, sum(x.amount_fen) AS balance_fen,
                array_agg(x.position) FILTER (WHERE x.kind = 'drawn') AS positions
            FROM postings x
            WHERE x.account = 'held/' || a.campaign || '/' || a.name AND x.position <= a.as_of
        ) h
        CROSS JOIN LATERAL (
            SELECT greatest(0, max(r.running_fen)) AS fen FROM (
                SELECT sum(x.amount_fen) OVER (ORDER BY x.position) AS running_fen FROM postings x
                WHERE x.account = 'held/' || a.campaign || '/' || a.name AND x.position <= a.as_of AND
                    CASE x.kind
                        WHEN 'drawn' THEN x.booked_on > since.day
                        WHEN 'drawn-returned' THEN {recorded_on("x.position")} > since.day
                        WHEN 'returned' THEN x.booked_on > since.day AND EXISTS (
                            SELECT FROM returns r JOIN payouts o USING (payout)
                            WHERE r.position = x.position AND {recorded_on("o.position")} <= since.day
                        )
                    END
            ) r
        ) newly
        WHERE h.balance_fen > newly.fen OR (t.closed_on IS NOT NULL AND h.balance_fen > 0)
    """,
)
