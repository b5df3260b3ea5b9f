"""Text in cells of tables (单元格文字): nothing that is taken for a formula, nothing that a workbook cannot hold."""

from __future__ import annotations

import re
from typing import TypeVar

FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a formula begins with (OWASP, CSV Injection); programs in Chinese or Japanese take the wide ones, too."""

_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LIKE_ESCAPE = re.compile("_(?=x[0-9A-Fa-f]{4}_)")

ValueT = TypeVar("ValueT")


def no_formula(text: str) -> str:
    """A text as it may stand in a cell: an apostrophe before what would be computed.

    >>> no_formula("=HYPERLINK(1)"), no_formula("茶厂"), no_formula("")
    ("'=HYPERLINK(1)", '茶厂', '')
    """
    return "'" + text if text.startswith(FORMULAS) else text


def workbook_text(value: ValueT) -> ValueT | str:
    r"""A value as a workbook can hold it: of a text, what XML has no place for stands as its code point.

    What looks like a workbook's own escape is escaped, so that it is read as it was written.

    >>> workbook_text("李\uffff四"), workbook_text("_x000B_"), workbook_text(5)
    ('李<U+FFFF>四', '_x005F_x000B_', 5)
    """
    if not isinstance(value, str):
        return value
    shown = _NOT_IN_XML.sub(lambda found: f"<U+{ord(found[0]):04X}>", value)
    return _LIKE_ESCAPE.sub("_x005F_", shown)


def workbook_cell(value: ValueT) -> ValueT | str:
    """A value for a cell that is written without saying that it is text: neither a formula, nor what XML lacks."""
    found = workbook_text(value)
    return no_formula(found) if isinstance(found, str) else found
