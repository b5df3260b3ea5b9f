"""The log (日志) for readers: checkpoints, tiles and proofs out of the database."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, cast

import psycopg

from ledger.errors import Rule
from ledger.log.checkpoint import Proof, parse_checkpoint
from ledger.log.note import (
    Note,
    SignatureLine,
    parse_note,
    parse_signature_lines,
)
from ledger.log.tiles import (
    TILE_HASHES,
    Tile,
    consistency_proof,
    inclusion_proof,
)

NOT_YET_PUBLISHED = Rule(
    "not-yet-published",
    zh="第 {position} 号尚无检查点：最新检查点含 {size} 条",
    en="position {position} is under no checkpoint yet: the latest has {size} entries",
)
READ_NOTES = 2_000

NO_CHECKPOINT = Rule("no-checkpoint", zh="还没有检查点", en="there is no checkpoint yet")


def head(connection: psycopg.Connection[Any]) -> int:
    """The last recorded position; 0 in an empty ledger."""
    row = connection.execute("SELECT coalesce(max(position), 0) FROM ledger.entries").fetchone()
    return cast(int, row[0]) if row is not None else 0


def recorded_last(connection: psycopg.Connection[Any]) -> tuple[int, str | None]:
    """The last recorded position, and when it was recorded; 0 and None in an empty ledger."""
    row = connection.execute(
        "SELECT position, convert_from(substring(data FROM octet_length(data) - 28 FOR 27), 'UTF8')"
        " FROM ledger.entries ORDER BY position DESC LIMIT 1"
    ).fetchone()
    return (0, None) if row is None else (row[0], row[1])


def latest_checkpoint(connection: psycopg.Connection[Any], upto: int | None = None) -> bytes | None:
    """The newest checkpoint, as the ledger alone signed it, of at most ``upto`` entries."""
    row = connection.execute(
        "SELECT note FROM ledger.checkpoints WHERE size <= %s ORDER BY size DESC LIMIT 1",
        (2**62 if upto is None else upto,),
    ).fetchone()
    return None if row is None else row[0].encode()


def published(connection: psycopg.Connection[Any], upto: int | None = None) -> int:
    """How many entries the newest checkpoint holds, of at most ``upto``; 0 where there is none."""
    raw = latest_checkpoint(connection, upto)
    return 0 if raw is None else size_of(raw)


def size_of(checkpoint: bytes) -> int:
    """How many entries a checkpoint holds, as it says."""
    return parse_checkpoint(parse_note(checkpoint).text).size


def first_checkpoint_over(connection: psycopg.Connection[Any], position: int) -> bytes | None:
    """The oldest checkpoint that holds the entry at that position."""
    row = connection.execute(
        "SELECT note FROM ledger.checkpoints WHERE size >= %s ORDER BY size LIMIT 1", (position,)
    ).fetchone()
    return None if row is None else row[0].encode()


def last_chain(connection: psycopg.Connection[Any]) -> tuple[int, bytes | None]:
    """The last checkpoint's chain that there is, and that checkpoint's size; 0 and None for no chain yet."""
    row = connection.execute(
        "SELECT size, chain FROM ledger.checkpoints WHERE chain IS NOT NULL ORDER BY size DESC LIMIT 1"
    ).fetchone()
    return (0, None) if row is None else (row[0], row[1].encode())


def notes_after(connection: psycopg.Connection[Any], size: int) -> Iterator[bytes]:
    """The checkpoints of more entries than that, by size."""
    while rows := connection.execute(
        "SELECT size, note FROM ledger.checkpoints WHERE size > %s ORDER BY size LIMIT %s", (size, READ_NOTES)
    ).fetchall():
        yield from (note.encode() for _, note in rows)
        size = rows[-1][0]


def cosigned(connection: psycopg.Connection[Any], checkpoint: bytes) -> Note:
    """A checkpoint with all cosignatures that there are on it."""
    note = parse_note(checkpoint)
    rows = connection.execute(
        "SELECT line FROM ledger.cosignatures WHERE size = %s ORDER BY witness",
        (parse_checkpoint(note.text).size,),
    )
    return note.with_signatures(line for (text,) in rows for line in parse_signature_lines(text))


def add_cosignatures(connection: psycopg.Connection[Any], size: int, lines: Iterable[SignatureLine]) -> None:
    """Keeps witnesses' cosignatures on the checkpoint of that size; the first of each counts."""
    for line in lines:
        connection.execute(
            "INSERT INTO ledger.cosignatures VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
            (size, listed_witness(line), line.text),
        )


def listed_witness(line: SignatureLine) -> str:
    """Under which name a witness's cosignature is kept."""
    return f"{line.name}+{line.key_id.hex()}"


def stored_tiles(connection: psycopg.Connection[Any], wanted: Collection[Tile]) -> Mapping[Tile, bytes]:
    """Those of the tiles that there are."""
    rows = connection.execute(
        "SELECT level, index, hashes FROM ledger.tiles WHERE (level, index) IN"
        " (SELECT * FROM unnest(%s::smallint[], %s::bigint[]))",
        ([tile.level for tile in wanted], [tile.index for tile in wanted]),
        binary=True,
    )
    return {Tile(level, index): hashes for level, index, hashes in rows}


def prove(connection: psycopg.Connection[Any], position: int, checkpoint: bytes | None = None) -> Proof:
    """That the entry at a position is in the log, under the newest checkpoint or under one given.

    Raises:
        Refused: ``not-yet-published`` where the checkpoint is older than the entry.
    """
    checkpoint = latest_checkpoint(connection) if checkpoint is None else checkpoint
    size = 0 if checkpoint is None else size_of(checkpoint)
    if checkpoint is None or position > size:
        raise NOT_YET_PUBLISHED.refused(position=position, size=size)
    path = inclusion_proof(position - 1, size, lambda wanted: stored_tiles(connection, wanted))
    return Proof(position - 1, tuple(path), cosigned(connection, checkpoint).raw)


def prove_consistent(connection: psycopg.Connection[Any], old_size: int, new_size: int) -> list[bytes]:
    """That the log at ``new_size`` only appends to the log at ``old_size``."""
    return consistency_proof(old_size, new_size, lambda wanted: stored_tiles(connection, wanted))


def entry_bundle(connection: psycopg.Connection[Any], index: int, width: int) -> bytes | None:
    """Entries in a row, each after its length in two bytes, as tlog-tiles serves them.

    ``width`` of them from position ``256 * index + 1``; None where there are not as many.
    """
    first = index * TILE_HASHES + 1
    rows = connection.execute(
        "SELECT data FROM ledger.entries WHERE position BETWEEN %s AND %s ORDER BY position",
        (first, first + width - 1),
        binary=True,
    ).fetchall()
    if len(rows) < width:
        return None
    return b"".join(len(data).to_bytes(2, "big") + data for (data,) in rows)
