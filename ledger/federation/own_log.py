"""This ledger's own log by the names of its files (本台账日志): for a pack, as the service answers over HTTP."""

from __future__ import annotations

from typing import Any

import psycopg

from ledger.crypto.merkle import HASH_BYTES
from ledger.federation.faults import FeedFailed
from ledger.log.proofs import NO_CHECKPOINT, cosigned, entry_bundle, latest_checkpoint, stored_tiles
from ledger.log.tiles import Tile, parse_index_path


class OwnLog:
    """The log in a database, as a feed: what it shows stays as it was when this was made."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        raw = latest_checkpoint(connection)
        if raw is None:
            raise NO_CHECKPOINT.refused()
        self._connection = connection
        self.checkpoint = cosigned(connection, raw).raw

    def read(self, name: str) -> bytes:
        """What lies under a name."""
        if name == "checkpoint":
            return self.checkpoint
        what, _, path = name.removeprefix("tile/").partition("/")
        named = parse_index_path(path)
        found = None if named is None else self._found(what, *named)
        if found is None:
            raise FeedFailed("no-such-tile", f"日志中没有 {name}", f"the log has no {name}", withheld=True)
        return found

    def _found(self, what: str, index: int, width: int) -> bytes | None:
        if what == "entries":
            return entry_bundle(self._connection, index, width)
        wanted = Tile(int(what), index)
        hashes = stored_tiles(self._connection, [wanted]).get(wanted, b"")[: width * HASH_BYTES]
        return hashes if len(hashes) == width * HASH_BYTES else None
