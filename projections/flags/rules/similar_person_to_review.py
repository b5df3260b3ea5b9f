"""Perhaps one person (疑似同一人，待核), clause B-5.

A linkage run recorded two dossiers that are near each other and that its guard does not take for one person:
homophone names and neighbouring numbers, as of twins; numbers two edits apart with little else; or one name with
one phone, account or home and quite another number. For somebody to look at, below the flags that say more.
Cleared when one of the dossiers is erased, or a later run says otherwise.
"""

from projections.flags.as_of import LINKED, LINKED_DETAILS, TWO_NUMBERS
from projections.flags.rule import FlagRule
from projections.flags.rules.similar_person import LEAST_WEIGHT_MILLI
from projections.flags.triggers.payouts import pair_linked, pairs_of_erased

RULE = FlagRule(
    id="similar-person-to-review",
    version=1,
    title_zh="疑似同一人（待核）",
    title_en="Perhaps one person under two numbers",
    clause="B-5",
    severity="low",
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
        WHERE {TWO_NUMBERS} AND NOT l.one_edit
            AND NOT (l.guarded AND l.weight_milli >= (a.parameters ->> 'weight_milli')::int)
    """,
)
