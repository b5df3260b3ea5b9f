"""What a refusal's text calls officers, units, campaigns and lines: by name, while its details keep the codes."""

from __future__ import annotations

import pytest

from ledger.domain.called import name_codes
from ledger.domain.references import UNIT_DIFFERS
from ledger.domain.state import UNKNOWN_REFERENCE, Officer, Unit
from ledger.errors import Refused
from ledger.events.bank import CLOSED_BY_PAYER
from ledger.events.funds import LINE_BELOW_ZERO
from ledger.events.oversight import OWN_DOING
from ledger.events.separation import DUTIES_NOT_SEPARATED
from tests.scene import Scene

SHORT = {"expected": 100, "found": 50, "short": 50}


@pytest.fixture(scope="module")
def scene() -> Scene:
    found = Scene()
    found.state.get(Officer, "tea-clerk").name = "王秀英"
    for unit, name in (("tea", "某县茶厂工会"), ("sugar", "某县糖厂工会")):
        found.state.get(Unit, unit).name = name
    return found


@pytest.mark.parametrize(
    ("refusal", "says"),
    [
        (
            DUTIES_NOT_SEPARATED.refused(
                officer="tea-clerk", done="申报", doing="审批", done_en="", doing_en=""
            ),
            "王秀英 已对此对象申报",
        ),
        (UNIT_DIFFERS.refused(expected="tea", found="sugar"), "应为 某县茶厂工会，实为 某县糖厂工会"),
        (LINE_BELOW_ZERO.refused(line="b2026/workers", **SHORT), "资金项目 困难职工 余额 0.50 元"),
        (LINE_BELOW_ZERO.refused(line="b2026/workers@tea", **SHORT), "困难职工（某县茶厂工会已领）"),
        (LINE_BELOW_ZERO.refused(line="workers", **SHORT), "资金项目 困难职工 余额"),
        (CLOSED_BY_PAYER.refused(officer="tea-clerk, tea-confirmer", day="2026-01-15"), "王秀英、"),
        (OWN_DOING.refused(officer="tea-clerk", subject="unit:-/tea"), "某县茶厂工会"),
        (UNKNOWN_REFERENCE.refused(kind="unit", id="salt"), "引用的单位不存在：salt"),
    ],
)
def test_a_text_names_what_its_details_have_by_code(scene: Scene, refusal: Refused, says: str) -> None:
    before = dict(refusal.details)
    name_codes(refusal, scene.state, "b2026")
    assert says in refusal.message("zh")
    assert refusal.details == before
    assert refusal.to_json()["details"] == before
