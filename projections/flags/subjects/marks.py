"""Marks that persons share, as events touch them (共用的账户、电话、住址、家庭)."""

from __future__ import annotations

from collections.abc import Iterator

from ledger.events.dossier import DossierAmended
from ledger.events.nomination import (
    Nominated,
    Rejected,
    Revoked,
)
from ledger.events.payout import (
    AidDelivered,
    Disbursed,
    PayoutReturned,
)
from projections.flags.lookup import Lookup
from projections.flags.subject import PAID, Subject, Touching, of
from projections.recorded import Recorded


def shared(kind: str, *, paid_only: bool) -> Touching:
    """The mark of that kind, if others carry it too, on the dossier that is nominated, paid or amended."""

    @of(*PAID) if paid_only else of(*PAID, Nominated, DossierAmended)
    def touched(item: Recorded, look: Lookup) -> Iterator[Subject]:
        match item.event:
            case Disbursed() | AidDelivered() as event:
                found = [(event.campaign, event.dossier)]
            case Nominated() as event:
                found = [(event.campaign, event.dossier)]
            case DossierAmended() as event:
                campaigns = {campaign for campaign, _ in look.cases_of_dossier[event.dossier]}
                found = [(campaign, event.dossier) for campaign in sorted(campaigns)]
            case _:
                return
        yield from _marked(kind, found, look)

    return touched


def no_longer_shared(kind: str) -> Touching:
    """The mark of that kind on the dossier whose case is over or whose payout came back."""

    @of(Rejected, Revoked, PayoutReturned)
    def touched(item: Recorded, look: Lookup) -> Iterator[Subject]:
        match item.event:
            case Rejected() | Revoked() as event:
                yield from _marked(kind, [(event.campaign, look.dossier_of_case[event.case])], look)
            case PayoutReturned() as event:
                yield from _marked(kind, [(event.campaign, look.dossier_of_payout[event.payout])], look)

    return touched


def _marked(kind: str, dossiers: list[tuple[str, str]], look: Lookup) -> Iterator[Subject]:
    for campaign, dossier_id in dossiers:
        found = {marks[kind] for marks in look.marks[dossier_id] if kind in marks}
        for mark in sorted(found & look.shared_marks[kind]):
            yield Subject(campaign, kind, mark)
