"""Questions about ledgers of a lower level (下级台账)."""

from __future__ import annotations

from api.gate import Row, ScopedViews
from ledger.domain.matches import ANSWER_DAYS
from projections.frame.view import AS_OF


def summaries_taken(views: ScopedViews, day: str) -> list[Row]:
    """The summaries taken that were filed up to a day, in order."""
    return views.rows(
        "SELECT * FROM summaries_taken s WHERE filed_on <= %(day)s::date ORDER BY position", day=day
    )


def followed(views: ScopedViews, as_of: int) -> list[Row]:
    """The ledgers that were followed as of a position, by region and code."""
    return views.rows(
        "SELECT followed, name, level, region, gives, size, seen_on, fault, fault_on FROM followed f"
        f" WHERE {AS_OF} ORDER BY region, followed",
        as_of=as_of,
    )


_MATCHES = f"""
    SELECT m.match, m.rule, m.year, m.found_on, m.first, m.first_position, m.first_answer, m.second, m.second_position,
        m.second_answer, m.state, m.found_on + {ANSWER_DAYS} AS due_on,
        m.state IN ('waiting', 'inquiring', 'contradicting') AND m.found_on + {ANSWER_DAYS} < %(today)s::date AS lapsed
    FROM (SELECT * FROM ledger_matches m WHERE {AS_OF}) m
    WHERE (%(of)s::text IS NULL OR %(of)s IN (m.first, m.second))
"""


def matches(
    views: ScopedViews,
    as_of: int,
    today: str,
    *,
    of: str | None,
    state: str | None,
    after: tuple[str, str] | None,
    limit: int,
) -> list[Row]:
    """Matches between ledgers as of a position, the newest first, a page of them; of one ledger and state where asked."""
    return views.rows(
        f"""
        SELECT m.*, a.name AS first_name, b.name AS second_name FROM ({_MATCHES}) m
        JOIN (SELECT followed, name FROM followed f WHERE {AS_OF}) a ON a.followed = m.first
        JOIN (SELECT followed, name FROM followed f WHERE {AS_OF}) b ON b.followed = m.second
        WHERE (%(state)s::text IS NULL OR m.state = %(state)s)
            AND (%(after_day)s::date IS NULL OR (m.found_on, m.match) < (%(after_day)s::date, %(after_match)s))
        ORDER BY m.found_on DESC, m.match DESC LIMIT %(limit)s
        """,
        as_of=as_of,
        today=today,
        of=of,
        state=state,
        after_day=None if after is None else after[0],
        after_match="" if after is None else after[1],
        limit=limit,
    )


def match_counts(views: ScopedViews, as_of: int, today: str, *, of: str | None) -> list[Row]:
    """How many matches are how far, and how many of them should have been settled."""
    return views.rows(
        "SELECT state, count(*) AS matches, count(*) FILTER (WHERE lapsed) AS lapsed"
        f" FROM ({_MATCHES}) m GROUP BY state ORDER BY state",
        as_of=as_of,
        today=today,
        of=of,
    )


def last_summaries(views: ScopedViews, day: str) -> list[Row]:
    """The last summary of each ledger, unit and campaign that was filed up to a day."""
    return views.rows(
        "SELECT DISTINCT ON (followed, of_campaign, of_unit) followed, of_campaign, of_unit, declared_persons,"
        " declared_fen, recomputed_fen FROM summaries_taken s WHERE filed_on <= %(day)s::date"
        " ORDER BY followed, of_campaign, of_unit, position DESC",
        day=day,
    )
