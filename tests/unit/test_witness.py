"""Witnesses: they sign what appends, remember it over restarts, and refuse everything else."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest

from ledger.crypto.keys import new_key
from ledger.crypto.merkle import EMPTY_ROOT, Tree, leaf_hash
from ledger.errors import Refused
from ledger.log.checkpoint import Checkpoint, origin_of
from ledger.log.note import (
    Note,
    cosigned_at,
    note_key,
    parse_note,
    sign_text,
    verified,
)
from ledger.log.tiles import Edge, Tile, consistency_proof
from ledger.log.witness import (
    AddCheckpoint,
    Witness,
    WitnessPolicy,
    parse_add_checkpoint,
)

LOG_KEY = new_key()
ORIGIN = origin_of("01940000-0000-7000-8000-000000000001")
LEAVES = [leaf_hash(bytes([index])) for index in range(40)]
FORKED = [*LEAVES[:5], leaf_hash(b"another"), *LEAVES[6:]]


def signed(size: int, leaves: list[bytes] = LEAVES) -> bytes:
    root = Tree(leaves[:size]).root if size else EMPTY_ROOT
    text = Checkpoint(ORIGIN, size, root).text
    return Note(text, (sign_text(text, LOG_KEY, ORIGIN),)).raw


def asked(old: int, new: int, leaves: list[bytes] = LEAVES) -> AddCheckpoint:
    edge, tiles = Edge(), dict[Tile, bytes]()
    edge.append(leaves[:new])
    tiles.update(edge.take_changed())
    return AddCheckpoint(old, tuple(consistency_proof(old, new, lambda wanted: tiles)), signed(new, leaves))


@pytest.fixture
def witness(tmp_path: Path) -> Witness:
    return Witness(
        tmp_path, new_key(), "audit.example/w1", [note_key(LOG_KEY, ORIGIN)], lambda: 1_800_000_000
    )


def refuses(witness: Witness, request: AddCheckpoint, code: str) -> Refused:
    with pytest.raises(Refused) as refused:
        witness.add_checkpoint(request)
    assert refused.value.code == code
    return refused.value


def test_a_witness_signs_a_log_as_it_grows(witness: Witness) -> None:
    for old, new in ((0, 3), (3, 3), (3, 20), (20, 40)):
        line = witness.add_checkpoint(asked(old, new))
        note = parse_note(signed(new)).with_signatures([line])
        assert [key for key, _ in verified(note, [witness.key])] == [witness.key]
        assert cosigned_at(line) == 1_800_000_000


def test_the_last_signed_checkpoint_can_be_asked_for(witness: Witness) -> None:
    origin_hash = sha256(ORIGIN.encode()).hexdigest()
    assert witness.last(origin_hash) is None
    line = witness.add_checkpoint(asked(0, 7))
    last = witness.last(origin_hash)
    assert last == parse_note(signed(7)).with_signatures([line]).raw


def test_a_witness_remembers_over_restarts(tmp_path: Path) -> None:
    key, log = new_key(), [note_key(LOG_KEY, ORIGIN)]
    Witness(tmp_path, key, "audit.example/w1", log).add_checkpoint(asked(0, 9))
    again = Witness(tmp_path, key, "audit.example/w1", log)
    assert refuses(again, asked(0, 12), "witness-elsewhere").details["expected"] == 9
    again.add_checkpoint(asked(9, 12))


def test_a_forked_log_is_not_signed(witness: Witness) -> None:
    witness.add_checkpoint(asked(0, 9))
    refuses(witness, asked(9, 20, FORKED), "log-forked")
    refuses(witness, asked(9, 9, FORKED), "log-forked")
    witness.add_checkpoint(asked(9, 20))


def test_a_log_rolled_back_is_not_signed(witness: Witness) -> None:
    witness.add_checkpoint(asked(0, 20))
    refuses(witness, asked(9, 12), "witness-elsewhere")
    refuses(witness, AddCheckpoint(20, (), signed(12)), "old-size-too-large")


def test_an_empty_log_has_the_empty_root(witness: Witness) -> None:
    text = Checkpoint(ORIGIN, 0, LEAVES[0]).text
    note = Note(text, (sign_text(text, LOG_KEY, ORIGIN),))
    refuses(witness, AddCheckpoint(0, (), note.raw), "log-forked")
    witness.add_checkpoint(AddCheckpoint(0, (), signed(0)))


def test_a_first_checkpoint_needs_no_proof_and_may_bring_none(witness: Witness) -> None:
    refuses(witness, AddCheckpoint(0, (LEAVES[0],), signed(3)), "log-forked")


def test_a_log_that_is_not_watched_is_not_signed(witness: Witness, tmp_path: Path) -> None:
    other = Witness(tmp_path / "other", new_key(), "audit.example/w2", [note_key(LOG_KEY, "elsewhere")])
    refuses(other, asked(0, 3), "origin-unknown")


def test_a_checkpoint_by_another_key_is_not_signed(witness: Witness) -> None:
    text = parse_note(signed(3)).text
    stranger = Note(text, (sign_text(text, new_key(), ORIGIN),))
    refuses(witness, AddCheckpoint(0, (), stranger.raw), "note-not-signed")
    forged = parse_note(signed(3)).signatures[0]._replace(signature=b"\1" * 64)
    refuses(witness, AddCheckpoint(0, (), Note(text, (forged,)).raw), "note-signature-invalid")


def test_requests_read_back_as_they_were_written() -> None:
    request = asked(9, 20)
    assert parse_add_checkpoint(request.raw) == request


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"old 3\n",
        b"new 3\n\nx",
        b"old 03\n\nx",
        b"old 3\nAAAA\n\nx",
        b"old 3\n" + b"A" * 43 + b"=\n" * 80,
    ],
)
def test_what_is_no_request_is_refused(body: bytes) -> None:
    with pytest.raises(Refused) as refused:
        parse_add_checkpoint(body)
    assert refused.value.code == "note-malformed"


def test_a_policy_counts_each_witness_once(witness: Witness, tmp_path: Path) -> None:
    other = Witness(tmp_path / "other", new_key(), "audit.example/w2", [note_key(LOG_KEY, ORIGIN)])
    line = witness.add_checkpoint(asked(0, 3))
    twice = line._replace(signature=witness.add_checkpoint(asked(3, 3)).signature)
    note = parse_note(signed(3)).with_signatures([line, twice])
    keys = (witness.key, other.key)
    assert WitnessPolicy(keys, 1).check(note) == [witness.key]
    with pytest.raises(Refused) as refused:
        WitnessPolicy(keys, 2).check(note)
    assert refused.value.code == "witnesses-too-few"
    both = note.with_signatures([other.add_checkpoint(asked(0, 3))])
    assert WitnessPolicy(keys, 2).check(both) == [witness.key, other.key]
    assert WitnessPolicy().check(both) == []
