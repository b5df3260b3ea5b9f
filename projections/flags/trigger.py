"""What a trigger is (触发条件): the events that can raise, change or clear a flag, and the way to its subject.

A rule names its triggers. One that several rules need is a named value in ``triggers/``, and is asked once
a batch for all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from ledger.domain.event import Event
from projections.flags.subject import Subject
from projections.frame.recorded import Recorded
from projections.frame.view import Cursor, lines

Found = dict[tuple[str, int], Subject]
"""Subjects to ask for, each by its text and the position that touched it, in the order of positions."""


@dataclass(frozen=True, eq=False)
class Trigger:
    """Events of some types, with the subjects that each of them touches.

    The way from an event to its subjects is either ``subjects``, a function of the event and of what was
    recorded with it; or ``query``, asked once for all such events of a batch. The query sees them in the table
    ``events``, whose rows are the timeline's, beside every view, and returns ``(position, campaign, name)`` of
    subjects of that ``kind``. With ``when``, only those events count of which it is true.

    The views may be ahead of the batch. A rule keeps to the position that it is asked for, so that a subject
    found too early is asked for in vain, and nothing else comes of it.
    """

    events: tuple[type[Event], ...]
    subjects: Callable[[Any, Recorded], Iterable[Subject]] | None = None
    kind: str | None = None
    query: str | None = None
    when: Callable[[Any], bool] | None = None

    TABLE: ClassVar[str] = (
        "events AS MATERIALIZED (SELECT t.* FROM unnest(string_to_array(%s, E'\\n')) AS p (position)"
        " JOIN timeline t ON t.position = p.position::bigint)"
    )
    """SQL of the table ``events``, which takes positions as lines."""

    def __post_init__(self) -> None:
        if (self.subjects is None) is (self.query is None) or (self.query is None) is not (self.kind is None):
            raise RuntimeError("a trigger has either a function, or a query with the kind of its subjects")

    def find(self, cursor: Cursor, batch: Mapping[type[Event], Sequence[Recorded]]) -> Found:
        """The subjects that the batch's events touch; nothing is asked where it has none of these types."""
        items = [item for kind in self.events for item in batch.get(kind, ())]
        if self.when is not None:
            items = [item for item in items if self.when(item.act.event)]
        if not items:
            return {}
        if self.subjects is not None:
            found = {
                (subject.text, item.position): subject
                for item in items
                for subject in self.subjects(item.act.event, item)
            }
        else:
            found = self._ask(cursor, items)
        return found if len(found) < 2 else dict(sorted(found.items(), key=_position))

    def _ask(self, cursor: Cursor, items: Sequence[Recorded]) -> Found:
        assert self.query is not None
        assert self.kind is not None
        positions = lines(str(item.position) for item in items)
        cursor.execute(f"WITH {self.TABLE} {self.query}", (positions,), prepare=True)
        subjects = [
            (position, Subject(campaign, self.kind, name)) for position, campaign, name in cursor.fetchall()
        ]
        return {(subject.text, position): subject for position, subject in subjects}


def _position(found: tuple[tuple[str, int], Subject]) -> int:
    return found[0][1]
