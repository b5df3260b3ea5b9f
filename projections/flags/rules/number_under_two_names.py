"""One number under two names (一号两名), clause B-5.

A linkage run found two dossiers of one identity number whose names neither read nor sound alike. One of the two
is not the holder of the number, or one was typed into the wrong line. Cleared when one of the dossiers is
erased, or a later run says otherwise.
"""

from projections.flags.as_of import LINKED, LINKED_DETAILS, TWO_NUMBERS
from projections.flags.rule import FlagRule
from projections.flags.triggers.payouts import pair_linked, pairs_of_erased

RULE = FlagRule(
    id="number-under-two-names",
    version=1,
    title_zh="一号两名",
    title_en="One number under two names",
    clause="B-5",
    severity="high",
    subject="pair",
    raised_by=(pair_linked,),
    affected_by=(pairs_of_erased,),
    query=f"""
        SELECT a.subject, a.as_of, d.unit, array[d.filed_position, e.filed_position, l.position],
            p.kept_fen,
            {LINKED_DETAILS}
        FROM asked a
        {LINKED}
        WHERE NOT ({TWO_NUMBERS}) AND (l.levels ->> 'name')::int = 0
    """,
)
