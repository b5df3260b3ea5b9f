"""What hangs together (关系图): dossiers, persons, accounts, phones, addresses, units and officers.

A node is named ``kind:name``; persons and shared things by their marks, so that nobody is named whom
the reader may not see. A node's neighbours are asked for one node at a time.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from api.gate import Row, ScopedViews
from projections.frame.view import AS_OF

NodeKind = Literal["dossier", "person", "account", "phone", "address", "household", "unit", "officer"]
SHARED = ("account", "phone", "address", "household")
MOST_NEIGHBOURS = 40
MOST_COMPARED = 6


class Neighbourhood(NamedTuple):
    """A node's neighbours: edges ``(from, to, what, said)``, whether there are more than these."""

    edges: list[dict[str, str]]
    dossiers: list[str]
    more: bool


def around(views: ScopedViews, kind: NodeKind, name: str, as_of: int) -> Neighbourhood:
    """The edges at a node as they stood, of dossiers within, the latest first where there are many."""
    if kind == "dossier":
        found = _dossiers(views, "d.dossier = %(name)s", name, as_of)
        edges = [edge for row in found for edge in _of_dossier(row)]
        if found:
            edges += _links(views, name, as_of) + _signed(views, name, as_of)
        return Neighbourhood(edges, [row["dossier"] for row in found], more=False)
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
    found = _dossiers(views, condition, name, as_of)
    shown = found[:MOST_NEIGHBOURS]
    edges = [_edge(f"dossier:{row['dossier']}", f"{kind}:{name}", _what(kind)) for row in shown]
    return Neighbourhood(edges, [row["dossier"] for row in shown], len(found) > MOST_NEIGHBOURS)


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


def _dossiers(views: ScopedViews, condition: str, name: str, as_of: int) -> list[Row]:
    return views.rows(
        "SELECT d.dossier, d.unit, d.person, d.marks FROM"
        f" (SELECT * FROM dossiers d WHERE {AS_OF}) d WHERE {condition}"
        f" ORDER BY d.filed_position DESC LIMIT {MOST_NEIGHBOURS + 1}",
        name=name,
        as_of=as_of,
    )


def _of_dossier(row: Row) -> list[dict[str, str]]:
    node = f"dossier:{row['dossier']}"
    shared = [_edge(node, f"{kind}:{row['marks'][kind]}", kind) for kind in SHARED if kind in row["marks"]]
    return [
        _edge(node, f"person:{row['person']}", "person"),
        _edge(node, f"unit:{row['unit']}", "unit"),
        *shared,
    ]


def _links(views: ScopedViews, dossier: str, as_of: int) -> list[dict[str, str]]:
    """Others that a linkage run found alike, with the weight in bits."""
    found = views.rows(
        "SELECT DISTINCT ON (pair) first, second, weight_milli, found FROM links"
        " WHERE (first = %(dossier)s OR second = %(dossier)s) AND position <= %(as_of)s"
        " ORDER BY pair, position DESC",
        dossier=dossier,
        as_of=as_of,
    )
    return [
        _edge(
            f"dossier:{row['first']}", f"dossier:{row['second']}", "link", f"{row['weight_milli'] / 1000:.1f}"
        )
        for row in found
        if row["found"]
    ]


def _signed(views: ScopedViews, dossier: str, as_of: int) -> list[dict[str, str]]:
    """The officers who acted on a dossier, its cases and payouts, and what they signed."""
    found = views.rows(
        "SELECT t.officer, array_agg(DISTINCT t.type ORDER BY t.type) AS types FROM timeline t"
        " WHERE t.officer IS NOT NULL AND t.position <= %(as_of)s AND t.type <> 'IdentityRevealed'"
        "  AND (t.dossier = %(dossier)s"
        "   OR t.case_id IN (SELECT case_id FROM cases WHERE dossier = %(dossier)s))"
        " GROUP BY t.officer ORDER BY t.officer",
        dossier=dossier,
        as_of=as_of,
    )
    return [
        _edge(f"dossier:{dossier}", f"officer:{row['officer']}", "officer", " ".join(row["types"]))
        for row in found
    ]


def _what(kind: NodeKind) -> str:
    return "acted" if kind == "officer" else kind


def _edge(source: str, target: str, what: str, said: str = "") -> dict[str, str]:
    return {"from": source, "to": target, "what": what, "said": said}
