"""The access scope (查看范围): the units and campaigns that a reader may see, as pairs.

A grant over one unit for one campaign and another over a second unit for a second campaign do not
add up to both units in both campaigns: the scope is a union of areas, never their product.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple


class Area(NamedTuple):
    """These campaigns over these units, each unit with all below it; None is all."""

    campaigns: tuple[str, ...] | None = None
    units: tuple[str, ...] | None = None


class AccessScope(NamedTuple):
    """All areas that a reader may see; none is nothing at all."""

    areas: tuple[Area, ...]

    @property
    def is_everything(self) -> bool:
        """Whether nothing is left out: every unit, every campaign, and what belongs to none."""
        return Area() in self.areas

    @property
    def has_all_units(self) -> bool:
        """Whether no unit is left out in any of its campaigns."""
        return all(area.units is None for area in self.areas)

    def includes(self, other: AccessScope) -> bool:
        """Whether each area of the other lies in one of these, by their names alone."""
        return all(any(_inside(area, mine) for mine in self.areas) for area in other.areas)


EVERYTHING = AccessScope((Area(),))
NOTHING = AccessScope(())


def scope_of(pairs: Iterable[tuple[str | None, str | None]]) -> AccessScope:
    """The scope of pairs ``(unit, campaign)``, None for all; campaigns over the same units share an area.

    >>> scope_of([("tea", "b2026"), ("sugar", "c2026"), ("tea", "c2026")]).areas
    (Area(campaigns=('b2026',), units=('tea',)), Area(campaigns=('c2026',), units=('sugar', 'tea')))
    """
    units_of: dict[str | None, set[str | None]] = defaultdict(set)
    for unit, campaign in pairs:
        units_of[campaign].add(unit)
    always = units_of.pop(None, set())
    if None in always:
        return EVERYTHING
    campaigns_of: dict[frozenset[str | None], list[str]] = defaultdict(list)
    for campaign, units in units_of.items():
        left = frozenset([None]) if None in units else frozenset(units - always)
        if left and campaign is not None:
            campaigns_of[left].append(campaign)
    areas = [Area(None, _sorted(always))] if always else []
    areas += [
        Area(tuple(sorted(campaigns)), None if None in units else _sorted(units))
        for units, campaigns in campaigns_of.items()
    ]
    return AccessScope(tuple(sorted(areas, key=repr)))


def _inside(area: Area, outer: Area) -> bool:
    return all(
        whole is None or (part is not None and set(part) <= set(whole))
        for part, whole in zip(area, outer, strict=True)
    )


def _sorted(units: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(sorted(unit for unit in units if unit is not None))
