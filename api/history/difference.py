"""What changed between two positions (差异): added, changed and removed rows of a view."""

from __future__ import annotations

from typing import Literal, NamedTuple

from api.gate import Row, ScopedViews
from api.money import queries as balances
from projections.frame.view import AS_OF

What = Literal["roster", "balance", "flags"]

_KEYS = {"roster": ("cases", "case_id"), "flags": ("flags", "flag")}
_ABOUT: dict[What, tuple[str, ...]] = {
    "roster": ("campaign", "unit", "dossier"),
    "balance": ("campaign", "line"),
    "flags": ("rule", "campaign", "unit", "subject"),
}
_VERSION = {"from_position", "to_position"}


class Difference(NamedTuple):
    """A page of rows; ``next`` is the key after which the next one begins, None on the last."""

    rows: list[Row]
    next: str | None


def difference(
    views: ScopedViews,
    what: What,
    earlier: int,
    later: int,
    *,
    after: str | None = None,
    limit: int = 10_000,
) -> Difference:
    """Rows ``{change, key, about, before, after}`` from one position to a later one, by key.

    ``change`` is added, changed or removed; ``about`` names what it is about; ``before`` and ``after``
    have only the members that differ where it is changed, and all of them otherwise.
    """
    before, now, end = (
        _balances(views, earlier, later, after, limit)
        if what == "balance"
        else _versions(views, what, earlier, later, after, limit)
    )
    found = []
    for key in sorted(before.keys() | now.keys()):
        change = change_of(before.get(key), now.get(key))
        if change is not None:
            row = now.get(key) or before[key]
            about = {name: row[name] for name in _ABOUT[what]}
            found.append({"change": change.pop("change"), "key": key, "about": about, **change})
    return Difference(found, end)


_Sides = tuple[dict[str, Row], dict[str, Row], str | None]
"""The rows at the earlier and the later position by key, and the last key where more follow."""


def _balances(views: ScopedViews, earlier: int, later: int, after: str | None, limit: int) -> _Sides:
    before, now = (
        {f"{row['campaign']}/{row['line']}": row for row in balances.sums(views, position)}
        for position in (earlier, later)
    )
    keys = sorted(key for key in before.keys() | now.keys() if after is None or key > after)
    page = set(keys[:limit])
    end = keys[limit - 1] if len(keys) > limit else None
    return (
        {key: row for key, row in before.items() if key in page},
        {key: row for key, row in now.items() if key in page},
        end,
    )


def _versions(
    views: ScopedViews, what: What, earlier: int, later: int, after: str | None, limit: int
) -> _Sides:
    table, key = _KEYS[what]
    touched = views.rows(
        f'SELECT DISTINCT {key} COLLATE "C" AS key FROM {table} WHERE'
        " (from_position > %(earlier)s AND from_position <= %(later)s"
        "  OR to_position > %(earlier)s AND to_position <= %(later)s)"
        f' AND (%(after)s::text IS NULL OR {key} COLLATE "C" > %(after)s)'
        " ORDER BY 1 LIMIT %(limit)s",
        earlier=earlier,
        later=later,
        after=after,
        limit=limit + 1,
    )
    keys = [row["key"] for row in touched[:limit]]
    sides: list[dict[str, Row]] = []
    for position in (earlier, later):
        found = views.rows(
            f"SELECT * FROM {table} WHERE {key} = ANY(%(keys)s) AND {AS_OF}",
            keys=keys,
            as_of=position,
        )
        sides.append({row[key]: {k: v for k, v in row.items() if k not in _VERSION} for row in found})
    return sides[0], sides[1], keys[-1] if len(touched) > limit else None


def change_of(before: Row | None, after: Row | None) -> Row | None:
    """``{change, before, after}`` of a row on either side, with what differs alone; None where nothing does."""
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
