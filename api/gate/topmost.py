"""The topmost unit (最上级单位): whoever holds a role over it sees what one without a unit's bounds would."""

from __future__ import annotations

from api.gate.scoped_views import ScopedViews


def topmost(views: ScopedViews) -> str | None:
    """The unit that all others are below; None where there are several at the top, or none at all."""
    found = views.rows("SELECT unit FROM units WHERE parent IS NULL LIMIT 2")
    return str(found[0]["unit"]) if len(found) == 1 else None
