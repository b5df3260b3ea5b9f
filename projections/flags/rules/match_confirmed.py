"""A match between ledgers below that a county has confirmed (比中核实为重复救助), clauses A-9 and B-5.

A county answers that it is so, and that the money was returned. Cleared when it answers otherwise later on.
"""

from projections.flags.rule import FlagRule
from projections.flags.triggers.matches import answered

RULE = FlagRule(
    id="match-confirmed",
    version=1,
    title_zh="比中核实属实",
    title_en="Match confirmed by a county",
    clause="B-5",
    severity="high",
    subject="event",
    raised_by=(answered,),
    query="""
        SELECT a.subject, a.as_of, NULL::text, array[f.from_position, m.from_position], 0::bigint,
            jsonb_build_object('compared_by', m.rule, 'first', m.first, 'second', m.second, 'year', m.year)
        FROM asked a
        JOIN ledger_matches f ON f.from_position = a.name::bigint
        JOIN ledger_matches m ON m.match = f.match AND m.state = 'confirmed'
            AND stood_at(m.from_position, m.to_position, a.as_of)
    """,
)
