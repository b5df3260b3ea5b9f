"""Numbers one edit apart (身份证号近似), clause B-5.

A linkage run found two dossiers whose identity numbers are one edit or transposition apart, their
check characters aside, under similar names. Cleared when one of the dossiers is erased, or a later run
says otherwise.
"""

from projections.flags.as_of import LINKED, LINKED_DETAILS, TWO_NUMBERS
from projections.flags.rule import FlagRule
from projections.flags.triggers.payouts import pair_linked, pairs_of_erased

RULE = FlagRule(
    id="identity-one-edit",
    version=1,
    title_zh="身份证号近似",
    title_en="Identity numbers one edit apart",
    clause="B-5",
    severity="medium",
    subject="pair",
    raised_by=(pair_linked,),
    affected_by=(pairs_of_erased,),
    query=f"""
        SELECT a.subject, a.as_of, d.unit, array[d.filed_position, e.filed_position, l.position],
            p.kept_fen,
            {LINKED_DETAILS}
        FROM asked a
        {LINKED}
        WHERE {TWO_NUMBERS} AND l.one_edit
    """,
)
