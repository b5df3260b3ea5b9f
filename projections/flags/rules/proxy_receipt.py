"""Taken by somebody else (代领无委托或一人代领多人), clause B-5.

A payout that stands was received by a proxy without an authorisation on file, or by one who received
for three or more persons in the campaign. Cleared when it came back, or, where the authorisation is
there, when the proxy is left with fewer.
"""

from collections.abc import Iterable

from ledger.events.payout import AidDelivered, Disbursed, PayoutReturned
from projections.flags.rule import FlagRule
from projections.flags.subject import PAID, Subject
from projections.flags.trigger import Trigger
from projections.flags.triggers.payouts import payout_returned
from projections.frame.recorded import Recorded

_OTHERS = """
    SELECT e.position, o.campaign, o.payout
    FROM events e
    JOIN payouts p ON p.payout = e.payout
    JOIN payouts o ON o.proxy = p.proxy AND o.payout <> p.payout
"""


def _taken(event: Disbursed | AidDelivered, item: Recorded) -> Iterable[Subject]:
    if event.receipt.received_by != "proxy":
        return ()
    return (Subject(event.campaign, "payout", item.act.id),)


payout_taken = Trigger(PAID, _taken)
"""A payout that somebody else took."""

others_taken = Trigger(PAID, kind="payout", query=_OTHERS)
"""The same: all else that this proxy took."""

others_returned = Trigger((PayoutReturned,), kind="payout", query=_OTHERS)
"""A payout that came back: all else that its proxy took."""

RULE = FlagRule(
    id="proxy-receipt",
    version=1,
    title_zh="代领无委托或一人代领多人",
    title_en="Received by a proxy",
    clause="B-5",
    severity="high",
    subject="payout",
    raised_by=(payout_taken, others_taken),
    affected_by=(payout_returned, others_returned),
    parameters={"persons": 3},
    query="""
        SELECT a.subject, a.as_of, p.unit, p.position || coalesce(x.positions, '{}'), p.kept_fen,
            jsonb_build_object('authorised', p.authorised, 'persons', greatest(x.persons, 1))
        FROM asked a
        JOIN kept_payouts(a.as_of) p ON p.campaign = a.campaign AND p.payout = a.name
        CROSS JOIN LATERAL (
            SELECT count(DISTINCT o.person) AS persons,
                array_agg(o.position) FILTER (WHERE o.payout <> p.payout) AS positions
            FROM kept_payouts(a.as_of) o
            WHERE o.proxy = p.proxy AND o.campaign = a.campaign
        ) x
        WHERE NOT p.authorised OR x.persons >= (a.parameters ->> 'persons')::int
    """,
)
