"""The mirror of one ledger (镜像): an audit that remembers where it stopped.

Checkpoint, its signature, growth from the last one, entry tiles, leaf hashes, root, signatures with their batch
paths, every verdict, columns; then ``mirror.json`` says so. Ended anywhere before that, it does the same again and
fetches nothing twice. Its memory holds one chunk of entries and what the state's spill keeps.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from hashlib import sha256
from typing import Any, NamedTuple

import orjson

from ledger.audit.entry_checks import act_from
from ledger.audit.fold import Fold
from ledger.audit.workers import Checkers
from ledger.crypto.merkle import EMPTY_ROOT, HASH_BYTES, leaf_hash, verify_consistency
from ledger.domain.spill import Seen
from ledger.domain.state import Book, Key
from ledger.errors import NotVerified, Refused, Rule
from ledger.federation.columns import (
    Gathering,
    Part,
    WatchedState,
    merged,
    repeated,
    without_erased,
    write_parts,
)
from ledger.federation.entry_keys import note_keys_in
from ledger.federation.faults import Faulty, FeedFailed, MirrorDamaged, NotTheLogs, TooFar
from ledger.federation.feeds import Feed
from ledger.federation.kept_files import Folder, bundle_entries, entries_name, tile_name
from ledger.federation.snapshots import KeptChunk, restored, write_snapshot
from ledger.findings import ENTRY_FOREIGN, LEDGER_DIFFERS, ROOT_DIFFERS, STATEMENT_TWICE, TAIL_CUT
from ledger.gc_tuning import seldom_collected
from ledger.log.checkpoint import Checkpoint, Proof, open_checkpoint, origin_of, parse_checkpoint
from ledger.log.note import ED25519, NOTE_NOT_SIGNED, NoteKey, parse_note
from ledger.log.tiles import (
    TILE_BYTES,
    TILE_HASHES,
    Edge,
    Tile,
    consistency_proof,
    edge_tiles,
    inclusion_proof,
    tile_width,
    tree_root,
)
from ledger.log.witness import LOG_FORKED

FORMAT = "songnuan-mirror/2"
CARD = "mirror.json"
ROWS_AT_ONCE = 20_000
"""How many rows of columns are held before they are written; the checking processes wait for the last of them."""
CHUNK_BUNDLES = 2
"""Bundles checked together: some 500 entries, so that the processes end at about the same time."""
MOST_TAKEN = 20_000_000
"""How many entries are read at once at most, centuries of a county's: who claims more is not read on and on."""
SNAPSHOT_ENTRIES = 2_000
"""How many entries are folded again at most, as a small ledger is opened; a tenth of a large one."""

ENTRIES_WITHHELD = Rule(
    "entries-withheld",
    zh="检查点已增长到第 {expected} 号，记录只提供到第 {found} 号：{problem}",
    en="the checkpoint has grown to {expected}, entries are given to {found}: {problem_en}",
)

_MINUTE = len("2026-01-10T00:00")
"""That nothing is new is kept once a minute: each time costs the disk."""


class Progress(NamedTuple):
    """How far a mirror came: entries taken now, and the checkpoint that it stands at."""

    taken: int
    size: int
    root: bytes


class Mirror:
    """One ledger's mirror in its folder. ``public_key`` is the log's, as a registrar accepted it, hex.

    ``entries`` is false for a ledger that shows its checkpoints alone.
    """

    def __init__(self, folder: Folder, ledger: str, public_key: str, *, entries: bool = True) -> None:
        self.folder = folder
        self.ledger = ledger
        self.gives_entries = entries
        raw = folder.read(CARD)
        card: dict[str, Any] = {} if raw is None else _parsed(raw)
        self._keys: list[str] = list(dict.fromkeys([*card.get("keys", []), public_key]))
        self.checkpoint: bytes = card.get("checkpoint", "").encode()
        self.size: int = card.get("size", 0)
        self.root: bytes = bytes.fromhex(card.get("root", EMPTY_ROOT.hex()))
        self.seen_at: str = card.get("seen_at", "")
        self.parts = [Part(*each) for each in card.get("parts", [])]
        self._recorded_at: str = card.get("recorded_at", "")
        self._snapshot: int = card.get("snapshot", 0)
        self._state: WatchedState | None = None

    def advance(self, feed: Feed, now: str, *, processes: int | None = None) -> Progress:
        """Read what the ledger shows now, and keep all that holds; ``now`` is when, for its card.

        Raises:
            Faulty: the ledger is at fault; nothing of what it showed now is kept as verified.
            FeedFailed: it could not be read.
            MirrorDamaged: what was kept before is not what it was.
        """
        raw = feed.read("checkpoint")
        checkpoint, is_signed = self._opened(raw)
        if is_signed:
            return self._advance(feed, checkpoint, raw, now, processes)
        # Its own entries may tell of the key that signed it; where they do not, it says nothing against the ledger.
        not_its = NotTheLogs(
            NOTE_NOT_SIGNED.refused(expected=origin_of(self.ledger), found=checkpoint.origin)
        )
        if not self.gives_entries:
            raise not_its
        try:
            return self._advance(feed, checkpoint, raw, now, processes)
        except Faulty as fault:
            raise not_its from fault

    def _advance(
        self, feed: Feed, checkpoint: Checkpoint, raw: bytes, now: str, processes: int | None
    ) -> Progress:
        self._check_grown(feed, checkpoint)
        taken = checkpoint.size - self.size
        if taken > MOST_TAKEN:
            raise TooFar(taken, MOST_TAKEN)
        if not self.gives_entries:
            self._save(checkpoint, raw, now, self._recorded_at, self.parts, self._snapshot)
            return Progress(0, self.size, self.root)
        if taken or not self.checkpoint:
            with seldom_collected():
                self._take(feed, checkpoint, raw, now, processes)
        elif now[:_MINUTE] != self.seen_at[:_MINUTE]:
            self._save(checkpoint, raw, now, self._recorded_at, self.parts, self._snapshot)
        return Progress(taken, self.size, self.root)

    def rest(self) -> None:
        """Let go of what stands: it is opened again from the snapshot when the ledger grows."""
        self._state = None

    def hold_against(self, raw: bytes) -> bool:
        """Hold a checkpoint of this log that somebody else was shown against what the mirror verified.

        Answers whether it could be told: of one that is larger, only once the mirror is there. What speaks for a
        fork is kept, for both are signed by the log.

        Raises:
            Faulty: ``fork``: somebody was shown another history.
            Refused: no key that is known of this log signed it.
        """
        checkpoint = open_checkpoint(raw, self._note_keys(self._keys))[0]
        if checkpoint.size > self.size:
            return False
        try:
            self.check_holds(checkpoint.size, checkpoint.root)
        except Faulty:
            self.folder.write(f"evidence/{checkpoint.size}-{checkpoint.root.hex()[:16]}", raw)
            raise
        return True

    def check_holds(self, size: int, root: bytes) -> None:
        """Refuse a root of this log at a size that the mirror has passed, where its own history has another.

        Of a ledger that gives no entries, only the size that it stands at can be told.

        Raises:
            Faulty: ``fork``, or ``set-back`` where the mirror has less.
        """
        if size > self.size:
            raise Faulty("set-back", self.size, TAIL_CUT.refused(expected=size, found=self.size))
        if size == 0 or (not self.gives_entries and size < self.size):
            return
        try:
            proof = consistency_proof(size, self.size, self._kept)
            verify_consistency(size, self.size, proof, root, self.root)
        except NotVerified:
            raise Faulty("fork", size, LOG_FORKED.refused(size=size)) from None

    def signer(self) -> NoteKey:
        """The key of the log that signed the checkpoint which the mirror stands at."""
        for key in self._note_keys(self._keys):
            with suppress(Refused):
                open_checkpoint(self.checkpoint, [key])
                return key
        raise MirrorDamaged(CARD)

    # --- The checkpoint -----------------------------------------------------------------------

    def _opened(self, raw: bytes) -> tuple[Checkpoint, bool]:
        """The checkpoint, and whether a key that is known signed it; its own entries may tell of another."""
        try:
            return open_checkpoint(raw, self._note_keys(self._keys))[0], True
        except Refused as refusal:
            if refusal.rule is not NOTE_NOT_SIGNED:
                raise NotTheLogs(refusal) from None
            checkpoint = parse_checkpoint(parse_note(raw).text)
            if checkpoint.origin != origin_of(self.ledger):
                raise NotTheLogs(refusal) from None
            return checkpoint, False

    def _note_keys(self, keys: Collection[str]) -> list[NoteKey]:
        return [NoteKey(origin_of(self.ledger), ED25519, bytes.fromhex(each)) for each in keys]

    def _check_grown(self, feed: Feed, checkpoint: Checkpoint) -> None:
        """Refuse a checkpoint of less than was seen, and one to which no proof leads from there."""
        if checkpoint.size < self.size:
            raise Faulty(
                "set-back", checkpoint.size, TAIL_CUT.refused(expected=self.size, found=checkpoint.size)
            )
        if not self.size:
            return
        try:
            proof = consistency_proof(self.size, checkpoint.size, self._tiles_of(feed, checkpoint.size))
            verify_consistency(self.size, checkpoint.size, proof, self.root, checkpoint.root)
        except (NotVerified, KeyError, IndexError):
            raise Faulty("fork", checkpoint.size, LOG_FORKED.refused(size=self.size)) from None

    def _tiles_of(self, feed: Feed, size: int) -> Any:
        def fetch(wanted: Collection[Tile]) -> Mapping[Tile, bytes]:
            return {tile: feed.read(tile.path(tile_width(tile, size))) for tile in wanted}

        return fetch

    # --- The entries --------------------------------------------------------------------------

    def _take(self, feed: Feed, checkpoint: Checkpoint, raw: bytes, now: str, processes: int | None) -> None:
        state = self._opened_state()
        keys = {key.id: bytes.fromhex(key.public_key) for key in state.records(Key)}
        with Checkers(checkpoint.size - self.size, processes or 1) as checkers:
            self._fetch(feed, checkpoint, keys)
            try:
                parts, recorded_at = self._fold(checkpoint, state, keys, checkers)
                book = state.find(Book, "ledger")
                self._check_book(book, checkpoint, raw)
            except Faulty:
                self._state = None  # it holds what does not stand
                raise
        if book is not None and book.ledger_key not in self._keys:
            self._keys.append(book.ledger_key)
        parts = without_erased(self.folder, merged(self.folder, parts))
        snapshot = self._snapshot
        if checkpoint.size - snapshot >= max(SNAPSHOT_ENTRIES, checkpoint.size // 10):
            snapshot = checkpoint.size
            write_snapshot(self.folder, state, snapshot)
        before, files, snapshot_before = self.size, {each.file for each in self.parts}, self._snapshot
        self._save(checkpoint, raw, now, recorded_at, parts, snapshot)
        self._clear_up(before, files - {each.file for each in parts}, snapshot_before)

    def _check_book(self, book: Book | None, checkpoint: Checkpoint, raw: bytes) -> None:
        """The entries are of the ledger that is followed, and a key that they tell of signed the checkpoint."""
        found = "—" if book is None else book.ledger
        if found != self.ledger:
            refusal = LEDGER_DIFFERS.refused(expected=self.ledger, found=found)
            raise Faulty("fork", checkpoint.size, refusal)
        assert book is not None
        try:
            open_checkpoint(raw, self._note_keys([*self._keys, book.ledger_key]))
        except Refused as refusal:
            raise Faulty("fork", checkpoint.size, refusal) from None

    def _fetch(self, feed: Feed, checkpoint: Checkpoint, keys: dict[str, bytes]) -> None:
        """Bring in the entries and tiles after what is kept, up to the checkpoint's root; note keys enrolled.

        Raises:
            Faulty: ``withheld``; ``entry-refused`` where they are not those of the checkpoint.
        """
        for attempt in ("kept", "anew"):
            edge, unfinished = self._edge(), dict[Tile, bytes]()
            for index in range(self.size // TILE_HASHES, -(-checkpoint.size // TILE_HASHES)):
                name = entries_name(index, tile_width(Tile(0, index), checkpoint.size))
                raw = self.folder.read(name) if attempt == "kept" else None
                if raw is None:
                    raw = self._fetched(feed, name, checkpoint, edge.size)
                    self.folder.write_for_now(name, raw)
                self._append(edge, index, raw, keys)
                self._keep_full(edge, unfinished)
                if edge.size != min((index + 1) * TILE_HASHES, checkpoint.size):
                    break  # it is none of this log: whoever claims a vast one is not asked on and on
            if edge.size == checkpoint.size and edge.root() == checkpoint.root:
                for tile, hashes in unfinished.items():
                    self.folder.write_for_now(tile_name(tile, len(hashes) // HASH_BYTES), hashes)
                return
        # Read anew, it is the same: it is not ours that is wrong.
        self._drop(checkpoint)
        raise Faulty(
            "entry-refused",
            checkpoint.size,
            ROOT_DIFFERS.refused(
                size=checkpoint.size,
                after=self.size,
                expected=checkpoint.root.hex(),
                found=edge.root().hex(),
            ),
        )

    def _fetched(self, feed: Feed, name: str, checkpoint: Checkpoint, at: int) -> bytes:
        try:
            return feed.read(name)
        except FeedFailed as failed:
            if not failed.withheld:
                raise
            refusal = ENTRIES_WITHHELD.refused(
                expected=checkpoint.size, found=at, problem=failed.zh, problem_en=failed.en
            )
            raise Faulty("withheld", checkpoint.size, refusal) from failed

    def _append(self, edge: Edge, index: int, raw: bytes, keys: dict[str, bytes]) -> None:
        try:
            entries = bundle_entries(raw)
        except ValueError:
            entries = []
        new = entries[edge.size - index * TILE_HASHES :]
        edge.append([leaf_hash(entry) for entry in new])
        for entry in new:
            note_keys_in(entry, keys)

    def _keep_full(self, edge: Edge, unfinished: dict[Tile, bytes]) -> None:
        """Keep the tiles that are full now; the others wait for the end."""
        for tile, hashes in edge.take_changed().items():
            if len(hashes) == TILE_BYTES:
                unfinished.pop(tile, None)
                self.folder.write_for_now(tile_name(tile, TILE_HASHES), hashes)
            else:
                unfinished[tile] = hashes

    def _edge(self) -> Edge:
        """The right edge of what is kept, out of its tiles."""
        partial = {}
        for tile in edge_tiles(self.size):
            width = tile_width(tile, self.size)
            if width:
                partial[tile.level] = self.folder.must_read(tile_name(tile, width))
        try:
            edge = Edge(self.size, partial)
        except RuntimeError:
            raise MirrorDamaged("tile") from None
        if edge.root() != self.root:
            raise MirrorDamaged("tile")
        return edge

    def _drop(self, checkpoint: Checkpoint) -> None:
        """Take away what was fetched beyond what holds, so that it is fetched anew."""
        for index in range(self.size // TILE_HASHES, -(-checkpoint.size // TILE_HASHES)):
            width = tile_width(Tile(0, index), checkpoint.size)
            if width > tile_width(Tile(0, index), self.size):
                self.folder.remove(entries_name(index, width))

    # --- The fold -----------------------------------------------------------------------------

    def _opened_state(self) -> WatchedState:
        """What stands at the mirror's position: in memory, or out of the snapshot and the entries after it."""
        if self._state is None:
            state = restored(self.folder, self._snapshot)
            for entries in self.chunks(self._snapshot, self.size):
                for act in entries.acts(self.folder):
                    act.event.apply(act, state)
                state.ease()
            state.take_touched()
            self._state = state
        return self._state

    def chunks(self, after: int, size: int) -> Iterator[KeptChunk]:
        """The kept entries after a position and up to a size, some bundles at a time."""
        first, last = after // TILE_HASHES, -(-size // TILE_HASHES)
        for start in range(first, last, CHUNK_BUNDLES):
            indexes = range(start, min(start + CHUNK_BUNDLES, last))
            names = [entries_name(i, tile_width(Tile(0, i), size)) for i in indexes]
            yield KeptChunk(str(self.folder.path), names, max(0, after - start * TILE_HASHES))

    def _fold(
        self, checkpoint: Checkpoint, state: WatchedState, keys: Mapping[str, bytes], checkers: Checkers
    ) -> tuple[list[Part], str]:
        """Check and decide every new entry; answers the columns' parts and the last time of recording."""

        def find(position: int | None, refusal: Refused) -> None:
            raise Faulty("entry-refused", checkpoint.size, refusal, position)

        ids = _Ids()
        fold = Fold(state, find, ids=ids, recorded_at=self._recorded_at)
        gathering, parts, position = Gathering(state), list(self.parts), self.size
        first = position + 1
        chunks = self.chunks(self.size, checkpoint.size)
        for found in checkers.check(chunks, keys):
            for finding in found.findings:
                find(position + 1 + (finding.position or 0), finding.fault)
            for index in found.left_out:
                find(position + 1 + index, ENTRY_FOREIGN.refused())
            for item in found.parts:
                position += 1
                if item is not None:
                    act = act_from(item)
                    fold.take(position, act)
                    gathering.take(position, act)
            for twice in repeated(self.folder, parts, ids.take_new()):
                find(None, STATEMENT_TWICE.refused(id=twice))
            state.ease()
            if gathering.count >= ROWS_AT_ONCE:
                parts += write_parts(self.folder, gathering.rows, first, position)
                gathering, first = Gathering(state), position + 1
        if gathering.count:
            parts += write_parts(self.folder, gathering.rows, first, position)
        return parts, fold.recorded_at

    # --- What is kept -------------------------------------------------------------------------

    def _save(
        self,
        checkpoint: Checkpoint,
        raw: bytes,
        now: str,
        recorded_at: str,
        parts: list[Part],
        snapshot: int,
    ) -> None:
        """Say what is verified: with this it stands, and not before."""
        self.folder.settle_all()
        self.folder.write("checkpoint", raw)
        card = {
            "format": FORMAT,
            "ledger": self.ledger,
            "keys": self._keys,
            "checkpoint": raw.decode(),
            "size": checkpoint.size,
            "root": checkpoint.root.hex(),
            "seen_at": now,
            "recorded_at": recorded_at,
            "snapshot": snapshot,
            "parts": [list(each) for each in parts],
        }
        card["sha256"] = _digest(card)
        self.folder.write(CARD, orjson.dumps(card, option=orjson.OPT_INDENT_2))
        self.checkpoint, self.size, self.root, self.seen_at = raw, checkpoint.size, checkpoint.root, now
        self.parts, self._recorded_at, self._snapshot = parts, recorded_at, snapshot

    def _clear_up(self, before: int, files: Collection[str], snapshot: int) -> None:
        """Take away what is not needed any more: unfinished tiles, merged columns, the snapshot before."""
        for tile in edge_tiles(before):
            width, now = tile_width(tile, before), tile_width(tile, self.size)
            if 0 < width < now:
                self.folder.remove(tile_name(tile, width))
                if tile.level == 0:
                    self.folder.remove(entries_name(tile.index, width))
        for file in files:
            self.folder.remove(file)
        if snapshot and snapshot != self._snapshot:
            self.folder.remove(f"state/{snapshot:012}.ndjson")

    def check(self) -> None:
        """Hold all that is kept against the root of the last checkpoint; raises :class:`MirrorDamaged`."""
        edge = Edge()
        for chunk in self.chunks(0, self.size):
            for entry_list in chunk.bundles(self.folder):
                edge.append([leaf_hash(entry) for entry in entry_list])
        if edge.size != self.size or edge.root() != self.root:
            raise MirrorDamaged("tile/entries")

        if tree_root(self.size, self._kept) != self.root:
            raise MirrorDamaged("tile")

    def _kept(self, wanted: Collection[Tile]) -> Mapping[Tile, bytes]:
        return {tile: self.folder.must_read(tile_name(tile, tile_width(tile, self.size))) for tile in wanted}

    def prove(self, position: int) -> Proof:
        """That the entry at a position is under the checkpoint that the mirror stands at."""
        path = inclusion_proof(position - 1, self.size, self._kept)
        return Proof(position - 1, tuple(path), self.checkpoint)


class _Ids:
    """The statements' ids of one advance: seen once, and those not yet held against what is kept."""

    def __init__(self) -> None:
        self._seen = Seen()
        self._new: list[str] = []

    def add(self, text: str) -> bool:
        """Remember it; answer whether it is new among these."""
        self._new.append(text)
        return self._seen.add(text)

    def take_new(self) -> list[str]:
        """Those added since it was asked last."""
        new, self._new = self._new, []
        return new


def _parsed(raw: bytes) -> dict[str, Any]:
    try:
        card: dict[str, Any] = orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise MirrorDamaged(CARD) from None
    if card.get("format") != FORMAT or card.pop("sha256", None) != _digest(card):
        raise MirrorDamaged(CARD)
    return card


def _digest(card: dict[str, Any]) -> str:
    """What tells a card that was damaged; who alters it on purpose is found by the checkpoint seen last."""
    return sha256(orjson.dumps(card, option=orjson.OPT_SORT_KEYS)).hexdigest()
