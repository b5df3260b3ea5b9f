"""Checking entries one by one (逐条验证): form, signatures and leaf hash, by public keys alone.

It needs nothing but the entry and the keys, so that it goes on every core (:mod:`ledger.audit.workers`). What an entry means for
those after it is for :mod:`ledger.audit.audit`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple, Protocol

import ledger.events  # noqa: F401 # makes every event type known, in worker processes too
from ledger.crypto.merkle import HASH_BYTES, leaf_hash
from ledger.domain.entry import LARGEST_ENTRY_BYTES
from ledger.domain.event import Event, VerifiedEvent, parse_event
from ledger.domain.possession import check_possession
from ledger.errors import Refused
from ledger.findings import ENTRY_FOREIGN, ENTRY_MALFORMED, KEY_MISSING, Finding
from ledger.statements.statement import (
    SignatureChecker,
    Statement,
    decode64,
    encode64,
    parse_canonical,
    parse_envelope,
    parse_statement,
)

_ENVELOPE = b'{"envelope":'
_MARKS = b',"marks":{'
_TAIL = re.compile(rb',"recorded_at":"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z)"}').fullmatch
_TAIL_BYTES = len(b',"recorded_at":"2026-01-10T00:00:00.000000Z"}')


Parts = tuple[tuple[Any, ...], tuple[str, ...], dict[str, str], str]
"""An entry read: the statement's members in their order, the signers, the marks, the time."""


class Chunk(Protocol):
    """Entries in a row, or where they lie; it travels to the process that checks them."""

    def read(self) -> Sequence[bytes]:
        """The entries; one left out as its leaf hash in Base64, in quotes."""


class Held(NamedTuple):
    """A chunk that carries its entries."""

    entries: list[bytes]

    def read(self) -> Sequence[bytes]:
        """The entries."""
        return self.entries


class Checked(NamedTuple):
    """What became of a chunk: leaf hashes joined, what was found, and the entries read.

    Findings and ``left_out`` count from the chunk's first entry, which is 0. None stands for an entry
    that was left out, or could not be read.
    """

    leaf_hashes: bytes
    findings: list[Finding]
    left_out: list[int]
    parts: list[Parts | None]


def act_from(parts: Parts) -> VerifiedEvent:
    """The act that an entry recorded."""
    members, signers, marks, recorded_at = parts
    statement = tuple.__new__(Statement, members)
    event = Event.builds[statement.type](statement.body)
    return tuple.__new__(VerifiedEvent, (statement, event, signers, marks, recorded_at))


def left_out(leaf: bytes) -> bytes:
    """What stands in an entry's place where only its leaf hash is given."""
    return b'"' + encode64(leaf).encode() + b'"'


class EntryChecker:
    """Checks entries against public keys by id. Each batch signature is verified once."""

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        self._keys = keys
        self._signatures = SignatureChecker()

    def check(self, entries: Sequence[bytes]) -> Checked:
        """Checks entries in a row; one left out is only hashed into the tree."""
        leaves: list[bytes] = []
        findings: list[Finding] = []
        omitted: list[int] = []
        parts: list[Parts | None] = []
        for position, entry in enumerate(entries):
            leaf, read = bytes(HASH_BYTES), None
            try:
                if entry[:1] == b'"':
                    omitted.append(position)
                    leaf = _given_leaf(entry)
                else:
                    leaf = leaf_hash(entry)
                    read = self._read(position, entry, findings)
            except Refused as refusal:
                findings.append(Finding(position, refusal))
            leaves.append(leaf)
            parts.append(read)
        return Checked(b"".join(leaves), findings, omitted, parts)

    def _read(self, position: int, entry: bytes, findings: list[Finding]) -> Parts:
        """Reads an entry and checks all of it; what its signatures lack is found and no hindrance."""
        if not entry.startswith(_ENVELOPE):
            raise ENTRY_FOREIGN.refused()
        marks_at = entry.rfind(_MARKS)
        recorded_at = _time_at_end(entry[-_TAIL_BYTES:])
        if marks_at < 0 or len(entry) > LARGEST_ENTRY_BYTES or recorded_at is None:
            raise ENTRY_MALFORMED.refused(problem="its members are not where they belong")
        marks_raw = entry[marks_at + len(_MARKS) - 1 : -_TAIL_BYTES]
        marks = parse_canonical(marks_raw, "marks")
        if marks.__class__ is not dict:
            raise ENTRY_MALFORMED.refused(problem="its marks are no object")
        envelope = parse_envelope(entry[len(_ENVELOPE) : marks_at])
        statement = parse_statement(envelope.payload)
        event = parse_event(statement.type, statement.body)
        try:
            check_possession(event, statement.ledger)
        except Refused as refusal:
            findings.append(Finding(position, refusal))
        for signature in envelope.signatures:
            key = self._keys.get(signature.keyid)
            try:
                if key is None:
                    raise KEY_MISSING.refused(key=signature.keyid)
                self._signatures.verify(envelope.payload, statement.ledger, signature, key)
            except Refused as refusal:
                findings.append(Finding(position, refusal))
        by = statement.by
        signers = tuple([by if each.keyid == by else each.keyid for each in envelope.signatures])
        return tuple(statement), signers, marks, recorded_at


@lru_cache(maxsize=256)
def _time_at_end(tail: bytes) -> str | None:
    """The time that an entry ends in; entries recorded together have one. None for another form."""
    found = _TAIL(tail)
    if found is None:
        return None
    recorded_at = found[1].decode()
    try:
        datetime.fromisoformat(recorded_at)
    except ValueError:
        raise ENTRY_MALFORMED.refused(problem=f"there is no time {recorded_at}") from None
    return recorded_at


def _given_leaf(entry: bytes) -> bytes:
    leaf = decode64(entry[1:-1].decode(errors="replace"), "leaf hash")
    if len(leaf) != HASH_BYTES:
        raise ENTRY_MALFORMED.refused(problem=f"a leaf hash of {len(leaf)} bytes")
    return leaf
