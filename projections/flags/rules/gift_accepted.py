"""Gift accepted or burden put (收受礼品), clause A-11.

A report of a gift, or of a burden put on recipients, stands against an officer in a campaign, or
against a unit where it names none. Nothing clears it; an inspector who finds it untrue dismisses it.
"""

from collections.abc import Iterable

from ledger.events.oversight import ConductReported
from projections.flags.rule import FlagRule
from projections.flags.subject import Subject
from projections.flags.trigger import Trigger
from projections.frame.recorded import Recorded


def _reported(event: ConductReported, item: Recorded) -> Iterable[Subject]:
    if event.officer is None:
        return (Subject(event.campaign, "unit", event.unit),)
    return (Subject(event.campaign, "officer", event.officer),)


conduct_reported = Trigger((ConductReported,), _reported)
"""A report of conduct: the officer against whom it is, or the unit where none is named."""

RULE = FlagRule(
    id="gift-accepted",
    version=1,
    title_zh="收受礼品",
    title_en="Gift or burden reported",
    clause="A-11",
    severity="medium",
    subject="officer",
    raised_by=(conduct_reported,),
    query="""
        SELECT a.subject, a.as_of, min(c.unit), array_agg(c.position), 0,
            jsonb_build_object('kinds', to_jsonb(array_agg(DISTINCT c.kind ORDER BY c.kind)))
        FROM asked a
        JOIN conduct c ON c.campaign = a.campaign AND c.position <= a.as_of
            AND c.kind IN ('gift', 'burden')
            AND CASE WHEN a.subject LIKE 'officer:%%' THEN c.officer = a.name
                ELSE c.officer IS NULL AND c.unit = a.name END
        GROUP BY a.subject, a.as_of
    """,
)
