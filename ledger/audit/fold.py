"""The fold of an audit (逐条复核): each act decided again on the state that the acts before it add up to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from ledger.domain.admission import admit
from ledger.domain.event import VerifiedEvent
from ledger.domain.spill import Seen
from ledger.domain.state import UNKNOWN_REFERENCE, State
from ledger.errors import Refused
from ledger.events.calendar import ClockAccepted
from ledger.findings import (
    ENTRY_MALFORMED,
    NOT_DECIDABLE,
    STATEMENT_TWICE,
    TIME_WENT_BACK,
    VERDICT_DIFFERS,
)

Find = Callable[[int | None, Refused], None]
"""Hears of a finding at a position."""


class Ids(Protocol):
    """Remembers statements' ids."""

    def add(self, text: str) -> bool:
        """Remember one; answer whether it is new."""


class Fold:
    """Folds acts into a state, and says of each whether it was to be recorded.

    ``partial`` is a history with entries left out, on which not every act can be decided.
    """

    def __init__(
        self,
        state: State,
        find: Find,
        *,
        partial: bool = False,
        ids: Ids | None = None,
        recorded_at: str = "",
    ) -> None:
        self.state = state
        self.recorded_at = recorded_at
        self._find = find
        self._partial = partial
        self._ids = Seen() if ids is None else ids

    def take(self, position: int, act: VerifiedEvent) -> bool:
        """Takes the next act; answers whether it stands here for the first time."""
        # A registrar who accepts the clock may set recorded time back.
        if act.recorded_at >= self.recorded_at or isinstance(act.event, ClockAccepted):
            self.recorded_at = act.recorded_at
        else:
            self._find(position, TIME_WENT_BACK.refused(expected=self.recorded_at, found=act.recorded_at))
        if not self._ids.add(act.statement.id):
            self._find(position, STATEMENT_TWICE.refused(id=act.id))
            return False
        self._admit(position, act)
        return True

    def _admit(self, position: int, act: VerifiedEvent) -> None:
        try:
            admit(act, self.state)
        except Refused as refusal:
            if self._partial and refusal.rule is UNKNOWN_REFERENCE:
                self._find(position, NOT_DECIDABLE.refused(**_told(refusal)))
                return
            self._find(position, VERDICT_DIFFERS.refused(code=refusal.code, **_told(refusal)))
            self._apply_anyway(act)
        except (KeyError, ValueError, RuntimeError) as error:
            # Its marks are not those of its event: no writer ever records that.
            found = ENTRY_MALFORMED.refused(
                problem="its event cannot take effect", error=f"{type(error).__name__}: {error}"
            )
            self._find(position, found)

    def _apply_anyway(self, act: VerifiedEvent) -> None:
        """What was recorded has its effect, so that one wrong entry is not found in all after it."""
        try:
            act.event.apply(act, self.state)
        except (Refused, RuntimeError, KeyError, ValueError):
            # It leans on what does not exist; its verdict says so.
            return


def _told(refusal: Refused) -> dict[str, str]:
    """A refusal's text as a detail of a finding, in both languages."""
    return {"problem": refusal.message("zh"), "problem_en": refusal.message("en")}
