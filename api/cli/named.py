"""Names beside codes in the command's tables (代码对应的名称): what units, officers and campaigns are called.

A desk says where to ask for them when it answers; they are asked once, and only where a table has such a column.
Files and JSON keep the codes alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import Literal

from api.cli.language import say

Kind = Literal["unit", "officer", "campaign"]
Titles = Mapping[str, str]

_ask: ContextVar[Callable[[Kind], Titles] | None] = ContextVar("ask", default=None)
_found: ContextVar[dict[Kind, Titles] | None] = ContextVar("found", default=None)


def note_titles(ask: Callable[[Kind], Titles]) -> None:
    """Say where the names of a kind of codes are to be had, for what is printed next."""
    _ask.set(ask)
    _found.set({})


def titled_code(kind: Kind) -> Callable[[str | None], str]:
    """How a code of that kind is said on the screen: its name, and the code that options take.

    >>> titled_code("unit")("tea")
    'tea'
    """

    def said(code: str | None) -> str:
        if code is None:
            return ""
        title = _titles(kind).get(code)
        return code if title is None or title == code else say(f"{title}（{code}）", f"{title} ({code})")

    return said


def _titles(kind: Kind) -> Titles:
    ask, found = _ask.get(), _found.get()
    if ask is None or found is None:
        return {}
    if kind not in found:
        found[kind] = ask(kind)
    return found[kind]
