"""Money left for nothing in the ledger (账外支出), clause A-8.

A statement of account has a debit that is for no payout and that no entry of the ledger moved, or names as what moved
it an entry of another sum, of another kind, or one that another debit names too. Cleared as far as another than who
recorded the statement explains it; of a statement that was taken back, once another one goes as far.
"""

from collections.abc import Iterable

from ledger.events.account_statement import AccountStatementRecorded
from ledger.events.statement_after import AccountStatementTakenBack, OutflowExplained
from projections.flags.rule import FlagRule
from projections.flags.subject import Subject
from projections.flags.trigger import Trigger
from projections.frame.recorded import Recorded


def _statement(event: AccountStatementRecorded, item: Recorded) -> Iterable[Subject]:
    return (Subject(event.campaign, "event", str(item.position)),)


statement_recorded = Trigger((AccountStatementRecorded,), _statement)
"""A statement of account: its entry."""

outflow_explained = Trigger(
    (OutflowExplained,),
    kind="event",
    query="""
        SELECT e.position, s.campaign, s.position::text
        FROM events e
        JOIN explanations n ON n.position = e.position
        JOIN account_statements s ON s.account_statement = n.account_statement
    """,
)
"""An explanation: the statement whose debit it explains."""

stated_again = Trigger(
    (AccountStatementRecorded, AccountStatementTakenBack),
    kind="event",
    query="""
        SELECT e.position, s.campaign, s.position::text
        FROM events e
        JOIN account_statements s ON s.campaign = e.campaign
        JOIN statements_taken_back b ON b.account_statement = s.account_statement
    """,
)
"""A statement, or one taken back: those of the campaign that were taken back."""

RULE = FlagRule(
    id="outflow-unexplained",
    version=2,
    title_zh="账外支出",
    title_en="Money left for nothing in the ledger",
    clause="A-8",
    severity="high",
    subject="event",
    raised_by=(statement_recorded,),
    affected_by=(outflow_explained, stated_again),
    query="""
        SELECT a.subject, a.as_of, NULL::text, array[s.position], sum(x.amount_fen)::bigint,
            jsonb_build_object(
                'account', s.account, 'debits', count(*), 'first_on', min(x.booked_on), 'last_on', max(x.booked_on)
            )
        FROM asked a
        JOIN account_statements s ON s.campaign = a.campaign AND s.position = a.name::bigint
            AND s.position <= a.as_of
        JOIN statement_entries x ON x.position = s.position AND x.direction = 'debit' AND x.payouts = 0
        LEFT JOIN explanations n ON n.account_statement = s.account_statement
            AND n.bank_reference = x.bank_reference AND n.position <= a.as_of
        LEFT JOIN moves m ON m.statement = x.moved_by AND m.direction = 'debit'
        WHERE n.position IS NULL AND NOT EXISTS (
            SELECT FROM statements_taken_back b
            JOIN account_statements w ON w.campaign = s.campaign AND w.lines && s.lines AND w.to_day >= s.to_day
            WHERE b.account_statement = s.account_statement AND b.position < w.position AND w.position <= a.as_of
        ) AND (
            x.moved_by IS NULL
            OR m.position IS NULL OR m.position > a.as_of OR m.campaign <> s.campaign OR m.amount_fen <> x.amount_fen
            OR EXISTS (
                SELECT FROM statement_entries y
                WHERE y.moved_by = x.moved_by AND (y.position, y.bank_reference) < (x.position, x.bank_reference)
            )
        )
        GROUP BY a.subject, a.as_of, s.position, s.account
    """,
)
