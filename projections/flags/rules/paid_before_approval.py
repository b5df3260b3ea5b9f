"""Paid before approval (未批先付), clause A-8.

A payout that stands is of a date, its own or the bank's, before any approval of its case, or has no case or no approval that was
recorded before it. An approval counts from the day of its recording, one that an auditor recorded after the
fact from its date. An approval that was revoked after the payout's date stood on that date. Cleared when the payout came back in
full.
"""

from ledger.events.bank import BankLineMatched
from projections.flags.as_of import counted_on
from projections.flags.rule import FlagRule
from projections.flags.trigger import Trigger
from projections.flags.triggers.payouts import PAYOUT, PAYOUT_APPROVED_OR_RETURNED

payout_booked_early = Trigger(
    (BankLineMatched,),
    kind="payout",
    query="""
        SELECT e.position, e.campaign, e.payout
        FROM events e
        JOIN bank_lines b ON b.position = e.position
        JOIN payouts o ON o.payout = e.payout AND b.booked_on < o.paid_on
    """,
)
"""A line of the bank that is earlier than its payout."""

RULE = FlagRule(
    id="paid-before-approval",
    version=4,
    title_zh="未批先付",
    title_en="Paid before approval",
    clause="A-8",
    severity="high",
    subject="payout",
    raised_by=(*PAYOUT, payout_booked_early),
    affected_by=PAYOUT_APPROVED_OR_RETURNED,
    query=f"""
        SELECT a.subject, a.as_of, p.unit,
            array_remove(array[p.position, s.approved_at], NULL), p.kept_fen,
            jsonb_strip_nulls(jsonb_build_object(
                'paid_on', p.paid_on, 'booked_on', nullif(b.day, p.paid_on), 'approved_on', s.approved_on
            ))
        FROM asked a
        JOIN kept_payouts(a.as_of) p ON p.campaign = a.campaign AND p.payout = a.name
        LEFT JOIN LATERAL (
            SELECT e.position AS approved_at, {counted_on("e.position")} AS approved_on
            FROM timeline e
            WHERE e.case_id = p.case_id AND e.type = 'Approved' AND e.position < p.position
            ORDER BY approved_on, e.position LIMIT 1
        ) s ON true
        CROSS JOIN LATERAL (
            SELECT least(p.paid_on, min(x.booked_on)) AS day FROM bank_lines x
            WHERE x.payout = p.payout AND x.position <= a.as_of AND x.result = 'paid'
        ) b
        WHERE s.approved_on IS NULL OR s.approved_on > b.day
    """,
)
