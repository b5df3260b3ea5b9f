"""Taken by somebody else (代领冒签), clause B-5.

A payout that stands was received by a proxy without an authorisation on file, or by one who received
for three or more persons in the campaign. Cleared when it came back, or, where the authorisation is
there, when the proxy is left with fewer.
"""

from projections.flags.as_of import THE_PAYOUT
from projections.flags.rule import FlagRule
from projections.flags.subjects.payouts import proxied_payout, proxys_payout_returned

RULE = FlagRule(
    id="proxy-receipt",
    version=1,
    title_zh="代领冒签",
    title_en="Received by a proxy",
    clause="B-5",
    severity="high",
    subject="payout",
    raised_by=proxied_payout,
    affected_by=proxys_payout_returned,
    parameters={"persons": 3},
    query=f"""
        SELECT a.subject, a.as_of, p.unit, p.position || coalesce(x.positions, '{{}}'), p.kept_fen,
            jsonb_build_object('authorised', p.authorised, 'persons', greatest(x.persons, 1))
        FROM asked a
        JOIN {THE_PAYOUT}
        CROSS JOIN LATERAL (
            SELECT count(DISTINCT o.person) AS persons,
                array_agg(o.position) FILTER (WHERE o.payout <> p.payout) AS positions
            FROM payouts o
            WHERE o.proxy = p.proxy AND o.campaign = a.campaign AND o.position <= a.as_of
                AND o.amount_fen > coalesce((
                    SELECT sum(r.amount_fen) FROM returns r
                    WHERE r.payout = o.payout AND r.position <= a.as_of
                ), 0)
        ) x
        WHERE NOT p.authorised OR x.persons >= (a.parameters ->> 'persons')::int
    """,
)
