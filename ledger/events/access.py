"""The access log's head (查阅日志封存): the ledger's own key says how far the log goes, and what it ends in.

The lines themselves are no part of the ledger: they are many, and say what officers looked at. What
is recorded is the last link of their chain, so that none can be changed or removed afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from pydantic import Field

from ledger.domain.event import Event, VerifiedEvent
from ledger.domain.fields import Digest
from ledger.domain.record import Record
from ledger.domain.state import State
from ledger.domain.who_signs import SignedBy
from ledger.errors import Rule
from ledger.statements.statement import LARGEST_INTEGER

LineCount = Annotated[int, Field(gt=0, le=LARGEST_INTEGER)]
"""A number of lines of the access log."""

ACCESS_LOG_NOT_GROWN = Rule(
    "access-log-not-grown",
    zh="查阅日志没有增长：上次封存至第 {expected} 行，此次为 {found} 行",
    en="the access log has not grown: it was sealed at {expected} lines before, and now at {found}",
)


@dataclass
class AccessLogHead(Record):
    """How far the access log (查阅日志) was sealed last: its lines, its last link in hex, and when."""

    KIND: ClassVar[str] = "access-log"
    RESIDENT: ClassVar[bool] = True
    ONLY: ClassVar[str] = "head"
    id: str
    lines: int
    head: str
    sealed_at: str


class AccessLogSealed(Event):
    """The access log stands at so many lines, the last of which has this link (查阅日志封存)."""

    TITLE_ZH: ClassVar[str] = "查阅日志封存"
    TITLE_EN: ClassVar[str] = "Access log sealed"
    SIGNED_BY: ClassVar[SignedBy] = "ledger"

    lines: LineCount
    head: Digest

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """Only forward."""
        before = state.find(AccessLogHead, AccessLogHead.ONLY)
        if before is not None and self.lines <= before.lines:
            raise ACCESS_LOG_NOT_GROWN.refused(expected=before.lines, found=self.lines)

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """The head stands, with the time it was sealed at."""
        state.put(AccessLogHead(AccessLogHead.ONLY, self.lines, self.head, act.recorded_at))
