"""History as it is answered (历史应答): the types of events, and what changed between two moments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import JsonValue

from api.service.answers import InBoth
from projections.frame.column import Title


@dataclass
class EventType:
    """What a type of event is called."""

    type: str
    title: InBoth


@dataclass
class Change:
    """A row that was added, changed or removed, by its ``key``; ``about`` are the names that tell it from others.

    ``before`` and ``after`` are the row on either side, or of one that changed the columns that differ.
    """

    change: Annotated[Literal["added", "changed", "removed"], Title("变化", "change")]
    key: str
    about: Annotated[dict[str, str | None], Title("对象", "about")]
    before: Annotated[dict[str, JsonValue] | None, Title("之前", "before")]
    after: Annotated[dict[str, JsonValue] | None, Title("之后", "after")]
    before_said: InBoth
    after_said: InBoth
