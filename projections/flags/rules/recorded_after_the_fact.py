"""Recorded after the fact (补录事项), clause A-8.

An entry says that it records what already happened outside the ledger, and so skipped the invariants
on approval and balance. Nothing clears it: it is marked for ever.
"""

from projections.flags.rule import FlagRule
from projections.flags.subjects.others import after_the_fact

RULE = FlagRule(
    id="recorded-after-the-fact",
    version=1,
    title_zh="补录事项",
    title_en="Recorded after the fact",
    clause="A-8",
    severity="low",
    subject="event",
    raised_by=after_the_fact,
    query="""
        SELECT a.subject, a.as_of, e.unit, array[e.position], coalesce(e.amount_fen, 0),
            jsonb_build_object('type', e.type, 'on', e.happened_on)
        FROM asked a
        JOIN timeline e ON e.position = a.name::bigint
        WHERE e.after_the_fact
    """,
)
