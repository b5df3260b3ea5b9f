"""Versions of the rules: taken up by an event, never back, and judging nothing that was before."""

from __future__ import annotations

import pytest

from ledger.domain.event import parse_event
from ledger.domain.rules_version import CHANGES, NEWEST
from ledger.domain.state import Dossier
from ledger.events.dossier import DossierSealed
from ledger.events.registry import LedgerFounded
from ledger.events.rules import RulesAdopted
from tests.scene import Scene, public_key

ADOPTED = RulesAdopted(version=NEWEST, reason="上级要求")


@pytest.fixture
def old() -> Scene:
    return Scene(rules=1)


def test_a_founding_without_a_version_is_by_the_first_rules() -> None:
    body = {
        "name": "台账",
        "officer": "r",
        "officer_name": "甲",
        "public_key": public_key("r"),
        "ledger_key": public_key("ledger"),
    }
    founding = parse_event("LedgerFounded.v1", body)
    assert isinstance(founding, LedgerFounded)
    assert founding.rules == 1


def test_stricter_rules_bind_from_where_they_are_taken_up(old: Scene) -> None:
    foreign = DossierSealed(unit="tea", dossier=old.dossier(unit="sugar"), reason="误封")
    other = DossierSealed(unit="tea", dossier=old.dossier("李四", unit="sugar"), reason="误封")
    old.do("registrar", foreign)
    old.do("registrar", ADOPTED)
    assert old.state.rules == NEWEST
    assert old.state.get(Dossier, foreign.dossier).sealed
    old.when("registrar", other).refuses("unit-differs", expected="sugar", found="tea")


def test_rules_only_get_newer(old: Scene) -> None:
    old.do("registrar", ADOPTED)
    for version in (1, NEWEST):
        old.when("registrar", RulesAdopted(version=version, reason="退回")).refuses(
            "rules-not-newer", expected=NEWEST, found=version
        )


def test_rules_that_this_release_does_not_know(old: Scene) -> None:
    event = RulesAdopted(version=NEWEST + 1, reason="更新")
    old.when("registrar", event).refuses("rules-unknown", expected=NEWEST, found=NEWEST + 1)


def test_only_a_registrar_over_everything_takes_them_up(old: Scene) -> None:
    old.when("approver", ADOPTED).refuses("role-not-held")


def test_every_version_says_what_it_changes() -> None:
    assert set(CHANGES) == set(range(2, NEWEST + 1))
