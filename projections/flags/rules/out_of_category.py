"""Recipient outside the scope (超范围对象), clauses B-3, B-6, A-1.

A live nomination is of a category that the campaign's policy does not have, or its dossier is of an
excluded group (farmers, urban residents). Judged by the policy and the dossier as they stand at the
position. Cleared when the nomination is rejected or revoked, or the policy or dossier is put right.
"""

from projections.flags.rule import FlagRule
from projections.flags.subjects.cases import later_on_case, nominated_case

RULE = FlagRule(
    id="out-of-category",
    version=1,
    title_zh="超范围对象",
    title_en="Recipient outside the scope",
    clause="B-3, B-6, A-1",
    severity="high",
    subject="case",
    raised_by=nominated_case,
    affected_by=later_on_case,
    query="""
        SELECT a.subject, a.as_of, k.unit, array[k.nominated_position, d.from_position],
            k.paid_fen - k.returned_fen,
            jsonb_build_object('category', k.category, 'group', d.facts ->> 'group')
        FROM asked a
        JOIN cases k ON k.case_id = a.name AND k.from_position <= a.as_of
            AND (k.to_position IS NULL OR k.to_position > a.as_of)
        JOIN dossiers d ON d.dossier = k.dossier AND d.from_position <= a.as_of
            AND (d.to_position IS NULL OR d.to_position > a.as_of)
        JOIN terms t ON t.campaign = a.campaign AND t.from_position <= a.as_of
            AND (t.to_position IS NULL OR t.to_position > a.as_of)
        WHERE k.step NOT IN ('rejected', 'revoked') AND (
            NOT EXISTS (
                SELECT FROM jsonb_array_elements(t.policy -> 'categories') AS c
                WHERE c ->> 'code' = k.category AND c ->> 'recipient' = k.recipient
            )
            OR coalesce(t.policy -> 'excluded_groups' ? (d.facts ->> 'group'), false)
        )
    """,
)
