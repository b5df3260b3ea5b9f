"""What every answer of rows looks like (应答): as of a position, a page at a time."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from api.service.problems import documented


class Rows(BaseModel):
    """Rows as they stood at ``position``, which is a page where ``next`` is a cursor."""

    position: int
    rows: list[dict[str, Any]]
    next: int | str | None = None


ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"description": "The answer, as of its position", "model": Rows},
    304: {"description": "The asker has this answer already (If-None-Match)"},
    **documented(401, 403, 404, 422, 503),
}
