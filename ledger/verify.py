"""Verify a bundle, a proof or a checkpoint (离线验证), from Python: the interface that other programs build on.

With public keys alone, without a database or a network; ``songnuan[verify]`` installs all it needs. What
stands here, and in ``ledger.events`` the classes of the events, keeps its names and its meaning within a
major version; docs/verify-python.md walks through it.

    trust = trust_in([verifier_key], witnesses=[witness_key], witnesses_needed=1)
    result = verify_bundle(Path("all.zip"), trust)
    if result.holds:
        paid = [e.event for e in read_entries(Path("all.zip")) if isinstance(e.event, Disbursed)]

A bundle is verified by several processes, which import the calling script: keep what it does below
``if __name__ == "__main__":``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import ledger.events  # noqa: F401 # makes every type of event known
from ledger.audit.audit import Summary, Trust, audit
from ledger.audit.bundle import BundleMalformed, opened_bundle
from ledger.domain.entry import act_of
from ledger.domain.event import Event
from ledger.errors import Misconfigured, NotVerified, Refused
from ledger.findings import Finding
from ledger.log import checkpoint as checkpoints
from ledger.log.note import Note, NoteKey, parse_key
from ledger.log.timestamps import parse_roots
from ledger.log.witness import WitnessPolicy

__all__ = [
    "BundleMalformed",
    "BundleResult",
    "CheckpointResult",
    "Entry",
    "Finding",
    "Misconfigured",
    "NotVerified",
    "ProofResult",
    "Refused",
    "Summary",
    "Trust",
    "read_entries",
    "trust_in",
    "verify_bundle",
    "verify_checkpoint",
    "verify_proof",
]

MOST_FINDINGS = 1_000
"""How many findings a result holds; ``counts`` has all of them."""


@dataclass(frozen=True)
class BundleResult:
    """What became of a bundle.

    ``campaign`` is the only one that it is of, None for a bundle of everything. ``findings`` are the
    first ``MOST_FINDINGS``, ``counts`` how many there were of each code; ``grave`` of them show that
    something is not as it was signed or recorded. ``summary.unchecked`` says what was not checked.
    """

    ledger: str
    campaign: str | None
    summary: Summary
    findings: tuple[Finding, ...]
    counts: Mapping[str, int]
    grave: int

    @property
    def holds(self) -> bool:
        """Whether everything that was checked is as it was signed and recorded."""
        return self.grave == 0


class CheckpointResult(NamedTuple):
    """A checkpoint that verifies: whose log, of how many entries, its root (32 bytes), its witnesses' names."""

    origin: str
    size: int
    root: bytes
    witnesses: tuple[str, ...]


class ProofResult(NamedTuple):
    """A proof that holds: the entry's position, from 1, and the checkpoint that it is under."""

    position: int
    checkpoint: CheckpointResult


class Entry(NamedTuple):
    """An entry of a bundle: its position, from 1, and the event that was signed.

    ``id`` is the statement's, ``on`` its date of business, ``signers`` the ids of the keys that signed
    it, ``recorded_at`` when it was recorded, in UTC.
    """

    position: int
    id: str
    on: str
    event: Event
    signers: tuple[str, ...]
    recorded_at: str


def trust_in(
    log_keys: Iterable[str],
    *,
    witnesses: Iterable[str] = (),
    witnesses_needed: int = 0,
    remembered: Iterable[bytes] = (),
    timestamp_roots: bytes | None = None,
) -> Trust:
    """What the auditor knows from elsewhere than the file.

    Args:
        log_keys: the log's verifier keys, as ``songnuan checkpoint --verifier-key`` prints them; several
            after a rotation.
        witnesses: verifier keys of those whose cosignatures count.
        witnesses_needed: how many of them must have signed.
        remembered: checkpoints kept from earlier days, as they were printed.
        timestamp_roots: the root certificates of timestamp authorities, as PEM.

    Raises:
        Refused: ``verifier-key-malformed``.
        Misconfigured: ``timestamp-roots``.
        RuntimeError: more witnesses are needed than there are keys.
    """
    known = tuple(parse_key(text) for text in witnesses)
    if not 0 <= witnesses_needed <= len(known):
        raise RuntimeError(f"{witnesses_needed} witnesses are needed, with {len(known)} witnesses' keys")
    return Trust(
        tuple(parse_key(text) for text in log_keys),
        WitnessPolicy(known, witnesses_needed),
        tuple(remembered),
        () if timestamp_roots is None else parse_roots(timestamp_roots),
    )


def verify_bundle(
    path: Path,
    trust: Trust,
    *,
    report: Callable[[Finding], None] = lambda finding: None,
    progress: Callable[[int], None] = lambda position: None,
    processes: int | None = None,
) -> BundleResult:
    """Go over a bundle from its first entry to its last: docs/verify.md has the steps.

    Args:
        path: the file.
        trust: see :func:`trust_in`.
        report: hears each finding as it is made.
        progress: hears how many entries are done.
        processes: how many check entries; one for each core by default.

    Raises:
        BundleMalformed: the file is no bundle, or damaged.
    """
    findings: list[Finding] = []
    counts: Counter[str] = Counter()
    grave = 0

    def hear(finding: Finding) -> None:
        nonlocal grave
        counts[finding.fault.code] += 1
        grave += finding.grave
        if len(findings) < MOST_FINDINGS:
            findings.append(finding)
        report(finding)

    with opened_bundle(path) as bundle:
        summary, _ = audit(bundle, trust, hear, progress=progress, processes=processes)
        return BundleResult(bundle.ledger, bundle.campaign, summary, tuple(findings), dict(counts), grave)


def verify_checkpoint(raw: bytes, trust: Trust) -> CheckpointResult:
    """Verify a checkpoint, as ``songnuan checkpoint`` prints it: the log's signature and the witnesses'.

    Raises:
        Refused: ``note-malformed``.
        NotVerified: ``note-not-signed``, ``note-signature-invalid``, ``witnesses-too-few``.
    """
    return _witnessed(*checkpoints.open_checkpoint(raw, trust.log_keys), trust)


def verify_proof(raw: bytes, leaf_hash: bytes, trust: Trust) -> ProofResult:
    """Verify that the entry with this leaf hash (32 bytes) stands in the log: a ``.tlog-proof`` file.

    Raises:
        Refused: ``note-malformed``.
        NotVerified: as for a checkpoint; ``proof-invalid``.
    """
    proof = checkpoints.parse_proof(raw)
    found = checkpoints.verify_proof(proof, leaf_hash, trust.log_keys)
    return ProofResult(proof.leaf_index + 1, _witnessed(*found, trust))


def _witnessed(checkpoint: checkpoints.Checkpoint, note: Note, trust: Trust) -> CheckpointResult:
    signed: list[NoteKey] = trust.witnesses.check(note)
    return CheckpointResult(*checkpoint, tuple(key.name for key in signed))


def read_entries(path: Path) -> Iterator[Entry]:
    """The entries of a bundle, in order; those that a bundle of one campaign leaves out are not given.

    Nothing is verified here: verify the bundle first.

    Raises:
        BundleMalformed: the file is no bundle, or an entry in it is none; while reading too.
    """
    position = 0
    with opened_bundle(path) as bundle:
        for chunk in bundle.chunks():
            for line in chunk.read():
                position += 1
                if not line.startswith(b'"'):
                    yield _entry(position, line)


def _entry(position: int, line: bytes) -> Entry:
    try:
        act = act_of(line)
    except (Refused, ValueError, KeyError, TypeError, IndexError) as error:
        raise BundleMalformed(
            f"entries.ndjson 第 {position} 条无法读取", f"entries.ndjson: entry {position} cannot be read"
        ) from error
    return Entry(position, act.id, act.statement.on, act.event, act.signers, act.recorded_at)
