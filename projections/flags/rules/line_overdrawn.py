"""Line below zero (超预算), clause B-4.

A fund line's balance is below zero. The ledger refuses it of every payout but those recorded after the
fact. Cleared when money is allocated, transferred or returned to the line.
"""

from collections.abc import Iterable

from ledger.events.drawing import DrawnReturned, MoneyDrawn
from ledger.events.payout import Disbursed, PayoutReturned
from projections.flags.rule import FlagRule
from projections.flags.subject import Subject
from projections.flags.trigger import Trigger
from projections.flags.triggers.lines import FUNDS_MOVED
from projections.frame.recorded import Recorded


def _line(
    event: PayoutReturned | DrawnReturned | Disbursed | MoneyDrawn, item: Recorded
) -> Iterable[Subject]:
    return () if event.line is None else (Subject(event.campaign, "line", event.line),)


def _charged_late(event: Disbursed | MoneyDrawn, item: Recorded) -> Iterable[Subject]:
    return _line(event, item) if event.after_the_fact else ()


line_charged_after_the_fact = Trigger((Disbursed, MoneyDrawn), _charged_late)
"""Money paid or drawn after the fact: its line, which that may leave below zero."""

line_paid_back = Trigger((PayoutReturned, DrawnReturned), _line)
"""Money that came back: its line."""

RULE = FlagRule(
    id="line-overdrawn",
    version=1,
    title_zh="超预算",
    title_en="Fund line below zero",
    clause="B-4",
    severity="high",
    subject="line",
    raised_by=(*FUNDS_MOVED, line_charged_after_the_fact, line_paid_back),
    query="""
        SELECT a.subject, a.as_of, NULL::text,
            b.position || coalesce((
                SELECT array_agg(e.position) FROM timeline e
                WHERE e.line = a.campaign || '/' || a.name AND e.after_the_fact AND e.position <= a.as_of
            ), '{}'),
            -b.balance_fen, jsonb_build_object('balance_fen', b.balance_fen)
        FROM asked a
        CROSS JOIN LATERAL (
            SELECT x.position, x.balance_fen FROM postings x
            WHERE x.account = 'line/' || a.campaign || '/' || a.name AND x.position <= a.as_of
            ORDER BY x.position DESC LIMIT 1
        ) b
        JOIN terms_at(a.as_of) t ON t.campaign = a.campaign
        WHERE b.balance_fen < 0
    """,
)
