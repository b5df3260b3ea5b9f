"""The recipient disagrees (受助人反馈不符), clause A-8.

A recipient, called back or by the slip of the payout, said that nothing came, less came, or it was given back, and
that much did not come back in the ledger. Cleared when it does, or by a later call-back that agrees. What a slip says
takes nothing back, since whoever printed it may have its number, nor that nobody was reached.
"""

from projections.flags.rule import FlagRule
from projections.flags.triggers.payouts import payout_returned
from projections.flags.triggers.voices import recipient_agreed, recipient_denied

RULE = FlagRule(
    id="recipient-disagrees",
    version=2,
    title_zh="受助人反馈不符",
    title_en="The recipient disagrees",
    clause="A-8",
    severity="high",
    subject="payout",
    raised_by=(recipient_denied,),
    affected_by=(payout_returned, recipient_agreed),
    query="""
        SELECT a.subject, a.as_of, p.unit, array[p.position, v.position],
            p.kept_fen - coalesce(v.received_fen, 0),
            jsonb_build_object('paid_fen', p.amount_fen, 'answer', v.answer)
                || CASE WHEN v.received_fen IS NULL THEN '{}' ELSE jsonb_build_object('received_fen', v.received_fen) END
        FROM asked a
        JOIN kept_payouts(a.as_of) p ON p.campaign = a.campaign AND p.payout = a.name
        JOIN LATERAL (
            SELECT s.position, s.answer, s.received_fen FROM voices s
            WHERE s.payout = p.payout AND s.position <= a.as_of AND s.answer <> 'received'
              AND NOT EXISTS (
                SELECT FROM voices l WHERE l.payout = s.payout AND l.position > s.position AND l.position <= a.as_of
                  AND l.source = 'call-back'
              )
            ORDER BY coalesce(s.received_fen, 0), s.position DESC LIMIT 1
        ) v ON p.kept_fen > coalesce(v.received_fen, 0)
    """,
)
