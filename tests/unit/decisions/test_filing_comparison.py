"""What the ledger compared at filing: where a policy asks for it, once, under its own key alone."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.domain.linkage import FilingsComparedUpTo
from ledger.domain.loosening import loosenings
from ledger.events.campaign import PolicyAmended
from ledger.events.filing_comparison import FilingsCompared
from ledger.events.linkage import LinkedPair
from tests.scene import NOBODY, Scene, policy

LEVELS = {"name": 3, "number": 3, "phone": -1, "account": -1, "home": -1, "unit": 0}


def compared(scene: Scene, through: int = 5, **changes: Any) -> FilingsCompared:
    said: dict[str, Any] = {
        "campaign": "b2026", "unit": "county", "model": "m-1", "through": through, "compared": 2, "fresh": 1,
        "set_aside": 0, "part": 1, "parts": 1, "pairs": [],
    }  # fmt: skip
    return FilingsCompared(**said | changes)


def pair(first: str, second: str) -> LinkedPair:
    return LinkedPair(first=first, second=second, weight_milli=9_000, guarded=True, one_edit=True, **LEVELS)


@pytest.fixture
def asking(scene: Scene) -> Scene:
    """A campaign whose policy asks for the comparison."""
    terms = policy(compare_at_filing=True)
    scene.do("approver", PolicyAmended(campaign="b2026", policy=terms, reason="比对"))
    return scene


def test_the_ledger_compares_where_the_policy_asks_for_it(scene: Scene) -> None:
    scene.when("ledger", compared(scene)).refuses("comparison-not-asked", campaign="b2026")


def test_nobody_else_says_what_it_found(asking: Scene) -> None:
    for officer in ("inspector", "approver", "registrar"):
        asking.when(officer, compared(asking)).refuses("not-the-ledger")


def test_what_was_compared_is_compared_once(asking: Scene) -> None:
    found = [pair(asking.dossier("甲"), asking.dossier("乙", "sugar"))]
    asking.do("ledger", compared(asking, 5, pairs=found, part=1, parts=2))
    assert asking.state.find(FilingsComparedUpTo, "b2026") is None  # it is made again where it broke off
    asking.do("ledger", compared(asking, 5, pairs=found, part=2, parts=2))
    asking.when("ledger", compared(asking, 5)).refuses("filings-compared", expected=5, found=5)
    asking.do("ledger", compared(asking, 6))


def test_it_is_of_the_sponsors_unit_and_of_known_dossiers(asking: Scene) -> None:
    asking.when("ledger", compared(asking, unit="tea")).refuses("unit-differs")
    unknown = [pair(asking.dossier("甲"), NOBODY)]
    asking.when("ledger", compared(asking, pairs=unknown)).refuses("reference-unknown")
    with pytest.raises(ValueError, match="part of more"):
        compared(asking, part=3, parts=2)


def test_to_ask_for_it_no_more_loosens_a_policy() -> None:
    asks = policy(compare_at_filing=True)
    assert [each.member for each in loosenings(asks, policy())] == ["compare_at_filing"]
    assert loosenings(policy(), asks) == []
