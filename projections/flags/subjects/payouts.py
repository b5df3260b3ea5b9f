"""Payouts, dossiers and pairs of dossiers that events touch (发放、档案)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ledger.events.bank import BankLineMatched
from ledger.events.campaign import PolicyAmended
from ledger.events.dossier import DossierAmended, DossierErased, DossierFiled
from ledger.events.linkage import PersonsLinked
from ledger.events.nomination import Approved, Nominated, Rejected, Revoked
from ledger.events.payout import AidDelivered, Disbursed, PayoutReturned
from ledger.events.registry import KeyRevoked
from projections.flags.lookup import Lookup
from projections.flags.subject import NO_CAMPAIGN, PAID, Subject, Triggers
from projections.frame.recorded import Recorded
from projections.views.links import pair_of

# --- What one event touches ------------------------------------------------------------------------


def made(event: Disbursed | AidDelivered, item: Recorded, look: Lookup) -> Sequence[Subject]:
    """The payout that is made."""
    return (Subject(event.campaign, "payout", item.act.id),)


def its(event: BankLineMatched | PayoutReturned, item: Recorded, look: Lookup) -> Sequence[Subject]:
    """The payout that the event names."""
    return (Subject(event.campaign, "payout", event.payout),)


def all_of_campaign(event: PolicyAmended, item: Recorded, look: Lookup) -> Iterable[Subject]:
    """All payouts of the campaign."""
    return [Subject(event.campaign, "payout", payout) for payout in look.payouts_of_campaign[event.campaign]]


def all_of_case(event: Approved, item: Recorded, look: Lookup) -> Iterable[Subject]:
    """All payouts of the case."""
    payouts = look.payouts_of_case.get(event.case, ())
    return [Subject(event.campaign, "payout", payout) for payout in payouts]


def all_of_dossier(event: DossierAmended, item: Recorded, look: Lookup) -> Iterable[Subject]:
    """All payouts on the dossier."""
    return [
        Subject(campaign, "payout", payout) for campaign, payout in look.payouts_of_dossier[event.dossier]
    ]


def made_again(event: Disbursed, item: Recorded, look: Lookup) -> Sequence[Subject]:
    """The payout that is made on a case of which one came back."""
    return made(event, item, look) if event.case in look.repaid_cases else ()


def made_after_a_return(event: Disbursed | AidDelivered, item: Recorded, look: Lookup) -> Sequence[Subject]:
    """The payout whose person holds others, or whose account others carry: one of those may have come back."""
    if look.payouts_of_person.get(look.persons[event.dossier], 0) < 2:
        shared = look.shared_marks["account"]
        if shared.isdisjoint(marks.get("account", "") for marks in look.marks[event.dossier]):
            return ()
    return made(event, item, look)


def its_if_mismatched(event: BankLineMatched, item: Recorded, look: Lookup) -> Sequence[Subject]:
    """The payout of which the bank's statement tells something else."""
    agrees = event.result == "paid" and event.amount_fen == look.amount_of_payout[event.payout]
    return () if agrees else its(event, item, look)


def its_if_booked_early(event: BankLineMatched, item: Recorded, look: Lookup) -> Sequence[Subject]:
    """The payout that the bank booked before its date."""
    return its(event, item, look) if event.booked_on < look.paid_on[event.payout] else ()


def made_on_changed(event: Disbursed, item: Recorded, look: Lookup) -> Sequence[Subject]:
    """The payout that is made on a dossier whose identity was changed before, or to who has two dossiers."""
    several = look.dossiers_of_person[look.persons[event.dossier]] > 1
    return made(event, item, look) if several or len(look.marks[event.dossier]) > 1 else ()


def taken_by_proxy(event: Disbursed | AidDelivered, item: Recorded, look: Lookup) -> Iterable[Subject]:
    """The payout that somebody else took, with all that the same proxy took."""
    if event.receipt.received_by != "proxy":
        return ()
    taken = look.payouts_of_proxy.get(item.act.marks.get("person", ""), ())
    others = [Subject(campaign, "payout", payout) for campaign, payout in taken if payout != item.act.id]
    return [*made(event, item, look), *others]


def returned_by_proxy(event: PayoutReturned, item: Recorded, look: Lookup) -> Iterable[Subject]:
    """The payout that came back, with all that its proxy took."""
    yield from its(event, item, look)
    for taken in look.payouts_of_proxy.values():
        if (event.campaign, event.payout) in taken:
            for campaign, payout in taken:
                if payout != event.payout:
                    yield Subject(campaign, "payout", payout)


def its_dossier(event: Any, item: Recorded, look: Lookup) -> Sequence[Subject]:
    """The dossier that the event names, within its campaign."""
    return (Subject(event.campaign, "dossier", event.dossier),)


def erased(event: DossierErased, item: Recorded, look: Lookup) -> Sequence[Subject]:
    """The dossier that is erased."""
    return (Subject(NO_CAMPAIGN, "dossier", event.dossier),)


def its_dossier_if_early(event: Any, item: Recorded, look: Lookup) -> Sequence[Subject]:
    """The dossier that is filed, or recorded, later than the event's date of business."""
    if item.act.statement.on < look.filed_on[event.dossier]:
        return its_dossier(event, item, look)
    return ()


def dossier_of_payout(event: PayoutReturned, item: Recorded, look: Lookup) -> Sequence[Subject]:
    """The dossier on which the payout was made."""
    return (Subject(event.campaign, "dossier", look.dossier_of_payout[event.payout]),)


def dossier_of_case(event: Rejected | Revoked, item: Recorded, look: Lookup) -> Sequence[Subject]:
    """The dossier of the case."""
    return (Subject(event.campaign, "dossier", look.dossier_of_case[event.case]),)


def filed_with_fault(event: DossierFiled, item: Recorded, look: Lookup) -> Sequence[Subject]:
    """The dossier that is filed with a fault in its identity."""
    return (Subject(NO_CAMPAIGN, "dossier", item.act.id),) if "identity_fault" in item.act.marks else ()


def changed_dossier(event: DossierAmended | DossierErased, item: Recorded, look: Lookup) -> Sequence[Subject]:
    """The dossier that is amended or erased."""
    return (Subject(NO_CAMPAIGN, "dossier", event.dossier),)


def pairs(event: PersonsLinked, item: Recorded, look: Lookup) -> Iterable[Subject]:
    """The pairs that a linkage run found."""
    return [Subject(NO_CAMPAIGN, "pair", pair_of(pair)) for pair in event.pairs]


def pairs_of_dossier(event: DossierErased, item: Recorded, look: Lookup) -> Iterable[Subject]:
    """The pairs of which the dossier is one."""
    return [Subject(NO_CAMPAIGN, "pair", pair) for pair in look.pairs_of_dossier[event.dossier]]


def signed_by_compromised(event: KeyRevoked, item: Recorded, look: Lookup) -> Iterable[Subject]:
    """All payouts that the key signed, or on what it approved; and so for each that ends with it."""
    for key in sorted(look.compromised_at.get(item.position, ())):
        for campaign, payout in look.payouts_of_key[key]:
            yield Subject(campaign, "payout", payout)


# --- What rules share ------------------------------------------------------------------------------

payout = Triggers({PAID: made, PolicyAmended: all_of_campaign})
"""A payout; at a change of policy, all under it."""

booked_payout = payout.but({BankLineMatched: its_if_booked_early})
"""A payout as :data:`payout` has it, and one that the bank booked before its date."""

payout_approved_or_returned = Triggers({PayoutReturned: its, Approved: all_of_case})
"""A payout that came back, and those of a case that is approved after them."""

repaid_payout = payout.but({PAID: made_after_a_return})
"""A payout to somebody, or into an account, known from other payouts; at a change of policy, all under it."""

mismatched_payout = Triggers({BankLineMatched: its_if_mismatched, Disbursed: made_again})
"""A payout of which the bank's statement tells something else, or that pays a case again."""

banked_payout = Triggers({(BankLineMatched, PayoutReturned): its})
"""A payout that the bank's statement tells of, or that came back."""

amended_payout = Triggers({Disbursed: made_on_changed, DossierAmended: all_of_dossier})
"""A payout on a dossier whose identity was changed before or is changed now."""

proxied_payout = Triggers({PAID: taken_by_proxy})
"""A payout that somebody else took, with all that the same proxy took."""

proxys_payout_returned = Triggers({PayoutReturned: returned_by_proxy})
"""A payout that came back, with all that its proxy took."""

early_dossier = Triggers({(Nominated, *PAID): its_dossier_if_early})
"""The dossier on which a nomination or a payout is dated before its filing."""

later_on_dossier = Triggers(
    {
        (Nominated, *PAID): its_dossier,
        PayoutReturned: dossier_of_payout,
        (Rejected, Revoked): dossier_of_case,
    }
)
"""The dossier on which a nomination or a payout is made or undone."""

faulty_dossier = Triggers({DossierFiled: filed_with_fault})
"""The dossier whose identity has a fault."""

erased_dossier = Triggers({(DossierAmended, DossierErased): changed_dossier})
"""The dossier that is erased or amended."""

erased_dossier = Triggers({DossierErased: erased})
"""The dossier whose identity is destroyed."""

linked_pair = Triggers({PersonsLinked: pairs})
"""The pairs of dossiers that a linkage run found."""

pair_of_erased = Triggers({DossierErased: pairs_of_dossier})
"""The pairs of which one dossier is erased."""

returned_payout = Triggers({PayoutReturned: its})
"""The payout that came back."""

payout_by_compromised_key = Triggers({KeyRevoked: signed_by_compromised})
"""Payouts whose signing key, or their approval's, ends as compromised."""
