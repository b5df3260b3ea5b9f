"""What stands in a mirror (镜像账面): its records kept now and then, so that not all is folded again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import orjson

from ledger.crypto.merkle import HASH_BYTES, leaf_hash
from ledger.domain.entry import act_of
from ledger.domain.event import VerifiedEvent
from ledger.domain.record import record_from
from ledger.federation.columns import WatchedState
from ledger.federation.faults import MirrorDamaged
from ledger.federation.kept_files import Folder, bundle_entries
from ledger.log.tiles import TILE_HASHES


def _name(position: int) -> str:
    return f"state/{position:012}.ndjson"


def write_snapshot(folder: Folder, state: WatchedState, position: int) -> None:
    """Keep all records of a state as they stand at a position."""
    lines = [b"[%b,%b]" % (orjson.dumps(key), raw) for key, raw in state.stored()]
    folder.write(_name(position), b"\n".join(lines))


def restored(folder: Folder, position: int) -> WatchedState:
    """The state at a position: out of the snapshot, or empty at 0."""
    state = WatchedState()
    if position == 0:
        return state
    for line in folder.must_read(_name(position)).split(b"\n"):
        try:
            key, value = orjson.loads(line)
        except (orjson.JSONDecodeError, ValueError):
            raise MirrorDamaged(_name(position)) from None
        state.put(record_from(key, value))
    state.take_touched()
    state.ease()
    return state


class KeptChunk(NamedTuple):
    """Bundles that lie in a mirror, without the first ``skip`` of their entries; it travels to the checking process."""

    folder: str
    names: Sequence[str]
    skip: int

    def read(self) -> Sequence[bytes]:
        """The entries."""
        entries = [entry for bundle in self.bundles(Folder(Path(self.folder))) for entry in bundle]
        return entries[self.skip :]

    def bundles(self, folder: Folder) -> Iterator[list[bytes]]:
        """The entries, bundle by bundle, none skipped."""
        for name in self.names:
            try:
                yield bundle_entries(folder.must_read(name))
            except ValueError:
                raise MirrorDamaged(name) from None

    def acts(self, folder: Folder) -> Iterator[VerifiedEvent]:
        """The acts after those skipped, each held against the tile of its leaf hash first."""
        skip = self.skip
        for name, bundle in zip(self.names, self.bundles(folder), strict=True):
            hashes = folder.must_read(name.replace("tile/entries/", "tile/0/"))
            if len(bundle) > TILE_HASHES or len(hashes) != len(bundle) * HASH_BYTES:
                raise MirrorDamaged(name)
            for number, entry in enumerate(bundle):
                if leaf_hash(entry) != hashes[number * HASH_BYTES : (number + 1) * HASH_BYTES]:
                    raise MirrorDamaged(name)
                if skip:
                    skip -= 1
                    continue
                yield act_of(entry)
