"""Triggers of rules about payouts, and about the dossiers on which they are made (发放、档案)."""

from __future__ import annotations

from collections.abc import Iterable

from ledger.events.campaign import PolicyAmended
from ledger.events.dossier import DossierErased, DossierSealed
from ledger.events.filing_comparison import FilingsCompared
from ledger.events.linkage import PersonsLinked
from ledger.events.nomination import Approved
from ledger.events.payout import AidDelivered, Disbursed, PayoutReturned
from projections.flags.subject import NO_CAMPAIGN, PAID, Subject
from projections.flags.trigger import Trigger
from projections.frame.recorded import Recorded
from projections.views.links import pair_of


def _made(event: Disbursed | AidDelivered, item: Recorded) -> Iterable[Subject]:
    return (Subject(event.campaign, "payout", item.act.id),)


def _returned(event: PayoutReturned, item: Recorded) -> Iterable[Subject]:
    return (Subject(event.campaign, "payout", event.payout),)


def _erased(event: DossierErased | DossierSealed, item: Recorded) -> Iterable[Subject]:
    return (Subject(NO_CAMPAIGN, "dossier", event.dossier),)


def _linked(event: PersonsLinked | FilingsCompared, item: Recorded) -> Iterable[Subject]:
    gone = (event.not_found or ()) if isinstance(event, PersonsLinked) else ()
    return [Subject(NO_CAMPAIGN, "pair", pair_of(pair)) for pair in (*event.pairs, *gone)]


payout_made = Trigger(PAID, _made)
"""A payout."""

payout_returned = Trigger((PayoutReturned,), _returned)
"""A return: the payout that came back."""

payouts_of_campaign = Trigger(
    (PolicyAmended,),
    kind="payout",
    query="SELECT e.position, o.campaign, o.payout FROM events e JOIN payouts o ON o.campaign = e.campaign",
)
"""An amended policy: the campaign's payouts."""

payouts_of_case = Trigger(
    (Approved,),
    kind="payout",
    query="SELECT e.position, o.campaign, o.payout FROM events e JOIN payouts o ON o.case_id = e.case_id",
)
"""An approval: what was paid on its case already."""

PAYOUT = (payout_made, payouts_of_campaign)
"""Whenever a payout is to be judged by the policy."""

PAYOUT_APPROVED_OR_RETURNED = (payout_returned, payouts_of_case)
"""Whatever may still change what a flag says of a payout, or clear it."""

dossier_erased = Trigger((DossierErased,), _erased)
"""An erasure: its dossier."""

dossier_put_away = Trigger((DossierErased, DossierSealed), _erased)
"""An erasure or a sealing: its dossier."""

pair_linked = Trigger((PersonsLinked, FilingsCompared), _linked)
"""A linkage run, or the ledger's comparison at filing: its pairs of dossiers, and those of earlier runs not found again."""

pairs_of_erased = Trigger(
    (DossierErased,),
    kind="pair",
    query=f"""
        SELECT DISTINCT e.position, '{NO_CAMPAIGN}', l.pair
        FROM events e JOIN links l ON e.dossier = l.first OR e.dossier = l.second
    """,
)
"""An erasure: the pairs that linkage found of its dossier."""
