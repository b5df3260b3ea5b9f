"""Recipient outside the scope (超范围对象), clauses B-3, B-6, A-1.

A live nomination is of a category that the campaign's policy does not have, or its dossier is of an
excluded group (farmers, urban residents). Judged by the policy and the dossier as they stand at the
position. Cleared when the nomination is rejected or revoked, or the policy is put right, or the dossier
before anything is paid.
"""

from projections.flags.as_of import AMENDED_AWAY, FACTS_OF_CASE
from projections.flags.rule import FlagRule
from projections.flags.triggers.cases import CASE_DISCLOSED, LATER_ON_CASE

RULE = FlagRule(
    id="out-of-category",
    version=3,
    title_zh="超范围对象",
    title_en="Recipient outside the scope",
    clause="B-3, B-6, A-1",
    severity="high",
    subject="case",
    raised_by=CASE_DISCLOSED,
    affected_by=LATER_ON_CASE,
    query=f"""
        SELECT DISTINCT ON (a.subject, a.as_of)
            a.subject, a.as_of, k.unit, array[k.nominated_position, d.from_position] || {AMENDED_AWAY},
            k.paid_fen - k.returned_fen,
            jsonb_build_object('category', k.category, 'group', d.facts ->> 'group')
        FROM asked a
        JOIN cases_at(a.as_of) k ON k.case_id = a.name
        JOIN {FACTS_OF_CASE}
        JOIN terms_at(a.as_of) t ON t.campaign = a.campaign
        WHERE is_helped(k.step, k.paid_fen, k.returned_fen, k.aid_fen) AND (
            NOT EXISTS (
                SELECT FROM jsonb_array_elements(t.policy -> 'categories') AS c
                WHERE c ->> 'code' = k.category AND c ->> 'recipient' = k.recipient
            )
            OR coalesce(t.policy -> 'excluded_groups' ? (d.facts ->> 'group'), false)
        )
        ORDER BY a.subject, a.as_of, d.from_position DESC
    """,
)
