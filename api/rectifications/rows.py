"""Items of rectification, matters handed over and outside cases as they are answered (整改与移送应答)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from projections.frame.column import Title
from projections.views.rectifications import HandoverRow, OutsideCaseRow, RectificationRow

ItemState = Literal["open", "overdue", "struck-off"]

STATE_TITLES: dict[ItemState, tuple[str, str]] = {
    "open": ("整改中", "to be put right"),
    "overdue": ("逾期未整改", "overdue"),
    "struck-off": ("已销号", "struck off"),
}


@dataclass
class RectificationItemShown(RectificationRow):
    """An item of a rectification list as it stood, and whether its day is over."""

    state: Annotated[ItemState, Title("状态", "state")]


@dataclass
class HandoverShown(HandoverRow):
    """A matter handed over, with the file numbers of the cases that came of it."""

    file_numbers: Annotated[list[str], Title("立案文号", "file numbers")]


@dataclass
class OutsideCaseShown(OutsideCaseRow):
    """A case that another organ filed."""
