"""To the second: from when and until when a key signs, also where what passed is remembered."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from ledger.domain.event import Grant, utc
from ledger.events.dossier import DossierFiled, Facts
from ledger.events.funds import FundAllocated
from ledger.events.nomination import Confirmed
from ledger.events.registry import KeyRevoked, OfficerEnrolled
from tests.scene import ON, Scene, key_of, public_key

BEGINS = datetime.fromisoformat("2026-01-20T09:00:00+08:00")
ENDS = datetime.fromisoformat("2026-01-25T17:00:00+08:00")
SECOND = timedelta(seconds=1)
FUND = FundAllocated(campaign="b2026", line="workers", amount_fen=1)


def text(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")


@pytest.fixture
def scene() -> Scene:
    """With a second of finance, whose key begins and ends."""
    scene = Scene()
    enrolled = OfficerEnrolled(
        officer="guest",
        name="代班",
        unit="county",
        public_key=public_key("guest"),
        valid_from=text(BEGINS),
        grants=[Grant(role="finance", unit="county")],
        identity_commitment="0" * 64,
    )
    scene.do("registrar", enrolled, person="guest")
    ended = KeyRevoked(key=key_of("guest"), revoked_from=text(ENDS), compromised=False, reason="期满")
    scene.do("registrar", ended)
    return scene


def at(scene: Scene, moment: datetime) -> Scene:
    """The next act is of this moment."""
    scene.time = moment - SECOND
    return scene


def test_a_key_signs_from_its_first_second_to_its_last(scene: Scene) -> None:
    early = BEGINS - SECOND
    at(scene, early).when("guest", FUND).refuses(
        "key-not-yet-valid", expected=utc(text(BEGINS)), found=utc(text(early))
    )
    at(scene, BEGINS).when("guest", FUND).then(lambda s: s.balance_fen() == 1)
    at(scene, ENDS - SECOND).when("guest", FUND).then(lambda s: s.balance_fen() == 2)
    at(scene, ENDS).when("guest", FUND).refuses(
        "key-revoked", expected=utc(text(ENDS)), found=utc(text(ENDS))
    )


def test_what_passed_before_does_not_widen_the_time(scene: Scene) -> None:
    at(scene, BEGINS + SECOND).when("guest", FUND).then(lambda s: True)
    at(scene, BEGINS + SECOND).when("guest", FUND, made_at=text(BEGINS - SECOND)).refuses(
        "key-not-yet-valid", found=utc(text(BEGINS - SECOND))
    )
    at(scene, BEGINS).when("guest", FUND).then(lambda s: True)
    at(scene, ENDS).when("guest", FUND, made_at=text(ENDS - SECOND)).refuses(
        "key-revoked", found=utc(text(ENDS))
    )
    at(scene, ENDS).when("guest", FUND).refuses("key-revoked")


def test_the_second_rules_ask_for_the_date_and_for_all_that_is_named() -> None:
    scene = Scene(rules=2)
    filed = DossierFiled(unit="tea", identity_commitment="0" * 64, facts=Facts())
    scene.when("tea-clerk", filed, person="张三", on="2025-11-10").refuses("on-too-early")
    elsewhere = scene.nominated("李四", unit="sugar")
    scene.when("tea-confirmer", Confirmed(**ON, case=elsewhere)).refuses(
        "beyond-own-scope", officer="tea-confirmer", kind="申报", kind_en="case", id=elsewhere
    )
