"""Sampling (抽样): the same seed draws the same cases of the same moment, for anybody who repeats it.

``random`` orders cases by the SHA-256 of seed and id; ``sum`` draws with chances in proportion to what
was paid (monetary unit sampling, systematic); ``flag`` takes those under flags first, the most severe
before, and fills up at random.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Literal

from api.queries import Row, ScopedViews
from projections.view import AS_OF

Method = Literal["random", "sum", "flag"]


def population(views: ScopedViews, as_of: int) -> list[Row]:
    """The cases to draw from, in the order of their nomination, each with the flags on it."""
    return views.rows(
        "SELECT k.case_id, k.campaign, k.unit, k.dossier, k.category, k.state, k.approved_fen, k.paid_fen,"
        " k.returned_fen, k.nominated_on, k.nominated_position, coalesce(f.rank, 0) AS rank, f.rules"
        f" FROM (SELECT * FROM cases k WHERE {AS_OF}) k LEFT JOIN LATERAL ("
        "  SELECT max(CASE severity WHEN 'high' THEN 3 WHEN 'medium' THEN 2 ELSE 1 END) AS rank,"
        f"  array_agg(DISTINCT rule) AS rules FROM flags f WHERE {AS_OF} AND f.subject IN ("
        "   'case:' || k.campaign || '/' || k.case_id, 'person:' || k.campaign || '/' || k.person)) f ON true"
        " ORDER BY k.nominated_position",
        as_of=as_of,
    )


def drawn(cases: Sequence[Row], method: Method, size: int, seed: str) -> list[Row]:
    """The sample, in the order of nomination; all cases where there are not more."""
    if size >= len(cases):
        return list(cases)
    if method == "sum":
        chosen = _by_sum(cases, size, seed)
    else:
        ranked = sorted(
            cases, key=lambda case: (-case["rank"] if method == "flag" else 0, _chance(seed, case))
        )
        chosen = {case["case_id"] for case in ranked[:size]}
    return [case for case in cases if case["case_id"] in chosen]


def _chance(seed: str, case: Row) -> str:
    return sha256(f"{seed}|{case['case_id']}".encode()).hexdigest()


def _by_sum(cases: Sequence[Row], size: int, seed: str) -> set[str]:
    """Every n-th fen from a start that the seed gives; a large sum may be hit twice, then fewer are drawn."""
    total = sum(case["paid_fen"] for case in cases)
    if total < size:
        return {case["case_id"] for case in sorted(cases, key=lambda case: _chance(seed, case))[:size]}
    step = total // size
    hit = int(sha256(seed.encode()).hexdigest(), 16) % step
    chosen, passed = set(), 0
    for case in cases:
        passed += case["paid_fen"]
        while hit < passed:
            chosen.add(case["case_id"])
            hit += step
    return chosen
