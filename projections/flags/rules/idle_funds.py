"""Idle funds (资金沉淀), clause A-8.

At the campaign's close more than a tenth of what a line was given is still on it; or sixty days after
the first money came nothing was paid or drawn from it. Looked at as days end, at the close, and when
funds are moved. Cleared when the money is returned to its source, or the first payout goes.
"""

from projections.flags.as_of import DAY
from projections.flags.rule import FlagRule
from projections.flags.triggers.lines import FUNDS_MOVED

RULE = FlagRule(
    id="idle-funds",
    version=2,
    title_zh="资金沉淀",
    title_en="Idle funds",
    clause="A-8",
    severity="low",
    subject="line",
    raised_by=FUNDS_MOVED,
    parameters={"percent": 10, "days": 60},
    on_schedule="""
        SELECT e.campaign, c.line FROM ending e
        JOIN accounts c ON c.campaign = e.campaign AND c.account LIKE 'line/%%' AND c.position <= e.as_of
    """,
    query=f"""
        SELECT a.subject, a.as_of, NULL::text, array[f.first_position, f.last_position], f.left_fen,
            jsonb_build_object(
                'given_fen', f.given_fen, 'first_on', f.first_on, 'closed', t.closed_on IS NOT NULL
            )
        FROM asked a
        JOIN terms_at(a.as_of) t ON t.campaign = a.campaign
        CROSS JOIN LATERAL (
            SELECT min(x.position) AS first_position, max(x.position) AS last_position,
                min(x.booked_on) AS first_on, sum(x.amount_fen) AS left_fen,
                coalesce(sum(x.amount_fen) FILTER (
                    WHERE x.kind IN ('allocated', 'transferred', 'returned-to-source')
                ), 0) AS given_fen,
                count(*) FILTER (WHERE x.kind IN ('paid', 'drawn', 'collective')) AS used
            FROM postings x
            WHERE x.account = 'line/' || a.campaign || '/' || a.name AND x.position <= a.as_of
        ) f
        WHERE f.left_fen > 0 AND (
            t.closed_on IS NOT NULL AND f.left_fen * 100 > f.given_fen * (a.parameters ->> 'percent')::int
            OR f.used = 0 AND {DAY} - f.first_on >= (a.parameters ->> 'days')::int
        )
    """,
)
