"""Probably one person (疑似同一人), clause B-5.

A linkage run found two dossiers of different identity numbers whose match weight, over name, sound of
the name, birth date, phone, account, home and unit, is at or above the threshold, and whose number and
name are close enough besides: a name alone never is. Cleared when one of the dossiers is erased, or a
later run weighs the pair lower.
"""

from projections.flags.as_of import LINKED, LINKED_DETAILS, TWO_NUMBERS
from projections.flags.rule import FlagRule
from projections.flags.triggers.payouts import pair_linked, pairs_of_erased

LEAST_WEIGHT_MILLI = 6000
"""From this match weight on, in thousandths of a bit, a pair that passed the guard is taken for one person."""

RULE = FlagRule(
    id="similar-person",
    version=1,
    title_zh="疑似同一人",
    title_en="Probably one person under two numbers",
    clause="B-5",
    severity="medium",
    subject="pair",
    raised_by=(pair_linked,),
    affected_by=(pairs_of_erased,),
    parameters={"weight_milli": LEAST_WEIGHT_MILLI},
    query=f"""
        SELECT a.subject, a.as_of, d.unit, array[d.filed_position, e.filed_position, l.position],
            p.kept_fen,
            {LINKED_DETAILS}
        FROM asked a
        {LINKED}
        WHERE {TWO_NUMBERS} AND l.guarded AND l.weight_milli >= (a.parameters ->> 'weight_milli')::int
    """,
)
