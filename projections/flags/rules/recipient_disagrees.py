"""The recipient disagrees (受助人反馈不符), clause A-8.

A recipient who was called back said that of a payout nothing came, less came, or it was given back, and that much
did not come back in the ledger. Cleared when it does, or by a later answer that agrees. That nobody was reached later
says nothing.
"""

from collections.abc import Iterable

from ledger.events.voice import CallBackRecorded
from projections.flags.rule import FlagRule
from projections.flags.subject import Subject
from projections.flags.trigger import Trigger
from projections.flags.triggers.payouts import payout_returned
from projections.frame.recorded import Recorded


def _payout(event: CallBackRecorded, item: Recorded) -> Iterable[Subject]:
    return (Subject(event.campaign, "payout", event.payout),)


recipient_denied = Trigger(
    (CallBackRecorded,), _payout, when=lambda event: event.answer in ("less", "given-back", "never")
)
"""An answer that denies a payout, or a part of it."""

recipient_agreed = Trigger((CallBackRecorded,), _payout, when=lambda event: event.answer == "received")
"""An answer that agrees: the payout, which it may clear."""

RULE = FlagRule(
    id="recipient-disagrees",
    version=1,
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
            WHERE s.payout = p.payout AND s.position <= a.as_of ORDER BY s.position DESC LIMIT 1
        ) v ON v.answer <> 'received' AND p.kept_fen > coalesce(v.received_fen, 0)
    """,
)
