"""Taken back after it was paid (发放后收回), clause A-8.

The recipients of several payouts of a unit in a campaign, called back or by their slips, said that they had given them
back, of which the ledger knows nothing or not all. Nothing that is said later clears it: several who say so and then
say otherwise were talked to. It ends where so much came back in the ledger that fewer are left.
"""

from collections.abc import Iterable

from ledger.events.payout import PayoutReturned
from projections.flags.rule import FlagRule
from projections.flags.subject import Subject
from projections.flags.trigger import Trigger
from projections.flags.triggers.voices import given_back
from projections.frame.recorded import Recorded


def _returning(event: PayoutReturned, item: Recorded) -> Iterable[Subject]:
    return (Subject(event.campaign, "unit", event.unit),)


came_back = Trigger((PayoutReturned,), _returning)
"""A payout that came back: its unit."""

RULE = FlagRule(
    id="taken-back",
    version=1,
    title_zh="发放后收回",
    title_en="Taken back after it was paid",
    clause="A-8",
    severity="high",
    subject="unit",
    raised_by=(given_back,),
    affected_by=(came_back,),
    parameters={"answers": 2},
    query="""
        SELECT a.subject, a.as_of, a.name, array_agg(v.position), sum(p.kept_fen),
            jsonb_build_object('answers', count(*))
        FROM asked a
        JOIN kept_payouts(a.as_of) p ON p.campaign = a.campaign AND p.unit = a.name
        JOIN LATERAL (
            SELECT min(s.position) AS position FROM voices s
            WHERE s.payout = p.payout AND s.position <= a.as_of AND s.answer = 'given-back'
        ) v ON v.position IS NOT NULL
        GROUP BY a.subject, a.as_of, a.name, a.parameters
        HAVING count(*) >= (a.parameters ->> 'answers')::int
    """,
)
