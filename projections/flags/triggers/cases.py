"""Triggers of rules about cases (申报)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ledger.events.campaign import PolicyAmended
from ledger.events.dossier import DossierAmended
from ledger.events.nomination import Approved, Nominated, NoticePosted, Rejected, Revoked
from ledger.events.objection import ObjectionLodged, ObjectionSettled
from ledger.events.payout import AidDelivered, Disbursed, PayoutReturned
from projections.flags.subject import PAID, Subject
from projections.flags.trigger import Trigger
from projections.frame.recorded import Recorded


def _made(event: Nominated, item: Recorded) -> Iterable[Subject]:
    return (Subject(event.campaign, "case", item.act.id),)


def _named(event: Any, item: Recorded) -> Iterable[Subject]:
    return (Subject(event.campaign, "case", event.case),) if event.case is not None else ()


def _paid_late(event: Disbursed | AidDelivered, item: Recorded) -> Iterable[Subject]:
    return _named(event, item) if event.after_the_fact else ()


def _on_notice(event: NoticePosted, item: Recorded) -> Iterable[Subject]:
    return [Subject(event.campaign, "case", case) for case in event.cases]


case_made = Trigger((Nominated,), _made)
"""A nomination: the case that it makes."""

case_approved = Trigger((Approved,), _named)
"""An approval: its case."""

case_paid = Trigger(PAID, _named)
"""A payout: its case, where it has one."""

case_paid_after_the_fact = Trigger(PAID, _paid_late)
"""A payout recorded after the fact: its case, where it has one."""

case_changed = Trigger((Rejected, Revoked, ObjectionLodged, ObjectionSettled, *PAID, PayoutReturned), _named)
"""What ends a case, is paid or comes back on it, or objects to it or settles that: the case."""

case_on_notice = Trigger((NoticePosted,), _on_notice)
"""A public notice: the cases on it."""

cases_of_dossier = Trigger(
    (DossierAmended,),
    kind="case",
    query="""
        SELECT DISTINCT e.position, k.campaign, k.case_id FROM events e JOIN cases k ON k.dossier = e.dossier
    """,
)
"""An amended dossier: its cases."""

cases_of_campaign = Trigger(
    (PolicyAmended,),
    kind="case",
    query="""
        SELECT DISTINCT e.position, k.campaign, k.case_id FROM events e JOIN cases k ON k.campaign = e.campaign
    """,
)
"""An amended policy: the campaign's cases."""

CASE_DISCLOSED = (case_made, case_paid_after_the_fact, cases_of_dossier, cases_of_campaign)
"""Whenever what a case is judged by comes to be known: its dossier and the policy."""

CASE_APPROVED = (case_approved, case_paid_after_the_fact, cases_of_campaign)
"""Whenever an approval is to be judged, by the policy of its campaign."""

LATER_ON_CASE = (case_changed, case_on_notice)
"""Whatever may still change what a flag says of a case, or clear it."""
