"""Titles (名称): what a campaign's policy calls its categories."""

from __future__ import annotations

from api.gate import ScopedViews


def category_titles(views: ScopedViews) -> dict[tuple[str, str], str]:
    """The title of each category, by campaign and code, as its policy stands last."""
    found = views.rows(
        "SELECT campaign, c ->> 'code' AS code, c ->> 'title' AS title FROM terms,"
        " jsonb_array_elements(policy -> 'categories') AS c ORDER BY from_position"
    )
    return {(row["campaign"], row["code"]): row["title"] for row in found}
