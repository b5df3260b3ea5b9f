"""The timeline of anything (时间线): what touched it, in order, with who signed and when."""

from __future__ import annotations

from typing import Literal

from api.gate import LATEST, Row, ScopedViews

Kind = Literal[
    "case", "dossier", "person", "account", "officer", "unit", "line", "payout", "investigation", "event"
]

# What touched a case: the events that name it, its dossier's, its payouts' at the bank, its notices, and
# what inspectors said of flags on it.
_OF_CASES = (
    "SELECT position FROM timeline WHERE case_id IN ({cases})"
    " UNION SELECT position FROM timeline WHERE payout IN"
    " (SELECT payout FROM payouts WHERE case_id IN ({cases}))"
    " UNION SELECT position FROM notices WHERE case_id IN ({cases})"
    " UNION SELECT position FROM reviews WHERE subject IN"
    " (SELECT 'case:' || campaign || '/' || case_id FROM cases WHERE case_id IN ({cases}))"
    " UNION SELECT position FROM investigation_flags WHERE subject IN"
    " (SELECT 'case:' || campaign || '/' || case_id FROM cases WHERE case_id IN ({cases}))"
)
_OF_DOSSIERS = "SELECT position FROM timeline WHERE dossier IN ({dossiers}) UNION " + _OF_CASES.replace(
    "{cases}", "SELECT case_id FROM cases WHERE dossier IN ({dossiers})"
)
_TOUCHED: dict[Kind, str] = {
    "case": _OF_CASES.format(cases="%(name)s")
    + " UNION SELECT t.position FROM timeline t WHERE t.case_id IS NULL AND t.dossier IN"
    " (SELECT dossier FROM cases WHERE case_id = %(name)s)",
    "dossier": _OF_DOSSIERS.format(dossiers="%(name)s"),
    "person": _OF_DOSSIERS.format(dossiers="SELECT dossier FROM dossiers WHERE person = %(name)s")
    + " UNION SELECT position FROM reviews r WHERE split_part(r.subject, '/', 2) = %(name)s",
    "account": _OF_DOSSIERS.format(
        dossiers="SELECT dossier FROM dossiers WHERE marks ->> 'account' = %(name)s"
    ),
    "officer": "SELECT position FROM timeline WHERE officer = %(name)s"
    " UNION SELECT position FROM timeline WHERE seconds @> array[%(name)s]"
    " UNION SELECT position FROM concerned WHERE officer = %(name)s",
    "unit": "SELECT position FROM timeline WHERE unit = %(name)s",
    "line": "SELECT position FROM timeline WHERE line = %(name)s"
    " UNION SELECT position FROM timeline WHERE to_line = %(name)s",
    "payout": "SELECT position FROM timeline WHERE payout = %(name)s",
    "investigation": "SELECT from_position AS position FROM investigations WHERE investigation = %(name)s"
    " UNION SELECT position FROM investigation_flags WHERE investigation = %(name)s",
    "event": "SELECT %(name)s::bigint AS position",
}
KINDS: tuple[Kind, ...] = tuple(_TOUCHED)


def timeline(
    views: ScopedViews,
    kind: Kind,
    name: str,
    *,
    as_of: int = LATEST,
    after: int = 0,
    limit: int = 200,
) -> list[Row]:
    """The events that touched a thing, after a position and up to another.

    A ``line`` is named ``campaign/line``; a person and an account by their marks.
    """
    # A page counts the events that the reader sees; who sees all is not asked one by one.
    seen = "" if views.sees_all else " AND EXISTS (SELECT FROM timeline s WHERE s.position = p.position)"
    return views.rows(
        "SELECT t.* FROM timeline t JOIN (SELECT DISTINCT position FROM ("
        f"{_TOUCHED[kind]}) p WHERE position > %(after)s AND position <= %(as_of)s"
        f"{seen} ORDER BY position LIMIT %(limit)s) x USING (position) ORDER BY t.position",
        name=name,
        as_of=as_of,
        after=after,
        limit=limit,
    )


def events_at(views: ScopedViews, positions: list[int]) -> list[Row]:
    """The events at these positions, in order."""
    return views.rows(
        "SELECT * FROM timeline WHERE position = ANY(%(positions)s) ORDER BY position",
        positions=positions,
    )
