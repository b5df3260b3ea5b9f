"""Roles that exclude each other in one person, or a role of nobody known (不相容岗位), clauses A-8, A-11.

One person, under whatever officers' codes, holds a registrar's role and any other but a registrar's, an auditor's
or inspector's and a business role over units and campaigns in common, a cashier's and an accountant's there, or an
approver's and one of the finance office;
or an officer holds roles and has no identity committed to. Newer rules refuse it; grants from before go on.
Cleared once the roles are changed, or the identity is committed to.
"""

from collections.abc import Iterable

from ledger.events.registry import OfficerEnrolled, OfficerIdentified, RolesChanged
from projections.flags.rule import FlagRule
from projections.flags.subject import NO_CAMPAIGN, Subject
from projections.flags.trigger import Trigger
from projections.frame.recorded import Recorded

_EXCLUDE = """(
    p.role = 'registrar' AND q.role <> 'registrar'
    OR p.role = 'approver' AND q.role IN ('finance', 'cashier', 'accountant')
    OR (
        p.role IN ('auditor', 'inspector')
        AND q.role IN ('clerk', 'confirmer', 'approver', 'finance', 'cashier', 'accountant')
        OR p.role = 'cashier' AND q.role = 'accountant'
    )
        AND (p.campaign IS NULL OR q.campaign IS NULL OR p.campaign = q.campaign)
        AND (
            p.unit IS NULL OR q.unit IS NULL OR p.unit = q.unit
            OR p.unit = ANY (q.ancestors) OR q.unit = ANY (p.ancestors)
        )
)"""


def _officer(event: OfficerEnrolled | OfficerIdentified | RolesChanged, item: Recorded) -> Iterable[Subject]:
    return (Subject(NO_CAMPAIGN, "officer", event.officer),)


_CHANGES = (OfficerEnrolled, OfficerIdentified, RolesChanged)

officer_changed = Trigger(_CHANGES, _officer)
"""An officer whose roles or identity come to be or change."""

other_codes = Trigger(
    _CHANGES,
    kind="officer",
    query=f"""
        SELECT DISTINCT e.position, '{NO_CAMPAIGN}', o.officer
        FROM events e
        JOIN concerned c ON c.position = e.position
        JOIN officer_marks m ON m.officer = c.officer AND m.relation = 'self'
        JOIN officer_marks o ON o.marks ->> 'person' = m.marks ->> 'person' AND o.relation = 'self'
            AND o.officer <> m.officer
    """,
)
"""The same: every other code of that person."""

RULE = FlagRule(
    id="roles-exclude",
    version=3,
    title_zh="不相容岗位集于一人",
    title_en="Roles that exclude each other",
    clause="A-8",
    severity="high",
    subject="officer",
    raised_by=(officer_changed, other_codes),
    query=f"""
        WITH asked_persons AS (
            SELECT a.subject, a.as_of, a.name, f.unit, m.person
            FROM asked a
            JOIN officers f ON f.officer = a.name
            LEFT JOIN LATERAL (
                SELECT x.marks ->> 'person' AS person FROM officer_marks x
                WHERE x.officer = a.name AND x.relation = 'self' AND x.position <= a.as_of
                ORDER BY x.position LIMIT 1
            ) m ON true
        ),
        held AS (
            SELECT a.subject, a.as_of, a.name, a.unit AS asked_unit, a.person, g.officer, g.from_position,
                x.role, x.unit, x.campaign, coalesce(u.ancestors, '{{}}') AS ancestors
            FROM asked_persons a
            JOIN grants_at(a.as_of) g ON (g.officer = a.name OR EXISTS (
                SELECT FROM officer_marks o
                WHERE o.officer = g.officer AND o.relation = 'self' AND o.position <= a.as_of
                    AND o.marks ->> 'person' = a.person
            ))
            CROSS JOIN LATERAL jsonb_to_recordset(g.grants) AS x (role text, unit text, campaign text)
            LEFT JOIN units u ON u.unit = x.unit
        )
        SELECT p.subject, p.as_of, min(p.asked_unit),
            array_agg(DISTINCT p.from_position) || array_agg(DISTINCT q.from_position), NULL::bigint,
            jsonb_build_object(
                'officers', to_jsonb(array_agg(DISTINCT p.officer) || array_agg(DISTINCT q.officer)),
                'roles', to_jsonb(array_agg(DISTINCT p.role) || array_agg(DISTINCT q.role)),
                'identified', true
            )
        FROM held p
        JOIN held q ON q.subject = p.subject AND q.as_of = p.as_of AND {_EXCLUDE}
        WHERE p.officer = p.name OR q.officer = p.name
        GROUP BY p.subject, p.as_of
        UNION ALL
        SELECT h.subject, h.as_of, min(h.asked_unit), array_agg(DISTINCT h.from_position), NULL::bigint,
            jsonb_build_object(
                'officers', to_jsonb(array_agg(DISTINCT h.officer)),
                'roles', to_jsonb(array_agg(DISTINCT h.role)), 'identified', false
            )
        FROM held h
        WHERE h.person IS NULL AND NOT EXISTS (
            SELECT FROM held p JOIN held q ON q.subject = p.subject AND q.as_of = p.as_of AND {_EXCLUDE}
            WHERE p.subject = h.subject AND p.as_of = h.as_of
        )
        GROUP BY h.subject, h.as_of
    """,
)
