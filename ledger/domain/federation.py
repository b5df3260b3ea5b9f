"""Ledgers above and below one another, as decisions know them (上下级台账).

A county's ledger knows which machines of a higher level may read it; a higher ledger knows which ledgers it
follows, and how far it has seen each.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from ledger.domain.record import Record

LedgerLevel = Literal["nation", "province", "city", "county"]
"""The level that a ledger is kept at (台账级次)."""

LEDGER_LEVEL_TITLES: dict[str, tuple[str, str]] = {
    "nation": ("国家级", "nation"),
    "province": ("省级", "province"),
    "city": ("市级", "city"),
    "county": ("县级", "county"),
}

Fault = Literal["fork", "set-back", "entry-refused", "withheld", "silent"]
"""What can be wrong with a ledger that is followed."""

FAULT_TITLES: dict[str, tuple[str, str]] = {
    "fork": ("历史分叉", "forked"),
    "set-back": ("历史被回退", "set back"),
    "entry-refused": ("记录不成立", "an entry does not hold"),
    "withheld": ("记录未提供", "entries withheld"),
    "silent": ("未按时出示检查点", "silent"),
}

PASSING: frozenset[str] = frozenset({"withheld", "silent"})
"""Faults that are over as soon as the ledger is read again; of the others a registrar says when."""


@dataclass
class UpperReader(Record):
    """A machine of a higher level that may read every entry (上级读取方), by its Ed25519 key in hex.

    ``key_id`` is how its requests name the key. ``revoked`` once it may read no more.
    """

    KIND: ClassVar[str] = "upper"
    RESIDENT: ClassVar[bool] = True
    id: str
    name: str
    level: str
    region: str
    public_key: str
    key_id: str
    revoked: bool = False


@dataclass
class Followed(Record):
    """A ledger of a lower level that this one follows (下级台账), by the public key of its log in hex.

    ``size`` and ``root`` are of the checkpoint that was noted last, ``seen_on`` its day; ``since`` is the day from
    which it is followed, ``summary_at`` the position of the last summary taken. ``fault`` is what is wrong with it,
    since ``fault_on``.
    """

    KIND: ClassVar[str] = "followed"
    RESIDENT: ClassVar[bool] = True
    id: str
    ledger: str
    name: str
    level: str
    region: str
    public_key: str
    gives_entries: bool
    silent_after_days: int
    since: str
    size: int = 0
    root: str = ""
    seen_on: str = ""
    summary_at: int = 0
    fault: str | None = None
    fault_on: str = ""
