"""Listed while under sanction (被取消资格仍列支), clause A-6.

A nomination, approval or payout of a unit was recorded while the unit, or one above it, was under sanction in
the campaign's year. Lifting the sanction later does not undo that, and lifting it with a stolen key, or in a
role that one gave, lifts nothing. Cleared when the case is over and what
was paid came back.
"""

from ledger.events.nomination import Approved, Nominated
from ledger.events.registry import KeyRevoked
from projections.flags.rule import FlagRule
from projections.flags.subject import PAID
from projections.flags.trigger import Trigger
from projections.flags.triggers.cases import LATER_ON_CASE
from projections.views.unsound import unsound_at

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

cases_of_lifted_sanctions = Trigger(
    (KeyRevoked,),
    when=lambda revoked: revoked.compromised,
    kind="case",
    query="""
        SELECT DISTINCT e.position, k.campaign, k.case_id
        FROM events e
        JOIN sanctions s ON s.to_position <= e.position
        JOIN terms t ON t.year = s.year
        JOIN units u ON s.unit = u.unit OR s.unit = ANY (u.ancestors)
        JOIN cases k ON k.unit = u.unit AND k.campaign = t.campaign
    """,
)
"""A key revoked as compromised: it may have lifted a sanction."""

RULE = FlagRule(
    id="paid-while-banned",
    version=3,
    title_zh="被取消资格仍列支",
    title_en="Listed while under sanction",
    clause="A-6",
    severity="high",
    subject="case",
    raised_by=(case_of_banned_unit, cases_of_lifted_sanctions),
    affected_by=LATER_ON_CASE,
    query=f"""
        SELECT a.subject, a.as_of, k.unit,
            array_agg(DISTINCT s.from_position) || array_agg(DISTINCT e.position)
                || array_remove(array_agg(DISTINCT w.known_at), NULL),
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
        CROSS JOIN LATERAL (
            SELECT x.known_at, CASE WHEN x.known_at IS NULL THEN s.to_position END AS lifted_at
            FROM (SELECT {unsound_at("s.to_position", "inspector")}) AS f (found)
            CROSS JOIN LATERAL (SELECT CASE WHEN f.found <= a.as_of THEN f.found END AS known_at) x
        ) w
        JOIN timeline e ON e.case_id = k.case_id AND e.position <= a.as_of
            AND e.type IN ('Nominated', 'Approved', 'Disbursed', 'AidDelivered')
            AND e.position > s.from_position AND e.position < coalesce(w.lifted_at, e.position + 1)
        WHERE is_helped(k.step, k.paid_fen, k.returned_fen, k.aid_fen)
        GROUP BY a.subject, a.as_of, k.unit, k.paid_fen, k.returned_fen, t.year
    """,
)
