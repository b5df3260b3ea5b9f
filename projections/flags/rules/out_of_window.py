"""Outside the dates (超期发放), clauses A-3, A-4.

A step lies outside the phase that the policy gives to it, or a payout, a drawing or help to a site outside the
campaign's window, or the unit's own where it has one: by its date of business or by its recording; what an auditor
recorded after the fact, by its date alone. Judged by the policy as it stood when the step was recorded.
Nothing clears it.
"""

from ledger.domain.event import Event
from ledger.events.collective import CollectiveHelpGiven
from ledger.events.drawing import MoneyDrawn
from ledger.events.payout import AidDelivered, Disbursed
from projections.flags.as_of import counted_on, recorded_on
from projections.flags.rule import FlagRule
from projections.flags.subject import NO_CAMPAIGN
from projections.flags.trigger import Trigger
from projections.flags.triggers.entries import entry

_OUT_OF_FUNDS = (Disbursed, AidDelivered, MoneyDrawn, CollectiveHelpGiven)
_IN_A_PHASE = tuple(
    kind for kind in Event.types.values() if "campaign" in kind.model_fields and kind not in _OUT_OF_FUNDS
)

entry_phased = Trigger(
    _IN_A_PHASE,
    kind="event",
    query=f"""
        SELECT e.position, coalesce(e.campaign, '{NO_CAMPAIGN}'), e.position::text FROM events e
        WHERE e.type = ANY (array(
            SELECT jsonb_array_elements_text(p -> 'events')
            FROM terms t, jsonb_array_elements(t.policy -> 'phases') AS p
        ))
    """,
)
"""An entry of a kind to which a phase of any policy holds."""

entry_out_of_funds = Trigger(_OUT_OF_FUNDS, entry)
"""What goes out of the funds, to which the campaign's window holds."""

RULE = FlagRule(
    id="out-of-window",
    version=3,
    title_zh="超期发放",
    title_en="Outside the window or phase",
    clause="A-3, A-4",
    severity="medium",
    subject="event",
    raised_by=(entry_phased, entry_out_of_funds),
    query=f"""
        WITH steps AS (
            SELECT a.subject, a.as_of, t.policy, e.*, {counted_on("e.position")} AS counted_on
            FROM asked a
            JOIN timeline e ON e.position = a.name::bigint
            JOIN terms_at(a.as_of) t ON t.campaign = a.campaign
        ), windows AS (
            SELECT s.subject, s.as_of, 1 AS rank, u -> 'window' AS own
            FROM steps s CROSS JOIN jsonb_array_elements(s.policy -> 'unit_windows') AS u
            WHERE u ->> 'unit' = s.unit AND s.type IN ('Disbursed', 'AidDelivered', 'MoneyDrawn', 'CollectiveHelpGiven')
            UNION ALL
            SELECT s.subject, s.as_of, 2, p -> 'window'
            FROM steps s CROSS JOIN jsonb_array_elements(s.policy -> 'phases') AS p
            WHERE p -> 'events' ? s.type
            UNION ALL
            SELECT s.subject, s.as_of, 3, s.policy -> 'window' FROM steps s
        ), judged AS (
            SELECT s.subject, s.as_of, w.rank, jsonb_agg(w.own) AS windows,
                bool_or(s.happened_on BETWEEN (w.own ->> 'start')::date AND (w.own ->> 'end')::date)
                AND bool_or(s.counted_on BETWEEN (w.own ->> 'start')::date AND (w.own ->> 'end')::date) AS inside
            FROM steps s JOIN windows w USING (subject, as_of)
            GROUP BY s.subject, s.as_of, w.rank
        )
        SELECT s.subject, s.as_of, s.unit, array[s.position], coalesce(s.amount_fen, 0),
            jsonb_build_object(
                'type', s.type, 'on', s.happened_on, 'recorded_on', {recorded_on("s.position")},
                'expected', j.windows
            )
        FROM steps s
        JOIN LATERAL (
            SELECT * FROM judged x WHERE x.subject = s.subject AND x.as_of = s.as_of ORDER BY x.rank LIMIT 1
        ) j ON NOT j.inside
    """,
)
