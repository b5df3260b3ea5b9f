"""Text in cells of tables (单元格文字), which a program for tables may take for a formula."""

from __future__ import annotations

FORMULAS = ("=", "+", "-", "@", "\t", "\r")
"""What a formula begins with (OWASP, CSV Injection)."""


def no_formula(text: str) -> str:
    """A text as it may stand in a cell: an apostrophe before what would be computed.

    >>> no_formula("=HYPERLINK(1)"), no_formula("茶厂"), no_formula("")
    ("'=HYPERLINK(1)", '茶厂', '')
    """
    return "'" + text if text.startswith(FORMULAS) else text
