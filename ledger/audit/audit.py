"""An audit (审计): a whole history gone over again, with public keys and no trust in who keeps it.

Every entry's form and signatures, the tree's root under each checkpoint, every verdict (the
state is folded and each decision repeated), times, ids, and the figures that were stated. Where
the entries come from, a bundle or a database, is the source's matter.
"""

from __future__ import annotations

import heapq
import os
from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from typing import NamedTuple, Protocol

from cryptography.x509 import Certificate

from ledger.audit.entry_checks import Checked, Chunk, act_from
from ledger.audit.fold import Fold
from ledger.audit.workers import checked
from ledger.crypto.merkle import HASH_BYTES
from ledger.crypto.signatures import key_id
from ledger.domain.claims import OVER
from ledger.domain.event import VerifiedEvent
from ledger.domain.state import (
    Book,
    Case,
    Key,
    Line,
    State,
)
from ledger.errors import Refused
from ledger.findings import (
    CHECKPOINT_MISSING,
    CHECKPOINT_NOT_VERIFIED,
    CHECKPOINT_OUT_OF_ORDER,
    DISCLOSURE_DIFFERS,
    ENTRY_FOREIGN,
    FIGURE_DIFFERS,
    KEY_COMPROMISED,
    KEY_DIFFERS,
    LEDGER_DIFFERS,
    NONE_REMEMBERED,
    REMEMBERED_DIFFERS,
    ROOT_DIFFERS,
    SIZE_DIFFERS,
    TAIL_CUT,
    TIMESTAMPS_UNVERIFIED,
    WITNESSES_UNKNOWN,
    Finding,
    Report,
)
from ledger.gc_tuning import seldom_collected
from ledger.identity.blind_index import commitment
from ledger.identity.documents import EnterpriseIdentity, PersonIdentity
from ledger.log.checkpoint import Checkpoint, open_checkpoint, origin_of
from ledger.log.note import Note, NoteKey
from ledger.log.tiles import Edge, Tile
from ledger.log.timestamps import check_imprint, verified_time
from ledger.log.witness import WitnessPolicy


class Source(Protocol):
    """A history to audit. What it gives can be asked for again, from the beginning."""

    @property
    def size(self) -> int:
        """How many entries it says that it has."""

    @property
    def partial(self) -> bool:
        """Whether entries are left out, and only their leaf hashes given."""

    def chunks(self) -> Iterator[Chunk]:
        """The entries in order, some thousands at a time."""

    def checkpoints(self) -> Iterator[tuple[int, bytes]]:
        """Size and signed note of each checkpoint, by size."""

    def keys(self) -> Mapping[str, bytes]:
        """Public keys by the ids that they are listed under."""

    def figures(self) -> Mapping[str, int]:
        """What was stated at the end, by name: see :func:`figures_of`."""

    def identities(self) -> Iterator[Disclosed]:
        """The identities that are disclosed with it."""

    def timestamps(self) -> Iterator[tuple[int, bytes]]:
        """Size of the checkpoint, and the authority's response."""


class Disclosed(NamedTuple):
    """An identity given with a history: the statement that committed to it, and the salt."""

    id: str
    salt: bytes
    identity: PersonIdentity | EnterpriseIdentity


class Trust(NamedTuple):
    """What the auditor knows from elsewhere: the log's keys, witnesses, and checkpoints kept.

    ``beside`` are checkpoints that lie beside the history, which are held against it and stand for none kept elsewhere.
    """

    log_keys: tuple[NoteKey, ...]
    witnesses: WitnessPolicy = WitnessPolicy()
    remembered: tuple[bytes, ...] = ()
    timestamp_roots: tuple[Certificate, ...] = ()
    beside: tuple[bytes, ...] = ()


class Summary(NamedTuple):
    """How far the audit came.

    ``read`` counts the entries that were there and could be read; ``stamped`` are the sizes that
    were timestamped, with the times, as far as their authority is trusted. ``unchecked`` says what was
    left out, for want of keys, roots or a checkpoint to hold the history against.
    """

    size: int
    read: int
    checkpoints: int
    root: str
    witnesses: tuple[str, ...]
    stamped: tuple[tuple[int, str], ...] = ()
    unchecked: tuple[Refused, ...] = ()


def audit(
    source: Source,
    trust: Trust,
    report: Report,
    *,
    progress: Callable[[int], None] = lambda position: None,
    tiles: Callable[[Mapping[Tile, bytes]], None] = lambda tiles: None,
    processes: int | None = None,
) -> tuple[Summary, State]:
    """Goes over a history from its first entry to its last; findings are reported as they are made.

    ``tiles`` hears the tree's tiles as they are computed. Answers what was gone over, and the
    state that the entries add up to.
    """
    keys = _proper_keys(source.keys(), report)
    history = _History(source, trust, report)
    workers = processes or os.cpu_count() or 1
    with seldom_collected():
        for found in checked(source.chunks(), source.size, keys, workers):
            history.take(found)
            tiles(history.edge.take_changed())
            progress(history.edge.size)
    return history.end(), history.state


def figures_of(state: State) -> dict[str, int]:
    """The figures that the entries add up to, in fen and in cases, by name.

    ``line/<campaign>/<line>`` is what a line has left, ``line/<campaign>/<line>@<unit>`` what a
    unit holds of it, ``live/<campaign>`` how many persons have a live nomination.
    """
    figures = {f"line/{line.id}": line.balance_fen for line in state.records(Line)}
    for case in state.records(Case):
        if case.claim is not None and case.state not in OVER:
            name = f"live/{case.campaign}"
            figures[name] = figures.get(name, 0) + 1
    return figures


def _proper_keys(listed: Mapping[str, bytes], report: Report) -> dict[str, bytes]:
    """The keys that have the id that they are listed under: an id is the hash of its key."""
    proper = {}
    for keyid, public_key in listed.items():
        try:
            found = key_id(public_key)
        except Refused as refusal:
            report(Finding(None, refusal))
            continue
        if found == keyid:
            proper[keyid] = public_key
        else:
            report(Finding(None, KEY_DIFFERS.refused(expected=keyid, found=found)))
    return proper


class _Known(NamedTuple):
    """A checkpoint that verifies, and whether the auditor had kept it."""

    checkpoint: Checkpoint
    note: Note
    remembered: bool


def _size_of(known: _Known) -> int:
    return known.checkpoint.size


class _History:
    """The history as far as it was gone over."""

    def __init__(self, source: Source, trust: Trust, report: Report) -> None:
        self.state = State(spilled=True)
        self.edge = Edge()
        self._source = source
        self._trust = trust
        self._report = report
        self._coming = self._known(source)
        self._next = next(self._coming, None)
        self._checkpoints = 0
        self._last: tuple[Checkpoint, Note] | None = None
        self._holds = 0
        """Up to where the entries are those of a checkpoint."""
        self._fold = Fold(self.state, self._find, partial=source.partial)
        self._disclosed = {each.id: each for each in source.identities()}
        self._read = 0
        self._unverified_stamps = 0

    def _known(self, source: Source) -> Iterator[_Known]:
        """Every checkpoint that verifies, the source's and those remembered, by size."""
        given = (*self._trust.remembered, *self._trust.beside)
        kept = [self._opened(0, note, remembered=True) for note in given]
        remembered = sorted([each for each in kept if each is not None], key=_size_of)
        yield from heapq.merge(self._listed(source), remembered, key=_size_of)

    def _listed(self, source: Source) -> Iterator[_Known]:
        after = 0
        for size, raw in source.checkpoints():
            found = self._opened(size, raw, remembered=False)
            if found is None:
                continue
            if size < after:
                self._find(None, CHECKPOINT_OUT_OF_ORDER.refused(size=size, after=after))
                continue
            after = size
            yield found

    def _opened(self, size: int, raw: bytes, *, remembered: bool) -> _Known | None:
        try:
            checkpoint, note = open_checkpoint(raw, self._trust.log_keys)
            if not remembered and checkpoint.size != size:
                raise SIZE_DIFFERS.refused(size=size, found=checkpoint.size)
        except Refused as refusal:
            self._find(None, CHECKPOINT_NOT_VERIFIED.refused(size=size, code=refusal.code))
            return None
        return _Known(checkpoint, note, remembered)

    def _find(self, position: int | None, fault: Refused) -> None:
        self._report(Finding(position, fault))

    def take(self, found: Checked) -> None:
        """The next entries: into the tree as far as each checkpoint, then into the state."""
        first = self.edge.size + 1
        for finding in found.findings:
            self._find(first + (finding.position or 0), finding.fault)
        hashes = found.leaf_hashes
        leaves = [hashes[start : start + HASH_BYTES] for start in range(0, len(hashes), HASH_BYTES)]
        while self._next is not None and self._next.checkpoint.size <= self.edge.size + len(leaves):
            checkpoint, note, remembered = self._next
            self._next = next(self._coming, None)
            upto = checkpoint.size - self.edge.size
            self.edge.append(leaves[:upto])
            del leaves[:upto]
            self._compare(checkpoint, note, remembered)
        self.edge.append(leaves)
        if not self._source.partial:
            for index in found.left_out:
                self._find(first + index, ENTRY_FOREIGN.refused())
        for position, parts in enumerate(found.parts, first):
            if parts is None:
                continue
            act = act_from(parts)
            self._read += 1
            if self._fold.take(position, act) and act.id in self._disclosed:
                self._check_disclosed(position, act)
        self.state.ease()

    def _compare(self, checkpoint: Checkpoint, note: Note, remembered: bool) -> None:
        root = self.edge.root()
        if not remembered:
            self._checkpoints += 1
            self._last = checkpoint, note
        if root != checkpoint.root:
            rule = REMEMBERED_DIFFERS if remembered else ROOT_DIFFERS
            self._find(
                None,
                rule.refused(
                    size=checkpoint.size, after=self._holds, expected=checkpoint.root.hex(), found=root.hex()
                ),
            )
        else:
            self._holds = checkpoint.size

    def _check_disclosed(self, position: int, act: VerifiedEvent) -> None:
        given = self._disclosed.pop(act.id)
        if act.event.commitment != commitment(given.identity, given.salt):
            self._find(position, DISCLOSURE_DIFFERS.refused(id=act.id))

    def end(self) -> Summary:
        """What can be said only once all entries were seen."""
        size = self.edge.size
        if self._source.size != size:
            self._find(None, TAIL_CUT.refused(expected=self._source.size, found=size))
        while self._next is not None:
            self._find(None, TAIL_CUT.refused(expected=self._next.checkpoint.size, found=size))
            self._next = next(self._coming, None)
        if self._last is None or self._last[0].size < size:
            self._find(None, CHECKPOINT_MISSING.refused(size=size))
        for statement_id in self._disclosed:
            self._find(None, DISCLOSURE_DIFFERS.refused(id=statement_id))
        self._check_ledger()
        self._check_figures()
        self._name_compromised()
        return Summary(
            size,
            self._read,
            self._checkpoints,
            self.edge.root().hex(),
            self._witnesses(),
            self._stamped(),
            self._unchecked(),
        )

    def _stamped(self) -> tuple[tuple[int, str], ...]:
        """Timestamps on checkpoints, by size, with the times of those whose authority is trusted.

        Without root certificates it is only seen whether each is of its checkpoint's text.
        """
        roots = self._trust.timestamp_roots
        texts = {
            size: raw.decode(errors="replace").partition("\n\n")[0]
            for size, raw in self._source.checkpoints()
        }
        stamped = []
        for size, response in self._source.timestamps():
            text = f"{texts.get(size, '')}\n"
            try:
                if roots:
                    stamped.append((size, verified_time(response, text, size, roots)))
                else:
                    check_imprint(response, text, size)
                    self._unverified_stamps += 1
            except Refused as refusal:
                self._find(None, refusal)
        return tuple(stamped)

    def _unchecked(self) -> tuple[Refused, ...]:
        """What the auditor gave nothing to hold against."""
        found = []
        if not self._trust.remembered:
            found.append(NONE_REMEMBERED.refused())
        if not self._trust.witnesses.keys:
            found.append(WITNESSES_UNKNOWN.refused())
        if self._unverified_stamps:
            found.append(TIMESTAMPS_UNVERIFIED.refused(count=self._unverified_stamps))
        return tuple(found)

    def _witnesses(self) -> tuple[str, ...]:
        note = Note("", ()) if self._last is None else self._last[1]
        try:
            return tuple(key.name for key in self._trust.witnesses.check(note))
        except Refused as refusal:
            self._find(None, refusal)
            return ()

    def _check_ledger(self) -> None:
        book = self.state.find(Book, "ledger")
        origin = "—" if book is None else origin_of(book.ledger)
        names = [key.name for key in self._trust.log_keys]
        if origin not in names:
            self._find(None, LEDGER_DIFFERS.refused(expected=" / ".join(names), found=origin))

    def _check_figures(self) -> None:
        stated = self._source.figures()
        computed = figures_of(self.state)
        for name in sorted(stated.keys() | computed.keys() if not self._source.partial else stated.keys()):
            found, expected = stated.get(name, 0), computed.get(name, 0)
            if found != expected:
                self._find(None, FIGURE_DIFFERS.refused(name=name, expected=expected, found=found))

    def _name_compromised(self) -> None:
        """Names what was recorded under a key after the moment since which it is not to be trusted."""
        since = {key.id.encode(): key for key in self.state.records(Key) if key.compromised_from is not None}
        if not since:
            return
        entries = chain.from_iterable(chunk.read() for chunk in self._source.chunks())
        for position, entry in enumerate(entries, 1):
            for keyid, key in since.items():
                if keyid in entry and _recorded_at(entry) >= (key.compromised_from or ""):
                    self._find(position, KEY_COMPROMISED.refused(key=key.id, since=key.compromised_from))


def _recorded_at(entry: bytes) -> str:
    return entry[-29:-2].decode(errors="replace")
