"""Matches between ledgers below, by the entry that found them (跨台账比中)."""

from ledger.events.matching import MatchAnswered
from projections.flags.trigger import Trigger

answered = Trigger(
    (MatchAnswered,),
    kind="event",
    query="""
        SELECT e.position, '-', min(f.from_position)::text FROM events e
        JOIN ledger_matches m ON m.from_position = e.position
        JOIN ledger_matches f ON f.match = m.match
        GROUP BY e.position, m.match
    """,
)
"""A county's answer was taken: the entry of the match."""
