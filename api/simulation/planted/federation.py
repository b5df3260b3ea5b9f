"""Ledgers below (下级台账), as they are planted: one declares a fen too much and forks, one agrees; and their matches."""

from __future__ import annotations

from hashlib import sha256
from typing import Any
from uuid import UUID

from api.simulation.frauds import Planting, planted
from api.simulation.world import Plan
from ledger.crypto.keys import new_key, public_hex
from ledger.events.federation import (
    CheckpointSeen,
    Discrepancy,
    LedgerFollowed,
    MirrorFault,
    SummaryTaken,
)
from ledger.events.matching import MatchAnswered, MatchFound

LEDGER = "@ledger"
"""Whom the ledger's own key signs for."""


@planted(1)
def county_below(p: Planting, plans: list[Plan]) -> None:
    """A county whose summary differs and whose history forks; another that agrees and only grows.

    Of their matches one is confirmed, one is never answered, and one is settled by both.
    """

    def see() -> None:
        w = p.world
        w.put_key(LEDGER, w.store.ledger_key())
        wrong, right = _follow(p), _follow(p)
        differing = w.record(LEDGER, _summary(w.day(), wrong, 50_001))
        forked = w.record(LEDGER, MirrorFault(followed=wrong, day=w.day(), fault="fork", size=40))
        w.record(LEDGER, _summary(w.day(), right, 50_000))
        w.record(LEDGER, CheckpointSeen(followed=right, day=w.day(), size=12, root="0" * 64))
        found.extend((str(differing.position), str(forked.position)))

        confirmed, waiting = (_match(p, wrong, right, number) for number in (1, 2))
        answer: dict[str, Any] = {"day": w.day(), "position": 20}
        w.record(LEDGER, MatchAnswered(**answer, match=confirmed[1], followed=wrong, answer="returned"))
        settled = _match(p, wrong, right, 3)
        for county in (wrong, right):
            w.record(LEDGER, MatchAnswered(**answer, match=settled[1], followed=county, answer="both-due"))
        found.extend((confirmed[0], waiting[0]))

    found: list[str] = []
    p.campaign.at("object", see)
    p.expect("summary-differs", "event", lambda: found[0], "-")
    p.expect("mirror-fault", "event", lambda: found[1], "-")
    p.expect("match-confirmed", "event", lambda: found[2], "-")
    p.expect("match-unanswered", "event", lambda: found[3], "-")


def _match(p: Planting, first: str, second: str, number: int) -> tuple[str, str]:
    """A match of two counties; answers its entry and its number."""
    w = p.world
    match = sha256(f"{first} {second} {number}".encode()).hexdigest()
    event = MatchFound(
        day=w.day(),
        match=match,
        rule="person-paid-twice",
        first=first,
        first_position=number,
        second=second,
        second_position=number,
        year=int(w.day()[:4]),
    )
    return str(w.record(LEDGER, event).position), match


def _follow(p: Planting) -> str:
    """Follow a county that nobody else follows; answers its code."""
    w = p.world
    ledger = str(UUID(int=w.random.getrandbits(128), version=4))
    code = f"below-{ledger[:8]}"
    event = LedgerFollowed(
        followed=code,
        ledger=ledger,
        name=f"下级台账 {ledger[:8]}",
        level="county",
        region="430181",
        public_key=public_hex(new_key()),
    )
    w.record("registrar", event)
    return code


def _summary(day: str, followed: str, declared_fen: int) -> SummaryTaken:
    """A summary of one person helped with 500 yuan."""
    said: dict[str, Any] = {
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
        position=9,
        as_of=9,
        differences=[Discrepancy(**said)] if declared_fen != 50_000 else [],
        **said,
    )
