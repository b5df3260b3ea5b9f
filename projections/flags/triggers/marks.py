"""Triggers of rules about marks that persons share (共用的账户、电话、住址、家庭)."""

from __future__ import annotations

from typing import Literal

from ledger.domain.event import Event
from ledger.events.dossier import DossierAmended
from ledger.events.nomination import Nominated, Rejected, Revoked
from ledger.events.payout import PayoutReturned
from projections.flags.subject import PAID
from projections.flags.trigger import Trigger


def others_carry(kind: str, dossier: str) -> str:
    """The condition that somebody else's dossier carries the mark of that kind, too, that a dossier's row does."""
    return f"""EXISTS (
        SELECT FROM dossiers o
        WHERE o.marks ->> '{kind}' = {dossier}.marks ->> '{kind}' AND o.person <> {dossier}.person
    )"""


def _marks(events: tuple[type[Event], ...], kind: str, dossiers: str) -> Trigger:
    """The marks of that kind, in any version of the dossiers, that others carry, too.

    ``dossiers`` is SQL that joins each event's ``x.dossier`` with its ``x.campaign``.
    """
    return Trigger(
        events,
        kind=kind,
        query=f"""
            SELECT DISTINCT e.position, x.campaign, d.marks ->> '{kind}'
            FROM events e
            {dossiers}
            JOIN dossiers d ON d.dossier = x.dossier AND d.marks ? '{kind}'
            WHERE {others_carry(kind, "d")}
        """,
    )


_ITS = "CROSS JOIN LATERAL (SELECT e.campaign, e.dossier) x"
_IN_ITS_CAMPAIGNS = (
    "CROSS JOIN LATERAL (SELECT DISTINCT campaign, dossier FROM cases WHERE dossier = e.dossier) x"
)
_OF_CASE = "CROSS JOIN LATERAL (SELECT e.campaign, dossier FROM cases WHERE case_id = e.case_id LIMIT 1) x"
_OF_PAYOUT = "CROSS JOIN LATERAL (SELECT e.campaign, o.dossier FROM payouts o WHERE o.payout = e.payout) x"


def _paid_marks(events: tuple[type[Event], ...], kind: str, dossiers: str) -> Trigger:
    """As :func:`_marks`, in the event's campaign and in every other in which the mark was paid."""
    return Trigger(
        events,
        kind=kind,
        query=f"""
            SELECT DISTINCT e.position, c.campaign, d.marks ->> '{kind}'
            FROM events e
            {dossiers}
            JOIN dossiers d ON d.dossier = x.dossier AND d.marks ? '{kind}'
            CROSS JOIN LATERAL (
                SELECT x.campaign UNION SELECT campaign FROM payouts WHERE {kind} = d.marks ->> '{kind}'
            ) c
            WHERE {others_carry(kind, "d")}
        """,
    )


def mark_paid_anywhere(kind: Literal["account", "household"]) -> tuple[Trigger, ...]:
    """A payout: the mark of that kind on its dossier, where others carry it, too, in every campaign that paid it."""
    return (_paid_marks(PAID, kind, _ITS),)


def mark_paid_no_more(kind: Literal["account", "household"]) -> tuple[Trigger, ...]:
    """A payout that came back: the mark of that kind on its dossier, in every campaign that paid it."""
    return (_paid_marks((PayoutReturned,), kind, _OF_PAYOUT),)


def mark_helped(kind: str) -> tuple[Trigger, ...]:
    """A nomination, a payout, an amended dossier: the mark of that kind, where others carry it, too."""
    return (
        _marks((Nominated, *PAID), kind, _ITS),
        _marks((DossierAmended,), kind, _IN_ITS_CAMPAIGNS),
    )


def mark_helped_no_more(kind: str) -> tuple[Trigger, ...]:
    """A case that is over, a payout that came back: the mark of that kind on its dossier."""
    return (
        _marks((Rejected, Revoked), kind, _OF_CASE),
        _marks((PayoutReturned,), kind, _OF_PAYOUT),
    )
