"""Criteria not met (不符合认定条件), clauses A-1, A-2.

A live nomination whose dossier does not show what the policy asks of its category: income per head
below the local line, a cause, registered unemployment, employment in the county, a model worker's
title, or for an enterprise six months of stoppage, closure or bankruptcy. A fact that the dossier
leaves out is not shown. Income is not judged where the policy has no line. Cleared when the
nomination is rejected or revoked, or the policy is put right, or the dossier before anything is paid.
"""

from projections.flags.as_of import AMENDED_AWAY, FACTS_OF_CASE, STOPPED_MONTHS, unmet_criteria
from projections.flags.rule import FlagRule
from projections.flags.triggers.cases import CASE_DISCLOSED, LATER_ON_CASE

RULE = FlagRule(
    id="criteria-not-met",
    version=3,
    title_zh="不符合认定条件",
    title_en="Criteria not met",
    clause="A-1, A-2",
    severity="high",
    subject="case",
    raised_by=CASE_DISCLOSED,
    affected_by=LATER_ON_CASE,
    parameters={"stopped_months": STOPPED_MONTHS},
    query=f"""
        SELECT DISTINCT ON (a.subject, a.as_of)
            a.subject, a.as_of, k.unit, array[k.nominated_position, d.from_position] || {AMENDED_AWAY},
            k.paid_fen - k.returned_fen,
            jsonb_build_object('category', k.category, 'unmet', to_jsonb(u.unmet))
        FROM asked a
        JOIN cases_at(a.as_of) k ON k.case_id = a.name
        JOIN {FACTS_OF_CASE}
        JOIN terms_at(a.as_of) t ON t.campaign = a.campaign
        CROSS JOIN LATERAL (
            SELECT {unmet_criteria("t.policy", "k.category", "d", "(a.parameters ->> 'stopped_months')::int")} AS unmet
        ) u
        WHERE is_helped(k.step, k.paid_fen, k.returned_fen, k.aid_fen) AND u.unmet IS NOT NULL
        ORDER BY a.subject, a.as_of, d.from_position DESC
    """,
)
