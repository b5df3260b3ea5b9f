"""Account of another name (户名不符), clause B-5.

A live nomination, or one on which money stays paid, whose dossier's bank account is in another name
than the recipient's. Only marks are compared, never names. Cleared when the dossier gets the right
account before anything is paid, or the nomination is over and what was paid came back.
"""

from ledger.events.nomination import Nominated
from projections.flags.as_of import AMENDED_AWAY, FACTS_OF_CASE
from projections.flags.rule import FlagRule
from projections.flags.trigger import Trigger
from projections.flags.triggers.cases import LATER_ON_CASE, case_paid_after_the_fact, cases_of_dossier

case_misnamed = Trigger(
    (Nominated,),
    kind="case",
    query="""
        SELECT e.position, e.campaign, e.case_id FROM events e
        WHERE EXISTS (
            SELECT FROM dossiers d
            WHERE d.dossier = e.dossier AND d.marks ->> 'account_holder' <> d.marks ->> 'name'
        )
    """,
)
"""A nomination on a dossier with an account in another name, in any version of it."""

RULE = FlagRule(
    id="account-name-mismatch",
    version=2,
    title_zh="户名不符",
    title_en="Account in another name",
    clause="B-5",
    severity="high",
    subject="case",
    raised_by=(case_misnamed, case_paid_after_the_fact, cases_of_dossier),
    affected_by=LATER_ON_CASE,
    query=f"""
        SELECT DISTINCT ON (a.subject, a.as_of)
            a.subject, a.as_of, k.unit, array[k.nominated_position, d.from_position] || {AMENDED_AWAY},
            k.paid_fen - k.returned_fen,
            jsonb_build_object('recipient', k.recipient)
        FROM asked a
        JOIN cases_at(a.as_of) k ON k.case_id = a.name
        JOIN {FACTS_OF_CASE}
        WHERE d.marks ->> 'account_holder' <> d.marks ->> 'name'
            AND (is_live(k.step) OR k.paid_fen > k.returned_fen)
        ORDER BY a.subject, a.as_of, d.from_position DESC
    """,
)
