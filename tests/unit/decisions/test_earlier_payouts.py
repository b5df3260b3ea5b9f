"""Payouts of earlier years brought in after the fact: who signs them, once, and that they permit nothing."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.domain.state import Case, Line
from ledger.events.register import EarlierPayoutsListed, ReferenceErased, ReferenceWithdrawn, Register
from tests.scene import Scene


def brought_in(root: str = "1", **changes: Any) -> EarlierPayoutsListed:
    said: dict[str, Any] = {
        "unit": "county", "title": "2025年两节慰问", "source": "县总工会财务", "data_on": "2025-12-31",
        "keep_until": "2030-12-31", "digest": "0" * 64, "root": root.rjust(64, "0"), "rows": 3,
        "year": 2025, "total_fen": 150_000,
    }  # fmt: skip
    return EarlierPayoutsListed(**{**said, **changes})


@pytest.mark.parametrize("officer", ["finance", "auditor", "inspector"])
def test_finance_auditors_and_inspectors_bring_them_in(scene: Scene, officer: str) -> None:
    made = scene.do(officer, brought_in())
    assert scene.state.get(Register, made).kind == "earlier-payouts"


@pytest.mark.parametrize("officer", ["tea-clerk", "tea-confirmer", "approver", "registrar"])
def test_nobody_else_does(scene: Scene, officer: str) -> None:
    scene.when(officer, brought_in()).refuses("role-not-held")


def test_a_list_is_brought_in_once(scene: Scene) -> None:
    first = scene.do("finance", brought_in())
    scene.when("finance", brought_in("2")).refuses("earlier-payouts-listed", list=first)
    scene.when("finance", brought_in("2", replaces=first)).refuses("role-not-held")
    scene.do("auditor", brought_in("2", replaces=first))
    assert scene.state.get(Register, first).state == "replaced"


def test_what_is_still_to_come_is_no_earlier_payout(scene: Scene) -> None:
    scene.when("finance", brought_in(year=2027)).refuses("earlier-payouts-to-come", found=2027, expected=2026)
    scene.do("finance", brought_in(year=2026))


def test_it_moves_no_money_and_helps_nobody(scene: Scene) -> None:
    case = scene.approved()
    before = [repr(record) for kind in (Line, Case) for record in scene.state.records(kind)]
    scene.do("finance", brought_in())
    assert [repr(record) for kind in (Line, Case) for record in scene.state.records(kind)] == before
    assert scene.case(case).paid_fen == 0


def test_it_is_withdrawn_and_erased_as_lists_are(scene: Scene) -> None:
    made = scene.do("finance", brought_in())
    withdrawn = ReferenceWithdrawn(unit="county", reference=made, reason="名单有误")
    scene.when("finance", withdrawn).refuses("role-not-held")
    scene.do("auditor", withdrawn, second="inspector")
    scene.do("registrar", ReferenceErased(unit="county", reference=made, reason="到期"))
    assert scene.state.get(Register, made).erased
