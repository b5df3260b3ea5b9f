"""Came back after success (成功后退汇), clause A-8.

The bank said that a payout was paid, and later it came back: by a later line of the bank, by a return recorded as
bounced, or by a credit of the account's statement. Not cleared: that the money went to the recipient was said, and
was not so.
"""

from collections.abc import Iterable

from ledger.events.account_statement import AccountStatementRecorded
from ledger.events.bank import BankLineMatched
from ledger.events.payout import PayoutReturned
from projections.flags.rule import FlagRule
from projections.flags.subject import Subject
from projections.flags.trigger import Trigger
from projections.frame.recorded import Recorded


def _bounced(event: BankLineMatched | PayoutReturned, item: Recorded) -> Iterable[Subject]:
    return (Subject(event.campaign, "payout", event.payout),)


def _credited(event: AccountStatementRecorded, item: Recorded) -> Iterable[Subject]:
    return [
        Subject(event.campaign, "payout", payout)
        for entry in event.entries
        if entry.direction == "credit"
        for payout in entry.payouts or ()
    ]


line_bounced = Trigger((BankLineMatched,), _bounced, when=lambda event: event.result == "bounced")
"""A line by which a payout bounced: the payout."""

return_bounced = Trigger((PayoutReturned,), _bounced, when=lambda event: event.kind == "bounced")
"""A return that the bank is behind: the payout."""

payout_credited = Trigger((AccountStatementRecorded,), _credited)
"""A statement: the payouts that its credits say came back."""

RULE = FlagRule(
    id="returned-after-success",
    version=1,
    title_zh="成功后退汇",
    title_en="Came back after success",
    clause="A-8",
    severity="high",
    subject="payout",
    raised_by=(line_bounced, return_bounced, payout_credited),
    query="""
        SELECT a.subject, a.as_of, p.unit, array[s.position, min(u.position)], p.amount_fen,
            jsonb_build_object('paid_on', p.paid_on, 'said_paid_on', s.booked_on, 'undone_on', min(u.undone_on))
        FROM asked a
        JOIN payouts p ON p.campaign = a.campaign AND p.payout = a.name AND p.position <= a.as_of
        JOIN LATERAL (
            SELECT b.position, b.booked_on FROM bank_lines b
            WHERE b.payout = p.payout AND b.position <= a.as_of AND b.result = 'paid'
            ORDER BY b.position LIMIT 1
        ) s ON true
        JOIN LATERAL (
            SELECT b.position, b.booked_on AS undone_on FROM bank_lines b
            WHERE b.payout = p.payout AND b.result = 'bounced'
            UNION ALL
            SELECT r.position, r.returned_on FROM returns r WHERE r.payout = p.payout AND r.kind = 'bounced'
            UNION ALL
            SELECT c.position, c.booked_on FROM statement_payouts c
            WHERE c.payout = p.payout AND c.direction = 'credit'
        ) u ON u.position > s.position AND u.position <= a.as_of
        GROUP BY a.subject, a.as_of, p.unit, p.amount_fen, p.paid_on, s.position, s.booked_on
    """,
)
