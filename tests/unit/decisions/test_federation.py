"""Ledgers above and below: who may read, who is followed, and what this ledger's own key may say of them."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.events.campaign import SummaryFigure, SummaryFiled
from ledger.events.federation import (
    CheckpointSeen,
    LedgerFollowed,
    MirrorFault,
    SummaryTaken,
    UpperEnrolled,
    UpperRevoked,
    readers_of,
)
from tests.scene import LEDGER, ON, Scene, public_key

BELOW: dict[str, Any] = {
    "followed": "north", "ledger": "0194f000-0000-4000-8000-000000000001", "name": "北县", "level": "county",
    "region": "430181", "public_key": public_key("north's log"),
}  # fmt: skip
SUMMARY: dict[str, Any] = {
    "followed": "north", "day": "2026-01-11", "of_campaign": "b", "of_unit": "tea", "filed_on": "2026-01-10",
    "declared_persons": 1, "declared_fen": 5,
}  # fmt: skip


def reader(code: str = "city", key: str = "reader") -> UpperEnrolled:
    return UpperEnrolled(
        upper=code, name="某市", level="city", region="430100", public_key=public_key(key),
        proof_of_possession="0" * 128,
    )  # fmt: skip


def seen(size: int, day: str = "2026-01-11", root: str = "1") -> CheckpointSeen:
    return CheckpointSeen(followed="north", day=day, size=size, root=root * 64)


def fault(what: Any, day: str = "2026-01-12") -> MirrorFault:
    return MirrorFault(followed="north", day=day, fault=what, size=9)


class TestUpperReaders:
    def test_a_reader_is_enrolled_once_and_reads_until_revoked(self, scene: Scene) -> None:
        scene.do("registrar", reader())
        assert [each.id for each in readers_of(scene.state)] == ["city"]
        scene.when("registrar", reader("city", "another")).refuses("already-registered")
        scene.when("registrar", reader("province", "reader")).refuses("already-registered")
        scene.do("registrar", UpperRevoked(upper="city", reason="更换设备"))
        assert readers_of(scene.state) == []
        scene.when("registrar", UpperRevoked(upper="city", reason="重复")).refuses("state-not-allowed")
        scene.when("registrar", reader("city", "another")).then(
            lambda scene: [each.key_id for each in readers_of(scene.state)] != []
        )

    def test_an_officers_key_reads_for_nobody(self, scene: Scene) -> None:
        scene.when("registrar", reader("city", "auditor")).refuses("already-registered")
        scene.when("auditor", reader()).refuses("role-not-held")


class TestFollowing:
    @pytest.fixture
    def above(self, scene: Scene) -> Scene:
        scene.do("registrar", LedgerFollowed(**BELOW))
        return scene

    def test_one_code_is_one_ledger_and_never_this_one(self, above: Scene) -> None:
        above.when("registrar", LedgerFollowed(**BELOW | {"followed": "south"})).refuses("already-registered")
        other = "0194f000-0000-4000-8000-000000000002"
        above.when("registrar", LedgerFollowed(**BELOW | {"ledger": other})).refuses("already-registered")
        own = BELOW | {"followed": "self", "ledger": LEDGER}
        above.when("registrar", LedgerFollowed(**own)).refuses("state-not-allowed")

    def test_what_was_seen_only_grows_and_is_noted_once_a_day(self, above: Scene) -> None:
        above.do("ledger", seen(9))
        above.when("auditor", seen(10, "2026-01-12")).refuses("not-the-ledger")
        for wrong in (seen(10), seen(8, "2026-01-12"), seen(9, "2026-01-12", "2")):
            above.when("ledger", wrong).refuses("checkpoint-not-next")
        above.do("ledger", seen(9, "2026-01-12"))

    def test_a_passing_fault_ends_as_it_is_read_and_a_grave_one_by_a_registrar(self, above: Scene) -> None:
        above.do("ledger", seen(9))
        above.do("ledger", fault("silent"))
        above.when("ledger", fault("silent")).refuses("fault-stands")
        above.do("ledger", seen(9, "2026-01-11"))
        above.do("ledger", fault("fork"))
        above.when("ledger", fault("silent")).refuses("fault-stands")
        above.when("ledger", seen(10, "2026-01-13")).refuses("state-not-allowed")
        above.do("registrar", LedgerFollowed(**BELOW | {"name": "北县（已查明）"}))
        above.when("ledger", seen(8, "2026-01-13")).refuses("checkpoint-not-next")
        above.do("ledger", seen(10, "2026-01-13"))
        above.do("registrar", LedgerFollowed(**BELOW, anew=True))
        above.do("ledger", seen(3, "2026-01-13"))

    def test_summaries_are_taken_in_the_order_of_the_countys_log(self, above: Scene) -> None:
        above.do("ledger", SummaryTaken(**SUMMARY, position=7, as_of=6))
        above.when("ledger", SummaryTaken(**SUMMARY, position=7, as_of=7)).refuses("summary-not-next")
        above.when("ledger", SummaryTaken(**SUMMARY, position=8, as_of=9)).refuses("state-not-allowed")


def test_a_summarys_figures_add_up(scene: Scene) -> None:
    figures = [SummaryFigure(category="worker", persons=1, amount_fen=5)]
    said: dict[str, Any] = {**ON, "amount_fen": 5, "text": "完成", "as_of": 3, "figures": figures}
    scene.do("tea-clerk", SummaryFiled(**said, persons=1))
    scene.when("tea-clerk", SummaryFiled(**said, persons=2)).refuses("summary-not-added-up")
