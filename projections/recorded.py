"""A recorded event, as the projections take it."""

from __future__ import annotations

from typing import NamedTuple

from ledger.entry import act_of, batch_root
from ledger.event import Act, Event


class Recorded(NamedTuple):
    """An event at its position, with all that was recorded with it.

    ``batch`` is the root, in Base64, of the tree that one signature covered; None where the statement
    was signed by itself.
    """

    position: int
    act: Act
    batch: str | None

    @property
    def event(self) -> Event:
        """The event itself, in its newest shape."""
        return self.act.event


def recorded(position: int, entry: bytes) -> Recorded:
    """Reads a stored entry."""
    return Recorded(position, act_of(entry), batch_root(entry))
