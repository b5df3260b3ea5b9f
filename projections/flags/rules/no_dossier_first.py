"""Helped before the dossier (先帮扶后建档), clause B-5.

The dossier was filed after the date of a payout on it that stands, or is dated after a nomination on it
that is live. Before a payout the filing counts from its recording; one that an auditor recorded after the
fact, from its date. Dossier first, then help (先建档、后帮扶). Cleared when the nomination is over and the
payout came back: filing later cannot undo it.
"""

from collections.abc import Iterable

from ledger.events.nomination import Nominated, Rejected, Revoked
from ledger.events.payout import AidDelivered, Disbursed, PayoutReturned
from projections.flags.as_of import counted_on, recorded_on
from projections.flags.rule import FlagRule
from projections.flags.subject import PAID, Subject
from projections.flags.trigger import Trigger
from projections.frame.recorded import Recorded


def _used(event: Nominated | Disbursed | AidDelivered, item: Recorded) -> Iterable[Subject]:
    return (Subject(event.campaign, "dossier", event.dossier),)


dossier_used_early = Trigger(
    (Nominated, *PAID),
    kind="dossier",
    query=f"""
        SELECT e.position, e.campaign, e.dossier
        FROM events e
        CROSS JOIN LATERAL (
            SELECT amended_on, filed_position FROM dossiers WHERE dossier = e.dossier ORDER BY from_position LIMIT 1
        ) d
        WHERE e.happened_on < greatest(d.amended_on, {recorded_on("d.filed_position")})
    """,
)
"""A nomination or payout dated before its dossier was filed, or recorded."""

dossier_used = Trigger((Nominated, *PAID), _used)
"""A nomination or payout: its dossier."""

dossier_of_return = Trigger(
    (PayoutReturned,),
    kind="dossier",
    query="SELECT e.position, e.campaign, o.dossier FROM events e JOIN payouts o ON o.payout = e.payout",
)
"""A payout that came back: its dossier."""

dossier_of_ended_case = Trigger(
    (Rejected, Revoked),
    kind="dossier",
    query="""
        SELECT DISTINCT e.position, e.campaign, k.dossier FROM events e JOIN cases k ON k.case_id = e.case_id
    """,
)
"""A case that is over: its dossier."""

RULE = FlagRule(
    id="no-dossier-first",
    version=2,
    title_zh="先帮扶后建档",
    title_en="Helped before the dossier",
    clause="B-5",
    severity="high",
    subject="dossier",
    raised_by=(dossier_used_early,),
    affected_by=(dossier_used, dossier_of_return, dossier_of_ended_case),
    query=f"""
        WITH early AS (
            SELECT a.subject, a.as_of, a.name, k.nominated_position AS position,
                k.nominated_on AS happened_on, false AS paid, 0 AS kept_fen
            FROM asked a
            JOIN cases_at(a.as_of) k ON k.dossier = a.name AND k.campaign = a.campaign
            WHERE is_live(k.step)
            UNION ALL
            SELECT a.subject, a.as_of, a.name, p.position, p.paid_on, true, p.kept_fen
            FROM asked a
            JOIN kept_payouts(a.as_of) p ON p.campaign = a.campaign AND p.dossier = a.name
        )
        SELECT e.subject, e.as_of, d.unit,
            array[d.filed_position] || array_agg(e.position), sum(e.kept_fen),
            jsonb_build_object(
                'filed_on', d.amended_on, 'recorded_on', d.recorded_on, 'first_on', min(e.happened_on)
            )
        FROM early e
        CROSS JOIN LATERAL (
            SELECT unit, filed_position, amended_on, {counted_on("filed_position")} AS counted_on,
                {recorded_on("filed_position")} AS recorded_on
            FROM dossiers WHERE dossier = e.name ORDER BY from_position LIMIT 1
        ) d
        WHERE e.happened_on < CASE WHEN e.paid THEN d.counted_on ELSE d.amended_on END
        GROUP BY e.subject, e.as_of, d.unit, d.filed_position, d.amended_on, d.recorded_on
    """,
)
