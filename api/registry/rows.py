"""The registry as it is answered (登记应答): units, officers with their keys, campaigns with their policies."""

from __future__ import annotations

from dataclasses import dataclass

from ledger.domain.event import Grant
from projections.views.registry_rows import OfficerRow, UnitRow
from projections.views.roster_rows import TermsRow


@dataclass
class Unit(UnitRow):
    """A unit; of one above the reader's own ``staff_count`` is null, and its name alone is said."""


@dataclass
class OfficerKey:
    """An officer's key: since when, until when, and where it signed last."""

    key: str
    valid_from: str
    revoked_from: str | None
    compromised: bool
    last_used: int | None


@dataclass
class Officer(OfficerRow):
    """An officer with keys, and with the roles that the reader may know of; null is none ever given."""

    keys: list[OfficerKey]
    grants: list[Grant] | None


@dataclass
class Campaign(TermsRow):
    """A campaign with its policy as it stood, since that position."""

    position: int
