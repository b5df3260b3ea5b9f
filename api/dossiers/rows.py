"""A dossier as it is answered (档案应答), and what was paid on a case."""

from __future__ import annotations

from dataclasses import dataclass

from projections.frame.column import Day, Fen


@dataclass
class Payout:
    """What was paid or given on a case, and what came back of it; ``line`` is null for goods.

    ``drawn`` says that it was money that the unit had drawn.
    """

    payout: str
    position: int
    campaign: str
    unit: str
    dossier: str
    case_id: str
    form: str
    line: str | None
    drawn: bool
    method: str | None
    paid_on: Day
    amount_fen: Fen
    returned_fen: Fen
