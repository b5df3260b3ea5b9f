"""Questions that reports ask (报表): facts of dossiers, sums by category, notices, who has filed."""

from __future__ import annotations

from typing import Any

from api.gate import Row, ScopedViews
from projections.frame.view import AS_OF


def facts(views: ScopedViews, dossiers: list[str], as_of: int) -> dict[str, dict[str, Any]]:
    """What each dossier said of the hardship."""
    found = views.rows(
        f"SELECT dossier, facts FROM dossiers d WHERE dossier = ANY(%(dossiers)s) AND {AS_OF}",
        dossiers=dossiers,
        as_of=as_of,
    )
    return {row["dossier"]: row["facts"] for row in found}


def unit_names(views: ScopedViews) -> dict[str, str]:
    """The name of each unit, by code."""
    return {row["unit"]: row["name"] for row in views.rows("SELECT unit, name FROM named_units")}


def terms(views: ScopedViews, campaign: str, as_of: int) -> Row | None:
    """Title, policy and end of a campaign as they stood; None before it was opened."""
    found = views.rows(
        f"SELECT title, sponsor, policy, closed_on FROM terms t WHERE campaign = %(campaign)s AND {AS_OF}",
        campaign=campaign,
        as_of=as_of,
    )
    return found[0] if found else None


def by_category(views: ScopedViews, as_of: int) -> list[Row]:
    """How many were nominated, approved and helped in each category, and the sums in fen."""
    return views.rows(
        "SELECT category, count(*) AS nominated, count(*) FILTER (WHERE approved_on IS NOT NULL) AS approved,"
        " count(*) FILTER (WHERE paid_fen > returned_fen OR aid_fen > 0) AS helped,"
        " sum(approved_fen)::bigint AS approved_fen, sum(paid_fen - returned_fen)::bigint AS kept_fen,"
        f" sum(aid_fen)::bigint AS aid_fen FROM cases k WHERE {AS_OF} AND step <> 'revoked'"
        " GROUP BY category ORDER BY category",
        as_of=as_of,
    )


def figures(views: ScopedViews, campaign: str, unit: str, as_of: int) -> list[Row]:
    """Who was helped, and with how much in fen, of a unit with all below it, by category, fund line and unit.

    Persons and enterprises apart; help without a case has no category. Money that was kept, and goods.
    """
    return views.rows(
        "WITH below AS (SELECT u.unit FROM units u WHERE u.position <= %(as_of)s"
        "   AND (u.unit = %(unit)s OR u.ancestors @> array[%(unit)s])),"
        " of_cases AS (SELECT k.unit, k.category, k.line, k.recipient,"
        "   k.paid_fen - k.returned_fen + k.aid_fen AS fen"
        f"  FROM cases k WHERE k.campaign = %(campaign)s AND {AS_OF}"
        "   AND (k.paid_fen > k.returned_fen OR k.aid_fen > 0)),"
        " without AS (SELECT p.unit, p.line, p.amount_fen - coalesce((SELECT sum(r.amount_fen) FROM returns r"
        "   WHERE r.payout = p.payout AND r.position <= %(as_of)s), 0) AS fen"
        "  FROM payouts p WHERE p.campaign = %(campaign)s AND p.case_id IS NULL AND p.position <= %(as_of)s),"
        " helped AS (SELECT * FROM of_cases UNION ALL"
        "  SELECT unit, NULL, line, 'person', fen FROM without WHERE fen > 0)"
        " SELECT h.category, h.line, h.unit,"
        "  count(*) FILTER (WHERE h.recipient <> 'enterprise') AS persons,"
        "  count(*) FILTER (WHERE h.recipient = 'enterprise') AS enterprises, sum(h.fen)::bigint AS amount_fen"
        " FROM helped h JOIN below b ON b.unit = h.unit GROUP BY 1, 2, 3 ORDER BY 3, 1, 2",
        campaign=campaign,
        unit=unit,
        as_of=as_of,
    )


def posted(views: ScopedViews, as_of: int) -> int:
    """How many public notices were posted."""
    found = views.rows(
        "SELECT count(DISTINCT notice) AS notices FROM notices n WHERE position <= %(as_of)s",
        as_of=as_of,
    )
    return int(found[0]["notices"])


def objected(views: ScopedViews, as_of: int) -> int:
    """How many objections were taken down."""
    found = views.rows(
        "SELECT count(DISTINCT o.objection) AS objections FROM objections o"
        " JOIN cases k ON k.case_id = o.case_id AND k.to_position IS NULL"
        " WHERE o.lodged_at <= %(as_of)s",
        as_of=as_of,
    )
    return int(found[0]["objections"])


def filed(views: ScopedViews, as_of: int) -> list[Row]:
    """The units with cases, each with the day on which it filed its summary last, or null."""
    return views.rows(
        "SELECT u.name, max(f.filed_on) AS filed_on FROM (SELECT DISTINCT unit, campaign FROM cases k"
        f"  WHERE {AS_OF}) c"
        " JOIN units u ON u.unit = c.unit LEFT JOIN filings f ON f.unit = c.unit"
        "  AND f.campaign = c.campaign AND f.kind = 'summary' AND f.position <= %(as_of)s"
        " GROUP BY u.name ORDER BY u.name",
        as_of=as_of,
    )
