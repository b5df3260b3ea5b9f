"""Relation charts in a case's file: whose, of which case, and what a chart is."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.domain.event import Grant, parse_event
from ledger.errors import Refused
from ledger.events.case_chart import MOST_NODES, ChartFiled
from ledger.events.oversight import CaseClosed, CaseOpened, FlagKey
from ledger.events.registry import RolesChanged
from tests.scene import NOBODY, ON, Scene


def chart(case: str, **said: Any) -> dict[str, Any]:
    nodes = [
        {"node": "unit:tea", "x": 0, "y": 0},
        {"node": "officer:finance", "x": 120, "y": -40, "note": "经手"},
    ]
    return {**ON, "investigation": case, "drawn_at": 3, "nodes": nodes, "text": "两户同一账户", **said}  # fmt: skip


def filed(case: str, **said: Any) -> ChartFiled:
    return ChartFiled.model_validate(chart(case, **said))


def test_an_inspector_files_a_chart_while_the_case_is_open() -> None:
    scene = Scene()
    case = scene.do("inspector", CaseOpened(**ON, title="核查", text="群众反映"))
    scene.when("inspector", filed(case)).then(lambda s: True)
    scene.when("auditor", filed(case)).refuses("role-not-held")
    scene.when("inspector", filed(NOBODY)).refuses("reference-unknown")
    closed = CaseClosed(**ON, investigation=case, finding="partly", amount_fen=0, text="办结")
    scene.do("inspector", closed)
    scene.when("inspector", filed(case)).refuses("state-not-allowed", expected="open")


def test_nobody_draws_for_a_case_about_what_they_did() -> None:
    scene = Scene().funds()
    paid = scene.do("finance", scene.payout(scene.approved()))
    key = FlagKey(rule="backdated", subject=f"payout:b2026/{paid}", raised_at=5)
    case = scene.do("inspector", CaseOpened(**ON, title="核查", flags=[key], text="群众反映"))
    scene.do(
        "registrar",
        RolesChanged(officer="finance", reason="调任", grants=[Grant(role="inspector", unit="county")]),
    )
    scene.when("finance", filed(case)).refuses("own-doing-reviewed")


@pytest.mark.parametrize(
    "said",
    [
        {"nodes": []},
        {"nodes": [{"node": "unit:tea", "x": 0, "y": 0}] * 2},
        {"nodes": [{"node": f"unit:u{number}", "x": number, "y": 0} for number in range(MOST_NODES + 1)]},
        {"nodes": [{"node": "moon:tea", "x": 0, "y": 0}]},
        {"nodes": [{"node": "unit:tea", "x": 0.5, "y": 0}]},
        {"nodes": [{"node": "unit:tea", "x": 0, "y": 0, "note": "身份证 45032219800101123X"}]},
        {"first_day": "2026-02-01", "last_day": "2026-01-01"},
        {"drawn_at": 0},
    ],
)
def test_what_is_no_chart(said: dict[str, Any]) -> None:
    with pytest.raises(Refused) as refusal:
        parse_event("ChartFiled.v1", chart(NOBODY, **said))
    assert refusal.value.code in ("body-invalid", "text-holds-identity")
