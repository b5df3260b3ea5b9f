"""Titles (名称): what a campaign's policy calls its categories."""

from __future__ import annotations

import psycopg


def category_titles(connection: psycopg.Connection) -> dict[tuple[str, str], str]:
    """The title of each category, by campaign and code, as its policy stands last."""
    found = connection.execute(
        "SELECT campaign, c ->> 'code', c ->> 'title' FROM views.terms,"
        " jsonb_array_elements(policy -> 'categories') AS c ORDER BY from_position"
    )
    return {(campaign, code): title for campaign, code, title in found}
