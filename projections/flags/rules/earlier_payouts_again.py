"""A list of earlier payouts brought in again (以前年度发放名单疑似重复), clauses A-8, B-3.

Two lists in force of one unit and year have as many rows and come to the same sum, from two files: by the ninth rules
the second takes two persons, by older ones it took one. Help since is held against each person twice. Cleared when
either is replaced or withdrawn.
"""

from ledger.events.register import EarlierPayoutsListed
from projections.flags.rule import FlagRule
from projections.flags.trigger import Trigger
from projections.flags.triggers.earlier import same_list_ended
from projections.flags.triggers.entries import entry

RULE = FlagRule(
    id="earlier-payouts-again",
    version=1,
    title_zh="以前年度发放名单疑似重复",
    title_en="A list of earlier payouts brought in again",
    clause="A-8, B-3",
    severity="low",
    subject="event",
    raised_by=(Trigger((EarlierPayoutsListed,), entry),),
    affected_by=(same_list_ended,),
    query="""
        SELECT a.subject, a.as_of, l.unit, array[l.position] || array_agg(f.position ORDER BY f.position),
            l.total_fen, jsonb_build_object('year', l.year, 'rows', l.rows, 'lists', count(*) + 1)
        FROM asked a
        JOIN registers_at(a.as_of) l ON l.position = a.name::bigint AND l.in_force AND l.year IS NOT NULL
        JOIN registers_at(a.as_of) f ON f.in_force AND f.position < l.position AND f.year = l.year
            AND f.rows = l.rows AND f.total_fen = l.total_fen AND f.unit IS NOT DISTINCT FROM l.unit
        GROUP BY a.subject, a.as_of, l.unit, l.position, l.total_fen, l.year, l.rows
    """,
)
