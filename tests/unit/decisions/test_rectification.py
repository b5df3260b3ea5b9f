"""Rectification, handing over and outside cases (整改、移送、立案): who orders and strikes off, and what it refers to."""

from __future__ import annotations

from typing import Any, ClassVar

from ledger.domain.event import Grant
from ledger.domain.rectification import Rectification
from ledger.events.handover import MatterHandedOver, OutsideCaseRecorded
from ledger.events.rectification import RectificationOrdered, RectificationStruckOff
from tests.scene import NOBODY, ON, Scene
from tests.unit.decisions.registrars import enrol, enrolled, give


def ordered(due: str = "2026-02-01", **item: Any) -> RectificationOrdered:
    first = {"what": "补齐签收单", "unit": "tea", "due": due, **item}
    return RectificationOrdered.model_validate(
        {"campaign": "b2026", "document": {"number": "整改1号"}, "items": [first]}
    )


def struck_off(rectification: str, **said: Any) -> RectificationStruckOff:
    return RectificationStruckOff.model_validate({
        "campaign": "b2026", "rectification": rectification, "item": 1, "evidence": {"number": "佐证1"},
        "text": "签收单已补齐", **said,
    })  # fmt: skip


class TestOrdering:
    def test_inspector_and_auditor_order_it_until_a_day_ahead(self, scene: Scene) -> None:
        scene.when("approver", ordered()).refuses("role-not-held")
        scene.when("inspector", ordered("2026-01-10")).refuses("term-not-ahead", found="2026-01-10")
        for officer in ("inspector", "auditor"):
            made = scene.when(officer, ordered("2026-01-11")).then(lambda s: True).id
            assert scene.state.get(Rectification, made).items == [["tea", False, None, None, [], []]]

    def test_units_flags_and_cases_must_be_known(self, scene: Scene) -> None:
        scene.when("inspector", ordered(unit="none")).refuses("reference-unknown")
        scene.when("inspector", ordered(investigation=NOBODY)).refuses("reference-unknown")

    def test_nobody_orders_what_they_had_a_part_in(self, scene: Scene) -> None:
        flag = {"rule": "backdated", "subject": "officer:-/inspector", "raised_at": 1}
        scene.when("inspector", ordered(flag=flag)).refuses("own-doing-reviewed")


class TestStrikingOff:
    def test_once_by_somebody_of_oversight(self, scene: Scene) -> None:
        made = scene.do("inspector", ordered())
        scene.when("tea-clerk", struck_off(made)).refuses("role-not-held")
        scene.when("auditor", struck_off(made, item=2)).refuses("item-unknown", expected=1, found=2)
        scene.when("auditor", struck_off(NOBODY)).refuses("reference-unknown")
        scene.do("auditor", struck_off(made))
        scene.when("inspector", struck_off(made)).refuses("state-not-allowed", found="closed")

    def test_nobody_of_the_unit_answerable(self, scene: Scene) -> None:
        above = Grant(role="inspector", unit="county")
        scene.do("registrar", enrolled("of-tea", above, unit="tea"), person="of-tea")
        made = scene.do("inspector", ordered())
        scene.when("of-tea", struck_off(made)).refuses("own-rectification", unit="tea")

    def test_nobody_who_was_at_work_there(self, scene: Scene) -> None:
        made = scene.do("inspector", ordered())
        enrol(scene, "changed", Grant(role="clerk", unit="tea"))
        give(scene, "changed", by="registrar")
        give(scene, "changed", Grant(role="inspector", unit="county"), by="registrar")
        scene.state.get(Rectification, made)
        scene.when("changed", struck_off(made)).refuses("own-rectification", officer="changed")


class TestHandingOver:
    LETTER: ClassVar[dict[str, Any]] = {
        "organ": "县监委", "letter": {"number": "移送1号"}, "handed_over_on": "2026-01-09", "what": "疑似利益关联",
    }  # fmt: skip

    def test_a_matter_and_the_case_that_came_of_it(self, scene: Scene) -> None:
        matter = MatterHandedOver.model_validate({**ON, **self.LETTER})
        scene.when("approver", matter).refuses("role-not-held")
        made = scene.do("inspector", matter)
        filed = OutsideCaseRecorded(
            **ON, organ="县监委", file_number="立案1号", filed_on="2026-01-10", what="违纪", handover=made
        )
        scene.when("inspector", filed).then(lambda s: True)
        scene.when("inspector", filed.model_copy(update={"handover": NOBODY})).refuses("reference-unknown")
        scene.when("inspector", filed.model_copy(update={"investigation": NOBODY})).refuses(
            "reference-unknown"
        )

    def test_nobody_hands_over_what_they_had_a_part_in(self, scene: Scene) -> None:
        flag = {"rule": "backdated", "subject": "officer:-/inspector", "raised_at": 1}
        matter = MatterHandedOver.model_validate({"unit": "county", **self.LETTER, "flags": [flag]})
        scene.when("inspector", matter).refuses("own-doing-reviewed")
