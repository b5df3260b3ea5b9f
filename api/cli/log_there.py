"""The log of a running service (服务的日志): entries, checkpoint, proof and tiles, as whoever asks may have them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import orjson

from api.cli.desk import ServerDesk
from api.cli.exit_codes import Misused
from ledger.crypto.merkle import leaf_hash
from ledger.domain.state import UNKNOWN_REFERENCE
from ledger.log.checkpoint import Proof, parse_proof
from ledger.log.note import Note, NoteKey, parse_key, parse_note
from ledger.log.tiles import TILE_HASHES, Tile, index_path, tile_width, width_suffix
from ledger.whole_file import written_whole

PAGE = 10_000
_ENTRY = b',"entry":'
"""Between what a line says of an entry and the entry itself, byte for byte as it is stored."""


class Recorded(NamedTuple):
    """An entry as the service sends it."""

    position: int
    entry: bytes


class Asked(NamedTuple):
    """Which entries are asked for; None for all."""

    type: str | None = None
    tag: str | None = None


def entries(desk: ServerDesk, after: int, limit: int | None, asked: Asked) -> Iterator[Recorded]:
    """Entries after a position, at most so many, a page of the service's at a time."""
    left = limit
    while left is None or left > 0:
        wanted = PAGE if left is None else min(PAGE, left)
        raw = desk.file("/events", after=after, limit=wanted, type=asked.type, tag=asked.tag)
        lines = raw.splitlines()
        for line in lines:
            head, _, entry = line.partition(_ENTRY)
            after = orjson.loads(head + b"}")["position"]
            yield Recorded(after, entry[:-1])
        if left is not None:
            left -= len(lines)
        if len(lines) < wanted:
            return


def verifier_key(desk: ServerDesk) -> NoteKey:
    """The key that the service says its checkpoints are verified by."""
    return parse_key(desk.file("/checkpoint/key").decode().strip())


def checkpoint(desk: ServerDesk) -> Note:
    """The newest checkpoint, with its cosignatures."""
    return parse_note(desk.file("/checkpoint"))


def proof(desk: ServerDesk, entry: str) -> tuple[int, bytes, Proof]:
    """Where the entry of a position or of a statement's id stands, its leaf, and what proves it.

    Raises:
        Misused: it is neither.
        Refused: ``reference-unknown``.
    """
    if entry.isdecimal():
        position = int(entry)
        found = next(entries(desk, position - 1, 1, Asked()), None)
        if found is None or found.position != position:
            raise UNKNOWN_REFERENCE.refused(kind="entry", id=entry)
        leaf = leaf_hash(found.entry)
    else:
        receipt = desk.server.get(f"/statements/{entry}")["receipt"]
        position, leaf = receipt["position"], bytes.fromhex(receipt["leaf_hash"])
    return position, leaf, parse_proof(desk.file(f"/proof/{position}"))


def write_tiles(desk: ServerDesk, folder: Path, size: int) -> int:
    """Write entries and tiles of a log of that size, but for what is there and full; answers how many tiles."""
    written = 0
    level = 0
    while size >> 8 * level:
        for index in range(-(-(size >> 8 * level) // TILE_HASHES)):
            width = tile_width(Tile(level, index), size)
            if level == 0:
                _fetched(desk, folder, f"tile/entries/{index_path(index)}{width_suffix(width)}")
            written += _fetched(desk, folder, Tile(level, index).path(width))
        level += 1
    return written


def _fetched(desk: ServerDesk, folder: Path, path: str) -> bool:
    """Whether a file of the log was not there yet; then it is written, and has its name once it is whole."""
    file = folder / path
    if file.exists():
        return False
    file.parent.mkdir(parents=True, exist_ok=True)
    content = desk.file(f"/{path}")
    with written_whole(file) as beside:
        beside.write_bytes(content)
    return True


def refuse_option(option: str) -> Misused:
    """The refusal of an option that a service has no answer to."""
    return Misused(
        f"{option} 须在台账所在的机器上使用，不加 --server",
        f"{option} works beside the ledger, without --server",
    )
