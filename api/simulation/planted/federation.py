"""Ledgers below (下级账本), as they are planted: one declares a fen too much and forks, one agrees and is late once."""

from __future__ import annotations

from uuid import UUID

from api.simulation.frauds import Planting, planted
from api.simulation.world import Plan
from ledger.events.federation import (
    CheckpointSeen,
    Discrepancy,
    LedgerFollowed,
    MirrorFault,
    SummaryTaken,
)

LEDGER = "@ledger"
"""Whom the ledger's own key signs for."""


@planted(1)
def county_below(p: Planting, plans: list[Plan]) -> None:
    """A county whose summary differs and whose history forks; another that puts right what it said, and is heard again."""

    def see() -> None:
        w = p.world
        w.put_key(LEDGER, w.store.ledger_key())
        wrong, right = f"{p.code}-below", f"{p.code}-beside"
        for code in (wrong, right):
            event = LedgerFollowed(
                followed=code,
                ledger=str(UUID(int=w.random.getrandbits(128), version=4)),
                name=f"下级账本 {code}",
                level="county",
                region="430181",
                public_key=f"{w.random.getrandbits(256):064x}",
            )
            w.record("registrar", event)
        differing = w.record(LEDGER, _summary(w.day(), wrong, 9, 50_001))
        forked = w.record(LEDGER, MirrorFault(followed=wrong, day=w.day(), fault="fork", size=40))
        w.record(LEDGER, _summary(w.day(), right, 9, 50_001))
        w.record(LEDGER, _summary(w.day(), right, 12, 50_000))
        w.record(LEDGER, MirrorFault(followed=right, day=w.day(), fault="silent", size=12))
        w.record(LEDGER, CheckpointSeen(followed=right, day=w.day(), size=12, root="0" * 64))
        found.extend((str(differing.position), str(forked.position)))

    found: list[str] = []
    p.campaign.at("object", see)
    p.expect("summary-differs", "event", lambda: found[0], "-")
    p.expect("mirror-fault", "event", lambda: found[1], "-")


def _summary(day: str, followed: str, position: int, declared_fen: int) -> SummaryTaken:
    """A summary of one person helped with 500 yuan."""
    differs = declared_fen != 50_000
    said = {
        "declared_persons": 1,
        "declared_fen": declared_fen,
        "recomputed_persons": 1,
        "recomputed_fen": 50_000,
    }
    return SummaryTaken(
        followed=followed,
        day=day,
        of_campaign="b",
        of_unit="tea",
        filed_on=day,
        position=position,
        as_of=position,
        differences=[Discrepancy(**said)] if differs else [],
        **said,
    )
