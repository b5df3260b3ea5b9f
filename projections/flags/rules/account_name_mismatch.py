"""Account of another name (户名不符), clause B-5.

A live nomination, or one on which money stays paid, whose dossier's bank account is in another name
than the recipient's. Only marks are compared, never names. Cleared when the dossier gets the right
account, or the nomination is over and what was paid came back.
"""

from projections.flags.as_of import CASE, DOSSIER_OF_CASE, LIVE
from projections.flags.rule import FlagRule
from projections.flags.subjects.cases import later_on_case, misnamed_case

RULE = FlagRule(
    id="account-name-mismatch",
    version=1,
    title_zh="户名不符",
    title_en="Account in another name",
    clause="B-5",
    severity="high",
    subject="case",
    raised_by=misnamed_case,
    affected_by=later_on_case,
    query=f"""
        SELECT a.subject, a.as_of, k.unit, array[k.nominated_position, d.from_position],
            k.paid_fen - k.returned_fen,
            jsonb_build_object('recipient', k.recipient)
        FROM asked a
        JOIN {CASE}
        JOIN {DOSSIER_OF_CASE}
        WHERE d.marks ->> 'account_holder' <> d.marks ->> 'name'
            AND ({LIVE} OR k.paid_fen > k.returned_fen)
    """,
)
