"""Checkpoints (检查点): the log's size and root under the ledger's own signature.

A checkpoint is a signed note of three lines, origin, size and root (C2SP tlog-checkpoint). Who
keeps one can show later that history was changed, cut or forked. A proof (C2SP tlog-proof) joins
it with one entry's inclusion path, to be checked with no more than the ledger's verifier key.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from ledger.crypto.merkle import HASH_BYTES, verify_inclusion
from ledger.errors import Refused
from ledger.log.note import (
    ED25519,
    NOTE_MALFORMED,
    NOTE_NOT_SIGNED,
    Note,
    NoteKey,
    parse_note,
    verified,
)
from ledger.statements.statement import decode64, encode64

PROOF_FORM = "c2sp.org/tlog-proof@v1"
MOST_PROOF_HASHES = 63

_NUMBER = re.compile(r"0|[1-9]\d{0,18}").fullmatch


def origin_of(ledger: str) -> str:
    """The log's name, which is also its key's: unique to the ledger of that id."""
    return f"songnuan.internal/{ledger}"


class Checkpoint(NamedTuple):
    """What a checkpoint says: whose log, how many leaves, and the root over them (32 bytes)."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """The text that is signed."""
        return f"{self.origin}\n{self.size}\n{encode64(self.root)}\n"


def parse_checkpoint(text: str) -> Checkpoint:
    """Reads a checkpoint's text; lines after the third are allowed and mean nothing here.

    Raises:
        Refused: ``note-malformed``.
    """
    lines = text.split("\n")
    if len(lines) < 4 or not all(lines[:-1]) or lines[-1]:
        raise NOTE_MALFORMED.refused(what="checkpoint", expected="origin, size and root", found=text[:80])
    origin, size, root = lines[:3]
    return Checkpoint(origin, parse_number(size, "tree size"), parse_hash(root, "root"))


def parse_number(text: str, what: str) -> int:
    """A number in its one decimal spelling; raises ``note-malformed``."""
    if not _NUMBER(text):
        raise NOTE_MALFORMED.refused(what=what, expected="a decimal number", found=text[:40])
    return int(text)


def parse_hash(text: str, what: str) -> bytes:
    """32 bytes in Base64; raises ``note-malformed``."""
    try:
        raw = decode64(text, what)
    except Refused:
        raw = b""
    if len(raw) != HASH_BYTES:
        raise NOTE_MALFORMED.refused(what=what, expected="32 bytes in Base64", found=text[:80])
    return raw


def open_checkpoint(raw: bytes, keys: Sequence[NoteKey]) -> tuple[Checkpoint, Note]:
    """The checkpoint in a note that one of the log's ``keys`` signed; witnesses alone do not do.

    Raises:
        Refused: ``note-malformed``.
        NotVerified: ``note-not-signed`` or ``note-signature-invalid``.
    """
    note = parse_note(raw)
    checkpoint = parse_checkpoint(note.text)
    own = [key for key in keys if key.kind == ED25519 and key.name == checkpoint.origin]
    if not own:
        expected = " / ".join(key.name for key in keys if key.kind == ED25519) or "—"
        raise NOTE_NOT_SIGNED.not_verified(expected=expected, found=checkpoint.origin)
    verified(note, own)
    return checkpoint, note


class Proof(NamedTuple):
    """That an entry stands in the log: its index, its path, and the checkpoint above (`.tlog-proof`)."""

    leaf_index: int
    path: tuple[bytes, ...]
    checkpoint: bytes

    @property
    def text(self) -> str:
        """The proof's own format, as C2SP tlog-proof has it."""
        hashes = "".join(f"{encode64(each)}\n" for each in self.path)
        return f"{PROOF_FORM}\nindex {self.leaf_index}\n{hashes}\n{self.checkpoint.decode()}"


def parse_proof(raw: bytes) -> Proof:
    """Reads a proof; nothing is checked yet. Raises ``note-malformed``."""
    head, blank, checkpoint = raw.partition(b"\n\n")
    try:
        lines = head.decode().split("\n")
    except UnicodeDecodeError:
        lines = []
    if lines[1:] and lines[1].startswith("extra "):
        del lines[1]
    if not blank or len(lines) < 2 or lines[0] != PROOF_FORM or not lines[1].startswith("index "):
        raise NOTE_MALFORMED.refused(
            what="proof", expected=PROOF_FORM, found=raw[:60].decode(errors="replace")
        )
    if len(lines) - 2 > MOST_PROOF_HASHES:
        raise NOTE_MALFORMED.refused(
            what="proof", expected=f"at most {MOST_PROOF_HASHES} hashes", found=len(lines) - 2
        )
    index = parse_number(lines[1].removeprefix("index "), "index")
    return Proof(index, tuple(parse_hash(line, "proof hash") for line in lines[2:]), checkpoint)


def verify_proof(proof: Proof, leaf_hash: bytes, keys: Sequence[NoteKey]) -> tuple[Checkpoint, Note]:
    """Checks a proof for one leaf under the log's keys; answers the checkpoint that it leads to.

    Raises:
        Refused, NotVerified: with the code of what is wrong.
    """
    checkpoint, note = open_checkpoint(proof.checkpoint, keys)
    verify_inclusion(leaf_hash, proof.leaf_index, checkpoint.size, proof.path, checkpoint.root)
    return checkpoint, note
