"""Payouts, dossiers and pairs of dossiers that events touch (发放、档案)."""

from __future__ import annotations

from collections.abc import Iterator

from ledger.events.campaign import PolicyAmended
from ledger.events.dossier import DossierAmended, DossierErased, DossierFiled
from ledger.events.linkage import PersonsLinked
from ledger.events.nomination import (
    Approved,
    Nominated,
    Rejected,
    Revoked,
)
from ledger.events.payout import (
    AidDelivered,
    BankLineMatched,
    Disbursed,
    PayoutReturned,
)
from projections.flags.lookup import Lookup
from projections.flags.subject import NO_CAMPAIGN, PAID, Subject, of
from projections.links import pair_of
from projections.recorded import Recorded


@of(*PAID, PolicyAmended)
def payout(item: Recorded, look: Lookup) -> Iterator[Subject]:
    """A payout; at a change of policy, all under it."""
    match item.event:
        case Disbursed() | AidDelivered() as event:
            yield Subject(event.campaign, "payout", item.act.id)
        case PolicyAmended() as event:
            for payout_id in look.payouts_of_campaign[event.campaign]:
                yield Subject(event.campaign, "payout", payout_id)


@of(PayoutReturned, Approved)
def payout_approved_or_returned(item: Recorded, look: Lookup) -> Iterator[Subject]:
    """A payout that came back, and those of a case that is approved after them."""
    match item.event:
        case PayoutReturned() as event:
            yield Subject(event.campaign, "payout", event.payout)
        case Approved() as event:
            for payout_id in look.payouts_of_case.get(event.case, ()):
                yield Subject(event.campaign, "payout", payout_id)


@of(BankLineMatched, PayoutReturned, Disbursed)
def banked_payout(item: Recorded, look: Lookup) -> Iterator[Subject]:
    """A payout that the bank's statement tells of, or that came back, or that pays a case again."""
    match item.event:
        case BankLineMatched() | PayoutReturned() as event:
            yield Subject(event.campaign, "payout", event.payout)
        case Disbursed() as event if event.case in look.repaid_cases:
            yield Subject(event.campaign, "payout", item.act.id)


@of(Disbursed, DossierAmended)
def amended_payout(item: Recorded, look: Lookup) -> Iterator[Subject]:
    """A payout on a dossier whose identity was changed before or is changed now."""
    match item.event:
        case Disbursed() as event if len(look.marks[event.dossier]) > 1:
            yield Subject(event.campaign, "payout", item.act.id)
        case DossierAmended() as event:
            for campaign, payout_id in look.payouts_of_dossier[event.dossier]:
                yield Subject(campaign, "payout", payout_id)


@of(*PAID)
def proxied_payout(item: Recorded, look: Lookup) -> Iterator[Subject]:
    """A payout that somebody else took, with all that the same proxy took."""
    match item.event:
        case Disbursed() | AidDelivered() as event if event.receipt.received_by == "proxy":
            yield Subject(event.campaign, "payout", item.act.id)
            for campaign, payout_id in look.payouts_of_proxy.get(item.act.marks.get("person", ""), ()):
                if payout_id != item.act.id:
                    yield Subject(campaign, "payout", payout_id)


@of(PayoutReturned)
def proxys_payout_returned(item: Recorded, look: Lookup) -> Iterator[Subject]:
    """A payout that came back, with all that its proxy took."""
    match item.event:
        case PayoutReturned() as event:
            yield Subject(event.campaign, "payout", event.payout)
            for taken in look.payouts_of_proxy.values():
                if (event.campaign, event.payout) in taken:
                    for campaign, payout_id in taken:
                        if payout_id != event.payout:
                            yield Subject(campaign, "payout", payout_id)


@of(Nominated, *PAID)
def early_dossier(item: Recorded, look: Lookup) -> Iterator[Subject]:
    """The dossier on which a nomination or a payout is dated before its filing."""
    match item.event:
        case Nominated() | Disbursed() | AidDelivered() as event:
            if item.act.statement.on < look.filed_on[event.dossier]:
                yield Subject(event.campaign, "dossier", event.dossier)


@of(Nominated, *PAID, PayoutReturned, Rejected, Revoked)
def later_on_dossier(item: Recorded, look: Lookup) -> Iterator[Subject]:
    """The dossier on which a nomination or a payout is made or undone."""
    match item.event:
        case Nominated() | Disbursed() | AidDelivered() as event:
            yield Subject(event.campaign, "dossier", event.dossier)
        case PayoutReturned() as event:
            yield Subject(event.campaign, "dossier", look.dossier_of_payout[event.payout])
        case Rejected() | Revoked() as event:
            yield Subject(event.campaign, "dossier", look.dossier_of_case[event.case])


@of(DossierFiled)
def faulty_dossier(item: Recorded, look: Lookup) -> Iterator[Subject]:
    """The dossier whose identity has a fault."""
    match item.event:
        case DossierFiled() if "identity_fault" in item.act.marks:
            yield Subject(NO_CAMPAIGN, "dossier", item.act.id)


@of(DossierAmended, DossierErased)
def erased_dossier(item: Recorded, look: Lookup) -> Iterator[Subject]:
    """The dossier that is erased or amended."""
    match item.event:
        case DossierAmended() | DossierErased() as event:
            yield Subject(NO_CAMPAIGN, "dossier", event.dossier)


@of(PersonsLinked)
def linked_pair(item: Recorded, look: Lookup) -> Iterator[Subject]:
    """The pairs of dossiers that a linkage run found."""
    match item.event:
        case PersonsLinked() as event:
            for pair in event.pairs:
                yield Subject(NO_CAMPAIGN, "pair", pair_of(pair))


@of(DossierErased)
def pair_of_erased(item: Recorded, look: Lookup) -> Iterator[Subject]:
    """The pairs of which one dossier is erased."""
    match item.event:
        case DossierErased() as event:
            for pair in look.pairs_of_dossier[event.dossier]:
                yield Subject(NO_CAMPAIGN, "pair", pair)
