"""Line below zero (超预算), clause B-4.

A fund line's balance is below zero. The ledger refuses it of every payout but those recorded after the
fact. Cleared when money is allocated, transferred or returned to the line.
"""

from projections.flags.as_of import TERMS
from projections.flags.rule import FlagRule
from projections.flags.subjects.others import moved_line

RULE = FlagRule(
    id="line-overdrawn",
    version=1,
    title_zh="超预算",
    title_en="Fund line below zero",
    clause="B-4",
    severity="high",
    subject="line",
    raised_by=moved_line,
    query=f"""
        SELECT a.subject, a.as_of, NULL::text,
            b.position || coalesce((
                SELECT array_agg(e.position) FROM timeline e
                WHERE e.line = a.campaign || '/' || a.name AND e.after_the_fact AND e.position <= a.as_of
            ), '{{}}'),
            -b.balance_fen, jsonb_build_object('balance_fen', b.balance_fen)
        FROM asked a
        CROSS JOIN LATERAL (
            SELECT x.position, x.balance_fen FROM postings x
            WHERE x.account = 'line/' || a.campaign || '/' || a.name AND x.position <= a.as_of
            ORDER BY x.position DESC LIMIT 1
        ) b
        JOIN {TERMS}
        WHERE b.balance_fen < 0
    """,
)
