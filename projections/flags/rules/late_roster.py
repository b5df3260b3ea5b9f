"""Roster or summary late or missing (名单报送逾期), clauses A-9, A-10.

A unit's first roster, county summary or written summary of a campaign is dated or recorded after the
policy's deadline; or the deadline's day has ended, the unit has nominations, and no roster or summary is
there. Cleared when the policy's deadline is moved.
"""

from collections.abc import Iterable

from ledger.events.campaign import RosterFiled, SummaryFiled
from projections.flags.as_of import DAY, recorded_on
from projections.flags.rule import FlagRule
from projections.flags.subject import Subject
from projections.flags.trigger import Trigger
from projections.frame.recorded import Recorded


def _filing(event: RosterFiled | SummaryFiled, item: Recorded) -> Iterable[Subject]:
    return (Subject(event.campaign, "unit", event.unit),)


unit_filed = Trigger((RosterFiled, SummaryFiled), _filing)
"""A roster or summary: the unit that files it."""

RULE = FlagRule(
    id="late-roster",
    version=2,
    title_zh="名单报送逾期",
    title_en="Roster or summary late",
    clause="A-9, A-10",
    severity="low",
    subject="unit",
    raised_by=(unit_filed,),
    on_schedule="""
        SELECT DISTINCT e.campaign, c.unit
        FROM ending e
        JOIN terms_at(e.as_of) t ON t.campaign = e.campaign
        JOIN cases c ON c.campaign = e.campaign AND c.nominated_position <= e.as_of
        WHERE EXISTS (
            SELECT FROM unnest(array[t.policy ->> 'roster_deadline', t.policy ->> 'summary_deadline'])
                AS deadline
            WHERE deadline::date > e.previous AND deadline::date <= e.day
        )
    """,
    query=f"""
        SELECT a.subject, a.as_of, a.name,
            array_agg(coalesce(f.position, t.from_position)), 0,
            jsonb_object_agg(n.what, jsonb_build_object(
                'deadline', n.deadline, 'filed_on', f.filed_on, 'recorded_on', f.recorded_on
            ))
        FROM asked a
        JOIN terms_at(a.as_of) t ON t.campaign = a.campaign
        CROSS JOIN LATERAL (
            VALUES
                ('roster', array['annex-1', 'annex-2'], (t.policy ->> 'roster_deadline')::date),
                ('county', array['annex-3'], (t.policy ->> 'county_deadline')::date),
                ('summary', array['summary'], (t.policy ->> 'summary_deadline')::date)
        ) AS n (what, kinds, deadline)
        LEFT JOIN LATERAL (
            SELECT x.position, x.filed_on, {recorded_on("x.position")} AS recorded_on FROM filings x
            WHERE x.campaign = a.campaign AND x.unit = a.name AND x.kind = ANY (n.kinds)
                AND x.position <= a.as_of
            ORDER BY greatest(x.filed_on, {recorded_on("x.position")}), x.position LIMIT 1
        ) f ON true
        WHERE greatest(f.filed_on, f.recorded_on) > n.deadline OR (
            f.position IS NULL AND n.what <> 'county' AND {DAY} >= n.deadline
            AND EXISTS (
                SELECT FROM cases c
                WHERE c.campaign = a.campaign AND c.unit = a.name AND c.nominated_position <= a.as_of
            )
        )
        GROUP BY a.subject, a.as_of, a.name
    """,
)
