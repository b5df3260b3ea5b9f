"""Much of a line goes to sites (集体慰问占比过高).

Of what a line was given, more went to units and sites without named persons than the share that the policy lays
down. Cleared when enough came back, or the line is given more.
"""

from projections.flags.rule import FlagRule
from projections.flags.triggers.lines import FUNDS_MOVED, site_helped, site_returned

RULE = FlagRule(
    id="collective-over-share",
    version=1,
    title_zh="集体慰问占比过高",
    title_en="Much of a line goes to sites",
    clause="B-2",
    severity="medium",
    subject="line",
    raised_by=(site_helped,),
    affected_by=(site_returned, *FUNDS_MOVED),
    query="""
        SELECT a.subject, a.as_of, NULL::text, h.evidence, h.kept_fen,
            jsonb_build_object(
                'given_fen', f.given_fen, 'share_permille', (t.policy -> 'collective' ->> 'share_permille')::int
            )
        FROM asked a
        JOIN terms_at(a.as_of) t ON t.campaign = a.campaign
        CROSS JOIN LATERAL (
            SELECT coalesce(sum(x.given_fen - x.returned_fen), 0) AS kept_fen,
                array_agg(x.from_position ORDER BY x.from_position) AS evidence
            FROM collective_help x
            WHERE x.campaign = a.campaign AND x.line = a.name AND x.given_fen > x.returned_fen
                AND stood_at(x.from_position, x.to_position, a.as_of)
        ) h
        CROSS JOIN LATERAL (
            SELECT coalesce(sum(x.amount_fen), 0) AS given_fen FROM postings x
            WHERE x.account = 'line/' || a.campaign || '/' || a.name AND x.position <= a.as_of
                AND x.kind IN ('allocated', 'transferred', 'carried-over')
        ) f
        WHERE h.kept_fen * 1000 > f.given_fen * (t.policy -> 'collective' ->> 'share_permille')::int
    """,
)
