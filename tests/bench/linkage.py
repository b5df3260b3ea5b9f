"""Linkage's measure on two made-up crowds: ``python -m tests.bench.linkage [PERSONS …]``, a table for each crowd.

All figures are of pairs whose numbers differ. What counts are the pairs that linkage takes for one person under two numbers: its matches, and those one edit
apart. What it leaves for review is counted beside them, and plain points on
the same crowd are the cross-check.
"""

from __future__ import annotations

import multiprocessing
import resource
import sys
import time
from typing import Any, NamedTuple

from projections.linkage.kinds import LEAST_WEIGHT, MODEL
from projections.linkage.pairs import Found, find_pairs
from tests.bench.crowds import CROWDS
from tests.bench.points import pairs_by_points


class Score(NamedTuple):
    """Pairs taken for one person: how many of them are, and how many of those that are were found."""

    precision: float
    recall: float
    for_review: int
    seconds: float
    processor_seconds: float
    memory_gib: float

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall."""
        return 2 * self.precision * self.recall / (self.precision + self.recall)


TAKEN_FOR_ONE = frozenset({"one-person", "one-edit"})


def score(crowd: str, count: int, seed: int = 1) -> Score:
    """Measures linkage on a crowd of so many persons."""
    people, truth = CROWDS[crowd](count, seed)
    started, worked = time.perf_counter(), time.process_time()
    pairs = find_pairs(people).pairs
    seconds, processor_seconds = time.perf_counter() - started, time.process_time() - worked
    taken = [frozenset(pair[:2]) for pair in pairs if pair.kind in TAKEN_FOR_ONE]
    right = sum(pair in truth for pair in taken)
    for_review = sum(pair.kind == "review" for pair in pairs)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return Score(right / len(taken), right / len(truth), for_review, seconds, processor_seconds, memory)


def comparable(found: Found) -> list[tuple[Any, ...]]:
    """What a linkage found, its weights to a millionth of a bit: engines differ in the last of a float."""
    return sorted(
        (*pair[:2], round(pair.weight, 6), *sorted(pair.levels.items()), *pair[4:]) for pair in found.pairs
    )


def by_points(crowd: str, count: int, seed: int = 1) -> tuple[float, float]:
    """Precision and recall of plain points on the same crowd."""
    people, truth = CROWDS[crowd](count, seed)
    taken = pairs_by_points(people)
    right = len(taken & truth)
    return right / len(taken), right / len(truth)


def main(counts: list[int]) -> None:
    """Prints the table of docs/precision.md, each crowd in a process of its own."""
    print(f"Model {MODEL}, weight ≥ {LEAST_WEIGHT:g}.\n")
    print(
        "| crowd | persons | precision | recall | F1 | for review | time | processor time | memory"
        " | F1 by points (precision) |\n|---|---|---|---|---|---|---|---|---|---|"
    )
    with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        for crowd in CROWDS:
            for count in counts:
                found = pool.apply(score, (crowd, count))
                precision, recall = pool.apply(by_points, (crowd, count))
                print(
                    f"| {crowd} | {count:,} | {found.precision:.4f} | {found.recall:.4f} | {found.f1:.4f}"
                    f" | {found.for_review} | {found.seconds:.1f} s | {found.processor_seconds:.1f} s"
                    f" | {found.memory_gib:.2f} GiB"
                    f" | {2 * precision * recall / (precision + recall):.4f} ({precision:.4f}) |",
                    flush=True,
                )


if __name__ == "__main__":
    main([int(count) for count in sys.argv[1:]] or [20_000, 200_000])
