"""The checkpoints' chain (检查点链): how many there were, and a hash over all, under the ledger's key.

A checkpoint proves what it covers, but not that there were others before it. So each row carries a
second signed note of three lines, ``<origin>/checkpoints``, how many checkpoints there are up to this
one, and the hash over them; it is the database's alone, and no part of the log (ADR 0030).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.crypto.merkle import HASH_BYTES
from ledger.errors import Refused, Rule
from ledger.findings import Finding, Report
from ledger.log.checkpoint import parse_hash, parse_number
from ledger.log.note import (
    ED25519,
    NOTE_MALFORMED,
    NOTE_NOT_SIGNED,
    Note,
    NoteKey,
    parse_note,
    sign_text,
    verified,
)
from ledger.statements.statement import encode64

CHAIN_DIFFERS = Rule(
    "checkpoint-chain-differs",
    zh="检查点（{size} 条）的链不符：签名为第 {expected} 个检查点，现为第 {found} 个{problem}",
    en="the chain of the checkpoint at {size} does not hold: it was signed as number {expected},"
    " and is number {found}{problem_en}",
)


class Chain(NamedTuple):
    """How many checkpoints there are, and the hash over the notes of all of them."""

    number: int = 0
    hash: bytes = bytes(HASH_BYTES)

    def with_note(self, note: bytes) -> Chain:
        """The chain with one checkpoint more."""
        return Chain(self.number + 1, sha256(self.hash + sha256(note).digest()).digest())

    def text(self, origin: str) -> str:
        """The text that is signed."""
        return f"{_name(origin)}\n{self.number}\n{encode64(self.hash)}\n"

    def signed(self, key: Ed25519PrivateKey, origin: str) -> bytes:
        """The chain as a note under the ledger's key."""
        text = self.text(origin)
        return Note(text, (sign_text(text, key, origin),)).raw


def open_chain(raw: bytes, keys: Sequence[NoteKey]) -> Chain:
    """Read a chain that one of the log's keys signed.

    Raises:
        Refused, NotVerified: with the code of what is wrong.
    """
    note = parse_note(raw)
    lines = note.text.split("\n")
    if len(lines) != 4:
        raise NOTE_MALFORMED.refused(what="chain", expected="name, count and hash", found=note.text[:80])
    own = [key for key in keys if key.kind == ED25519 and _name(key.name) == lines[0]]
    if not own:
        raise NOTE_NOT_SIGNED.not_verified(expected=" / ".join(key.name for key in keys), found=lines[0])
    verified(note, own)
    return Chain(parse_number(lines[1], "count"), parse_hash(lines[2], "chain"))


def check_chain(
    rows: Iterable[tuple[int, bytes, bytes | None]], keys: Sequence[NoteKey], report: Report
) -> bool:
    """Go along the checkpoints: (size, note, chain). Answers whether any of them is chained.

    A break is reported once, where it shows; from there on the chain is taken as it is signed.
    """
    chain, chained = Chain(), False
    for size, note, raw in rows:
        chain = chain.with_note(note)
        if raw is None:
            if chained:
                report(_differs(size, "—", chain.number, "，链已缺失", ", the chain is missing"))
            continue
        chained = True
        try:
            stated = open_chain(raw, keys)
        except Refused:
            report(_differs(size, "—", chain.number, "，签名不成立", ", the signature does not hold"))
            continue
        if stated != chain:
            changed = stated.number == chain.number
            words = ("，其前的检查点已被改动", ", one before it was changed") if changed else ("", "")
            report(_differs(size, stated.number, chain.number, *words))
            chain = stated
    return chained


def _differs(size: int, expected: object, found: int, zh: str, en: str) -> Finding:
    return Finding(
        None, CHAIN_DIFFERS.refused(size=size, expected=expected, found=found, problem=zh, problem_en=en)
    )


def _name(origin: str) -> str:
    return f"{origin}/checkpoints"
