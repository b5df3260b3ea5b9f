"""Every list of the API says how many rows it has in all; one that is cut has a cursor and says what comes after."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.http.openapi import documented

DOCUMENT = documented()
CURSORS = {"after", "before", "after_key"}
ASIDE = {
    "/graph": "the neighbours of a node: it says that there are more, and one unfolds the next",
    "/diff": "what changed is found by reading both sides, page by page: counting it would read them all",
}
"""Answers of rows that are no lists, and why."""
API = Path(__file__).parents[2] / "api"


def lists() -> dict[str, dict[str, Any]]:
    """The GET operations that answer with rows, by their path, with the members of their answers."""
    found = {}
    for path, operations in DOCUMENT["paths"].items():
        content = operations.get("get", {}).get("responses", {}).get("200", {}).get("content", {})
        schema = content.get("application/json", {}).get("schema", {})
        members = _resolved(schema).get("properties", {})
        if "rows" in members and _resolved(members["rows"]).get("type") == "array":
            found[path] = members
    return found


def _resolved(schema: dict[str, Any]) -> dict[str, Any]:
    name = schema.get("$ref", "").rpartition("/")[2]
    return DOCUMENT["components"]["schemas"][name] if name else schema


@pytest.mark.parametrize("path", sorted(lists().keys() - ASIDE.keys()))
def test_a_list_has_a_total_and_one_that_is_cut_a_cursor(path: str) -> None:
    members = lists()[path]
    asked = {each["name"] for each in DOCUMENT["paths"][path]["get"].get("parameters", [])}
    assert "total" in members
    assert ("limit" in asked) == ("next" in members)
    assert bool(asked & CURSORS) == ("next" in members)


def test_there_are_lists_and_those_aside_are_some() -> None:
    assert len(lists()) > 30
    assert ASIDE.keys() <= lists().keys()


def test_no_question_cuts_its_answer_in_silence() -> None:
    """A number after LIMIT is a page that nobody asked for; one, for the newest of something, is none."""
    for file in API.glob("*/queries.py"):
        cut = re.findall(r"LIMIT (\d+)", file.read_text(encoding="utf-8"))
        assert set(cut) <= {"1", "2"}, file
