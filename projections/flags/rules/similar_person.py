"""Probably one person (疑似同一人), clause B-5.

A linkage run found two dossiers of different identity numbers whose match weight, over name, sound of
the name, birth date, phone, account, home and unit, is at or above the threshold, and whose number and
name are close enough besides: a name alone never is. Cleared when one of the dossiers is erased, or a
later run weighs the pair lower.
"""

from projections.flags.as_of import LINKED
from projections.flags.rule import FlagRule
from projections.flags.subjects.payouts import linked_pair, pair_of_erased

RULE = FlagRule(
    id="similar-person",
    version=1,
    title_zh="疑似同一人",
    title_en="Probably one person under two numbers",
    clause="B-5",
    severity="medium",
    subject="pair",
    raised_by=linked_pair,
    affected_by=pair_of_erased,
    parameters={"weight_milli": 6000},
    query=f"""
        SELECT a.subject, a.as_of, d.unit, array[d.filed_position, e.filed_position, l.position],
            p.kept_fen,
            jsonb_build_object(
                'weight_milli', l.weight_milli, 'levels', l.levels,
                'dossiers', jsonb_build_array(l.first, l.second),
                'units', jsonb_build_array(d.unit, e.unit)
            )
        FROM asked a
        {LINKED}
        WHERE l.guarded AND l.weight_milli >= (a.parameters ->> 'weight_milli')::int
    """,
)
