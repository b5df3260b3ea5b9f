"""Steps of the registry for tests of decisions: officers enrolled, roles given, keys stolen."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from ledger.domain.admission import admit
from ledger.domain.event import Grant, Role
from ledger.events.dossier import DossierAmended, Facts
from ledger.events.registry import KeyRevoked, OfficerEnrolled, RolesChanged
from ledger.events.versions import Basis
from tests.scene import Scene, key_of, public_key

SINCE = "2026-01-01T00:00:00+08:00"


def grant(role: Role, unit: str | None = "tea") -> Grant:
    return Grant(role=role, unit=unit)


def enrolled(officer: str, *grants: Grant, unit: str = "county") -> OfficerEnrolled:
    return OfficerEnrolled(
        officer=officer,
        name=officer,
        unit=unit,
        public_key=public_key(officer),
        valid_from=SINCE,
        grants=list(grants),
        identity_commitment="0" * 64,
    )


def enrol(
    scene: Scene, officer: str, *grants: Grant, by: str = "registrar", second: str | None = None
) -> None:
    scene.do(by, enrolled(officer, *grants), person=officer, second=second)


def give(scene: Scene, officer: str, *grants: Grant, by: str, second: str | None = None) -> None:
    scene.do(by, RolesChanged(officer=officer, grants=list(grants), reason="调整"), second=second)


def compromised(scene: Scene, officer: str, since: str, by: str = "registrar") -> None:
    scene.do(by, KeyRevoked(key=key_of(officer), revoked_from=since, compromised=True, reason="被盗"))


def with_second(rules: int, **policy_changes: Any) -> tuple[Scene, str]:
    """A ledger with a second registrar, ``reg2``, whose key is stolen from the moment told on; and a friend."""
    scene = Scene(rules=rules, **policy_changes).funds()
    enrol(scene, "reg2", grant("registrar", None))
    enrol(scene, "friend", second="reg2")
    return scene, later(scene)


def later(scene: Scene) -> str:
    """The moment after what has happened so far."""
    return (scene.time + timedelta(seconds=1)).isoformat()


def other_account(scene: Scene, case: str, officer: str = "tea-clerk2") -> Basis:
    """The dossier's account changes; the version that comes of it."""
    dossier = scene.case(case).dossier
    event = DossierAmended(
        unit="tea", dossier=dossier, facts=Facts(), identity_commitment="1" * 64, reason="换卡"
    )
    act = scene.act(officer, event, person="张三")
    act = act._replace(marks={**act.marks, "name": "n", "account": "another"})
    admit(act, scene.state)
    return Basis(dossier=dossier, version=act.id)
