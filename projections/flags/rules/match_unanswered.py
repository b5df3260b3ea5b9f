"""A match between ledgers below that nobody settles (比中逾期未核查), clauses A-9 and B-5.

A county was told of a match and gave no answer, or is still at its inquiry, or the two answers contradict one another,
when its days are over. Looked at as days end. Cleared by the answer that settles it.
"""

from ledger.domain.matches import ANSWER_DAYS
from ledger.events.calendar import DayPassed
from projections.flags.as_of import DAY
from projections.flags.rule import FlagRule
from projections.flags.trigger import Trigger
from projections.flags.triggers.matches import answered

OPEN = "('waiting', 'inquiring', 'contradicting')"
"""Which matches are not settled."""

LAPSED = Trigger(
    (DayPassed,),
    kind="event",
    query=f"""
        SELECT e.position, '-', f.position::text FROM events e
        JOIN days d ON d.position = e.position
        JOIN ledger_matches m ON m.found_on + {ANSWER_DAYS} < d.day AND m.state IN {OPEN}
            AND stood_at(m.from_position, m.to_position, e.position)
        JOIN LATERAL (SELECT min(from_position) AS position FROM ledger_matches WHERE match = m.match) f ON true
    """,
)
"""A day by whose end a match should have been settled: the entry of the match."""

RULE = FlagRule(
    id="match-unanswered",
    version=1,
    title_zh="比中逾期未核查",
    title_en="Match not settled in time",
    clause="A-9",
    severity="medium",
    subject="event",
    raised_by=(LAPSED,),
    affected_by=(answered,),
    query=f"""
        SELECT a.subject, a.as_of, NULL::text, array[f.from_position], 0::bigint,
            jsonb_build_object(
                'compared_by', m.rule, 'first', m.first, 'second', m.second, 'handled', m.state,
                'due', (m.found_on + {ANSWER_DAYS})::text
            )
        FROM asked a
        JOIN ledger_matches f ON f.from_position = a.name::bigint
        JOIN ledger_matches m ON m.match = f.match AND m.state IN {OPEN}
            AND stood_at(m.from_position, m.to_position, a.as_of)
        WHERE m.found_on + {ANSWER_DAYS} < {DAY}
    """,
)
