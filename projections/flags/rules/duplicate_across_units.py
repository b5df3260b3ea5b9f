"""Helped through several units (多单位重复慰问), clauses B-1, A-5.

One person is nominated or paid through two or more units, in one campaign or in two whose windows
overlap. Both campaigns get the flag. Cleared when one unit is left: the other nomination is over and
its payouts came back.
"""

from projections.flags.as_of import HELP
from projections.flags.rule import FlagRule
from projections.flags.triggers.persons import PERSON_HELPED_NO_MORE, PERSON_OF_TWO_UNITS

RULE = FlagRule(
    id="duplicate-across-units",
    version=1,
    title_zh="多单位重复慰问",
    title_en="Helped through several units",
    clause="B-1, A-5",
    severity="high",
    subject="person",
    raised_by=PERSON_OF_TWO_UNITS,
    affected_by=PERSON_HELPED_NO_MORE,
    query=f"""
        WITH {HELP}
        SELECT h.subject, h.as_of, min(h.unit), array_agg(h.position), sum(h.kept_fen),
            jsonb_build_object(
                'units', to_jsonb(array_agg(DISTINCT h.unit ORDER BY h.unit)),
                'campaigns', to_jsonb(array_agg(DISTINCT h.campaign ORDER BY h.campaign))
            )
        FROM help h
        JOIN terms_at(h.as_of) t ON t.campaign = h.asked_campaign
        JOIN terms_at(h.as_of) b ON b.campaign = h.campaign
        WHERE t.policy -> 'window' ->> 'start' <= b.policy -> 'window' ->> 'end'
            AND b.policy -> 'window' ->> 'start' <= t.policy -> 'window' ->> 'end'
        GROUP BY h.subject, h.as_of
        HAVING count(DISTINCT h.unit) >= 2 AND bool_or(h.campaign = h.asked_campaign)
    """,
)
