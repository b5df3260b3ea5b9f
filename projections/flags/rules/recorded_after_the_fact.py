"""Recorded after the fact (未经校验的补录), clause A-8.

An entry says that it records what already happened outside the ledger, and so skipped the invariants
on approval and balance. Nothing clears it: it is marked for ever.
"""

from collections.abc import Iterable

from ledger.domain.event import AfterTheFact, Event
from projections.flags.rule import FlagRule
from projections.flags.subject import Subject
from projections.flags.trigger import Trigger
from projections.flags.triggers.entries import entry
from projections.frame.recorded import Recorded


def _marked(event: AfterTheFact, item: Recorded) -> Iterable[Subject]:
    return entry(event, item) if event.after_the_fact else ()


entry_after_the_fact = Trigger(
    tuple(kind for kind in Event.types.values() if issubclass(kind, AfterTheFact)), _marked
)
"""An entry that says that it skipped an invariant."""

RULE = FlagRule(
    id="recorded-after-the-fact",
    version=1,
    title_zh="未经校验的补录",
    title_en="Recorded after the fact",
    clause="A-8",
    severity="low",
    subject="event",
    raised_by=(entry_after_the_fact,),
    query="""
        SELECT a.subject, a.as_of, e.unit, array[e.position], coalesce(e.amount_fen, 0),
            jsonb_build_object('type', e.type, 'on', e.happened_on)
        FROM asked a
        JOIN timeline e ON e.position = a.name::bigint
        WHERE e.after_the_fact
    """,
)
