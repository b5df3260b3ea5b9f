"""Listed while under sanction (被取消资格仍列支), clause A-6.

A nomination, approval or payout of a unit was recorded while the unit, or one above it, was under sanction in
the campaign's year. Lifting the sanction later does not undo that. Cleared when the case is over and what
was paid came back.
"""

from ledger.events.nomination import Approved, Nominated
from projections.flags.rule import FlagRule
from projections.flags.subject import PAID
from projections.flags.trigger import Trigger
from projections.flags.triggers.cases import LATER_ON_CASE

case_of_banned_unit = Trigger(
    (Nominated, Approved, *PAID),
    kind="case",
    query="""
        SELECT e.position, e.campaign, e.case_id FROM events e
        WHERE e.case_id IS NOT NULL AND EXISTS (
            SELECT FROM sanctions s JOIN terms t ON t.year = s.year
            JOIN units u ON u.unit = e.unit
            WHERE (s.unit = e.unit OR s.unit = ANY (u.ancestors)) AND t.campaign = e.campaign
        )
    """,
)
"""A nomination, approval or payout of a unit that is or was under sanction in the campaign's year."""

RULE = FlagRule(
    id="paid-while-banned",
    version=2,
    title_zh="被取消资格仍列支",
    title_en="Listed while under sanction",
    clause="A-6",
    severity="high",
    subject="case",
    raised_by=(case_of_banned_unit,),
    affected_by=LATER_ON_CASE,
    query="""
        SELECT a.subject, a.as_of, k.unit,
            array_agg(DISTINCT s.from_position) || array_agg(DISTINCT e.position),
            k.paid_fen - k.returned_fen,
            jsonb_build_object(
                'year', t.year, 'steps', to_jsonb(array_agg(DISTINCT e.type ORDER BY e.type))
            )
        FROM asked a
        JOIN cases_at(a.as_of) k ON k.case_id = a.name
        JOIN terms_at(a.as_of) t ON t.campaign = a.campaign
        JOIN units u ON u.unit = k.unit
        JOIN sanctions s ON (s.unit = k.unit OR s.unit = ANY (u.ancestors)) AND s.year = t.year
            AND s.from_position <= a.as_of
        JOIN timeline e ON e.case_id = k.case_id AND e.position <= a.as_of
            AND e.type IN ('Nominated', 'Approved', 'Disbursed', 'AidDelivered')
            AND e.position > s.from_position AND e.position < coalesce(s.to_position, e.position + 1)
        WHERE is_helped(k.step, k.paid_fen, k.returned_fen, k.aid_fen)
        GROUP BY a.subject, a.as_of, k.unit, k.paid_fen, k.returned_fen, t.year
    """,
)
