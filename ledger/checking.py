"""Checking entries one by one (逐条验证): form, signatures and leaf hash, by public keys alone.

It needs nothing but the entry and the keys, so that it goes on every core. What an entry means for
those after it is for :mod:`ledger.audit`.
"""

from __future__ import annotations

import gc
import multiprocessing
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from typing import NamedTuple

import orjson

import ledger.events  # noqa: F401 # makes every event type known, in worker processes too
from ledger.collecting import SELDOM
from ledger.entry import write_entry
from ledger.errors import Refused
from ledger.event import parse_event
from ledger.findings import ENTRY_FOREIGN, ENTRY_MALFORMED, KEY_MISSING, Finding
from ledger.merkle import HASH_BYTES, leaf_hash
from ledger.statement import SignatureChecker, decode64, encode64, parse_envelope, parse_statement

CHUNK_ENTRIES = 1_000
POOL_FROM_ENTRIES = 4_000
"""From how many entries on processes pay for their start."""

_MARKS = b',"marks":{'
_ENVELOPE = b'{"envelope":'


class Checked(NamedTuple):
    """What became of entries in a row: their leaf hashes joined, what was found, whose form is bad."""

    leaf_hashes: bytes
    findings: list[Finding]
    unreadable: frozenset[int]


def left_out(leaf: bytes) -> bytes:
    """What stands in an entry's place where only its leaf hash is given."""
    return b'"' + encode64(leaf).encode() + b'"'


class EntryChecker:
    """Checks entries against public keys by id. Each batch signature is verified once."""

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        self._keys = keys
        self._signatures = SignatureChecker()

    def check(self, first: int, entries: Sequence[bytes]) -> Checked:
        """Checks entries from position ``first`` on; an entry left out is only hashed into the tree."""
        leaves: list[bytes] = []
        findings: list[Finding] = []
        unreadable: set[int] = set()
        for position, entry in enumerate(entries, first):
            try:
                if entry[:1] == b'"':
                    leaves.append(_given_leaf(entry))
                    unreadable.add(position)
                    continue
                leaves.append(leaf_hash(entry))
                if not entry.startswith(_ENVELOPE):
                    raise ENTRY_FOREIGN.refused()
                if not self._check(position, entry, findings):
                    unreadable.add(position)
            except Refused as refusal:
                findings.append(Finding(position, refusal))
                unreadable.add(position)
                if len(leaves) <= position - first:
                    leaves.append(bytes(HASH_BYTES))
        return Checked(b"".join(leaves), findings, frozenset(unreadable))

    def _check(self, position: int, entry: bytes, findings: list[Finding]) -> bool:
        """Whether the entry can be read; what its signatures lack is found and no hindrance."""
        marks_at = entry.rfind(_MARKS)
        try:
            value = orjson.loads(entry)
            again = write_entry(entry[len(_ENVELOPE) : marks_at], value["marks"], value["recorded_at"])
        except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
            raise ENTRY_MALFORMED.refused(problem=f"{type(error).__name__}: {error}") from None
        if marks_at < 0 or again != entry:
            raise ENTRY_MALFORMED.refused(problem="it was encoded again")
        envelope = parse_envelope(entry[len(_ENVELOPE) : marks_at])
        statement = parse_statement(envelope.payload)
        parse_event(statement.type, statement.body)
        for signature in envelope.signatures:
            key = self._keys.get(signature.keyid)
            try:
                if key is None:
                    raise KEY_MISSING.refused(key=signature.keyid)
                self._signatures.verify(envelope.payload, statement.ledger, signature, key)
            except Refused as refusal:
                findings.append(Finding(position, refusal))
        return True


def _given_leaf(entry: bytes) -> bytes:
    leaf = decode64(entry[1:-1].decode(errors="replace"), "leaf hash")
    if len(leaf) != HASH_BYTES:
        raise ENTRY_MALFORMED.refused(problem=f"a leaf hash of {len(leaf)} bytes")
    return leaf


# --- On every core ----------------------------------------------------------------------------

_checker: EntryChecker | None = None


def _start_worker(keys: Mapping[str, bytes]) -> None:
    global _checker
    # The process does nothing else until it ends.
    gc.freeze()
    gc.set_threshold(*SELDOM)
    _checker = EntryChecker(keys)


def _check_in_worker(first: int, entries: list[bytes]) -> Checked:
    assert _checker is not None
    return _checker.check(first, entries)


def checked(
    entries: Iterable[bytes], size: int, keys: Mapping[str, bytes], processes: int
) -> Iterator[tuple[int, list[bytes], Checked]]:
    """Entries in chunks, in order, each with its first position and what became of it.

    ``size`` is about how many there are: few are checked here, many in ``processes``. A few chunks
    are under way at a time, however many there are.
    """
    chunks = _chunks(entries)
    if size < POOL_FROM_ENTRIES:
        checker = EntryChecker(keys)
        for first, chunk in chunks:
            yield first, chunk, checker.check(first, chunk)
        return
    with ProcessPoolExecutor(
        processes, multiprocessing.get_context("spawn"), _start_worker, (dict(keys),)
    ) as pool:
        waiting: deque[tuple[int, list[bytes], Future[Checked]]] = deque()
        for first, chunk in chunks:
            waiting.append((first, chunk, pool.submit(_check_in_worker, first, chunk)))
            if len(waiting) > processes + 2:
                first, chunk, future = waiting.popleft()
                yield first, chunk, future.result()
        for first, chunk, future in waiting:
            yield first, chunk, future.result()


def _chunks(entries: Iterable[bytes]) -> Iterator[tuple[int, list[bytes]]]:
    first, chunk = 1, list[bytes]()
    for entry in entries:
        chunk.append(entry)
        if len(chunk) == CHUNK_ENTRIES:
            yield first, chunk
            first, chunk = first + CHUNK_ENTRIES, []
    if chunk:
        yield first, chunk
