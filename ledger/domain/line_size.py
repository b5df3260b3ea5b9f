"""How much a fund line (资金项目) may come to: what is beyond all reason is refused, so that sums stay exact."""

from __future__ import annotations

from ledger.errors import Rule

LINE_TOO_LARGE = Rule(
    "line-too-large",
    zh="资金项目 {line} 将达 {found!y} 元，超过上限 {expected!y} 元",
    en="line {line} would come to {found!y} yuan, above the limit of {expected!y}",
)
LARGEST_LINE_FEN = 10**14
"""A million million yuan on one line; the sum of a campaign's forty lines stays below 2^53 fen."""


def check_line_size(line: str, fen: int) -> None:
    """Refuse what a new statement would bring on a line beyond the limit; recorded ones are not asked.

    Raises:
        Refused: ``line-too-large``.
    """
    if fen > LARGEST_LINE_FEN:
        raise LINE_TOO_LARGE.refused(line=line, expected=LARGEST_LINE_FEN, found=fen)
