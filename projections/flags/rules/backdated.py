"""Recorded late (登记滞后), clause A-8.

An entry was recorded more than seven days after its date of business, by the calendar of China.
Nothing clears it: the delay is a fact.
"""

from collections.abc import Iterable

from ledger.domain.event import Event
from projections.flags.rule import FlagRule
from projections.flags.subject import Subject
from projections.flags.trigger import Trigger
from projections.flags.triggers.entries import entry
from projections.frame.recorded import Recorded


def _late(event: Event, item: Recorded) -> Iterable[Subject]:
    return entry(event, item) if item.act.recorded_on > item.act.statement.on else ()


entry_late = Trigger(tuple(Event.types.values()), _late)
"""An entry of any kind with an earlier date of business than the day of its recording."""

RULE = FlagRule(
    id="backdated",
    version=1,
    title_zh="登记滞后",
    title_en="Recorded long after its date",
    clause="A-8",
    severity="low",
    subject="event",
    raised_by=(entry_late,),
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
