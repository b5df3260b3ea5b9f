"""The edges among given nodes (既定对象之间的关联): what a chart that was filed shows, asked again."""

from __future__ import annotations

from api.flags.edges import (
    EdgeRow,
    acted,
    dossiers_where,
    links_of,
    of_dossier,
    of_payout,
    paid_into,
    payouts_named,
)
from api.gate import ScopedViews

PLENTY = 10_000
"""More edges of a kind than two hundred nodes have among them."""


def among(views: ScopedViews, nodes: list[str], as_of: int) -> list[EdgeRow]:
    """Every edge between two of these nodes as they stood, within the scope."""
    wanted, named = set(nodes), _by_kind(nodes)
    dossiers = named.get("dossier", [])
    found = dossiers_where(views, "d.dossier = ANY(%(names)s)", as_of, PLENTY, names=dossiers)
    edges = [
        *(each for row in found for each in of_dossier(row)),
        *links_of(views, dossiers, as_of),
        *paid_into(views, "p.dossier = ANY(%(names)s)", as_of, PLENTY, names=dossiers),
        *acted(views, named.get("officer", []), dossiers, as_of, PLENTY),
        *(each for row in payouts_named(views, named.get("payout", []), as_of) for each in of_payout(row)),
    ]
    return [each for each in edges if each["from"] in wanted and each["to"] in wanted]


def _by_kind(nodes: list[str]) -> dict[str, list[str]]:
    named: dict[str, list[str]] = {}
    for node in nodes:
        kind, _, name = node.partition(":")
        named.setdefault(kind, []).append(name)
    return named
