"""Witnesses (见证): somebody else's key on our checkpoints, so that no two histories can be shown.

A witness, a higher-level union or an audit office, remembers the last checkpoint of each log that
it watches, and cosigns the next only where a proof shows that it appends. The request and its
answers are C2SP tlog-witness; the cosignature is C2SP tlog-cosignature v1.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.clock import utc_now
from ledger.crypto.merkle import EMPTY_ROOT, verify_consistency
from ledger.errors import NotVerified, Rule
from ledger.log.checkpoint import (
    MOST_PROOF_HASHES,
    Checkpoint,
    open_checkpoint,
    parse_checkpoint,
    parse_hash,
    parse_number,
)
from ledger.log.note import (
    COSIGNATURE,
    NOTE_MALFORMED,
    Note,
    NoteKey,
    SignatureLine,
    cosign_text,
    note_key,
    parse_note,
    verified,
)
from ledger.statements.statement import encode64

ORIGIN_UNKNOWN = Rule(
    "origin-unknown",
    zh="见证方不认识此台账日志：{found}",
    en="the witness does not watch this log: {found}",
)
OLD_SIZE_TOO_LARGE = Rule(
    "old-size-too-large",
    zh="上次检查点不能大于本次：上次 {found}，本次 {expected}",
    en="the last checkpoint cannot be larger than this one: {found}, this {expected}",
)
WITNESS_ELSEWHERE = Rule(
    "witness-elsewhere",
    zh="见证方上次签到第 {expected} 号，不是第 {found} 号",
    en="the witness last signed at size {expected}, not {found}",
)
LOG_FORKED = Rule(
    "log-forked",
    zh="日志与见证方上次所见不一致（第 {size} 号）：历史被改动或分叉",
    en="the log does not append to what the witness saw at {size}: history was changed or forked",
)
WITNESSES_TOO_FEW = Rule(
    "witnesses-too-few",
    zh="见证签名不足：要求 {expected} 个，实有 {found} 个",
    en="too few witnesses have signed: {expected} are required, {found} have",
)


class WitnessPolicy(NamedTuple):
    """Whose cosignatures count, and how many of them a checkpoint needs."""

    keys: tuple[NoteKey, ...] = ()
    needed: int = 0

    def check(self, note: Note) -> list[NoteKey]:
        """The witnesses that signed a checkpoint; raises ``witnesses-too-few``, or of a false one."""
        known = {(key.name, key.key_id) for key in self.keys}
        signed = any((line.name, line.key_id) in known for line in note.signatures)
        found = [key for key, _ in verified(note, self.keys)] if signed else []
        names = list(dict.fromkeys(found))
        if len(names) < self.needed:
            raise WITNESSES_TOO_FEW.not_verified(expected=self.needed, found=len(names))
        return names


class AddCheckpoint(NamedTuple):
    """What a log asks of a witness: the size it last signed, the proof from there, the checkpoint."""

    old_size: int
    proof: tuple[bytes, ...]
    checkpoint: bytes

    @property
    def raw(self) -> bytes:
        """The body of the request."""
        hashes = "".join(f"{encode64(each)}\n" for each in self.proof)
        return f"old {self.old_size}\n{hashes}\n".encode() + self.checkpoint


def parse_add_checkpoint(body: bytes) -> AddCheckpoint:
    """Reads a request's body; raises ``note-malformed``."""
    head, blank, checkpoint = body.partition(b"\n\n")
    lines = head.decode(errors="replace").split("\n")
    if not blank or not lines[0].startswith("old ") or len(lines) - 1 > MOST_PROOF_HASHES:
        raise NOTE_MALFORMED.refused(
            what="request", expected="old size, proof, an empty line, a checkpoint", found=lines[0][:60]
        )
    old_size = parse_number(lines[0].removeprefix("old "), "old size")
    return AddCheckpoint(old_size, tuple(parse_hash(line, "proof hash") for line in lines[1:]), checkpoint)


class Witness:
    """One witness's key and memory. ``logs`` are the keys of the logs that it watches.

    Its memory is one file a log, the last checkpoint that it signed, replaced whole and on disk
    before the cosignature is given. Safe for threads, for one process a folder: logs wait for
    themselves alone, and those that wait for the disk together are one commit of its file system.
    """

    def __init__(
        self,
        folder: Path,
        private_key: Ed25519PrivateKey,
        name: str,
        logs: Sequence[NoteKey],
        seconds: Callable[[], int] = lambda: int(utc_now().timestamp()),
    ) -> None:
        self._folder = folder
        self._private_key = private_key
        self._logs: dict[str, list[NoteKey]] = {}
        for each in logs:
            self._logs.setdefault(each.name, []).append(each)
        self._locks = {origin: threading.Lock() for origin in self._logs}
        self._seconds = seconds
        self.key = note_key(private_key, name, COSIGNATURE)

    def add_checkpoint(self, asked: AddCheckpoint) -> SignatureLine:
        """Checks a checkpoint against the last one of its log, remembers it, and cosigns it.

        Raises:
            Refused: ``note-malformed``, ``origin-unknown``, ``old-size-too-large``,
                ``witness-elsewhere`` with the size that it is at.
            NotVerified: ``note-not-signed``, ``note-signature-invalid`` or ``log-forked``.
        """
        origin = parse_checkpoint(parse_note(asked.checkpoint).text).origin
        keys = self._logs.get(origin)
        if keys is None:
            raise ORIGIN_UNKNOWN.refused(found=origin)
        checkpoint, note = open_checkpoint(asked.checkpoint, keys)
        if asked.old_size > checkpoint.size:
            raise OLD_SIZE_TOO_LARGE.refused(expected=checkpoint.size, found=asked.old_size)
        with self._locks[origin]:
            self._check_appends(asked, checkpoint)
            line = cosign_text(note.text, self._private_key, self.key.name, self._seconds())
            own = [each for each in note.signatures if each.name == origin]
            self._remember(origin, Note(note.text, (*own, line)))
        return line

    def last(self, origin_hash: str) -> bytes | None:
        """The last checkpoint signed of the log whose origin has that SHA-256, hex."""
        path = self._path(origin_hash)
        return path.read_bytes() if path.exists() else None

    def _check_appends(self, asked: AddCheckpoint, checkpoint: Checkpoint) -> None:
        last = self.last(_hash_of(checkpoint.origin))
        seen = Checkpoint(checkpoint.origin, 0, EMPTY_ROOT)
        if last is not None:
            seen = parse_checkpoint(parse_note(last).text)
        if asked.old_size != seen.size:
            raise WITNESS_ELSEWHERE.refused(expected=seen.size, found=asked.old_size)
        try:
            if checkpoint.size == 0 and checkpoint.root != EMPTY_ROOT:
                raise LOG_FORKED.not_verified(size=0)
            verify_consistency(seen.size, checkpoint.size, asked.proof, seen.root, checkpoint.root)
        except NotVerified:
            raise LOG_FORKED.not_verified(size=seen.size) from None

    def _path(self, origin_hash: str) -> Path:
        return self._folder / origin_hash / "checkpoint"

    def _remember(self, origin: str, note: Note) -> None:
        path = self._path(_hash_of(origin))
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_suffix(".new")
        with beside.open("wb") as file:
            file.write(note.raw)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _hash_of(origin: str) -> str:
    return sha256(origin.encode()).hexdigest()
