"""Recipients beyond the filed roster (私自扩大名单), clause A-6.

A case is approved or paid that was nominated after the roster which its unit filed by the deadline:
Annex 1 for enterprises, Annex 2 for persons; the last one filed in time counts. Without a deadline
it is the last one filed. Cleared when the case is revoked and what was paid came back, or when a
roster of a date in time is recorded that has it.
"""

from projections.flags.as_of import APPROVED_STEPS, CASE, TERMS
from projections.flags.rule import FlagRule
from projections.flags.subjects.cases import case_of_filing_unit, rostered_case

RULE = FlagRule(
    id="roster-widened",
    version=2,
    title_zh="私自扩大名单",
    title_en="Beyond the filed roster",
    clause="A-6",
    severity="high",
    subject="case",
    touched=rostered_case,
    follows=case_of_filing_unit,
    query=f"""
        SELECT a.subject, a.as_of, k.unit, array[f.position, k.nominated_position],
            k.paid_fen - k.returned_fen,
            jsonb_build_object('filed_on', f.filed_on, 'nominated_on', k.nominated_on)
        FROM asked a
        JOIN {CASE}
        JOIN {TERMS}
        JOIN LATERAL (
            SELECT x.position, x.filed_on FROM filings x
            WHERE x.campaign = a.campaign AND x.unit = k.unit AND x.position <= a.as_of
                AND x.kind = CASE k.recipient WHEN 'enterprise' THEN 'annex-1' ELSE 'annex-2' END
                AND x.filed_on <= coalesce((t.policy ->> 'roster_deadline')::date, x.filed_on)
            ORDER BY x.position DESC LIMIT 1
        ) f ON k.nominated_position > f.position
        WHERE k.step IN {APPROVED_STEPS} OR k.paid_fen > k.returned_fen OR k.aid_fen > 0
    """,
)
