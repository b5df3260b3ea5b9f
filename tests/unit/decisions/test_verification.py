"""The four outcomes of a flag's verification (核查处置): who decides them, and until when one is kept."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.domain.event import parse_event
from ledger.errors import Refused
from ledger.events.oversight import FlagKey
from ledger.events.verification import OUTCOME_TITLES, VerificationDecided
from tests.scene import ON, Scene


def decided(scene: Scene, **said: Any) -> VerificationDecided:
    flag = FlagKey(rule="over-standard", subject=f"case:b2026/{scene.nominated()}", raised_at=1)
    return VerificationDecided(**{**ON, "flags": [flag], "outcome": "interview", "reason": "函询", **said})


@pytest.mark.parametrize("outcome", sorted(set(OUTCOME_TITLES) - {"kept"}))
def test_an_inspector_decides(scene: Scene, outcome: Any) -> None:
    event = decided(scene, outcome=outcome)
    scene.when("auditor", event).refuses("role-not-held")
    scene.when("inspector", event).then(lambda s: True)


def test_nobody_decides_on_what_they_did() -> None:
    scene = Scene()
    flag = FlagKey(rule="backdated", subject="officer:-/inspector", raised_at=1)
    event = VerificationDecided(unit="county", flags=[flag], outcome="settled", reason="无误")
    scene.when("inspector", event).refuses("own-doing-reviewed")


def test_what_is_kept_is_kept_until_a_day_ahead(scene: Scene) -> None:
    event = decided(scene, outcome="kept", kept_until="2026-01-10")
    scene.when("inspector", event).refuses("term-not-ahead", expected="2026-01-10", found="2026-01-10")
    later = event.model_copy(update={"kept_until": "2026-01-11"})
    scene.when("inspector", later).then(lambda s: True)


@pytest.mark.parametrize("said", [{"outcome": "kept"}, {"outcome": "settled", "kept_until": "2027-01-01"}])
def test_a_term_goes_with_what_is_kept_alone(said: dict[str, Any]) -> None:
    flag = {"rule": "over-standard", "subject": "unit:b2026/tea", "raised_at": 1}
    with pytest.raises(Refused, match="kept_until goes with the outcome kept"):
        parse_event("VerificationDecided.v1", {**ON, "flags": [flag], "reason": "待查", **said})
