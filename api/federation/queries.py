"""Questions about ledgers of a lower level (下级台账)."""

from __future__ import annotations

from api.gate import Row, ScopedViews
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


def matches(views: ScopedViews, as_of: int, *, of: str | None, waiting: bool) -> list[Row]:
    """Matches between ledgers as of a position, the newest first; of one ledger, and those that wait, where asked."""
    return views.rows(
        "SELECT match, rule, year, found_on, first, first_position, first_answer, second, second_position,"
        f" second_answer FROM ledger_matches m WHERE {AS_OF}"
        " AND (%(of)s::text IS NULL OR %(of)s IN (first, second))"
        " AND (NOT %(waiting)s OR first_answer IS NULL OR second_answer IS NULL)"
        " ORDER BY found_on DESC, match",
        as_of=as_of,
        of=of,
        waiting=waiting,
    )


def last_summaries(views: ScopedViews, day: str) -> list[Row]:
    """The last summary of each ledger, unit and campaign that was filed up to a day."""
    return views.rows(
        "SELECT DISTINCT ON (followed, of_campaign, of_unit) followed, of_campaign, of_unit, declared_persons,"
        " declared_fen, recomputed_fen FROM summaries_taken s WHERE filed_on <= %(day)s::date"
        " ORDER BY followed, of_campaign, of_unit, position DESC",
        day=day,
    )
