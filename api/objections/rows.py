"""Objections as they are answered (异议应答) to officers: those that wait, and those to be settled."""

from __future__ import annotations

from dataclasses import dataclass

from ledger.events.opening import Opening
from projections.frame.column import Moment


@dataclass
class WaitingObjection:
    """What somebody wrote to a notice, and nobody has taken down yet.

    ``opening`` is what whoever takes it down shows beside its words; null for one of before such commitments.
    """

    number: str
    received_at: Moment
    notice: str
    case_id: str
    campaign: str
    unit: str
    text: str
    opening: Opening | None


@dataclass
class OpenObjection:
    """An objection that was taken down and waits to be settled."""

    objection: str
    case_id: str
    campaign: str
    lodged_at: int
    unit: str
    dossier: str
