"""Proof of possession: a key is enrolled only where it signed for itself, for this ledger and officer."""

from __future__ import annotations

import pytest

from ledger.audit.entry_checks import EntryChecker
from ledger.crypto.keys import (
    key_id_of,
    new_key,
    new_key_of,
    public_hex,
)
from ledger.crypto.signatures import Algorithm
from ledger.domain.entry import write_entry
from ledger.domain.event import Event
from ledger.domain.possession import check_possession, prove_possession
from ledger.errors import Refused
from ledger.events.registry import KeyRotated, OfficerEnrolled
from ledger.writing.signing import Signer, possessed
from tests.founding import Founded
from tests.scene import LEDGER, NOBODY, Scene, public_key

SINCE = "2026-01-01T00:00:00+08:00"


def rotated(key: object, officer: str = "finance", **changes: str) -> KeyRotated:
    fields = possessed(key, LEDGER, officer) | {"officer": "finance", "valid_from": SINCE} | changes  # type: ignore[arg-type]
    return KeyRotated(**fields)


def code_of(event: Event) -> str | None:
    try:
        check_possession(event, LEDGER)
    except Refused as refusal:
        return refusal.code
    return None


class TestTheProof:
    @pytest.mark.parametrize("algorithm", ["ed25519", "sm2"])
    def test_holds_by_either_algorithm(self, algorithm: Algorithm) -> None:
        assert code_of(rotated(new_key_of(algorithm))) is None

    def test_is_for_one_officer_one_ledger_and_one_key(self) -> None:
        key = new_key()
        assert code_of(rotated(key, "finance2")) == "possession-wrong"
        assert code_of(rotated(key, public_key=public_hex(new_key()))) == "possession-wrong"
        elsewhere = prove_possession(key, NOBODY, "finance")
        assert code_of(rotated(key, proof_of_possession=elsewhere)) == "possession-wrong"
        assert code_of(rotated(key, proof_of_possession="0" * 128)) == "possession-wrong"

    def test_is_asked_for_by_the_newest_rules(self, scene: Scene) -> None:
        event = KeyRotated(officer="finance", public_key=public_key("new"), valid_from=SINCE)
        scene.when("finance", event, proved=False).refuses("possession-not-proved", officer="finance")
        enrolled = OfficerEnrolled(
            officer="new", name="新", unit="tea", public_key=public_key("new"), valid_from=SINCE, grants=[]
        )
        scene.when("registrar", enrolled, proved=False).refuses("possession-not-proved", officer="new")

    def test_was_not_asked_for_by_the_first(self) -> None:
        event = KeyRotated(officer="finance", public_key=public_key("new"), valid_from=SINCE)
        Scene(rules=1).when("finance", event, proved=False).then(lambda s: True)


class TestTheWriter:
    def test_takes_in_none_that_is_not_the_keys_own(self, founded: Founded) -> None:
        stolen = possessed(new_key(), founded.ledger, "finance")["proof_of_possession"]
        key = new_key()
        with founded.store.writer() as writer:
            mine = possessed(key, founded.ledger, "finance")
            event = KeyRotated(
                officer="finance", valid_from=SINCE, **(mine | {"proof_of_possession": stolen})
            )
            with pytest.raises(Refused) as refusal:
                founded.record(writer, "finance", event)
            assert refusal.value.code == "possession-wrong"
            founded.record(writer, "finance", KeyRotated(officer="finance", valid_from=SINCE, **mine))


def test_the_audit_holds_recorded_proofs_against_their_keys() -> None:
    registrar, key = new_key(), new_key()
    signer = Signer(registrar, LEDGER)

    def found(event: Event) -> list[str]:
        envelope = signer.sign(event).envelope
        entry = write_entry(envelope, {}, "2026-01-10T00:00:00.000000Z")
        checker = EntryChecker({key_id_of(registrar): bytes.fromhex(public_hex(registrar))})
        return [each.fault.code for each in checker.check([entry]).findings]

    assert found(rotated(key)) == []
    assert found(rotated(key, proof_of_possession="1" * 128)) == ["possession-wrong"]
