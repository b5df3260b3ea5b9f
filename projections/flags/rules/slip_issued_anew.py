"""A slip issued anew by who had a part (经手人补发凭条), clause A-8.

A payout that had a slip was given another by somebody who nominated, confirmed, approved or paid it, alone by older
rules or with a second person: from then on the slip in the recipient's hands says nothing any more. Cleared when all
that was paid came back.
"""

from projections.flags.rule import FlagRule
from projections.flags.triggers.payouts import payout_returned
from projections.flags.triggers.voices import slips_issued

RULE = FlagRule(
    id="slip-issued-anew",
    version=1,
    title_zh="经手人补发凭条",
    title_en="A slip issued anew by who had a part",
    clause="A-8",
    severity="medium",
    subject="payout",
    raised_by=(slips_issued,),
    affected_by=(payout_returned,),
    query="""
        SELECT a.subject, a.as_of, o.unit, array[o.position] || array_agg(DISTINCT e.position), o.kept_fen,
            jsonb_build_object(
                'times', count(DISTINCT e.position), 'officers', to_jsonb(array_agg(DISTINCT w.officer ORDER BY w.officer))
            )
        FROM asked a
        JOIN kept_payouts(a.as_of) o ON o.campaign = a.campaign AND o.payout = a.name
        JOIN slips s ON s.payout = o.payout AND s.position <= a.as_of
            AND EXISTS (SELECT FROM slips f WHERE f.payout = s.payout AND f.position < s.position)
        JOIN timeline e ON e.position = s.position
        CROSS JOIN LATERAL unnest(e.officer || coalesce(e.seconds, '{}')) AS w (officer)
        WHERE EXISTS (
            SELECT FROM timeline x
            WHERE (x.position = o.position OR x.case_id = o.case_id AND x.type IN ('Nominated', 'Confirmed', 'Approved'))
                AND x.position < s.position AND (x.officer = w.officer OR w.officer = ANY (x.seconds))
        )
        GROUP BY a.subject, a.as_of, o.unit, o.position, o.kept_fen
    """,
)
