"""The shortest way between two nodes of the relation chart (关联路径): over dossiers and what they share.

Units and officers are ends of a way and never on it: all of a unit hang together through it, which says nothing.
"""

from __future__ import annotations

from typing import NamedTuple

from api.flags.edges import (
    SHARED,
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

MOST_EDGES = 8
"""A longer way is found between any two, and means nothing."""
MOST_DOSSIERS = 2_000
"""So many dossiers are looked at from each end; a search that leaves others out says so."""
ENDS = ("unit", "officer")


class Way(NamedTuple):
    """The edges from one end to the other in order, none where no way was found.

    ``searched`` are the dossiers looked at; where it is not ``complete``, others were left out.
    """

    edges: list[EdgeRow]
    searched: int
    complete: bool


def way_between(views: ScopedViews, start: str, end: str, as_of: int) -> Way:
    """A way of the fewest edges as they stood, of ``MOST_EDGES`` at most."""
    sides = (_Side(views, start, {start, end}, as_of), _Side(views, end, {start, end}, as_of))
    met = start if start == end else None
    for _ in range(MOST_EDGES):
        side, other = sorted(sides, key=lambda each: len(each.frontier))
        if not side.frontier:
            side, other = other, side
        if met is not None or not side.frontier:
            break
        met = side.advance(other.reached)
    searched = sum(side.looked_at for side in sides)
    complete = all(side.complete for side in sides)
    if met is None:
        return Way([], searched, complete)
    return Way([*reversed(sides[0].back(met)), *sides[1].back(met)], searched, complete)


class _Side:
    """What was reached from one end, a step at a time, each with the edge by which it was."""

    def __init__(self, views: ScopedViews, start: str, ends: set[str], as_of: int) -> None:
        self.frontier = {start}
        self.reached: dict[str, EdgeRow | None] = {start: None}
        self.looked_at = 0
        self.complete = True
        self._views = views
        self._ends = ends
        self._as_of = as_of

    def advance(self, others: dict[str, EdgeRow | None]) -> str | None:
        """One step further from all that was reached last; a node that the other side has reached."""
        found: set[str] = set()
        for each in self._edges():
            for known, new in ((each["from"], each["to"]), (each["to"], each["from"])):
                if known in self.frontier and new not in self.reached and self._may_pass(new):
                    self.reached[new] = each
                    found.add(new)
        self.frontier = found
        return min(found & others.keys(), default=None)

    def back(self, node: str) -> list[EdgeRow]:
        """The edges from a node back to where this side began."""
        found = []
        while (by := self.reached[node]) is not None:
            found.append(by)
            node = by["from"] if by["to"] == node else by["to"]
        return found

    def _may_pass(self, node: str) -> bool:
        return node in self._ends or node.partition(":")[0] not in ENDS

    def _edges(self) -> list[EdgeRow]:
        of_kind: dict[str, list[str]] = {}
        for node in sorted(self.frontier):
            kind, _, name = node.partition(":")
            of_kind.setdefault(kind, []).append(name)
        edges: list[EdgeRow] = []
        if dossiers := of_kind.pop("dossier", []):
            edges += self._dossiers("d.dossier = ANY(%(names)s)", dossiers)
            edges += links_of(self._views, dossiers, self._as_of)
            edges += paid_into(
                self._views, "p.dossier = ANY(%(names)s)", self._as_of, MOST_DOSSIERS, names=dossiers
            )
            edges += self._to_ends(dossiers)
        if accounts := of_kind.get("account"):
            edges += paid_into(
                self._views, "p.account = ANY(%(names)s)", self._as_of, MOST_DOSSIERS, names=accounts
            )
        for kind, names in of_kind.items():
            if kind in SHARED:
                edges += self._dossiers(f"d.marks ->> '{kind}' = ANY(%(names)s)", names)
            elif kind in ("person", "unit"):
                edges += self._dossiers(f"d.{kind} = ANY(%(names)s)", names)
            elif kind == "payout":
                edges += self._payouts(names)
            elif kind == "officer":
                edges += self._acted_on(names)
        return edges

    def _dossiers(self, condition: str, names: list[str]) -> list[EdgeRow]:
        room = MOST_DOSSIERS - self.looked_at
        found = dossiers_where(self._views, condition, self._as_of, max(room, 0), names=names)
        self.complete &= room > 0 and (not found or found[0]["found"] == len(found))
        self.looked_at += len(found)
        return [each for row in found for each in of_dossier(row)]

    def _to_ends(self, dossiers: list[str]) -> list[EdgeRow]:
        """Edges from dossiers to the officers and payouts that are ends."""
        ends = {kind: [end.removeprefix(f"{kind}:") for end in self._ends if end.startswith(f"{kind}:")]
                for kind in ("officer", "payout")}  # fmt: skip
        edges = (
            acted(self._views, ends["officer"], dossiers, self._as_of, MOST_DOSSIERS)
            if ends["officer"]
            else []
        )
        return edges + (self._payouts(ends["payout"]) if ends["payout"] else [])

    def _payouts(self, payouts: list[str]) -> list[EdgeRow]:
        return [each for row in payouts_named(self._views, payouts, self._as_of) for each in of_payout(row)]

    def _acted_on(self, officers: list[str]) -> list[EdgeRow]:
        edges = acted(self._views, officers, None, self._as_of, MOST_DOSSIERS)
        self.looked_at += len(edges)
        self.complete &= len(edges) < MOST_DOSSIERS
        return edges
