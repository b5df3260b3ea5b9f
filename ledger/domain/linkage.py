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
