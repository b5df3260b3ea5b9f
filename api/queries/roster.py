"""Questions about the roster (名单): cases by filter and page, counts, a case's history, a summary."""

from __future__ import annotations

import psycopg

from api.queries import EVERYTHING, LATEST, Row, Within, given, rows
from projections.view import AS_OF


def cases(
    connection: psycopg.Connection,
    *,
    as_of: int = LATEST,
    campaign: str | None = None,
    unit: str | None = None,
    subtree: bool = True,
    category: str | None = None,
    state: str | None = None,
    recipient: str | None = None,
    within: Within = EVERYTHING,
    after: int = 0,
    limit: int = 50,
) -> list[Row]:
    """Cases in the order of their nomination, after that position, as they stood.

    A ``unit`` means it and all units below it, unless ``subtree`` is false. Each unit's first cases
    are taken by index and then merged, so that a page costs the same at any size of the ledger.
    """
    condition = "unit = %(unit)s" + (" OR ancestors @> array[%(unit)s]" if subtree else "")
    return rows(
        connection,
        "SELECT c.* FROM (SELECT DISTINCT campaign FROM views.terms t"
        f"  WHERE true{given('t', campaign=campaign)}{within.campaign_in('t')}) t"
        f" CROSS JOIN (SELECT unit FROM views.units v WHERE (%(unit)s::text IS NULL OR {condition})"
        f"{within.unit_in('v.unit')}) u"
        " CROSS JOIN LATERAL ("
        f"  SELECT * FROM views.cases k WHERE {AS_OF}"
        "   AND campaign = t.campaign AND unit = u.unit AND nominated_position > %(after)s"
        "   AND nominated_position <= %(as_of)s"
        + given("k", category=category, state=state, recipient=recipient)
        + "  ORDER BY campaign, unit, nominated_position LIMIT %(limit)s"
        " ) c ORDER BY c.nominated_position LIMIT %(limit)s",
        as_of=as_of,
        campaign=campaign,
        unit=unit,
        category=category,
        state=state,
        recipient=recipient,
        after=after,
        limit=limit,
        **within.parameters(),
    )


def one_case(connection: psycopg.Connection, case: str, as_of: int = LATEST) -> Row | None:
    """One case as it stood; None where there was none."""
    found = rows(
        connection,
        f"SELECT * FROM views.cases k WHERE case_id = %(case)s AND {AS_OF}",
        case=case,
        as_of=as_of,
    )
    return found[0] if found else None


def counts(connection: psycopg.Connection, as_of: int = LATEST, within: Within = EVERYTHING) -> list[Row]:
    """How many cases, and their sums, by campaign, unit, category and state."""
    return rows(
        connection,
        "SELECT campaign, unit, category, state, count(*) AS cases,"
        " sum(approved_fen)::bigint AS approved_fen, sum(paid_fen - returned_fen)::bigint AS kept_fen"
        f" FROM views.cases k WHERE {AS_OF}{within.campaign_in('k')}{within.unit_in('k.unit')}"
        " GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4",
        as_of=as_of,
        **within.parameters(),
    )


def history(connection: psycopg.Connection, case: str) -> list[Row]:
    """Every version of one case."""
    return rows(
        connection,
        "SELECT * FROM views.cases WHERE case_id = %(case)s ORDER BY from_position",
        case=case,
    )


def summary(
    connection: psycopg.Connection, *, campaign: str, as_of: int = LATEST, unit: str | None = None
) -> list[Row]:
    """Each unit with all below it (汇总): county → city → province, clause A-10.

    Persons and enterprises with a live case, those helped, sums approved and paid, the value of goods.
    A unit without any case below it has no row.
    """
    return rows(
        connection,
        "WITH own AS (SELECT c.unit,"
        "  count(*) FILTER (WHERE recipient = 'person' AND step NOT IN ('rejected', 'revoked')) AS persons,"
        "  count(*) FILTER (WHERE recipient = 'enterprise' AND step NOT IN ('rejected', 'revoked'))"
        "   AS enterprises,"
        "  count(*) FILTER (WHERE paid_fen > returned_fen OR aid_fen > 0) AS helped,"
        "  sum(approved_fen) AS approved_fen, sum(paid_fen - returned_fen) AS paid_fen,"
        "  sum(aid_fen) AS aid_fen"
        f"  FROM views.cases c WHERE campaign = %(campaign)s AND {AS_OF} GROUP BY c.unit)"
        " SELECT u.unit, u.name, u.level, u.parent, cardinality(u.ancestors) AS depth,"
        "  sum(o.persons)::bigint AS persons, sum(o.enterprises)::bigint AS enterprises,"
        "  sum(o.helped)::bigint AS helped, sum(o.approved_fen)::bigint AS approved_fen,"
        "  sum(o.paid_fen)::bigint AS paid_fen, sum(o.aid_fen)::bigint AS aid_fen"
        " FROM views.units u"
        " JOIN views.units b ON b.unit = u.unit OR b.ancestors @> array[u.unit]"
        " JOIN own o ON o.unit = b.unit"
        " WHERE u.position <= %(as_of)s AND (%(unit)s::text IS NULL OR u.unit = %(unit)s"
        "  OR u.ancestors @> array[%(unit)s])"
        " GROUP BY u.unit ORDER BY depth, u.unit",
        campaign=campaign,
        as_of=as_of,
        unit=unit,
    )
