"""Recipients beyond the filed roster (名单外对象), clause A-6.

A case is approved or paid that was nominated after the roster which its unit filed by the deadline:
Annex 1 for enterprises, Annex 2 for persons; the last one dated and recorded in time counts, or the first
where none was. Without a deadline it is the last one filed. Cleared when the case is revoked and what was
paid came back, or when a roster is recorded in time that has it.
"""

from ledger.events.campaign import RosterFiled
from ledger.events.nomination import Approved
from projections.flags.as_of import recorded_on
from projections.flags.rule import FlagRule
from projections.flags.trigger import Trigger
from projections.flags.triggers.cases import LATER_ON_CASE, case_paid_after_the_fact, cases_of_campaign

case_rostered = Trigger(
    (Approved,),
    kind="case",
    query="""
        SELECT e.position, e.campaign, e.case_id FROM events e
        WHERE EXISTS (
            SELECT FROM filings f
            WHERE f.campaign = e.campaign AND f.unit = e.unit AND f.kind IN ('annex-1', 'annex-2')
        )
    """,
)
"""An approval of a case of a unit that filed a roster."""

cases_of_filing_unit = Trigger(
    (RosterFiled,),
    kind="case",
    query="""
        SELECT DISTINCT e.position, k.campaign, k.case_id
        FROM events e JOIN cases k ON k.campaign = e.campaign AND k.unit = e.unit
    """,
)
"""A roster: all cases of its unit."""

RULE = FlagRule(
    id="roster-widened",
    version=3,
    title_zh="名单外对象",
    title_en="Beyond the filed roster",
    clause="A-6",
    severity="high",
    subject="case",
    raised_by=(case_rostered, case_paid_after_the_fact, cases_of_campaign),
    affected_by=(*LATER_ON_CASE, cases_of_filing_unit),
    query=f"""
        SELECT a.subject, a.as_of, k.unit, array[f.position, k.nominated_position],
            k.paid_fen - k.returned_fen,
            jsonb_build_object('filed_on', f.filed_on, 'nominated_on', k.nominated_on)
        FROM asked a
        JOIN cases_at(a.as_of) k ON k.case_id = a.name
        JOIN terms_at(a.as_of) t ON t.campaign = a.campaign
        JOIN LATERAL (
            SELECT x.position, x.filed_on, i.in_time FROM filings x
            CROSS JOIN LATERAL (
                SELECT coalesce(greatest(x.filed_on, {recorded_on("x.position")})
                    <= (t.policy ->> 'roster_deadline')::date, true) AS in_time
            ) i
            WHERE x.campaign = a.campaign AND x.unit = k.unit AND x.position <= a.as_of
                AND x.kind = CASE k.recipient WHEN 'enterprise' THEN 'annex-1' ELSE 'annex-2' END
            ORDER BY i.in_time DESC, CASE WHEN i.in_time THEN -x.position ELSE x.position END LIMIT 1
        ) f ON k.nominated_position > f.position
        WHERE is_approved(k.step) OR k.paid_fen > k.returned_fen OR k.aid_fen > 0
    """,
)
