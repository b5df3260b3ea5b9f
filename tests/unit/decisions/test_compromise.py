"""A stolen key takes with it what it enrolled, from then on and through any number of steps."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ledger.domain.compromise import Enrolled, distrusted
from ledger.domain.event import Grant
from ledger.domain.state import Key
from ledger.events.funds import FundAllocated
from ledger.events.registry import KeyRevoked, KeyRotated, OfficerEnrolled
from ledger.events.rules import RulesAdopted
from tests.scene import Scene, key_of, public_key

SINCE = "2026-01-01T00:00:00+08:00"
FUND = FundAllocated(campaign="b2026", line="workers", amount_fen=1)


def replaced(scene: Scene, old: str, new: str, officer: str = "finance") -> str:
    return scene.do(old, KeyRotated(officer=officer, public_key=public_key(new), valid_from=SINCE))


def lost(scene: Scene, key: str, since: str) -> KeyRevoked:
    return KeyRevoked(key=key_of(key), revoked_from=since, compromised=True, reason="失窃")


def now(scene: Scene) -> str:
    return scene.time.isoformat(timespec="seconds")


def soon(scene: Scene) -> str:
    """A moment after all that was recorded."""
    return (scene.time + timedelta(seconds=1)).isoformat(timespec="seconds")


class TestAStolenKey:
    def test_takes_its_replacement_with_it(self, scene: Scene) -> None:
        before = now(scene)
        replaced(scene, "finance", "thief")
        scene.do("thief", FUND)
        scene.do("registrar", lost(scene, "finance", before))
        scene.when("thief", FUND).refuses("key-revoked")
        assert scene.state.get(Key, key_of("thief")).compromised

    def test_through_any_number_of_steps(self, scene: Scene) -> None:
        before = now(scene)
        for old, new in (("finance", "thief"), ("thief", "thief2"), ("thief2", "thief3")):
            replaced(scene, old, new)
        scene.do("registrar", lost(scene, "finance", before))
        for name in ("finance", "thief", "thief2", "thief3"):
            scene.when(name, FUND).refuses("key-revoked")

    def test_spares_what_it_enrolled_before(self, scene: Scene) -> None:
        replaced(scene, "finance", "own")
        scene.do("registrar", lost(scene, "finance", soon(scene)))
        scene.when("own", FUND).then(lambda s: True)

    def test_and_those_whom_a_stolen_registrars_key_enrolled(self, scene: Scene) -> None:
        second = OfficerEnrolled(
            officer="second", name="乙", unit="county", public_key=public_key("second"), valid_from=SINCE,
            grants=[Grant(role="registrar")], identity_commitment="0" * 64,
        )  # fmt: skip
        scene.do("registrar", second, person="second")
        before = soon(scene)
        false = OfficerEnrolled(
            officer="false", name="丙", unit="tea", public_key=public_key("false"), valid_from=SINCE,
            grants=[Grant(role="clerk", unit="tea")], identity_commitment="0" * 64,
        )  # fmt: skip
        scene.do("registrar", false, person="false")
        scene.do("second", lost(scene, "registrar", before))
        assert scene.state.get(Key, key_of("false")).compromised
        assert not scene.state.get(Key, key_of("finance")).compromised

    def test_beside_another_signer_too(self, scene: Scene) -> None:
        for name in ("second", "third"):
            registrar = OfficerEnrolled(
                officer=name, name=name, unit="county", public_key=public_key(name), valid_from=SINCE,
                grants=[Grant(role="registrar")], identity_commitment="0" * 64,
            )  # fmt: skip
            scene.do("registrar", registrar, person=name, second=None if name == "second" else "second")
        before = soon(scene)
        event = KeyRotated(officer="finance", public_key=public_key("thief"), valid_from=SINCE)
        scene.do("registrar", event, second="second")
        scene.do("third", lost(scene, "second", before))
        scene.when("thief", FUND).refuses("key-revoked")

    def test_by_a_second_revocation_of_an_earlier_moment(self, scene: Scene) -> None:
        before = now(scene)
        replaced(scene, "finance", "thief")
        scene.do("registrar", lost(scene, "finance", soon(scene)))
        scene.do("thief", FUND)
        scene.do("registrar", lost(scene, "finance", before))
        scene.when("thief", FUND).refuses("key-revoked")

    def test_is_not_spoken_of_by_what_it_enrolled(self, scene: Scene) -> None:
        before = now(scene)
        replaced(scene, "finance", "thief")
        scene.when("thief", lost(scene, "finance", before)).refuses("revocation-distrusts-signer")
        scene.when("thief", lost(scene, "finance", soon(scene))).then(lambda s: True)

    def test_a_key_that_merely_ends_takes_none_with_it(self, scene: Scene) -> None:
        before = now(scene)
        replaced(scene, "finance", "new")
        ended = lost(scene, "finance", before).model_copy(update={"compromised": False})
        scene.do("registrar", ended)
        scene.when("new", FUND).then(lambda s: True)

    def test_by_the_first_rules_its_replacement_went_on(self) -> None:
        old = Scene(rules=1)
        before = now(old)
        replaced(old, "finance", "thief")
        old.do("registrar", lost(old, "finance", before))
        old.when("thief", FUND).then(lambda s: True)
        old.do("registrar", RulesAdopted(version=2, reason="上级要求"))
        old.when("thief", FUND).then(lambda s: True)
        old.do("registrar", lost(old, "finance", before))
        old.when("thief", FUND).refuses("key-revoked")


@pytest.mark.parametrize(
    ("since", "taken"), [("1", {"b": "1", "c": "3"}), ("2", {}), ("0", {"b": "1", "c": "3"})]
)
def test_each_key_ends_from_its_own_enrolment(since: str, taken: dict[str, str]) -> None:
    known = [Enrolled("b", ["a"], "1"), Enrolled("c", ["x", "b"], "3"), Enrolled("d", ["x"], "4")]
    assert distrusted("a", since, known) == taken


def test_keys_that_enrolled_each_other_come_to_an_end() -> None:
    known = [Enrolled("b", ["a", "c"], "1"), Enrolled("c", ["b"], "2"), Enrolled("a", ["c"], "3")]
    assert distrusted("a", "0", known) == {"b": "1", "c": "2"}
