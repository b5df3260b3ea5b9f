"""A recorded event, as the projections take it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple, TypeVar, cast

from ledger.domain.event import Event, VerifiedEvent


class Recorded(NamedTuple):
    """An event at its position, with all that was recorded with it.

    ``batch`` is the root, in Base64, of the tree that one signature covered; None where the statement
    was signed by itself.
    """

    position: int
    act: VerifiedEvent
    batch: str | None

    @property
    def event(self) -> Event:
        """The event itself, in its newest shape."""
        return self.act.event


E = TypeVar("E", bound=Event)


def by_type(events: Iterable[Recorded]) -> Mapping[type[Event], list[Recorded]]:
    """The events of each type, in order. To look a type up is far quicker than ``isinstance``."""
    found: dict[type[Event], list[Recorded]] = defaultdict(list)
    for item in events:
        found[type(item.act.event)].append(item)
    return found


def of_types(events: Iterable[Recorded], *types: type[E]) -> list[tuple[E, Recorded]]:
    """The events of these types, in order, each with all that was recorded with it."""
    wanted = frozenset(types)
    return [(cast(E, item.act.event), item) for item in events if type(item.act.event) in wanted]
