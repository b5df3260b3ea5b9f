"""Dossier out of date (档案过期), clause B-5.

The dossier was last filed or amended more than a year before the approval that stands, which counts from
its recording; one that an auditor recorded after the fact, from its date. Bringing the dossier up to date
later does not undo that; revoking the approval or the nomination does.
"""

from projections.flags.as_of import counted_on, recorded_on
from projections.flags.rule import FlagRule
from projections.flags.triggers.cases import CASE_APPROVED, LATER_ON_CASE

RULE = FlagRule(
    id="stale-dossier",
    version=4,
    title_zh="档案过期",
    title_en="Dossier out of date",
    clause="B-5",
    severity="low",
    subject="case",
    raised_by=CASE_APPROVED,
    affected_by=LATER_ON_CASE,
    parameters={"days": 365},
    query=f"""
        SELECT a.subject, a.as_of, k.unit, array[v.from_position, s.from_position],
            k.paid_fen - k.returned_fen,
            jsonb_build_object(
                'last_on', v.amended_on, 'approved_on', k.approved_on,
                'recorded_on', {recorded_on("s.from_position")}
            )
        FROM asked a
        JOIN cases_at(a.as_of) k ON k.case_id = a.name
        CROSS JOIN LATERAL (
            SELECT max(from_position) AS from_position FROM cases x
            WHERE x.case_id = k.case_id AND x.from_position <= a.as_of AND is_approved(x.step)
                AND NOT EXISTS (
                    SELECT FROM cases y
                    WHERE y.case_id = x.case_id AND y.to_position = x.from_position
                        AND is_approved(y.step)
                )
        ) s
        CROSS JOIN LATERAL (SELECT {counted_on("s.from_position")} AS day) c
        CROSS JOIN LATERAL (
            SELECT from_position, amended_on FROM dossiers x
            WHERE x.dossier = k.dossier AND x.from_position < s.from_position
                AND x.amended_on <= c.day
            ORDER BY x.amended_on DESC, x.from_position LIMIT 1
        ) v
        WHERE (k.approved_on IS NOT NULL OR k.paid_fen > k.returned_fen OR k.aid_fen > 0)
            AND c.day - v.amended_on > (a.parameters ->> 'days')::int
    """,
)
