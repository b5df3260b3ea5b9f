"""Members in words (代码名称入文): what a flag or a change says, with the codes in it by what they are called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.wording.titles import CodeKind, CodeTitles
from api.wording.words import in_both

CODES: Mapping[str, CodeKind] = {
    "unit": "unit",
    "units": "unit",
    "officer": "officer",
    "officers": "officer",
    "campaign": "campaign",
    "campaigns": "campaign",
    "prior_campaign": "campaign",
    "parent": "unit",
    "sponsor": "unit",
    "prepared_by": "officer",
    "reviewed_by": "officer",
    "reconciled": "officer",
    "category": "category",
    "line": "line",
    "stated_class": "hardship-class",
    "computed_class": "hardship-class",
    "exclusions": "exclusion",
}
"""What a member is a code of, or several codes."""


def in_words(titles: CodeTitles, found: Mapping[str, Any]) -> dict[str, str]:
    """An object in Chinese and English; a code that the reader may not know the title of stays as it is."""
    return in_both({name: _called(titles, name, value) for name, value in found.items()})


def _called(titles: CodeTitles, name: str, value: Any) -> Any:
    if isinstance(value, Mapping):
        return {each: _called(titles, each, found) for each, found in value.items()}
    kind = CODES.get(name)
    if kind is None or value is None:
        return value
    return (
        [titles.title(kind, each) for each in value] if isinstance(value, list) else titles.title(kind, value)
    )
