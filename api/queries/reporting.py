"""Questions that reports ask (报表): facts of dossiers, sums by category, notices, who has filed."""

from __future__ import annotations

from typing import Any

import psycopg

from api.queries import Row, Within, rows
from projections.view import AS_OF


def facts(connection: psycopg.Connection, dossiers: list[str], as_of: int) -> dict[str, dict[str, Any]]:
    """What each dossier said of the hardship."""
    found = rows(
        connection,
        f"SELECT dossier, facts FROM views.dossiers d WHERE dossier = ANY(%(dossiers)s) AND {AS_OF}",
        dossiers=dossiers,
        as_of=as_of,
    )
    return {row["dossier"]: row["facts"] for row in found}


def unit_names(connection: psycopg.Connection) -> dict[str, str]:
    """The name of each unit, by code."""
    return {row["unit"]: row["name"] for row in rows(connection, "SELECT unit, name FROM views.units")}


def terms(connection: psycopg.Connection, campaign: str, as_of: int) -> Row | None:
    """Title, policy and end of a campaign as they stood; None before it was opened."""
    found = rows(
        connection,
        f"SELECT title, sponsor, policy, closed_on FROM views.terms t WHERE campaign = %(campaign)s AND {AS_OF}",
        campaign=campaign,
        as_of=as_of,
    )
    return found[0] if found else None


def by_category(connection: psycopg.Connection, within: Within, as_of: int) -> list[Row]:
    """How many were nominated, approved and helped in each category, and the sums in fen."""
    return rows(
        connection,
        "SELECT category, count(*) AS nominated, count(*) FILTER (WHERE approved_on IS NOT NULL) AS approved,"
        " count(*) FILTER (WHERE paid_fen > returned_fen OR aid_fen > 0) AS helped,"
        " sum(approved_fen)::bigint AS approved_fen, sum(paid_fen - returned_fen)::bigint AS kept_fen,"
        f" sum(aid_fen)::bigint AS aid_fen FROM views.cases k WHERE {AS_OF} AND step <> 'revoked'"
        f"{within.campaign_in('k')}{within.unit_in('k.unit')} GROUP BY category ORDER BY category",
        as_of=as_of,
        **within.parameters(),
    )


def posted(connection: psycopg.Connection, within: Within, as_of: int) -> int:
    """How many public notices were posted."""
    found = rows(
        connection,
        "SELECT count(DISTINCT notice) AS notices FROM views.notices n WHERE position <= %(as_of)s"
        f"{within.campaign_in('n')}{within.unit_in('n.unit')}",
        as_of=as_of,
        **within.parameters(),
    )
    return int(found[0]["notices"])


def objected(connection: psycopg.Connection, within: Within, as_of: int) -> int:
    """How many objections were taken down."""
    found = rows(
        connection,
        "SELECT count(DISTINCT o.objection) AS objections FROM views.objections o"
        " JOIN views.cases k ON k.case_id = o.case_id AND k.to_position IS NULL"
        f" WHERE o.lodged_at <= %(as_of)s{within.campaign_in('o')}{within.unit_in('k.unit')}",
        as_of=as_of,
        **within.parameters(),
    )
    return int(found[0]["objections"])


def filed(connection: psycopg.Connection, within: Within, as_of: int) -> list[Row]:
    """The units with cases, each with the day on which it filed its summary last, or null."""
    return rows(
        connection,
        "SELECT u.name, max(f.filed_on) AS filed_on FROM (SELECT DISTINCT unit, campaign FROM views.cases k"
        f"  WHERE {AS_OF}{within.campaign_in('k')}{within.unit_in('k.unit')}) c"
        " JOIN views.units u ON u.unit = c.unit LEFT JOIN views.filings f ON f.unit = c.unit"
        "  AND f.campaign = c.campaign AND f.kind = 'summary' AND f.position <= %(as_of)s"
        " GROUP BY u.name ORDER BY u.name",
        as_of=as_of,
        **within.parameters(),
    )
