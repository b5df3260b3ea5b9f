"""A county's log in memory, as it is shown, and how it misbehaves."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ledger.crypto.keys import public_hex
from ledger.crypto.merkle import HASH_BYTES, leaf_hash
from ledger.federation.faults import FeedFailed
from ledger.federation.kept_files import Folder
from ledger.federation.mirror import Mirror
from ledger.log.checkpoint import Checkpoint, origin_of
from ledger.log.note import Note, sign_text
from ledger.log.tiles import Edge, Tile, parse_index_path
from tests.audit.test_audit import LEDGER, LOG_KEY

NOW = "2026-01-10T00:00:00.000000Z"


class Log:
    """A county's log as it is shown: entries in memory, its key, and how it misbehaves."""

    def __init__(self, entries: list[bytes], key: object = LOG_KEY) -> None:
        self.entries = entries
        self.key = key
        self.asked: list[str] = []
        self.withholds = False
        self.serves: Callable[[bytes], bytes] = lambda bundle: bundle

    def read(self, name: str) -> bytes:
        self.asked.append(name)
        edge = Edge()
        tiles: dict[Tile, bytes] = {}
        for start in range(0, len(self.entries), 256):
            edge.append([leaf_hash(entry) for entry in self.entries[start : start + 256]])
            tiles |= edge.take_changed()
        if name == "checkpoint":
            text = Checkpoint(origin_of(LEDGER), edge.size, edge.root()).text
            return Note(text, (sign_text(text, self.key, origin_of(LEDGER)),)).raw  # type: ignore[arg-type]
        what, _, path = name.removeprefix("tile/").partition("/")
        named = parse_index_path(path)
        assert named is not None
        index, width = named
        if what != "entries":
            return tiles[Tile(int(what), index)][: width * HASH_BYTES]
        if self.withholds:
            raise FeedFailed("peer-status", "应答为 403", "it answered 403", withheld=True)
        entries = self.entries[index * 256 : index * 256 + width]
        return self.serves(b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries))


def opened(folder: Path, step: Callable[[str], None] = lambda step: None) -> Mirror:
    return Mirror(Folder(folder, step), LEDGER, public_hex(LOG_KEY))
