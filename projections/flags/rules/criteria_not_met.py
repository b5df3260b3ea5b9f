"""Criteria not met (不符合认定条件), clauses A-1, A-2.

A live nomination whose dossier does not show what the policy asks of its category: income per head
below the local line, a cause, registered unemployment, employment in the county, a model worker's
title, or for an enterprise six months of stoppage, closure or bankruptcy. A fact that the dossier
leaves out is not shown. Income is not judged where the policy has no line. Cleared when the
nomination is rejected or revoked, or the dossier or the policy is put right.
"""

from projections.flags.as_of import CASE, DOSSIER_OF_CASE, LIVE, TERMS
from projections.flags.rule import FlagRule
from projections.flags.subjects.cases import later_on_case, nominated_case

RULE = FlagRule(
    id="criteria-not-met",
    version=1,
    title_zh="不符合认定条件",
    title_en="Criteria not met",
    clause="A-1, A-2",
    severity="high",
    subject="case",
    touched=nominated_case,
    follows=later_on_case,
    parameters={"stopped_months": 6},
    query=f"""
        SELECT a.subject, a.as_of, k.unit, array[k.nominated_position, d.from_position],
            k.paid_fen - k.returned_fen,
            jsonb_build_object('category', k.category, 'unmet', to_jsonb(u.unmet))
        FROM asked a
        JOIN {CASE}
        JOIN {DOSSIER_OF_CASE}
        JOIN {TERMS}
        CROSS JOIN LATERAL (
            SELECT array_agg(c.criterion ORDER BY c.criterion) AS unmet
            FROM jsonb_array_elements(t.policy -> 'categories') AS g
            CROSS JOIN jsonb_array_elements_text(g -> 'criteria') AS c (criterion)
            WHERE g ->> 'code' = k.category AND NOT coalesce(
                CASE c.criterion
                    WHEN 'income-below-line' THEN t.policy ->> 'subsistence_line_fen' IS NULL
                        OR (d.facts ->> 'income_per_head_fen')::bigint
                            < (t.policy ->> 'subsistence_line_fen')::bigint
                    WHEN 'cause-given' THEN d.facts ? 'cause'
                    WHEN 'registered-unemployed'
                        THEN d.facts ->> 'employment' = 'registered-unemployed'
                    WHEN 'employed-in-county' THEN (d.facts ->> 'employed_in_county')::boolean
                    WHEN 'model-worker' THEN d.facts ? 'model_worker'
                    WHEN 'stopped-or-closing' THEN d.facts ? 'closing' OR
                        (d.facts ->> 'stopped_months')::int
                            >= (a.parameters ->> 'stopped_months')::int
                END,
                false
            )
        ) u
        WHERE {LIVE} AND u.unmet IS NOT NULL
    """,
)
