"""The examples in docstrings are true."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLES = [
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for package in ("ledger", "projections", "api")
    for path in sorted((ROOT / package).rglob("*.py"))
    if ">>> " in path.read_text(encoding="utf-8") and "node_modules" not in path.parts
]
ROOMS = ("ledger.log", "ledger.statements", "ledger.identity", "projections")
"""Whose readers are shown by examples what goes in and what comes out."""


@pytest.mark.parametrize("name", EXAMPLES)
def test_what_a_docstring_shows_is_what_comes_out(name: str) -> None:
    done = doctest.testmod(importlib.import_module(name), optionflags=doctest.NORMALIZE_WHITESPACE)
    assert done.attempted > 0
    assert done.failed == 0


def test_the_rooms_that_strangers_read_first_have_examples() -> None:
    assert [room for room in ROOMS if not any(name.startswith(f"{room}.") for name in EXAMPLES)] == []
