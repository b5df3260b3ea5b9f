"""What hangs together (关系图): dossiers, persons, accounts, phones, addresses, units, officers and payouts.

A node is named ``kind:name``; persons and shared things by their marks, so that nobody is named whom
the reader may not see. A node's neighbours are asked for one node at a time. An edge has its sum where money went
along it, and its days: from when it holds, and until when where it is over.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from api.flags.edges import (
    EdgeRow,
    dossiers_where,
    edge,
    links_of,
    of_dossier,
    of_payout,
    paid_into,
    payouts_named,
)
from api.gate import Row, ScopedViews
from projections.frame.view import AS_OF

NodeKind = Literal[
    "dossier", "person", "account", "phone", "address", "household", "unit", "officer", "payout"
]
MOST_NEIGHBOURS = 40
MOST_COMPARED = 6


class Neighbourhood(NamedTuple):
    """A node's neighbours: its edges, the dossiers among them, and how many others are not shown."""

    edges: list[EdgeRow]
    dossiers: list[str]
    hidden: int


def around(views: ScopedViews, kind: NodeKind, name: str, as_of: int) -> Neighbourhood:
    """The edges at a node as they stood, of dossiers within, the latest first where there are many."""
    if kind == "dossier":
        return _around_dossier(views, name, as_of)
    if kind == "payout":
        return _around_payout(views, name, as_of)
    if kind == "officer":
        condition = (
            "d.dossier IN (SELECT coalesce(t.dossier, k.dossier) FROM timeline t"
            " LEFT JOIN cases k ON k.case_id = t.case_id AND k.to_position IS NULL"
            " WHERE t.officer = %(name)s AND t.position <= %(as_of)s)"
        )
    elif kind == "unit":
        condition = "d.unit = %(name)s"
    elif kind == "person":
        condition = "d.person = %(name)s"
    else:
        condition = f"d.marks ->> '{kind}' = %(name)s"
    found = dossiers_where(views, condition, as_of, MOST_NEIGHBOURS, name=name)
    edges = [
        edge(f"dossier:{row['dossier']}", f"{kind}:{name}", _what(kind), on=row["filed_on"],
             amount_fen=row["paid_fen"] if kind == "unit" else None)
        for row in found
    ]  # fmt: skip
    if kind == "account":
        edges += paid_into(views, "p.account = %(name)s", as_of, MOST_NEIGHBOURS, name=name)
    dossiers = {each["from"].removeprefix("dossier:") for each in edges}
    hidden = found[0]["found"] - len(found) if found else 0
    return Neighbourhood(edges, sorted(dossiers), hidden)


def concerned(views: ScopedViews, evidence: list[int], as_of: int) -> list[Row]:
    """The dossiers that a flag's evidence is about, with facts and marks, for comparison.

    One more than ``MOST_COMPARED`` at most, which says that there are more.
    """
    return views.rows(
        "SELECT d.dossier, d.unit, d.recipient, d.person, d.facts, d.marks, d.erased, d.sealed, d.filed_position"
        f" FROM (SELECT * FROM dossiers d WHERE {AS_OF}) d WHERE d.dossier IN ("
        "  SELECT coalesce(t.dossier, k.dossier) FROM timeline t"
        "  LEFT JOIN cases k ON k.case_id = t.case_id AND k.to_position IS NULL"
        "  WHERE t.position = ANY(%(evidence)s))"
        " ORDER BY d.filed_position LIMIT %(limit)s",
        evidence=evidence,
        limit=MOST_COMPARED + 1,
        as_of=as_of,
    )


def _around_dossier(views: ScopedViews, name: str, as_of: int) -> Neighbourhood:
    found = dossiers_where(views, "d.dossier = %(name)s", as_of, 1, name=name)
    if not found:
        return Neighbourhood([], [], 0)
    payouts, paid = _payouts(views, name, as_of)
    edges = [
        *(each for row in found for each in of_dossier(row)),
        *links_of(views, [name], as_of),
        *_signed(views, name, as_of),
        *paid_into(views, "p.dossier = %(name)s", as_of, MOST_NEIGHBOURS, name=name),
        *payouts,
    ]
    ends = {end for each in edges for end in (each["from"], each["to"]) if end.startswith("dossier:")}
    return Neighbourhood(
        edges, sorted(end.removeprefix("dossier:") for end in ends), max(0, paid - len(payouts))
    )


def _payouts(views: ScopedViews, dossier: str, as_of: int) -> tuple[list[EdgeRow], int]:
    """A dossier's latest payouts, and how many it has."""
    found = views.rows(
        "SELECT p.payout, p.form, p.amount_fen, p.paid_on, count(*) OVER () AS found FROM payouts p"
        " WHERE p.dossier = %(dossier)s AND p.position <= %(as_of)s ORDER BY p.position DESC LIMIT %(limit)s",
        dossier=dossier,
        as_of=as_of,
        limit=MOST_NEIGHBOURS,
    )
    edges = [
        edge(f"dossier:{dossier}", f"payout:{row['payout']}", "paid", row["form"], amount_fen=row["amount_fen"],
             on=row["paid_on"], until=row["paid_on"])
        for row in found
    ]  # fmt: skip
    return edges, found[0]["found"] if found else 0


def _around_payout(views: ScopedViews, name: str, as_of: int) -> Neighbourhood:
    found = payouts_named(views, [name], as_of)
    return Neighbourhood(
        [each for row in found for each in of_payout(row)], [row["dossier"] for row in found], 0
    )


def _signed(views: ScopedViews, dossier: str, as_of: int) -> list[EdgeRow]:
    """The officers who acted on a dossier, its cases and payouts, and what they signed."""
    found = views.rows(
        "SELECT t.officer, array_agg(DISTINCT t.type ORDER BY t.type) AS types, min(t.happened_on) AS first,"
        " max(t.happened_on) AS last FROM timeline t"
        " WHERE t.officer IS NOT NULL AND t.position <= %(as_of)s AND t.type <> 'IdentityRevealed'"
        "  AND (t.dossier = %(dossier)s"
        "   OR t.case_id IN (SELECT case_id FROM cases WHERE dossier = %(dossier)s))"
        " GROUP BY t.officer ORDER BY t.officer",
        dossier=dossier,
        as_of=as_of,
    )
    return [
        edge(f"dossier:{dossier}", f"officer:{row['officer']}", "officer", " ".join(row["types"]),
             on=row["first"], until=row["last"])
        for row in found
    ]  # fmt: skip


def _what(kind: NodeKind) -> str:
    return "acted" if kind == "officer" else kind
