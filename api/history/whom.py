"""Whom events are about (记录涉及的对象): the masked name of the dossier that an event names, or whose case or payout."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from api.gate import Row, ScopedViews
from api.wording.masked_names import masked_names
from ledger.identity.vault import Vault
from projections.frame.column import Title
from projections.views.timeline import EventRow


@dataclass
class EventOf(EventRow):
    """An event with the masked name of whom it is about; null where it is about nobody, or an erased identity."""

    masked_name: Annotated[str | None, Title("对象", "about")]


def name_whom(events: list[Row], views: ScopedViews, vault: Vault) -> None:
    """Adds ``masked_name`` to each event."""
    cases = sorted({event["case_id"] for event in events if event["case_id"] and not event["dossier"]})
    payouts = sorted({event["payout"] for event in events if event["payout"] and not event["dossier"]})
    behind: dict[str, str] = {}
    if cases or payouts:
        for row in views.rows(
            "SELECT case_id AS id, dossier FROM cases WHERE case_id = ANY(%(cases)s)"
            " UNION SELECT payout, dossier FROM payouts WHERE payout = ANY(%(payouts)s)",
            cases=cases,
            payouts=payouts,
        ):
            behind[row["id"]] = row["dossier"]
    dossiers = [
        event["dossier"] or behind.get(event["case_id"] or "") or behind.get(event["payout"] or "")
        for event in events
    ]
    names = masked_names(views, vault, sorted({each for each in dossiers if each}))
    for event, dossier in zip(events, dossiers, strict=True):
        event["masked_name"] = names.get(dossier or "")
