"""The levels of units (单位层级), and which stands above which."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Level = Literal["province", "city", "county", "department", "town", "grass-roots", "enterprise"]

LEVEL_TITLES: Mapping[Level, tuple[str, str]] = {
    "province": ("省级", "province"),
    "city": ("市级", "city"),
    "county": ("县级", "county"),
    "department": ("部门", "department"),
    "town": ("乡镇（街道）", "town"),
    "grass-roots": ("基层", "grass roots"),
    "enterprise": ("企业", "enterprise"),
}

_RANKS: Mapping[str, int] = {
    "province": 0,
    "city": 1,
    "county": 2,
    "department": 3,
    "town": 3,
    "grass-roots": 4,
    "enterprise": 4,
}


def is_at_least(level: str, wanted: Level) -> bool:
    """Whether a level is the one that is wanted, or above it.

    >>> is_at_least("city", "county"), is_at_least("town", "county"), is_at_least("town", "department")
    (True, False, False)
    """
    return level == wanted or _RANKS[level] < _RANKS[wanted]
