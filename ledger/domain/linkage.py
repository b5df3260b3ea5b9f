"""Linkage runs in the state (人员比对)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ledger.domain.record import Record


@dataclass
class Linkage(Record):
    """A linkage run (人员比对), the officer who started it, and where."""

    KIND: ClassVar[str] = "linkage"
    id: str
    officer: str
    unit: str | None = None
    campaign: str | None = None


@dataclass
class FilingsComparedUpTo(Record):
    """The entry up to which what was filed in a campaign was compared by itself (申报时比对); the id is the campaign's."""

    KIND: ClassVar[str] = "filings-compared"
    id: str
    through: int
