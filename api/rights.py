"""Who may read what (查看权限): by the roles that an officer holds, over units and campaigns.

Pure: from an officer's grants and what is asked for to what may be shown. A grant over a unit holds
for all below it; one for a campaign for that campaign alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple

from api.problems import READING_NOT_ALLOWED
from api.queries import Within
from ledger.errors import Refused
from ledger.event import ROLE_TITLES, covers
from ledger.standing import Unit

Matter = Literal[
    "roster", "lines", "holdings", "flags", "history", "registry", "filing", "cases", "objections", "paying"
]

_OFFICES = frozenset({"clerk", "confirmer", "approver", "finance", "auditor", "inspector", "registrar"})

MAY_READ: Mapping[Matter, frozenset[str]] = {
    "registry": _OFFICES,
    "roster": _OFFICES - {"registrar"},
    "holdings": frozenset({"clerk", "approver", "finance", "auditor", "inspector"}),
    "lines": frozenset({"approver", "finance", "auditor", "inspector"}),
    # A clerk who saw the flags would know what to avoid.
    "flags": frozenset({"approver", "finance", "auditor", "inspector"}),
    "history": frozenset({"auditor", "inspector"}),
    "filing": frozenset({"clerk"}),
    "cases": frozenset({"auditor", "inspector"}),
    "objections": frozenset({"confirmer", "approver", "inspector"}),
    "paying": frozenset({"finance"}),
}
"""Which roles may read: the registry of units and officers; cases; what units hold; the lines; flags;
the events themselves and what changed between two moments; who may have a roster read; discipline
cases; what the public objects to; the bank's answers to payouts."""


class Reader(NamedTuple):
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

    def may_read(self, matter: Matter) -> bool:
        """Whether any of the roles may, over whatever it is held."""
        return any(role in MAY_READ[matter] for role in self.roles)


def scope(reader: Reader, matter: Matter, campaign: str | None, unit: Unit | None) -> Within:
    """The campaigns and units, each with all below it, that the reader may see.

    ``unit`` is the one asked for, None where all were.

    Raises:
        Refused: ``reading-not-allowed``.
    """
    held = [grant for grant in reader.grants if grant["role"] in MAY_READ[matter]]
    if campaign is not None:
        held = [grant for grant in held if grant["campaign"] in (None, campaign)]
    if unit is not None:
        held = [grant for grant in held if covers({**grant, "campaign": None}, unit, campaign)]
    if not held:
        raise denied(matter, campaign, unit)
    if unit is not None:
        units: tuple[str, ...] | None = (unit.id,)
    else:
        units = _all_or({grant["unit"] for grant in held})
    campaigns = (campaign,) if campaign is not None else _all_or({grant["campaign"] for grant in held})
    return Within(campaigns, units)


def _all_or(named: Iterable[str | None]) -> tuple[str, ...] | None:
    found = set(named)
    return None if None in found else tuple(sorted(name for name in found if name is not None))


def denied(matter: Matter, campaign: str | None, unit: Unit | None) -> Refused:
    """The refusal: which roles it takes, over what."""
    wanted = sorted(MAY_READ[matter])
    return READING_NOT_ALLOWED.refused(
        expected="或".join(ROLE_TITLES[role][0] for role in wanted),
        expected_en=" or ".join(ROLE_TITLES[role][1] for role in wanted),
        roles=wanted,
        unit="*" if unit is None else unit.id,
        campaign=campaign or "*",
    )
