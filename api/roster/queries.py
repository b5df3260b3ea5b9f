"""Questions about the roster (名单): cases by filter and page, counts, a case's history, a summary."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from api.gate import (
    LATEST,
    Row,
    ScopedViews,
    given,
)
from projections.frame.view import AS_OF


@dataclass(frozen=True)
class RosterFilter:
    """Which cases are asked for; None is all. A ``unit`` means it and all below it, unless ``subtree`` is false."""

    campaign: str | None = None
    unit: str | None = None
    subtree: bool = True
    category: str | None = None
    state: str | None = None
    recipient: str | None = None


EVERY_CASE = RosterFilter()


def cases(
    views: ScopedViews,
    asked: RosterFilter = EVERY_CASE,
    *,
    as_of: int = LATEST,
    after: int = 0,
    limit: int = 50,
) -> list[Row]:
    """Cases in the order of their nomination, after that position, as they stood.

    Each unit's first cases are taken by index and then merged, so that a page costs the same at any size of
    the ledger.
    """
    condition = "unit = %(unit)s" + (" OR ancestors @> array[%(unit)s]" if asked.subtree else "")
    return views.rows(
        "SELECT c.* FROM (SELECT DISTINCT campaign FROM terms t"
        f"  WHERE true{given('t', campaign=asked.campaign)}) t"
        f" CROSS JOIN (SELECT unit FROM units v WHERE (%(unit)s::text IS NULL OR {condition})"
        ") u"
        " CROSS JOIN LATERAL ("
        f"  SELECT * FROM cases k WHERE {AS_OF}"
        "   AND campaign = t.campaign AND unit = u.unit AND nominated_position > %(after)s"
        "   AND nominated_position <= %(as_of)s"
        + given("k", category=asked.category, state=asked.state, recipient=asked.recipient)
        + "  ORDER BY campaign, unit, nominated_position LIMIT %(limit)s"
        " ) c ORDER BY c.nominated_position LIMIT %(limit)s",
        **asdict(asked),
        as_of=as_of,
        after=after,
        limit=limit,
    )


def one_case(views: ScopedViews, case: str, as_of: int = LATEST) -> Row | None:
    """One case as it stood; None where there was none."""
    found = views.rows(
        f"SELECT * FROM cases k WHERE case_id = %(case)s AND {AS_OF}",
        case=case,
        as_of=as_of,
    )
    return found[0] if found else None


def counts(views: ScopedViews, as_of: int = LATEST) -> list[Row]:
    """How many cases, and their sums, by campaign, unit, category and state."""
    return views.rows(
        "SELECT campaign, unit, category, state, count(*) AS cases,"
        " sum(approved_fen)::bigint AS approved_fen, sum(paid_fen - returned_fen)::bigint AS kept_fen"
        f" FROM cases k WHERE {AS_OF}"
        " GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4",
        as_of=as_of,
    )


def history(views: ScopedViews, case: str) -> list[Row]:
    """Every version of one case."""
    return views.rows(
        "SELECT * FROM cases WHERE case_id = %(case)s ORDER BY from_position",
        case=case,
    )


def summary(views: ScopedViews, *, campaign: str, as_of: int = LATEST, unit: str | None = None) -> list[Row]:
    """Each unit with all below it (汇总): county → city → province, clause A-10.

    Persons and enterprises with a live case, those helped, sums approved and paid, the value of goods.
    A unit without any case below it has no row.
    """
    return views.rows(
        "WITH own AS (SELECT c.unit,"
        "  count(*) FILTER (WHERE recipient = 'person' AND step NOT IN ('rejected', 'revoked')) AS persons,"
        "  count(*) FILTER (WHERE recipient = 'enterprise' AND step NOT IN ('rejected', 'revoked'))"
        "   AS enterprises,"
        "  count(*) FILTER (WHERE paid_fen > returned_fen OR aid_fen > 0) AS helped,"
        "  sum(approved_fen) AS approved_fen, sum(paid_fen - returned_fen) AS paid_fen,"
        "  sum(aid_fen) AS aid_fen"
        f"  FROM cases c WHERE campaign = %(campaign)s AND {AS_OF} GROUP BY c.unit)"
        " SELECT u.unit, u.name, u.level, u.parent, cardinality(u.ancestors) AS depth,"
        "  sum(o.persons)::bigint AS persons, sum(o.enterprises)::bigint AS enterprises,"
        "  sum(o.helped)::bigint AS helped, sum(o.approved_fen)::bigint AS approved_fen,"
        "  sum(o.paid_fen)::bigint AS paid_fen, sum(o.aid_fen)::bigint AS aid_fen"
        " FROM units u"
        " JOIN units b ON b.unit = u.unit OR b.ancestors @> array[u.unit]"
        " JOIN own o ON o.unit = b.unit"
        " WHERE u.position <= %(as_of)s AND (%(unit)s::text IS NULL OR u.unit = %(unit)s"
        "  OR u.ancestors @> array[%(unit)s])"
        " GROUP BY u.unit, u.name, u.level, u.parent, u.ancestors ORDER BY depth, u.unit",
        campaign=campaign,
        as_of=as_of,
        unit=unit,
    )
