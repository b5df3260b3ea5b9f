"""How alike two texts are by Jaro and Winkler (相似度), as DuckDB has it but for the last bit.

Spark has no function for it, and the one that comes with Splink counts transpositions another way.
"""

from __future__ import annotations

_PREFIX_FROM = 0.7
_PREFIX_WEIGHT = 0.1
_MOST_PREFIX = 4


def jaro_winkler(first: str | None, second: str | None) -> float | None:
    """From 0 to 1; None where one is missing.

    >>> jaro_winkler("chenwenhui", "chenwenhuai")
    0.9818181818181818
    """
    if first is None or second is None:
        return None
    alike = _jaro(first, second)
    if alike <= _PREFIX_FROM:
        return alike
    prefix = 0
    for one, other in zip(first[:_MOST_PREFIX], second[:_MOST_PREFIX], strict=False):
        if one != other:
            break
        prefix += 1
    return alike + prefix * _PREFIX_WEIGHT * (1.0 - alike)


def _jaro(first: str, second: str) -> float:
    reach = max(max(len(first), len(second)) // 2 - 1, 0)
    of_first, taken = [], [False] * len(second)
    for at, character in enumerate(first):
        for place in range(max(0, at - reach), min(len(second), at + reach + 1)):
            if not taken[place] and second[place] == character:
                taken[place] = True
                of_first.append(character)
                break
    if not of_first:
        return 0.0
    of_second = [character for place, character in enumerate(second) if taken[place]]
    swapped = sum(one != other for one, other in zip(of_first, of_second, strict=True)) // 2
    count = len(of_first)
    return (count / len(first) + count / len(second) + (count - swapped) / count) / 3.0
