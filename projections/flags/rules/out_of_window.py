"""Outside the dates (超期发放), clauses A-3, A-4.

The date of business of a step lies outside the phase that the policy gives to it, or that of a payout
or a drawing outside the campaign's window, or the unit's own where it has one. Judged by the policy
as it stood when the step was recorded. Nothing clears it.
"""

from projections.flags.as_of import TERMS
from projections.flags.rule import FlagRule
from projections.flags.subjects.others import dated_entry

RULE = FlagRule(
    id="out-of-window",
    version=1,
    title_zh="超期发放",
    title_en="Outside the window or phase",
    clause="A-3, A-4",
    severity="medium",
    subject="event",
    touched=dated_entry,
    query=f"""
        SELECT a.subject, a.as_of, e.unit, array[e.position], coalesce(e.amount_fen, 0),
            jsonb_build_object('type', e.type, 'on', e.happened_on, 'expected', coalesce(
                own.window, f.windows, jsonb_build_array(t.policy -> 'window')
            ))
        FROM asked a
        JOIN timeline e ON e.position = a.name::bigint
        JOIN {TERMS}
        CROSS JOIN LATERAL (
            SELECT jsonb_agg(p -> 'window') AS windows, bool_or(
                e.happened_on BETWEEN (p -> 'window' ->> 'start')::date AND (p -> 'window' ->> 'end')::date
            ) AS inside
            FROM jsonb_array_elements(t.policy -> 'phases') AS p
            WHERE p -> 'events' ? e.type
        ) f
        LEFT JOIN LATERAL (
            SELECT jsonb_build_array(u -> 'window') AS window,
                e.happened_on BETWEEN (u -> 'window' ->> 'start')::date AND (u -> 'window' ->> 'end')::date
                    AS inside
            FROM jsonb_array_elements(t.policy -> 'unit_windows') AS u
            WHERE u ->> 'unit' = e.unit AND e.type IN ('Disbursed', 'AidDelivered', 'MoneyDrawn')
        ) own ON true
        WHERE NOT coalesce(own.inside, f.inside, e.happened_on BETWEEN
            (t.policy -> 'window' ->> 'start')::date AND (t.policy -> 'window' ->> 'end')::date)
    """,
)
