"""Drawn and not handed out (领而未发（截留）), clause B-1.

Of the money that a unit drew from a line, some has been with it for fifteen days, the earliest drawn
counted as handed out first; or the campaign is closed and the unit still holds some. Looked at as
days end, at the close, and when a unit gives money back. Cleared when it is handed out or given back.
"""

from projections.flags.as_of import DAY, TERMS
from projections.flags.rule import FlagRule
from projections.flags.subjects.others import returned_drawing

RULE = FlagRule(
    id="drawn-not-handed-out",
    version=1,
    title_zh="领而未发（截留）",
    title_en="Drawn and not handed out",
    clause="B-1",
    severity="high",
    subject="line",
    touched=returned_drawing,
    parameters={"days": 15},
    due="""
        SELECT e.campaign, c.line || '@' || c.unit FROM ending e
        JOIN accounts c ON c.campaign = e.campaign AND c.account LIKE 'held/%%' AND c.position <= e.as_of
    """,
    query=f"""
        SELECT a.subject, a.as_of, h.unit, h.positions,
            CASE WHEN t.closed_on IS NOT NULL THEN h.balance_fen ELSE h.overdue_fen END,
            jsonb_build_object(
                'line', h.line, 'held_fen', h.balance_fen, 'closed', t.closed_on IS NOT NULL
            )
        FROM asked a
        JOIN {TERMS}
        CROSS JOIN LATERAL (
            SELECT min(x.unit) AS unit, min(x.line) AS line, sum(x.amount_fen) AS balance_fen,
                coalesce(sum(x.amount_fen) FILTER (
                    WHERE x.amount_fen < 0
                        OR x.booked_on <= {DAY} - (a.parameters ->> 'days')::int
                ), 0) AS overdue_fen,
                array_agg(x.position) FILTER (WHERE x.kind = 'drawn') AS positions
            FROM postings x
            WHERE x.account = 'held/' || a.campaign || '/' || a.name AND x.position <= a.as_of
        ) h
        WHERE h.overdue_fen > 0 OR (t.closed_on IS NOT NULL AND h.balance_fen > 0)
    """,
)
