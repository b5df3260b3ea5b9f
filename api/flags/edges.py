"""The edges of the relation chart (关系图的关联): of dossiers, of payouts, of money, of who acted, with their days and sums."""

from __future__ import annotations

from typing import Any

from api.gate import Row, ScopedViews
from projections.frame.view import AS_OF

SHARED = ("account", "phone", "address", "household")

EdgeRow = dict[str, Any]
"""``from`` and ``to``, ``what`` it is and what is ``said`` of it, its ``amount_fen``, and its days ``on`` and ``until``."""


def dossiers_where(
    views: ScopedViews, condition: str, as_of: int, limit: int, **parameters: Any
) -> list[Row]:
    """Dossiers ``d`` of a condition, the latest first: marks, day of filing, what was paid, and how many were ``found``."""
    return views.rows(
        "SELECT d.*, t.happened_on AS filed_on, (SELECT sum(p.amount_fen)::bigint FROM payouts p"
        "  WHERE p.dossier = d.dossier AND p.position <= %(as_of)s) AS paid_fen FROM ("
        "  SELECT d.dossier, d.unit, d.person, d.marks, d.filed_position, count(*) OVER () AS found FROM"
        f"  (SELECT * FROM dossiers d WHERE {AS_OF}) d WHERE {condition}"
        "  ORDER BY d.filed_position DESC LIMIT %(limit)s) d"
        " LEFT JOIN timeline t ON t.position = d.filed_position ORDER BY d.filed_position DESC",
        as_of=as_of,
        limit=limit,
        **parameters,
    )


def of_dossier(row: Row) -> list[EdgeRow]:
    """A dossier's edges to what others may have too, and to its unit."""
    node, on = f"dossier:{row['dossier']}", row["filed_on"]
    shared = [
        edge(node, f"{kind}:{row['marks'][kind]}", kind, on=on) for kind in SHARED if kind in row["marks"]
    ]
    return [
        edge(node, f"person:{row['person']}", "person", on=on),
        edge(node, f"unit:{row['unit']}", "unit", on=on, amount_fen=row["paid_fen"]),
        *shared,
    ]


def paid_into(views: ScopedViews, condition: str, as_of: int, limit: int, **parameters: Any) -> list[EdgeRow]:
    """Money that went from a dossier's payouts ``p`` into an account, one edge each two, the largest first."""
    found = views.rows(
        "SELECT p.dossier, p.account, sum(p.amount_fen)::bigint AS amount_fen, min(p.paid_on) AS first,"
        " max(p.paid_on) AS last, count(*) AS payouts FROM payouts p"
        f" WHERE {condition} AND p.account IS NOT NULL AND p.position <= %(as_of)s"
        " GROUP BY p.dossier, p.account ORDER BY amount_fen DESC, p.dossier, p.account LIMIT %(limit)s",
        as_of=as_of,
        limit=limit,
        **parameters,
    )
    return [
        edge(f"dossier:{row['dossier']}", f"account:{row['account']}", "paid-into", str(row["payouts"]),
             amount_fen=row["amount_fen"], on=row["first"], until=row["last"])
        for row in found
    ]  # fmt: skip


def links_of(views: ScopedViews, dossiers: list[str], as_of: int) -> list[EdgeRow]:
    """Pairs that a linkage run found alike, with the weight in bits; both dossiers are within the scope."""
    found = views.rows(
        "SELECT DISTINCT ON (pair) first, second, weight_milli, found FROM links"
        " WHERE (first = ANY(%(dossiers)s) OR second = ANY(%(dossiers)s)) AND position <= %(as_of)s"
        " ORDER BY pair, position DESC",
        dossiers=dossiers,
        as_of=as_of,
    )
    return [
        edge(
            f"dossier:{row['first']}", f"dossier:{row['second']}", "link", f"{row['weight_milli'] / 1000:.1f}"
        )
        for row in found
        if row["found"]
    ]


def edge(
    source: str, target: str, what: str, said: str = "", *, amount_fen: int | None = None, on: Any = None,
    until: Any = None,
) -> EdgeRow:  # fmt: skip
    """An edge as it is answered; without ``until`` it still holds."""
    return {
        "from": source, "to": target, "what": what, "said": said, "amount_fen": amount_fen, "on": on, "until": until,
    }  # fmt: skip


def payouts_named(views: ScopedViews, payouts: list[str], as_of: int) -> list[Row]:
    """Payouts by their ids, each with the officer who signed it."""
    return views.rows(
        "SELECT p.payout, p.dossier, p.unit, p.form, p.amount_fen, p.paid_on, p.account, t.officer"
        " FROM payouts p LEFT JOIN timeline t ON t.position = p.position"
        " WHERE p.payout = ANY(%(payouts)s) AND p.position <= %(as_of)s ORDER BY p.position",
        payouts=payouts,
        as_of=as_of,
    )


def of_payout(row: Row) -> list[EdgeRow]:
    """A payout's edges: whose it is, whose unit paid it, into which account, and who signed it."""
    node, fen = f"payout:{row['payout']}", row["amount_fen"]
    days = {"on": row["paid_on"], "until": row["paid_on"]}
    edges = [
        edge(f"dossier:{row['dossier']}", node, "paid", row["form"], amount_fen=fen, **days),
        edge(node, f"unit:{row['unit']}", "paid-by", amount_fen=fen, **days),
    ]
    if row["account"] is not None:
        edges.append(edge(node, f"account:{row['account']}", "into", amount_fen=fen, **days))
    if row["officer"] is not None:
        edges.append(edge(node, f"officer:{row['officer']}", "acted", **days))
    return edges


def acted(
    views: ScopedViews, officers: list[str], dossiers: list[str] | None, as_of: int, limit: int
) -> list[EdgeRow]:
    """Which of these officers acted on which dossiers, on any where None is given; the latest first."""
    found = views.rows(
        "SELECT coalesce(t.dossier, k.dossier) AS dossier, t.officer, min(t.happened_on) AS first,"
        " max(t.happened_on) AS last FROM timeline t"
        " LEFT JOIN cases k ON k.case_id = t.case_id AND k.to_position IS NULL"
        " WHERE t.officer = ANY(%(officers)s) AND t.position <= %(as_of)s AND t.type <> 'IdentityRevealed'"
        "  AND coalesce(t.dossier, k.dossier) IS NOT NULL"
        "  AND (%(dossiers)s::text[] IS NULL OR coalesce(t.dossier, k.dossier) = ANY(%(dossiers)s))"
        " GROUP BY 1, 2 ORDER BY max(t.position) DESC LIMIT %(limit)s",
        officers=officers,
        dossiers=dossiers,
        as_of=as_of,
        limit=limit,
    )
    return [
        edge(f"dossier:{row['dossier']}", f"officer:{row['officer']}", "acted", on=row["first"], until=row["last"])
        for row in found
    ]  # fmt: skip
