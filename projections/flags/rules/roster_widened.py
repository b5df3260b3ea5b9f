"""Recipients beyond the filed roster (私自扩大名单), clause A-6.

A case is approved or paid that was nominated after the roster which its unit filed by the deadline:
Annex 1 for enterprises, Annex 2 for persons; the last one dated and recorded in time counts, or the first
where none was. Without a deadline it is the last one filed. Cleared when the case is revoked and what was
paid came back, or when a roster is recorded in time that has it.
"""

from projections.flags.as_of import APPROVED_STEPS, CASE, TERMS, recorded_on
from projections.flags.rule import FlagRule
from projections.flags.subjects.cases import case_of_filing_unit, rostered_case

RULE = FlagRule(
    id="roster-widened",
    version=3,
    title_zh="私自扩大名单",
    title_en="Beyond the filed roster",
    clause="A-6",
    severity="high",
    subject="case",
    raised_by=rostered_case,
    affected_by=case_of_filing_unit,
    query=f"""
        SELECT a.subject, a.as_of, k.unit, array[f.position, k.nominated_position],
            k.paid_fen - k.returned_fen,
            jsonb_build_object('filed_on', f.filed_on, 'nominated_on', k.nominated_on)
        FROM asked a
        JOIN {CASE}
        JOIN {TERMS}
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
        WHERE k.step IN {APPROVED_STEPS} OR k.paid_fen > k.returned_fen OR k.aid_fen > 0
    """,
)
