"""One household under two dossiers (一户分报), clause B-7.

Two dossiers are helped in one campaign whose households have a person in common, known by that person's mark: a couple
each of whom files and names the other, a parent who is counted in two households. The household's number is not asked
for. Somebody who left one household before its case was approved, and anything paid, is not counted there. Cleared
when one of the two cases is rejected or revoked, or what was paid on it came back.
"""

from projections.flags.rule import FlagRule
from projections.flags.triggers.households import HOUSEHOLDS_MEET, HOUSEHOLDS_PART


def _persons(case: str) -> str:
    """Whoever belongs to the household of that case's dossier, or did when it was approved or first paid."""
    return f"""(
        SELECT {case}.person, {case}.nominated_position AS position
        UNION
        SELECT m.person, m.from_position FROM household_members m
        WHERE m.dossier = {case}.dossier AND NOT m.gone AND m.from_position <= a.as_of AND (
            stood_at(m.from_position, m.to_position, a.as_of) OR m.to_position > (
                SELECT min(o.position) FROM payouts o
                WHERE o.case_id = {case}.case_id AND o.position <= a.as_of
            ) OR EXISTS (
                SELECT FROM timeline x
                WHERE x.case_id = {case}.case_id AND x.type = 'Approved' AND x.position <= a.as_of
                    AND x.position BETWEEN m.from_position AND m.to_position
            )
        )
    )"""


RULE = FlagRule(
    id="household-filed-apart",
    version=2,
    title_zh="一户分报",
    title_en="One household under two dossiers",
    clause="B-7",
    severity="high",
    subject="pair",
    raised_by=HOUSEHOLDS_MEET,
    affected_by=HOUSEHOLDS_PART,
    query=f"""
        SELECT a.subject, a.as_of, min(k.unit),
            array_agg(DISTINCT k.nominated_position) || array_agg(DISTINCT l.nominated_position)
                || array_agg(DISTINCT p.position) || array_agg(DISTINCT q.position),
            max(k.paid_fen - k.returned_fen) + max(l.paid_fen - l.returned_fen),
            jsonb_build_object(
                'persons', count(DISTINCT p.person),
                'dossiers', jsonb_build_array(min(k.dossier), min(l.dossier)),
                'units', jsonb_build_array(min(k.unit), min(l.unit))
            )
        FROM asked a
        JOIN cases_at(a.as_of) k ON k.campaign = a.campaign AND k.dossier = split_part(a.name, '+', 1)
            AND is_helped(k.step, k.paid_fen, k.returned_fen, k.aid_fen)
        JOIN cases_at(a.as_of) l ON l.campaign = a.campaign AND l.dossier = split_part(a.name, '+', 2)
            AND is_helped(l.step, l.paid_fen, l.returned_fen, l.aid_fen) AND l.person <> k.person
        CROSS JOIN LATERAL {_persons("k")} p
        JOIN LATERAL {_persons("l")} q ON q.person = p.person
        GROUP BY a.subject, a.as_of
    """,
)
