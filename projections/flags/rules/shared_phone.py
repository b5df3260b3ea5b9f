"""One phone for several (一号多人), clause A-8.

One phone number stands on the dossiers of three or more persons who are nominated or paid in a
campaign. Cleared when nominations end, or dossiers get numbers of their own, down to two.
"""

from projections.flags.rule import FlagRule
from projections.flags.triggers.marks import mark_helped, mark_helped_no_more

RULE = FlagRule(
    id="shared-phone",
    version=1,
    title_zh="一号多人",
    title_en="One phone number for several persons",
    clause="A-8",
    severity="low",
    subject="phone",
    raised_by=mark_helped("phone"),
    affected_by=mark_helped_no_more("phone"),
    parameters={"persons": 3},
    query="""
        SELECT a.subject, a.as_of, min(k.unit), array_agg(k.nominated_position),
            sum(k.paid_fen - k.returned_fen), jsonb_build_object('persons', count(DISTINCT d.person))
        FROM asked a
        JOIN dossiers_at(a.as_of) d ON d.marks ->> 'phone' = a.name
        JOIN cases_at(a.as_of) k ON k.dossier = d.dossier AND k.campaign = a.campaign
        WHERE is_helped(k.step, k.paid_fen, k.returned_fen, k.aid_fen)
        GROUP BY a.subject, a.as_of, a.parameters
        HAVING count(DISTINCT d.person) >= (a.parameters ->> 'persons')::int
    """,
)
