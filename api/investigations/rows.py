"""Discipline cases as they are answered (核查事项应答)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from projections.frame.column import Title
from projections.views.oversight import InvestigationRow


@dataclass
class FlagOfCase:
    """A flag that a case is over, as it was raised at that position."""

    flag: str
    raised_at: int


@dataclass
class Investigation(InvestigationRow):
    """A discipline case as it stood, with its flags."""

    flags: Annotated[list[FlagOfCase], Title("疑点", "flags")]
