"""A summary that its entries do not bear out (上报数字不符), clauses A-9 and A-10.

A ledger below declares persons or money for a campaign that its own entries do not come to, as of the position that
the summary names; by one fen or one person. Cleared when a later summary of the same unit and campaign agrees.
"""

from collections.abc import Iterable

from ledger.events.federation import SummaryTaken
from projections.flags.rule import FlagRule
from projections.flags.subject import NO_CAMPAIGN, Subject
from projections.flags.trigger import Trigger
from projections.frame.recorded import Recorded


def _entry(event: SummaryTaken, item: Recorded) -> Iterable[Subject]:
    return (Subject(NO_CAMPAIGN, "event", str(item.position)),) if event.differences else ()


summary_taken = Trigger((SummaryTaken,), _entry)
"""A summary that differs: its entry."""

taken_again = Trigger(
    (SummaryTaken,),
    kind="event",
    query="""
        SELECT n.position, '-', s.position::text
        FROM events e
        JOIN summaries_taken n ON n.position = e.position
        JOIN summaries_taken s ON s.followed = n.followed AND s.of_campaign = n.of_campaign
            AND s.of_unit = n.of_unit AND s.position < n.position AND s.differing > 0
    """,
)
"""A later summary of the same unit and campaign: the entries of those that differed."""

RULE = FlagRule(
    id="summary-differs",
    version=1,
    title_zh="上报数字不符",
    title_en="Declared figures differ",
    clause="A-10",
    severity="high",
    subject="event",
    raised_by=(summary_taken,),
    affected_by=(taken_again,),
    query="""
        SELECT a.subject, a.as_of, NULL::text, array[s.position],
            abs(s.declared_fen - coalesce(s.recomputed_fen, 0))::bigint,
            jsonb_build_object(
                'ledger', s.followed, 'of_campaign', s.of_campaign, 'of_unit', s.of_unit, 'entry', s.entry,
                'declared_persons', s.declared_persons, 'declared_fen', s.declared_fen,
                'recomputed_persons', s.recomputed_persons, 'recomputed_fen', s.recomputed_fen
            )
        FROM asked a
        JOIN summaries_taken s ON s.position = a.name::bigint AND s.position <= a.as_of AND s.differing > 0
        WHERE NOT EXISTS (
            SELECT FROM summaries_taken n
            WHERE n.followed = s.followed AND n.of_campaign = s.of_campaign AND n.of_unit = s.of_unit
                AND n.position > s.position AND n.position <= a.as_of AND n.differing = 0
        )
    """,
)
