"""What a pair is taken for (比对判断), and the model that weighs it, by name; what needs no engine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

MODEL = "splink-5-frozen-2"
"""The model's name and version, recorded with what it finds."""

LEAST_WEIGHT = 6.0
"""From this match weight (bits) on, a pair is taken for one person where the guard agrees."""

SAME_NUMBER = 4
"""The level of numbers that are the same but for the check character; two dossiers of one number are compared by name."""

Kind = Literal["one-person", "one-edit", "two-names", "review"]
"""One person under two numbers, numbers one edit apart, one number under two names, or for somebody to look at."""

KIND_TITLES: Mapping[str, tuple[str, str]] = {
    "one-person": ("疑似同一人", "one person"),
    "one-edit": ("号码近似", "numbers one edit apart"),
    "two-names": ("一号两名", "one number, two names"),
    "review": ("待核", "for review"),
}
"""What people call them."""


def kind_of(weight: float, levels: Mapping[str, int], *, guarded: bool, one_edit: bool) -> Kind:
    """What a pair is taken for by its weight in bits, its levels and its guard.

    >>> kind_of(7.5, {"number": 2}, guarded=True, one_edit=False), kind_of(7.5, {"number": 2}, guarded=False, one_edit=False)
    ('one-person', 'review')
    """
    if levels["number"] == SAME_NUMBER:
        return "two-names"
    if guarded and weight >= LEAST_WEIGHT:
        return "one-person"
    return "one-edit" if one_edit else "review"
