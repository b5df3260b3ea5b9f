"""Relation charts in the file of a discipline case (关系图入卷): whom and what a chart shows, where, as of when, and why."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from ledger.domain.event import VerifiedEvent
from ledger.domain.fields import PLAIN, Day, LongText, Text
from ledger.domain.state import Investigation, State
from ledger.events.oversight import OfCase, check_no_party

MOST_NODES = 200
"""A chart of more is read by nobody, on paper least of all."""

NodeName = Annotated[
    str,
    StringConstraints(
        pattern=r"^(dossier|person|account|phone|address|household|unit|officer|payout):[A-Za-z0-9:_.-]{1,160}$"
    ),
    PLAIN,
]
"""A node of the relation chart, as the views name it: ``dossier:019b…``, an account by its mark."""

Across = Annotated[int, Field(ge=-100_000, le=100_000)]
"""A place on the chart, in its own units."""


class ChartNode(BaseModel):
    """What stands at a place of the chart, and what the inspector noted there (旁注)."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    node: NodeName
    x: Across
    y: Across
    note: Text | None = None


class ChartFiled(OfCase):
    """A relation chart is put into the file of an open discipline case (关系图入卷).

    It names what was shown as of an entry, ``drawn_at``, between two days where it was filtered. What hangs together is
    not in it: whoever reads it again asks the ledger as of that entry, within what they may see.
    """

    TITLE_ZH: ClassVar[str] = "关系图入卷"
    TITLE_EN: ClassVar[str] = "Relation chart filed"

    drawn_at: Annotated[int, Field(ge=1)]
    first_day: Day | None = None
    last_day: Day | None = None
    nodes: Annotated[list[ChartNode], Field(min_length=1, max_length=MOST_NODES)]
    text: LongText

    @model_validator(mode="after")
    def _is_a_chart(self) -> ChartFiled:
        if len({each.node for each in self.nodes}) < len(self.nodes):
            raise ValueError("nodes: each stands once")
        if self.first_day is not None and self.last_day is not None and self.first_day > self.last_day:
            raise ValueError("last_day: not before first_day")
        return self

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """The case is open, and who draws for it has no part in what it is about."""
        super().decide(act, state)
        check_no_party(act, state.get(Investigation, self.investigation), state)
