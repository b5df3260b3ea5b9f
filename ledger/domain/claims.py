"""Claims (占位): one person has one live nomination in one campaign, and this is its name."""

from __future__ import annotations


def claim_of(campaign: str, person: str) -> str:
    """The claim of one person's live nomination in one campaign."""
    return f"{campaign}/{person}"


OVER = ("rejected", "revoked")
"""The states of a case that is over; a claim that it still has is the next nomination's."""

CLAIM_PREFIX = "claim/"
CLAIMANT_PREFIX = "claimant/"
CLAIMANTS_PREFIX = "claimants/"
SUCCESSOR_PREFIX = "successor/"
OF_DOSSIERS = (CLAIMANT_PREFIX, CLAIMANTS_PREFIX)
"""What is asked for by a campaign and a dossier."""


def claimant_key(campaign: str, dossier: str) -> str:
    """Reads a dossier together with the case that holds its person's claim in a campaign."""
    return f"{CLAIMANT_PREFIX}{campaign}/{dossier}"


def claimants_key(campaign: str, dossier: str) -> str:
    """Reads a dossier and its household, together with the cases that hold their persons' claims in a campaign."""
    return f"{CLAIMANTS_PREFIX}{campaign}/{dossier}"


def successor_key(case: str) -> str:
    """Reads a case together with the one that holds its person's claim now."""
    return f"{SUCCESSOR_PREFIX}{case}"
