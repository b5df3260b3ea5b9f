"""Money that moved between an account and others than recipients, as decisions know it (资金往来)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from ledger.domain.record import Record


@dataclass
class Move(Record):
    """How money went between an account and others than recipients: allocated, returned, drawn, given back.

    The id is the statement's, signed by the officers ``by``; ``direction`` is the account's, credit or debit.
    ``seen_in`` is the statement of account that shows it, empty before.
    """

    KIND: ClassVar[str] = "move"
    id: str
    campaign: str
    line: str
    direction: str
    amount_fen: int
    seen_in: str = ""
    by: list[str] = field(default_factory=list)
