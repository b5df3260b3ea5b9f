"""Texts as they can be printed (可印文字): what has no shape of its own is written out, and long runs may break."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

BREAK = "\u200b"
"""Where a line may break without a space (zero width space)."""

_LONG = re.compile(r"[!-~]{20,}")
_WITHOUT_SHAPE = frozenset({"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"})


def printable(text: str) -> str:
    r"""A text whose every character has a shape: a control character stands as its code point.

    What turns the direction of writing would let a name show as another.

    >>> printable("李\u202e四\x07")
    '李<U+202E>四<U+0007>'
    """
    if text.isprintable():
        return text
    return "".join(
        f"<U+{ord(each):04X}>"
        if each != "\n" and each != BREAK and unicodedata.category(each) in _WITHOUT_SHAPE
        else each
        for each in text
    )


def breakable(text: str) -> str:
    """A text whose runs of letters and digits may break, so that none is wider than its cell."""
    return _LONG.sub(lambda run: re.sub(r"(.{4})(?=.)", rf"\1{BREAK}", run[0]), text)


def printable_all(value: Any, breaking: bool = True) -> Any:
    """The same of all texts in a paper's data; codes (SVG) and commands stay as they are."""
    if isinstance(value, str):
        return breakable(printable(value)) if breaking else printable(value)
    if isinstance(value, list):
        return [printable_all(each, breaking) for each in value]
    if isinstance(value, dict):
        return {
            name: each
            if name in ("code", "kind", "color")
            else printable_all(each, breaking and name not in ("commands", "hashes", "number"))
            for name, each in value.items()
        }
    return value
