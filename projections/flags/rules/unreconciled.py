"""Not reconciled with the bank (未对账), clause A-8.

A payout by bank that stands has no line of the bank's statement of the same sum within five days; or
the bank's line says another sum; or it pays a case again whose earlier payout came back, to another
account. Looked at as days end. Cleared by the matching bank line, or when the payout came back.
"""

from collections.abc import Iterable

from ledger.events.bank import BankLineMatched
from ledger.events.payout import Disbursed
from projections.flags.as_of import DAY
from projections.flags.rule import FlagRule
from projections.flags.subject import Subject
from projections.flags.trigger import Trigger
from projections.flags.triggers.payouts import payout_returned
from projections.frame.recorded import Recorded


def _matched(event: BankLineMatched, item: Recorded) -> Iterable[Subject]:
    return (Subject(event.campaign, "payout", event.payout),)


payout_matched = Trigger((BankLineMatched,), _matched)
"""A line of the bank: its payout."""

payout_mismatched = Trigger(
    (BankLineMatched,),
    kind="payout",
    query="""
        SELECT e.position, e.campaign, e.payout
        FROM events e
        JOIN bank_lines b ON b.position = e.position
        JOIN payouts o ON o.payout = e.payout
        WHERE b.result <> 'paid' OR b.amount_fen <> o.amount_fen
    """,
)
"""A line of the bank that tells something else of its payout."""

payout_made_again = Trigger(
    (Disbursed,),
    kind="payout",
    query="""
        SELECT e.position, e.campaign, e.payout FROM events e
        WHERE EXISTS (SELECT FROM payouts o JOIN returns r ON r.payout = o.payout WHERE o.case_id = e.case_id)
    """,
)
"""A payout on a case of which one came back."""

RULE = FlagRule(
    id="unreconciled",
    version=1,
    title_zh="未对账",
    title_en="Not reconciled with the bank",
    clause="A-8",
    severity="medium",
    subject="payout",
    raised_by=(payout_mismatched, payout_made_again),
    affected_by=(payout_returned, payout_matched),
    parameters={"days": 5},
    on_schedule="""
        SELECT e.campaign, o.payout FROM ending e
        JOIN payouts o ON o.campaign = e.campaign AND o.method = 'bank' AND o.position <= e.as_of
            AND o.paid_on > e.previous - (e.parameters ->> 'days')::int
            AND o.paid_on <= e.day - (e.parameters ->> 'days')::int
        UNION
        SELECT e.campaign, o.payout FROM ending e
        JOIN payouts o ON o.position > e.since AND o.position <= e.as_of AND o.campaign = e.campaign
            AND o.method = 'bank' AND o.paid_on <= e.day - (e.parameters ->> 'days')::int
    """,
    query=f"""
        SELECT a.subject, a.as_of, p.unit,
            array_remove(array[p.position, b.position, r.position], NULL), p.kept_fen,
            jsonb_build_object(
                'paid_on', p.paid_on, 'bank_fen', b.amount_fen, 'bank_says', b.result,
                'repaid_elsewhere', r.position IS NOT NULL
            )
        FROM asked a
        JOIN kept_payouts(a.as_of) p ON p.campaign = a.campaign AND p.payout = a.name
        LEFT JOIN LATERAL (
            SELECT x.position, x.amount_fen, x.result FROM bank_lines x
            WHERE x.payout = p.payout AND x.position <= a.as_of
            ORDER BY (x.result = 'paid' AND x.amount_fen = p.amount_fen) DESC, x.position DESC LIMIT 1
        ) b ON true
        LEFT JOIN LATERAL (
            SELECT x.position FROM payouts o
            JOIN returns x ON x.payout = o.payout AND x.position < p.position
            WHERE o.case_id = p.case_id AND o.account IS DISTINCT FROM p.account
            ORDER BY x.position DESC LIMIT 1
        ) r ON true
        WHERE p.method = 'bank' AND (
            r.position IS NOT NULL
            OR b.position IS NULL AND {DAY} - p.paid_on >= (a.parameters ->> 'days')::int
            OR b.position IS NOT NULL AND NOT (b.result = 'paid' AND b.amount_fen = p.amount_fen)
        )
    """,
)
