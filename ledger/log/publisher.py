"""The publisher (发布): keeps the Merkle log beside the entries and signs its checkpoints.

It lives in the one writer, on the writer's connection: leaf hashes come from the entries as they
were written, tiles and checkpoint go down in one transaction, at least once a second while
statements arrive. What a crash leaves unpublished is read back from the entries.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import psycopg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.crypto.keys import public_hex
from ledger.crypto.merkle import leaf_hash
from ledger.errors import Misconfigured, Refused
from ledger.events.ledger_key import LedgerKeyRotated
from ledger.log.checkpoint import Checkpoint, open_checkpoint, origin_of
from ledger.log.checkpoint_chain import Chain, open_chain
from ledger.log.high_water import CheckpointMemory, check_not_set_back
from ledger.log.note import Note, note_key, sign_text
from ledger.log.proofs import (
    head,
    last_chain,
    latest_checkpoint,
    notes_after,
    stored_tiles,
)
from ledger.log.tiles import Edge, edge_tiles

EVERY_SECONDS = 1.0
"""The longest that recorded statements wait for their checkpoint."""

READ_ENTRIES = 2_000
PUBLISH_ENTRIES = 100_000
"""How far a log that is far behind goes before it saves what it has."""

CHANNEL = "songnuan_checkpoints"


class Publisher:
    """The right edge of one ledger's log, and the key that signs for it. Not safe for threads.

    ``former_keys`` are the other versions of the ledger's key: those with which earlier checkpoints may have
    been signed, and one that is still to be enrolled. ``memory`` keeps the highest checkpoint apart from
    the database.

    The checkpoint over the entry that replaces the key is the old key's last, which so vouches for the
    new: what follows it is signed by the key in force.
    """

    def __init__(
        self,
        ledger_key: Ed25519PrivateKey,
        former_keys: Sequence[Ed25519PrivateKey] = (),
        monotonic: Callable[[], float] = time.monotonic,
        memory: CheckpointMemory | None = None,
    ) -> None:
        self._memory = memory
        self._key = ledger_key
        self._known_keys = {public_hex(key): key for key in (*former_keys, ledger_key)}
        self._monotonic = monotonic
        self._edge = Edge()
        self._chain = Chain()
        self._head = 0
        self._published = 0
        self._published_at = -EVERY_SECONDS

    def open(
        self, connection: psycopg.Connection[Any], ledger: str | None, in_force: str | None = None
    ) -> None:
        """Goes on from what is stored, which must be what the last checkpoint signed.

        ``in_force`` is the ledger's public key as the entries have it, hex.

        Raises:
            Misconfigured: ``log-inconsistent`` where tiles, entries and checkpoint disagree: what
                follows must not be signed before somebody has looked; ``set-back`` where the data
                folder remembers another log than this.
        """
        signed = latest_checkpoint(connection)
        self._head = head(connection)
        if signed is None:
            self._edge = Edge()
        else:
            self._edge = self._edge_of(connection, signed, ledger)
        self._chain = self._chain_of(connection, ledger)
        self._published = self._edge.size
        if in_force is not None:
            self._key = self._key_to_sign(connection, signed, ledger or "", in_force)
        if self._memory is not None:
            remembered = self._memory.read()
            check_not_set_back(connection, remembered, self._head)
            if signed is not None and (remembered is None or remembered.size < self._published):
                self._memory.keep(signed)

    def _key_to_sign(
        self, connection: psycopg.Connection[Any], signed: bytes | None, ledger: str, in_force: str
    ) -> Ed25519PrivateKey:
        """The key of the next checkpoint: the last one's where the new key's entry is still to be vouched for."""
        key = self._known_keys[in_force]
        if signed is None or _signs(key, signed, ledger):
            return key
        replaced = connection.execute(
            "SELECT 1 FROM ledger.entries WHERE position > %s AND type = %s LIMIT 1",
            (self._published, LedgerKeyRotated.topic()),
        ).fetchone()
        if replaced is None:
            return key
        return next(each for each in self._known_keys.values() if _signs(each, signed, ledger))

    def _chain_of(self, connection: psycopg.Connection[Any], ledger: str | None) -> Chain:
        """The chain over the checkpoints that there are, from the last one that is chained."""
        keys = [note_key(key, origin_of(ledger or "")) for key in self._known_keys.values()]
        size, signed = last_chain(connection)
        try:
            chain = Chain() if signed is None else open_chain(signed, keys)
        except Refused as refusal:
            raise _inconsistent(refusal.message("zh"), refusal.message("en")) from None
        for note in notes_after(connection, size):
            chain = chain.with_note(note)
        return chain

    def _edge_of(self, connection: psycopg.Connection[Any], note: bytes, ledger: str | None) -> Edge:
        origin = origin_of(ledger or "")
        try:
            checkpoint, _ = open_checkpoint(
                note, [note_key(key, origin) for key in self._known_keys.values()]
            )
        except Refused as refusal:
            raise _inconsistent(refusal.message("zh"), refusal.message("en")) from None
        if checkpoint.size > self._head:
            raise _inconsistent(
                f"检查点含 {checkpoint.size} 条，数据库只有 {self._head} 条",
                f"a checkpoint of {checkpoint.size} entries is signed, the database holds {self._head}",
            )
        tiles = stored_tiles(connection, edge_tiles(checkpoint.size))
        try:
            edge = Edge(checkpoint.size, {tile.level: hashes for tile, hashes in tiles.items()})
        except RuntimeError as error:
            raise _inconsistent("哈希瓦片不完整", str(error)) from None
        if edge.root() != checkpoint.root:
            raise _inconsistent(
                f"第 {checkpoint.size} 号检查点的根与哈希瓦片不符",
                f"the root of the checkpoint at {checkpoint.size} is not that of the tiles",
            )
        return edge

    def take(self, after: int, leaf_hashes: Sequence[bytes]) -> None:
        """Hears of entries just committed after that position."""
        if after == self._edge.size:
            self._edge.append(leaf_hashes)
        # Otherwise somebody else wrote in between: what is missing is read before publishing.
        self._head = max(self._head, after + len(leaf_hashes))

    def due_seconds(self) -> float | None:
        """In how many seconds to publish; None where all is published."""
        if self._head <= self._published:
            return None
        return max(0.0, self._published_at + EVERY_SECONDS - self._monotonic())

    def postpone(self) -> None:
        """Try again only after the usual time."""
        self._published_at = self._monotonic()

    def publish(self, connection: psycopg.Connection[Any], ledger: str, in_force: str | None = None) -> None:
        """Signs and stores the log as far as it goes; a log that is far behind in several steps.

        What comes after that is signed by the key in force, the ledger's public key in hex.
        """
        self._published_at = self._monotonic()
        while self._head > self._published:
            self._read_missing(connection)
            self._store(connection, ledger)
        if in_force is not None:
            self._key = self._known_keys[in_force]

    def _read_missing(self, connection: psycopg.Connection[Any]) -> None:
        until = min(self._head, self._published + PUBLISH_ENTRIES)
        while self._edge.size < until:
            rows = connection.execute(
                "SELECT position, data FROM ledger.entries WHERE position > %s ORDER BY position LIMIT %s",
                (self._edge.size, READ_ENTRIES),
            ).fetchall()
            if not rows or rows[-1][0] != self._edge.size + len(rows):
                raise _inconsistent(
                    f"第 {self._edge.size} 号之后的记录不连续",
                    f"the entries after position {self._edge.size} are not complete",
                )
            self._edge.append([leaf_hash(data) for _, data in rows])
            self._head = max(self._head, self._edge.size)

    def _store(self, connection: psycopg.Connection[Any], ledger: str) -> None:
        edge = self._edge
        origin = origin_of(ledger)
        text = Checkpoint(origin, edge.size, edge.root()).text
        note = Note(text, (sign_text(text, self._key, origin),))
        chain = self._chain.with_note(note.raw)
        tiles = edge.take_changed()
        with connection.transaction(), connection.pipeline():
            connection.execute(
                "INSERT INTO ledger.tiles (level, index, hashes)"
                " SELECT * FROM unnest(%s::smallint[], %s::bigint[], %b::bytea[])"
                " ON CONFLICT (level, index) DO UPDATE SET hashes = excluded.hashes",
                (
                    [tile.level for tile in tiles],
                    [tile.index for tile in tiles],
                    list(tiles.values()),
                ),
                binary=True,
            )
            connection.execute(
                "INSERT INTO ledger.checkpoints (size, note, chain) VALUES (%s, %s, %s)",
                (edge.size, note.raw.decode(), chain.signed(self._key, origin).decode()),
            )
            connection.execute(f"NOTIFY {CHANNEL}")
        self._published, self._chain = edge.size, chain
        if self._memory is not None:
            self._memory.keep(note.raw)


def _signs(key: Ed25519PrivateKey, note: bytes, ledger: str) -> bool:
    """Whether a checkpoint is signed by this key."""
    try:
        open_checkpoint(note, [note_key(key, origin_of(ledger))])
    except Refused:
        return False
    return True


def _inconsistent(zh: str, en: str) -> Misconfigured:
    return Misconfigured(
        "log-inconsistent", f"台账日志自相矛盾，停止签发：{zh}", f"the log contradicts itself: {en}"
    )
