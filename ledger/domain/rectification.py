"""Rectification and matters handed over, as decisions know them (整改、移送).

Rules of oversight practice, 10: what was found is put right by a unit until a day, and struck off by somebody else;
what belongs to another organ is handed over by a letter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from ledger.domain.record import Record


@dataclass
class Rectification(Record):
    """A rectification notice (整改通知) of a unit in a campaign, the sponsor where it stated none.

    ``items`` are, for each in order, the unit answerable, whether it was struck off, the flag's subject and the
    discipline case that gave rise to it, the persons who had a part in either, and where those lie: unit, campaign,
    since when. ``ordered_at`` is when the notice was recorded (UTC).
    """

    KIND: ClassVar[str] = "rectification"
    id: str
    campaign: str
    unit: str
    ordered_at: str
    items: list[Sequence[Any]] = field(default_factory=list)


@dataclass
class Handover(Record):
    """A matter that was handed over to another organ (移送): of a unit or of all, in a campaign or in all."""

    KIND: ClassVar[str] = "handover"
    id: str
    unit: str | None = None
    campaign: str | None = None
