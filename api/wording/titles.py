"""Titles (名称): what the ledger itself calls its units, officers and campaigns, and policies their parts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from api.gate import ScopedViews
from projections.flags.subject import NO_CAMPAIGN

CodeKind = Literal["unit", "officer", "campaign", "category", "line", "hardship-class", "exclusion"]
_PARTS: Mapping[CodeKind, str] = {
    "category": "{categories}",
    "line": "{lines}",
    "hardship-class": "{hardship,classes}",
    "exclusion": "{exclusions,exclusions}",
}
_QUERIES: Mapping[CodeKind, str] = {
    "unit": "SELECT unit AS code, name AS title FROM named_units",
    "officer": "SELECT officer AS code, name AS title FROM officers",
    "campaign": "SELECT campaign AS code, title FROM terms ORDER BY from_position",
    **{
        kind: "SELECT c ->> 'code' AS code, c ->> 'title' AS title FROM terms,"
        f" jsonb_array_elements(policy #> '{part}') AS c ORDER BY from_position"
        for kind, part in _PARTS.items()
    },
}
"""Where the ledger says what codes are called; of two titles, the last that was given."""


class CodeTitles:
    """What codes are called, as far as the reader may see, asked for once each."""

    def __init__(self, views: ScopedViews) -> None:
        self._views = views
        self._found: dict[CodeKind, dict[str, str]] = {}

    def of(self, kind: CodeKind) -> dict[str, str]:
        """The titles of a kind of codes."""
        if kind not in self._found:
            asked = {row["code"]: row["title"] for row in self._views.rows(_QUERIES[kind])}
            self._found[kind] = {NO_CAMPAIGN: "—", **asked} if kind == "campaign" else asked
        return self._found[kind]

    def title(self, kind: CodeKind, code: str) -> str:
        """What a code is called; the code itself where nobody says."""
        return self.of(kind).get(code, code)


def category_titles(views: ScopedViews) -> dict[tuple[str, str], str]:
    """The title of each category, by campaign and code, as its policy stands last."""
    found = views.rows(
        "SELECT campaign, c ->> 'code' AS code, c ->> 'title' AS title FROM terms,"
        " jsonb_array_elements(policy -> 'categories') AS c ORDER BY from_position"
    )
    return {(row["campaign"], row["code"]): row["title"] for row in found}
