"""Identities read in bulk (批量查阅身份信息), clause A-8.

One person was shown the identities of twenty persons or more on one day, under whatever keys and officers' codes.
Nothing clears it; that a task asked for it, the purposes in the evidence and an inspector's review say.
"""

from collections.abc import Iterable

from ledger.events.dossier import IdentityRevealed
from projections.flags.rule import FlagRule
from projections.flags.subject import NO_CAMPAIGN, Subject
from projections.flags.trigger import Trigger
from projections.frame.recorded import Recorded


def _reading(event: IdentityRevealed, item: Recorded) -> Iterable[Subject]:
    return (Subject(NO_CAMPAIGN, "key", item.act.statement.by),)


identity_revealed = Trigger((IdentityRevealed,), _reading)
"""An identity that is shown: the key to which."""

RULE = FlagRule(
    id="mass-reading",
    version=3,
    title_zh="批量查阅身份信息",
    title_en="Identities read in bulk",
    clause="A-8",
    severity="medium",
    subject="key",
    raised_by=(identity_revealed,),
    parameters={"dossiers": 20},
    query="""
        WITH days AS (
            SELECT a.subject, a.as_of, k.officer, min(f.unit) AS unit,
                (e.recorded_at AT TIME ZONE 'Asia/Shanghai')::date AS day,
                count(DISTINCT e.dossier) AS dossiers, array_agg(e.position ORDER BY e.position) AS positions
            FROM asked a
            JOIN keys_at(a.as_of) k ON k.key = a.name
            JOIN officers f ON f.officer = k.officer
            JOIN timeline e ON e.position <= a.as_of AND e.type = 'IdentityRevealed' AND e.officer IN (
                SELECT k.officer
                UNION
                SELECT other.officer FROM officer_marks own JOIN officer_marks other
                    ON other.marks ->> 'person' = own.marks ->> 'person' AND other.relation = 'self'
                WHERE own.officer = k.officer AND own.relation = 'self'
                    AND own.position <= a.as_of AND other.position <= a.as_of
            )
            GROUP BY a.subject, a.as_of, k.officer, day, a.parameters
            HAVING count(DISTINCT e.dossier) >= (a.parameters ->> 'dossiers')::int
        )
        SELECT subject, as_of, min(unit), (array_agg(p ORDER BY p))[1:500], NULL::bigint,
            jsonb_build_object('officer', min(officer), 'days', count(DISTINCT day), 'dossiers', max(dossiers))
        FROM days CROSS JOIN unnest(positions) AS p
        GROUP BY subject, as_of
    """,
)
