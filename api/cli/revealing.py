"""Identities for a purpose, at the folder or at a service (身份信息查阅): recorded as shown first, and only then opened."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from api.cli.desk import Desk
from ledger.events.dossier import IdentityRevealed
from ledger.identity.documents import EnterpriseIdentity, PersonIdentity
from ledger.writing.signing import Signer


class Shown(NamedTuple):
    """A dossier's identity as it was last given, by which statement at which position it is recorded as shown."""

    dossier: str
    position: int
    identity: PersonIdentity | EnterpriseIdentity
    statement: str


def revealed(
    desk: Desk, officer: Signer, units: Mapping[str, str], purpose: str, **about: str | None
) -> list[Shown]:
    """Identities of dossiers, which are given with their units; nothing is opened where one is refused.

    ``about`` are campaign and unit, for the line in the access log.

    Raises:
        Refused: ``dossier-erased``, ``role-not-held``, ``reveals-too-many``.
    """
    statements = [
        officer.statement(IdentityRevealed(unit=unit, dossier=dossier, purpose=purpose))
        for dossier, unit in units.items()
    ]
    signed = officer.sign_together(statements, [None] * len(statements))
    receipts = dict(zip(units, desk.record_every(signed), strict=True))
    opened = desk.identities({dossier: receipt.id for dossier, receipt in receipts.items()}, **about)
    return [
        Shown(dossier, receipt.position, opened[dossier], receipt.id) for dossier, receipt in receipts.items()
    ]
