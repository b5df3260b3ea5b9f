"""Working papers: another auditor than who prepared one reviews it, once agreed to it stays so."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.domain.event import Grant
from ledger.domain.sample import ExaminedSample
from ledger.events.oversight import SampleExamined
from ledger.events.registry import OfficerEnrolled
from ledger.events.working_paper import WorkingPaperReviewed
from tests.scene import Scene, public_key


@pytest.fixture
def scene() -> Scene:
    found = Scene(rules=9)  # by which no draw is ordered first
    for officer, roles in (("auditor2", ["auditor"]), ("auditor-again", ["auditor"])):
        enrolled = OfficerEnrolled(
            officer=officer, name=officer, unit="county", public_key=public_key(officer),
            valid_from="2026-01-01T00:00:00+08:00", identity_commitment="0" * 64,
            grants=[Grant.model_validate({"role": role, "unit": "county"}) for role in roles],
        )  # fmt: skip
        found.do(
            "registrar", enrolled, person="auditor" if officer == "auditor-again" else officer, second=None
        )
    return found


def examined(scene: Scene, **where: Any) -> str:
    said = {"method": "random", "seed": "1", "size": 1, "drawn_at": 1, "examined": 1, "conclusion": "合规"}
    return scene.do("auditor", SampleExamined.model_validate({"campaign": "b2026", **where, **said}))


def review(sample: str, outcome: str = "agreed", unit: str = "county") -> WorkingPaperReviewed:
    return WorkingPaperReviewed.model_validate(
        {"campaign": "b2026", "unit": unit, "sample": sample, "outcome": outcome, "opinion": "依据充分"}
    )


def test_another_auditor_reviews_it(scene: Scene) -> None:
    sample = examined(scene)
    scene.when("auditor2", review(sample)).then(
        lambda s: s.state.get(ExaminedSample, sample).state == "agreed"
    )
    scene.when("auditor2", review(sample)).refuses("state-not-allowed")


@pytest.mark.parametrize("officer", ["auditor", "auditor-again"])
def test_who_prepared_it_does_not_whatever_code_they_use(scene: Scene, officer: str) -> None:
    scene.when(officer, review(examined(scene))).refuses("working-paper-own")


def test_what_was_sent_back_is_reviewed_again(scene: Scene) -> None:
    sample = examined(scene, unit="tea")
    scene.do("auditor2", review(sample, "sent-back", "tea"))
    scene.when("auditor2", review(sample, "agreed", "tea")).then(
        lambda s: s.state.get(ExaminedSample, sample).state == "agreed"
    )


def test_it_is_said_of_the_unit_that_was_examined(scene: Scene) -> None:
    scene.when("auditor2", review(examined(scene, unit="tea"), unit="sugar")).refuses("unit-differs")
