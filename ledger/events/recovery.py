"""Recovery (恢复): what a registrar says when the ledger goes on from less than was published."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from ledger.domain.event import Event, VerifiedEvent
from ledger.domain.fields import Digest, Text
from ledger.domain.state import State
from ledger.errors import Rule

NOTHING_LOST = Rule(
    "nothing-lost",
    zh="没有记录丢失：已公布 {expected} 条，现有 {found} 条且相同",
    en="nothing is lost: {expected} entries were published, here are {found}, and they are the same",
)


class SetBackAccepted(Event):
    """A ledger goes on from a copy that lacks what was published (确认回退), after a disaster.

    ``size`` and ``root`` are those of the last checkpoint that was published before, ``head`` the
    entries that the copy held. Whoever keeps that checkpoint sees by this entry that the loss is
    owned to, and by whom. Signed by a registrar over everything.
    """

    TITLE_ZH: ClassVar[str] = "确认回退"
    TITLE_EN: ClassVar[str] = "Set-back accepted"
    ROLES: ClassVar[frozenset[str]] = frozenset({"registrar"})

    size: Annotated[int, Field(gt=0, le=2**53 - 1)]
    root: Digest
    head: Annotated[int, Field(ge=0, le=2**53 - 1)]
    reason: Text

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """Whatever it says of what is lost, nothing here can tell; it grants nothing."""
