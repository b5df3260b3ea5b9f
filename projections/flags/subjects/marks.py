"""Marks that persons share, as events touch them (共用的账户、电话、住址、家庭)."""

from __future__ import annotations

from collections.abc import Iterable

from ledger.events.dossier import DossierAmended
from ledger.events.nomination import Nominated, Rejected, Revoked
from ledger.events.payout import AidDelivered, Disbursed, PayoutReturned
from projections.flags.lookup import Lookup
from projections.flags.subject import PAID, Subject, Triggers
from projections.frame.recorded import Recorded


def shared(kind: str, *, paid_only: bool) -> Triggers:
    """The mark of that kind, if others carry it too, on the dossier that is nominated, paid or amended."""

    def of_dossier(
        event: Nominated | Disbursed | AidDelivered, item: Recorded, look: Lookup
    ) -> Iterable[Subject]:
        return _marked(kind, event.campaign, event.dossier, look)

    def of_amended(event: DossierAmended, item: Recorded, look: Lookup) -> Iterable[Subject]:
        for campaign in sorted({campaign for campaign, _ in look.cases_of_dossier[event.dossier]}):
            yield from _marked(kind, campaign, event.dossier, look)

    if paid_only:
        return Triggers({PAID: of_dossier})
    return Triggers({(*PAID, Nominated): of_dossier, DossierAmended: of_amended})


def no_longer_shared(kind: str) -> Triggers:
    """The mark of that kind on the dossier whose case is over or whose payout came back."""

    def of_case(event: Rejected | Revoked, item: Recorded, look: Lookup) -> Iterable[Subject]:
        return _marked(kind, event.campaign, look.dossier_of_case[event.case], look)

    def of_payout(event: PayoutReturned, item: Recorded, look: Lookup) -> Iterable[Subject]:
        return _marked(kind, event.campaign, look.dossier_of_payout[event.payout], look)

    return Triggers({(Rejected, Revoked): of_case, PayoutReturned: of_payout})


def _marked(kind: str, campaign: str, dossier: str, look: Lookup) -> Iterable[Subject]:
    marks = {found for marks in look.marks[dossier] if (found := marks.get(kind)) is not None}
    marks &= look.shared_marks[kind]
    return [Subject(campaign, kind, mark) for mark in sorted(marks)] if marks else ()
