"""The unit takes back what it handed out (单位自行收回多笔), clause A-8.

Officers of the unit themselves, or who had handed it out, recorded three or more of its own payouts as returned
or clawed back in a campaign: money that it had drawn and handed out, or goods. What went out by bank comes back to finance and
is not counted. Nothing clears it: who holds both ends of the money is a fact.
"""

from collections.abc import Iterable

from ledger.events.payout import PayoutReturned
from projections.flags.rule import FlagRule
from projections.flags.subject import Subject
from projections.flags.trigger import Trigger
from projections.frame.recorded import Recorded


def _returning(event: PayoutReturned, item: Recorded) -> Iterable[Subject]:
    return (Subject(event.campaign, "unit", event.unit),)


unit_paid_back = Trigger((PayoutReturned,), _returning)
"""A payout that came back: its unit."""

RULE = FlagRule(
    id="unit-takes-back",
    version=2,
    title_zh="单位自行收回多笔",
    title_en="The unit takes back what it handed out",
    clause="A-8",
    severity="medium",
    subject="unit",
    raised_by=(unit_paid_back,),
    parameters={"returns": 3},
    query="""
        SELECT a.subject, a.as_of, a.name, array_agg(r.position), sum(r.amount_fen),
            jsonb_build_object(
                'returns', count(*), 'officers', to_jsonb(array_agg(DISTINCT e.officer ORDER BY e.officer))
            )
        FROM asked a
        JOIN payouts o ON o.campaign = a.campaign AND o.unit = a.name AND (o.drawn OR o.line IS NULL)
        JOIN returns r ON r.payout = o.payout AND r.position <= a.as_of
        JOIN timeline e ON e.position = r.position
        JOIN timeline h ON h.position = o.position
        JOIN officers f ON f.officer = e.officer AND (f.unit = o.unit OR e.officer = h.officer)
        GROUP BY a.subject, a.as_of, a.name, a.parameters
        HAVING count(*) >= (a.parameters ->> 'returns')::int
    """,
)
