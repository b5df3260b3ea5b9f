"""One address for several households (同址多户), clause A-8.

One address stands on the dossiers of three or more households that are nominated or paid in a
campaign. A dossier without a household counts as one of its own; those marked as a dormitory are not
counted. Cleared when nominations end or dossiers are put right, down to two.
"""

from projections.flags.rule import FlagRule
from projections.flags.triggers.marks import mark_helped, mark_helped_no_more

RULE = FlagRule(
    id="shared-address",
    version=1,
    title_zh="同址多户",
    title_en="One address for several households",
    clause="A-8",
    severity="low",
    subject="address",
    raised_by=mark_helped("address"),
    affected_by=mark_helped_no_more("address"),
    parameters={"households": 3},
    query="""
        SELECT a.subject, a.as_of, min(k.unit), array_agg(k.nominated_position),
            sum(k.paid_fen - k.returned_fen),
            jsonb_build_object(
                'households', count(DISTINCT coalesce(d.marks ->> 'household', d.person))
            )
        FROM asked a
        JOIN dossiers_at(a.as_of) d ON d.marks ->> 'address' = a.name
        JOIN cases_at(a.as_of) k ON k.dossier = d.dossier AND k.campaign = a.campaign
        WHERE is_helped(k.step, k.paid_fen, k.returned_fen, k.aid_fen) AND NOT coalesce((d.facts ->> 'dormitory')::boolean, false)
        GROUP BY a.subject, a.as_of, a.parameters
        HAVING count(DISTINCT coalesce(d.marks ->> 'household', d.person))
            >= (a.parameters ->> 'households')::int
    """,
)
