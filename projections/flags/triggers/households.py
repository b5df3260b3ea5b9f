"""Triggers of rules about households (家庭)."""

from __future__ import annotations

from ledger.domain.event import Event
from ledger.events.dossier_life import DossierEnded, DossierReviewed, PlacedOnFile
from ledger.events.household import HouseholdDeclared, MemberLeft, MemberRecorded
from ledger.events.nomination import Nominated, Rejected, Revoked
from ledger.events.payout import PayoutReturned
from projections.flags.subject import PAID
from projections.flags.trigger import Trigger


def _cases_of(*events: type[Event]) -> Trigger:
    return Trigger(
        events,
        kind="case",
        query="SELECT DISTINCT e.position, k.campaign, k.case_id FROM events e JOIN cases k ON k.dossier = e.dossier",
    )


cases_of_declared = _cases_of(HouseholdDeclared)
"""What a family declares: the cases on its dossier."""

cases_of_life = _cases_of(PlacedOnFile, DossierReviewed, DossierEnded)
"""A step in a dossier's life: the cases on it."""


def persons_of(dossier: str) -> str:
    """SQL of the marks of everybody who was ever of a dossier's household: applicant and members."""
    return (
        f"(SELECT person FROM dossiers WHERE dossier = {dossier}"
        f" UNION SELECT person FROM household_members WHERE dossier = {dossier})"
    )


def _pairs(events: tuple[type[Event], ...], dossier: str) -> Trigger:
    """The dossiers' pairs that share a person of their households, in each campaign that knows both."""
    return Trigger(
        events,
        kind="pair",
        query=f"""
            SELECT DISTINCT e.position, k.campaign,
                least(x.dossier, o.dossier) || '+' || greatest(x.dossier, o.dossier)
            FROM events e
            CROSS JOIN LATERAL ({dossier}) x
            CROSS JOIN LATERAL {persons_of("x.dossier")} p
            CROSS JOIN LATERAL (
                SELECT dossier FROM dossiers WHERE person = p.person
                UNION SELECT dossier FROM household_members WHERE person = p.person
            ) o
            JOIN cases k ON k.dossier = o.dossier
            WHERE (SELECT EXISTS (SELECT FROM household_members)) AND o.dossier <> x.dossier
                AND EXISTS (SELECT FROM cases w WHERE w.dossier = x.dossier AND w.campaign = k.campaign)
        """,
    )


HOUSEHOLDS_MEET = (_pairs((Nominated, *PAID, MemberRecorded), "SELECT e.dossier"),)
"""A nomination, a payout, a member recorded: the pairs of dossiers whose households share a person."""

HOUSEHOLDS_PART = (
    _pairs((MemberLeft,), "SELECT e.dossier"),
    _pairs((Rejected, Revoked), "SELECT dossier FROM cases WHERE case_id = e.case_id LIMIT 1"),
    _pairs((PayoutReturned,), "SELECT dossier FROM payouts WHERE payout = e.payout"),
)
"""A member who left, a case that is over, a payout that came back: the same pairs."""
