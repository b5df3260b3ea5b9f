"""What every answer of rows looks like (应答): as of a position, a page at a time.

A row is declared where it is made, as a dataclass (:mod:`projections.frame.column`). The declaration is the
model in the OpenAPI; rows are encoded as they come from the views, and never validated on their way out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, WrapSerializer

from api.service.problems import documented

T = TypeVar("T")


class Rows(BaseModel, Generic[T]):
    """All rows as they stood at ``position``; ``total`` is how many they are."""

    position: int
    rows: list[T]
    total: int


class Page(BaseModel, Generic[T]):
    """A page of rows as they stood at ``position``; ``next`` asks for the one after it, null on the last.

    ``total`` counts those on all pages, and is null on all but the first.
    """

    position: int
    rows: list[T]
    next: int | None
    total: int | None


class PageByKey(BaseModel, Generic[T]):
    """The same, where ``next`` is a key; ``total`` is null too where counting would read the whole."""

    position: int
    rows: list[T]
    next: str | None
    total: int | None = None


FILLED = WrapSerializer(
    # Whose type nothing is said of: in the OpenAPI it is the member's own.
    lambda value, encode: {name: each for name, each in encode(value).items() if each is not None}
)
"""On a member whose own members are left out where they are null."""


@dataclass
class InBoth:
    """Words in Chinese and English."""

    zh: str
    en: str


def answered(model: Any) -> dict[int | str, dict[str, Any]]:
    """What the OpenAPI says of a question's answers; ``model`` is of its body."""
    return {
        200: {"description": "The answer, as of its position", "model": model},
        304: {"description": "The asker has this answer already (If-None-Match)"},
        **documented(401, 403, 404, 422, 503),
    }
