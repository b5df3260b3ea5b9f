"""A flag's subject: what it needs to have loaded, where it lies, and whose doing it is."""

from __future__ import annotations

import pytest

from ledger.domain.references import (
    Scope,
    campaign_of_subject,
    declared,
    keys_named,
    officers_behind,
    scopes_of_subject,
)
from ledger.domain.state import State
from ledger.errors import Refused
from ledger.events.oversight import FlagKey, FlagReviewed
from tests.scene import NOBODY, ON, Scene, key_of

OTHER = NOBODY[:-1] + "1"


def loaded_for(subject: str) -> list[str]:
    flag = FlagKey(rule="split-payout", subject=subject, raised_at=1)
    review = FlagReviewed(flag=flag, disposition="confirmed", reason="查实")
    return keys_named(declared(FlagReviewed), review, State())


@pytest.mark.parametrize(
    ("subject", "keys"),
    [
        (f"case:b2026/{NOBODY}", [f"case/{NOBODY}"]),
        (f"payout:b2026/{NOBODY}", [f"payout/{NOBODY}"]),
        (f"dossier:-/{NOBODY}", [f"dossier/{NOBODY}"]),
        (f"pair:-/{NOBODY}+{OTHER}", [f"dossier/{NOBODY}", f"dossier/{OTHER}"]),
        # Resident, known by no record, or no subject at all: it is refused when it is resolved.
        ("unit:b2026/tea", []),
        ("phone:b2026/1:mark", []),
        ("case:b2026/not-an-id", []),
        ("nonsense", []),
    ],
)
def test_what_it_is_about_is_loaded(subject: str, keys: list[str]) -> None:
    assert loaded_for(subject) == keys


def test_where_it_lies(scene: Scene) -> None:
    scene.funds()
    case = scene.approved()
    dossier = scene.case(case).dossier
    payout = scene.do("finance", scene.payout(case))
    other = scene.dossier("李四", "sugar")
    lies = {
        f"case:b2026/{case}": [Scope("tea", "b2026")],
        f"payout:b2026/{payout}": [Scope("tea", "b2026")],
        f"dossier:-/{dossier}": [Scope("tea", "")],
        f"dossier:b2026/{dossier}": [Scope("tea", "b2026")],
        f"pair:-/{dossier}+{other}": [Scope("tea", ""), Scope("sugar", "")],
        f"pair:b2026/{dossier}+{other}": [Scope("tea", "b2026"), Scope("sugar", "b2026")],
        "unit:b2026/tea": [Scope("tea", "b2026")],
        "officer:b2026/tea-clerk": [Scope("tea", None)],
        "line:b2026/workers@tea": [Scope("tea", "b2026")],
        "line:b2026/workers": [Scope("county", "b2026")],
        "person:b2026/1:mark": [Scope("county", "b2026")],
        "person:-/1:mark": [Scope(None, "")],
    }
    assert {subject: scopes_of_subject(subject, scene.state) for subject in lies} == lies


def test_whose_doing_it_is(scene: Scene) -> None:
    scene.funds()
    case = scene.approved()
    dossier = scene.case(case).dossier
    payout = scene.do("finance", scene.payout(case))
    other = scene.dossier("李四", "sugar")
    key = key_of("tea-clerk")
    steps = {"tea-clerk", "tea-confirmer", "approver", "finance"}
    assert set(officers_behind(f"case:b2026/{case}", scene.state)) == steps
    assert "finance" in officers_behind(f"payout:b2026/{payout}", scene.state)
    assert officers_behind(f"dossier:-/{dossier}", scene.state) == ["tea-clerk"]
    assert officers_behind(f"pair:-/{dossier}+{other}", scene.state) == ["tea-clerk", "sugar-clerk"]
    assert officers_behind("officer:b2026/approver", scene.state) == ["approver"]
    assert officers_behind(f"key:-/{key}", scene.state) == ["tea-clerk"]
    assert officers_behind("unit:b2026/tea", scene.state) == []


def test_which_campaign_it_stands_in(scene: Scene) -> None:
    found = campaign_of_subject("unit:b2026/tea", scene.state)
    assert found is not None
    assert found.id == ON["campaign"]
    assert campaign_of_subject("person:-/1:mark", scene.state) is None
    assert campaign_of_subject("nonsense", scene.state) is None


@pytest.mark.parametrize(
    "subject", ["nonsense", "case:b2026/not-an-id", f"pair:-/{NOBODY}+not-an-id", "case:b2026/"]
)
def test_what_is_no_subject_is_refused_as_it_was_written(scene: Scene, subject: str) -> None:
    with pytest.raises(Refused) as refusal:
        scopes_of_subject(subject, scene.state)
    assert refusal.value.code == "reference-unknown"
    assert (refusal.value.details["kind"], refusal.value.details["id"]) == ("subject", subject)


def test_nobody_is_behind_what_is_no_subject(scene: Scene) -> None:
    with pytest.raises(Refused) as refusal:
        officers_behind("nonsense", scene.state)
    assert (refusal.value.details["kind"], refusal.value.details["id"]) == ("subject", "nonsense")
