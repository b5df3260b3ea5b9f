"""Who may read what (查看权限): by the roles that an officer holds, over units and campaigns.

Pure: from an officer's grants and what is asked for to what may be shown. A grant over a unit holds
for all below it; one for a campaign for that campaign alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Literal, NamedTuple

import orjson

from api.gate.access_scope import NOTHING, AccessScope, scope_of
from api.service.problems import READING_NOT_ALLOWED
from ledger.domain.event import FINANCE, ROLE_TITLES, covers
from ledger.domain.state import Unit
from ledger.errors import Refused
from ledger.events.dossier import IdentityRevealed
from ledger.events.register import ReferenceListed
from ledger.events.slip import SlipsIssued

Resource = Literal[
    "roster",
    "lines",
    "holdings",
    "flags",
    "history",
    "registry",
    "filing",
    "cases",
    "objections",
    "paying",
    "identities",
    "lists",
    "slips",
]

_OFFICES = frozenset(ROLE_TITLES)

MAY_READ: Mapping[Resource, frozenset[str]] = {
    "registry": _OFFICES,
    "roster": _OFFICES - {"registrar"},
    "holdings": FINANCE | {"clerk", "approver", "auditor", "inspector"},
    "lines": FINANCE | {"approver", "auditor", "inspector"},
    # A clerk who saw the flags would know what to avoid.
    "flags": FINANCE | {"approver", "auditor", "inspector"},
    "history": frozenset({"auditor", "inspector"}),
    "filing": frozenset({"clerk"}),
    "cases": frozenset({"auditor", "inspector"}),
    "objections": frozenset({"confirmer", "approver", "inspector"}),
    "paying": FINANCE,
    "identities": IdentityRevealed.ROLES,
    "lists": ReferenceListed.ROLES,
    "slips": SlipsIssued.ROLES,
}
"""Which roles may read: the registry of units and officers; cases; what units hold; the lines; flags;
the events themselves and what changed between two moments; who may have a roster read; discipline
cases; what the public objects to; the bank's answers to payouts; an identity that they have recorded
they are shown; lists from outside; the payouts that they issue slips for."""


class Principal(NamedTuple):
    """Who reads: an officer, the key they signed in with, and the roles granted."""

    officer: str
    name: str
    unit: str | None
    key: str
    grants: tuple[Mapping[str, str | None], ...]

    @property
    def roles(self) -> list[str]:
        """The roles held anywhere."""
        return sorted({str(grant["role"]) for grant in self.grants})

    @property
    def mark(self) -> str:
        """Another one for another officer, key or grants: what answers are kept by."""
        said = [self.officer, self.key, *self.grants]
        return sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]

    def may_read(self, resource: Resource) -> bool:
        """Whether any of the roles may, over whatever it is held."""
        return any(role in MAY_READ[resource] for role in self.roles)


def scope(
    reader: Principal, resource: Resource, campaign: str | None, unit: Unit | None, whole: str | None = None
) -> AccessScope:
    """The units, each with all below it, and the campaigns that the reader may see, as pairs.

    ``unit`` is the one asked for, None where all were; ``whole`` the unit that all others are below.

    Raises:
        Refused: ``reading-not-allowed``.
    """
    held = [grant for grant in reader.grants if grant["role"] in MAY_READ[resource]]
    if campaign is not None:
        held = [grant for grant in held if grant["campaign"] in (None, campaign)]
    if unit is not None:
        held = [grant for grant in held if covers({**grant, "campaign": None}, unit, campaign)]
    if not held:
        raise denied(resource, campaign, None if unit is None else unit.id)
    return scope_of(
        (
            unit.id if unit is not None else None if grant["unit"] == whole else grant["unit"],
            campaign if campaign is not None else grant["campaign"],
        )
        for grant in held
    )


def oversight_scope(reader: Principal, whole: str | None = None) -> AccessScope:
    """Where the reader may see flags; nowhere for whom inspectors watch."""
    return scope(reader, "flags", None, None, whole) if reader.may_read("flags") else NOTHING


def candid_scope(reader: Principal, whole: str | None = None) -> AccessScope:
    """Where the reader may hear what recipients answered: auditors and inspectors, before anybody of the unit."""
    return scope(reader, "history", None, None, whole) if reader.may_read("history") else NOTHING


def denied(resource: Resource, campaign: str | None, unit: str | None) -> Refused:
    """The refusal: which roles it takes, over what."""
    wanted = sorted(MAY_READ[resource])
    return READING_NOT_ALLOWED.refused(
        expected="或".join(ROLE_TITLES[role][0] for role in wanted),
        expected_en=" or ".join(ROLE_TITLES[role][1] for role in wanted),
        roles=wanted,
        unit=unit or "*",
        campaign=campaign or "*",
    )
