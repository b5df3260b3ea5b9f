"""What changed between two positions (差异): added, changed and removed rows of a view."""

from __future__ import annotations

from typing import Literal

from api.queries import Row, ScopedViews, balances

What = Literal["roster", "balance", "flags"]

_KEYS = {"roster": ("cases", "case_id"), "flags": ("flags", "flag")}
_ABOUT: dict[What, tuple[str, ...]] = {
    "roster": ("campaign", "unit", "dossier"),
    "balance": ("campaign", "line"),
    "flags": ("rule", "campaign", "unit", "subject"),
}
_VERSION = {"from_position", "to_position"}


def difference(views: ScopedViews, what: What, earlier: int, later: int, *, limit: int = 10_000) -> list[Row]:
    """Rows ``{change, key, about, before, after}`` from one position to a later one, by key.

    ``change`` is added, changed or removed; ``about`` names what it is about; ``before`` and ``after``
    have only the members that differ where it is changed, and all of them otherwise.
    """
    if what == "balance":
        before = {f"{row['campaign']}/{row['line']}": row for row in balances.sums(views, earlier)}
        after = {f"{row['campaign']}/{row['line']}": row for row in balances.sums(views, later)}
    else:
        before, after = _versions(views, what, earlier, later, limit)
    found = []
    for key in sorted(before.keys() | after.keys()):
        change = _change(before.get(key), after.get(key))
        if change is not None:
            row = after.get(key) or before[key]
            about = {name: row[name] for name in _ABOUT[what]}
            found.append({"change": change.pop("change"), "key": key, "about": about, **change})
    return found


def _versions(
    views: ScopedViews, what: What, earlier: int, later: int, limit: int
) -> tuple[dict[str, Row], dict[str, Row]]:
    table, key = _KEYS[what]
    touched = (
        f"SELECT DISTINCT {key} FROM {table} WHERE from_position > %(earlier)s"
        " AND from_position <= %(later)s OR to_position > %(earlier)s AND to_position <= %(later)s"
        f" ORDER BY {key} LIMIT %(limit)s"
    )
    sides: list[dict[str, Row]] = []
    for position in (earlier, later):
        found = views.rows(
            f"SELECT * FROM {table} WHERE {key} IN ({touched})"
            " AND from_position <= %(at)s AND (to_position IS NULL OR to_position > %(at)s)",
            earlier=earlier,
            later=later,
            at=position,
            limit=limit,
        )
        sides.append({row[key]: {k: v for k, v in row.items() if k not in _VERSION} for row in found})
    return sides[0], sides[1]


def _change(before: Row | None, after: Row | None) -> Row | None:
    if before is None:
        return {"change": "added", "before": None, "after": after}
    if after is None:
        return {"change": "removed", "before": before, "after": None}
    differing = [name for name in after if before.get(name) != after[name]]
    if not differing:
        return None
    return {
        "change": "changed",
        "before": {name: before.get(name) for name in differing},
        "after": {name: after[name] for name in differing},
    }
