"""The bank's line differs (银行回单不符), clause A-8.

A line of the bank's answer is about a payout, and its account, its holder or its sum is not the payout's: the money
went elsewhere, or was another sum. Such a line clears nothing. Cleared by a later line of the bank that agrees, or
when the payout came back.
"""

from collections.abc import Iterable

from ledger.events.bank import BankLineMatched
from projections.flags.rule import FlagRule
from projections.flags.subject import Subject
from projections.flags.trigger import Trigger
from projections.flags.triggers.payouts import payout_returned
from projections.frame.recorded import Recorded


def _payout(event: BankLineMatched, item: Recorded) -> Iterable[Subject]:
    return (Subject(event.campaign, "payout", event.payout),)


line_differs = Trigger((BankLineMatched,), _payout, when=lambda event: event.result == "different")
"""A line that is not as its payout: the payout."""

line_agrees = Trigger((BankLineMatched,), _payout, when=lambda event: event.result != "different")
"""A line that agrees: its payout, which it may clear."""

RULE = FlagRule(
    id="bank-line-differs",
    version=1,
    title_zh="银行回单不符",
    title_en="The bank's line differs",
    clause="A-8",
    severity="high",
    subject="payout",
    raised_by=(line_differs,),
    affected_by=(payout_returned, line_agrees),
    query="""
        SELECT a.subject, a.as_of, p.unit, p.position || array_agg(b.position ORDER BY b.position), p.kept_fen,
            jsonb_build_object(
                'paid_fen', p.amount_fen, 'bank_fen', max(b.amount_fen),
                'differs', coalesce(jsonb_agg(DISTINCT d.what) FILTER (WHERE d.what IS NOT NULL), '["amount"]')
            )
        FROM asked a
        JOIN kept_payouts(a.as_of) p ON p.campaign = a.campaign AND p.payout = a.name
        JOIN bank_lines b ON b.payout = p.payout AND b.position <= a.as_of AND b.result = 'different'
        LEFT JOIN LATERAL unnest(b.differs) AS d (what) ON true
        WHERE NOT EXISTS (
            SELECT FROM bank_lines x
            WHERE x.payout = p.payout AND x.position <= a.as_of AND x.position > b.position AND x.result = 'paid'
        )
        GROUP BY a.subject, a.as_of, p.unit, p.position, p.kept_fen, p.amount_fen
    """,
)
