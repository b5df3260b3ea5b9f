"""Samples that were examined (抽样核查), as decisions on their working papers know them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Literal

from ledger.domain.record import Record

PaperState = Literal["prepared", "sent-back", "agreed"]
"""A working paper is prepared (已编制), sent back to be put right (已退回修改) or agreed to (已复核)."""


@dataclass
class ExaminedSample(Record):
    """A sample with its working paper (工作底稿): ``unit`` is the one examined, the sponsor where that was all.

    ``by`` are the officers who prepared the paper.
    """

    KIND: ClassVar[str] = "sample"
    id: str
    campaign: str
    unit: str
    by: list[str] = field(default_factory=list)
    state: PaperState = "prepared"
