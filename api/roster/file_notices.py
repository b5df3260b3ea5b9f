"""What is said of a file that was read (读表提示): no fault, but not to be passed over in silence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from api.roster.left_out import runs

SHOWN_RUNS = 20


class Notice(NamedTuple):
    """A stable code and what it says."""

    code: str
    zh: str
    en: str


def hidden_rows(lines: Iterable[int], hidden: Sequence[tuple[int, int]]) -> Iterable[Notice]:
    """That lines, by their numbers from 1, are hidden or filtered out in the file.

    >>> [each.en for each in hidden_rows([5, 6, 7, 12], [(3, 6)])]
    ['rows 5-7 are hidden or filtered out in the file, and were read like all others']
    """
    found = [line for line in lines if any(first <= line - 1 <= last for first, last in hidden)]
    if found:
        rows = _named(found)
        yield Notice(
            "rows-hidden",
            f"第 {rows} 行在文件中被隐藏或筛选掉，已与其他行一样读取",
            f"rows {rows} are hidden or filtered out in the file, and were read like all others",
        )


def short_rows(ends: dict[int, int], width: int) -> Iterable[Notice]:
    """That lines end before the header does, where most of the others do not.

    ``ends`` is, of each line by its number from 1, how many columns it reaches over, ``width`` the
    header's. A workbook does not write empty cells, so a line that ends early may be whole; where at
    least half of the lines go on to a later column, it may have been cut.

    >>> [each.code for each in short_rows({2: 6, 3: 6, 4: 3}, 6)]
    ['row-cut']
    >>> list(short_rows({2: 5, 3: 5, 4: 5}, 6))
    []
    """
    reached = sorted(min(end, width) for end in ends.values())
    usual = reached[len(reached) // 2] if reached else 0
    found = [line for line, end in ends.items() if end < usual]
    if found:
        rows = _named(found)
        yield Notice(
            "row-cut",
            f"第 {rows} 行在其他行还有内容的栏之前就结束，可能被截断：请核对末尾各栏",
            f"rows {rows} end before columns that the others fill, they may have been cut: check their last columns",
        )


def _named(numbers: Iterable[int]) -> str:
    found = [str(first) if first == last else f"{first}-{last}" for first, last in runs(numbers)]
    return ", ".join(found[:SHOWN_RUNS]) + (" …" if len(found) > SHOWN_RUNS else "")
