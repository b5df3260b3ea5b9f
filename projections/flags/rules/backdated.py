"""Recorded late (事后补录), clause A-8.

An entry was recorded more than seven days after its date of business, by the calendar of China.
Nothing clears it: the delay is a fact.
"""

from projections.flags.rule import FlagRule
from projections.flags.subjects.others import late_entry

RULE = FlagRule(
    id="backdated",
    version=1,
    title_zh="事后补录",
    title_en="Recorded long after its date",
    clause="A-8",
    severity="low",
    subject="event",
    raised_by=late_entry,
    parameters={"days": 7},
    query="""
        SELECT a.subject, a.as_of, e.unit, array[e.position], coalesce(e.amount_fen, 0),
            jsonb_build_object('on', e.happened_on, 'recorded_on', r.day)
        FROM asked a
        JOIN timeline e ON e.position = a.name::bigint
        CROSS JOIN LATERAL (
            SELECT (e.recorded_at AT TIME ZONE 'Asia/Shanghai')::date AS day
        ) r
        WHERE r.day - e.happened_on > (a.parameters ->> 'days')::int
    """,
)
