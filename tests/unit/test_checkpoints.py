"""Signed notes, checkpoints, cosignatures and proofs, in the formats of C2SP."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.crypto.merkle import Tree, leaf_hash
from ledger.errors import NotVerified, Refused
from ledger.log.checkpoint import (
    Checkpoint,
    Proof,
    open_checkpoint,
    origin_of,
    parse_checkpoint,
    parse_proof,
    verify_proof,
)
from ledger.log.note import (
    COSIGNATURE,
    Note,
    cosign_text,
    cosigned_at,
    note_key,
    parse_key,
    parse_note,
    parse_signature_lines,
    sign_text,
    verified,
)

# The example of the specification (C2SP signed-note).
VERIFIER_KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
SIGNED = (
    "This is an example message.\n\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK"
    "7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
).encode()

LEDGER = "01940000-0000-7000-8000-000000000001"
ORIGIN = origin_of(LEDGER)
KEY = Ed25519PrivateKey.from_private_bytes(b"\x01" * 32)
WITNESS = Ed25519PrivateKey.from_private_bytes(b"\x02" * 32)
OWN = note_key(KEY, ORIGIN)
WITNESSED_BY = note_key(WITNESS, "audit.example/w1", COSIGNATURE)
LEAVES = [leaf_hash(bytes([index])) for index in range(5)]
TREE = Tree(LEAVES)
CHECKPOINT = Checkpoint(ORIGIN, 5, TREE.root)


def signed(checkpoint: Checkpoint = CHECKPOINT, key: Ed25519PrivateKey = KEY) -> Note:
    return Note(checkpoint.text, (sign_text(checkpoint.text, key, checkpoint.origin),))


def refused(code: str) -> pytest.RaisesExc[Refused]:
    return pytest.raises(Refused, check=lambda error: error.code == code)


def test_the_specifications_note_verifies_under_its_key() -> None:
    key = parse_key(VERIFIER_KEY)
    assert key.text == VERIFIER_KEY
    note = parse_note(SIGNED)
    assert note.raw == SIGNED
    assert [found for found, _ in verified(note, [key])] == [key]


def test_a_note_of_another_text_does_not_verify() -> None:
    note = parse_note(SIGNED.replace(b"example message", b"exemple message"))
    with refused("note-signature-invalid"):
        verified(note, [parse_key(VERIFIER_KEY)])


def test_a_signature_by_an_unknown_key_is_ignored_and_one_alone_is_not_enough() -> None:
    stranger = sign_text(CHECKPOINT.text, WITNESS, "stranger.example")
    note = signed().with_signatures([stranger])
    assert [key for key, _ in verified(note, [OWN])] == [OWN]
    with refused("note-not-signed"):
        verified(Note(CHECKPOINT.text, (stranger,)), [OWN])


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"text\n",
        b"text\n\n",
        b"\n\n" + SIGNED.split(b"\n\n")[1],
        SIGNED.removesuffix(b"\n"),
        SIGNED.replace(b"This", b"Th\x00s"),
        SIGNED.replace(b"This", b"Th\xffs"),
        SIGNED.replace("—".encode(), b"-"),
        SIGNED.replace(b"example.com/foo ", b"example.com+foo "),
        SIGNED.replace(b"aQM=", b"aQM"),
        SIGNED.replace(b"aQM=", b"aQN="),
        b"x" * 70_000,
        SIGNED + SIGNED.split(b"\n\n")[1] * 70,
    ],
)
def test_what_is_no_note_is_refused(raw: bytes) -> None:
    with refused("note-malformed"):
        parse_note(raw)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "missing"),
        ("example.com/foo", "missing"),
        (VERIFIER_KEY.replace("530d903a", "530d903b"), "mistyped"),
        (VERIFIER_KEY.replace("example.com/foo", "example com"), "missing"),
        (VERIFIER_KEY[:-8], "cut short"),
        (VERIFIER_KEY.replace("+Ae", "+Ce"), "no kind of key"),
    ],
)
def test_what_is_no_verifier_key_is_refused(text: str, problem: str) -> None:
    with refused("verifier-key-malformed") as refusal:
        parse_key(text)
    assert problem in refusal.value.message("en")


def test_a_witness_signs_the_text_together_with_the_time() -> None:
    line = cosign_text(CHECKPOINT.text, WITNESS, "audit.example/w1", 1_767_225_600)
    note = signed().with_signatures([line])
    assert [key for key, _ in verified(note, [OWN, WITNESSED_BY])] == [OWN, WITNESSED_BY]
    assert cosigned_at(line) == 1_767_225_600
    earlier = line._replace(signature=(1_767_225_599).to_bytes(8, "big") + line.signature[8:])
    with refused("note-signature-invalid"):
        verified(Note(note.text, (earlier,)), [WITNESSED_BY])
    with refused("note-signature-invalid"):
        verified(Note(note.text, (line._replace(signature=line.signature[:-1]),)), [WITNESSED_BY])


def test_signature_lines_read_back_as_they_were_written() -> None:
    line = cosign_text(CHECKPOINT.text, WITNESS, "audit.example/w1", 1)
    assert parse_signature_lines(line.text) == (line,)
    assert signed().with_signatures([line, line]).signatures.count(line) == 1


def test_a_checkpoint_opens_under_the_ledgers_key() -> None:
    checkpoint, note = open_checkpoint(signed().raw, [OWN, WITNESSED_BY])
    assert checkpoint == CHECKPOINT
    assert note == signed()


def test_a_witness_alone_does_not_make_a_checkpoint() -> None:
    cosigned = Note(CHECKPOINT.text, (cosign_text(CHECKPOINT.text, WITNESS, "audit.example/w1", 1),))
    with refused("note-not-signed"):
        open_checkpoint(cosigned.raw, [OWN, WITNESSED_BY])


def test_a_checkpoint_of_another_log_is_not_ours_even_under_our_key() -> None:
    other = Checkpoint("songnuan.internal/other", 5, TREE.root)
    note = Note(other.text, (sign_text(other.text, KEY, ORIGIN),))
    with refused("note-not-signed"):
        open_checkpoint(note.raw, [OWN])


@pytest.mark.parametrize(
    "text",
    [
        f"{ORIGIN}\n5\n",
        f"{ORIGIN}\n05\n{'A' * 43}=\n",
        f"{ORIGIN}\n-5\n{'A' * 43}=\n",
        f"{ORIGIN}\n5\nAAAA\n",
        f"\n5\n{'A' * 43}=\n",
        f"{ORIGIN}\n5\n{'A' * 43}=\n\nmore\n",
    ],
)
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with refused("note-malformed"):
        parse_checkpoint(text)


def test_lines_after_the_root_are_signed_and_mean_nothing() -> None:
    assert parse_checkpoint(CHECKPOINT.text + "more\n") == CHECKPOINT


def test_a_proof_leads_from_a_leaf_to_a_signed_checkpoint() -> None:
    proof = Proof(3, tuple(TREE.inclusion_path(3)), signed().raw)
    again = parse_proof(proof.text.encode())
    assert again == proof
    assert verify_proof(again, LEAVES[3], [OWN])[0] == CHECKPOINT


def test_a_proof_for_another_leaf_or_under_another_key_does_not_hold() -> None:
    proof = Proof(3, tuple(TREE.inclusion_path(3)), signed().raw)
    with refused("proof-invalid"):
        verify_proof(proof, LEAVES[2], [OWN])
    with refused("proof-invalid"):
        verify_proof(proof._replace(leaf_index=2), LEAVES[3], [OWN])
    forged = proof._replace(checkpoint=signed(key=WITNESS).raw)
    with pytest.raises(NotVerified):
        verify_proof(forged, LEAVES[3], [OWN])


def test_extra_data_in_a_proof_is_passed_over() -> None:
    proof = Proof(3, tuple(TREE.inclusion_path(3)), signed().raw)
    with_extra = proof.text.replace("index 3", "extra AAAA\nindex 3", 1)
    assert parse_proof(with_extra.encode()) == proof


@pytest.mark.parametrize(
    "change",
    [
        ("c2sp.org/tlog-proof@v1", "c2sp.org/tlog-proof@v2"),
        ("index 3", "index 03"),
        ("index 3", "place 3"),
        ("index 3\n", "index 3\n" + "A" * 43 + "=\n" * 1 + ("A" * 43 + "=\n") * 70),
        ("index 3\n", "index 3\nAAAA\n"),
        ("\n\n", "\n"),
    ],
)
def test_what_is_no_proof_is_refused(change: tuple[str, str]) -> None:
    text = Proof(3, tuple(TREE.inclusion_path(3)), signed().raw).text
    with refused("note-malformed"):
        parse_proof(text.replace(*change).encode())
