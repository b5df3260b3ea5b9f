"""Tiles (哈希瓦片): the log's Merkle tree in pieces of 256 hashes, as C2SP tlog-tiles cuts it.

A tile at level ``L`` holds consecutive hashes of complete subtrees of ``256**L`` leaves, 32 raw
bytes each. Any hash of the tree is in a tile or is computed from one, so that a proof needs a few
tiles however large the log is, and no part of the tree stays in memory but its right edge.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import NamedTuple

from ledger.crypto.merkle import EMPTY_ROOT, HASH_BYTES, node_hash

TILE_HEIGHT = 8
TILE_HASHES = 1 << TILE_HEIGHT
TILE_BYTES = TILE_HASHES * HASH_BYTES

_INDEX = re.compile(r"(?:x\d{3}/)*\d{3}").fullmatch
_WIDTH = re.compile(r"[1-9]\d{0,2}").fullmatch


@dataclass(frozen=True, slots=True)
class Tile:
    """Which tile: its level, and its number from the left in that level."""

    level: int
    index: int

    def path(self, width: int = TILE_HASHES) -> str:
        """Where tlog-tiles puts it below the log's prefix: ``tile/0/x001/067.p/12``."""
        return f"tile/{self.level}/{index_path(self.index)}{width_suffix(width)}"


def index_path(index: int) -> str:
    """A tile's number in path elements of three digits, all but the last marked by an ``x``.

    >>> index_path(67), index_path(1_234_067)
    ('067', 'x001/x234/067')
    """
    groups = [f"{index % 1000:03}"]
    while index := index // 1000:
        groups.append(f"x{index % 1000:03}")
    return "/".join(reversed(groups))


def width_suffix(width: int) -> str:
    """What a partial tile's path ends in; nothing for a full one.

    >>> width_suffix(12), width_suffix(256)
    ('.p/12', '')
    """
    return "" if width == TILE_HASHES else f".p/{width}"


def parse_index_path(text: str) -> tuple[int, int] | None:
    """The number and width that a path names; None where it is not in its one spelling.

    >>> parse_index_path("x001/234.p/12"), parse_index_path("x000/234")
    ((1234, 12), None)
    """
    number, partial, width_text = text.partition(".p/")
    if not _INDEX(number) or (partial and not _WIDTH(width_text)):
        return None
    index = int(number.replace("x", "").replace("/", ""))
    width = int(width_text) if partial else TILE_HASHES
    if index_path(index) != number or (partial and width >= TILE_HASHES):
        return None
    return index, width


def tile_width(tile: Tile, tree_size: int) -> int:
    """How many hashes of a tile a tree of that size fills: 0 to 256."""
    filled = (tree_size >> TILE_HEIGHT * tile.level) - tile.index * TILE_HASHES
    return max(0, min(TILE_HASHES, filled))


def subtree_root(hashes: bytes) -> bytes:
    """The root over hashes that stand side by side, joined; their number is a power of two."""
    while len(hashes) > HASH_BYTES:
        hashes = b"".join(
            [
                sha256(b"\x01" + hashes[start : start + 2 * HASH_BYTES]).digest()
                for start in range(0, len(hashes), 2 * HASH_BYTES)
            ]
        )
    return hashes


class Edge:
    """The right edge of a growing tree: the unfinished tile of each level.

    Takes about one hash a leaf, and remembers at most one tile a level.
    """

    def __init__(self, size: int = 0, partial: Mapping[int, bytes] | None = None) -> None:
        self.size = size
        self._partial: list[bytearray] = []
        self._full: dict[Tile, bytes] = {}
        self._touched: set[int] = set()
        given = partial or {}
        for tile in edge_tiles(size):
            hashes = given.get(tile.level, b"")
            expected = tile_width(tile, size) * HASH_BYTES
            if len(hashes) < expected:
                raise RuntimeError(f"tile {tile.path()} has {len(hashes)} bytes, expected {expected}")
            self._partial.append(bytearray(hashes[:expected]))

    def append(self, leaf_hashes: Sequence[bytes]) -> None:
        """Adds leaves on the right."""
        start = 0
        while start < len(leaf_hashes):
            tile = self._tile(0)
            taken = leaf_hashes[start : start + TILE_HASHES - len(tile) // HASH_BYTES]
            tile += b"".join(taken)
            start += len(taken)
            self.size += len(taken)
            self._finish_if_full(0, (self.size - 1) // TILE_HASHES)

    def _tile(self, level: int) -> bytearray:
        if level == len(self._partial):
            self._partial.append(bytearray())
        self._touched.add(level)
        return self._partial[level]

    def _finish_if_full(self, level: int, index: int) -> None:
        """A full tile is done with; its root is one hash of the level above."""
        tile = self._partial[level]
        if len(tile) < TILE_BYTES:
            return
        whole = self._full[Tile(level, index)] = bytes(tile)
        tile.clear()
        above = self._tile(level + 1)
        above += subtree_root(whole)
        self._finish_if_full(level + 1, index // TILE_HASHES)

    def take_changed(self) -> dict[Tile, bytes]:
        """The tiles that changed since this was last asked, the unfinished ones as they are now."""
        changed = self._full
        for tile in edge_tiles(self.size):
            if tile.level in self._touched and self._partial[tile.level]:
                changed[tile] = bytes(self._partial[tile.level])
        self._full = {}
        self._touched = set()
        return changed

    def root(self) -> bytes:
        """The head of the whole tree."""
        root: bytes | None = None
        for tile in self._partial:
            end = len(tile) // HASH_BYTES
            while end:
                start = end & (end - 1)
                left = subtree_root(bytes(tile[start * HASH_BYTES : end * HASH_BYTES]))
                root = left if root is None else node_hash(left, root)
                end = start
        return EMPTY_ROOT if root is None else root


def edge_tiles(size: int) -> list[Tile]:
    """The rightmost tile of each level of a tree of that size, full, partial or still empty."""
    tiles = []
    level = 0
    while size >> TILE_HEIGHT * level:
        tiles.append(Tile(level, (size >> TILE_HEIGHT * level) // TILE_HASHES))
        level += 1
    return tiles


# --- Proofs -----------------------------------------------------------------------------------

Fetch = Callable[[Collection[Tile]], Mapping[Tile, bytes]]
"""Brings tiles, each at least as wide as the tree in question fills it; called once a proof."""

_Span = tuple[int, int]


def tree_root(size: int, fetch: Fetch) -> bytes:
    """The head of the tree of the first ``size`` leaves."""
    return _hashes([(0, size)], fetch)[0] if size else EMPTY_ROOT


def inclusion_proof(leaf_index: int, tree_size: int, fetch: Fetch) -> list[bytes]:
    """The path of one leaf to the head of the tree of that size (RFC 6962 section 2.1.1)."""
    if not 0 <= leaf_index < tree_size:
        raise RuntimeError(f"leaf index {leaf_index} outside a tree of {tree_size}")
    spans: list[_Span] = []
    start, end = 0, tree_size
    while end - start > 1:
        split = start + _split(end - start)
        if leaf_index < split:
            spans.append((split, end))
            end = split
        else:
            spans.append((start, split))
            start = split
    return _hashes(spans[::-1], fetch)


def consistency_proof(old_size: int, new_size: int, fetch: Fetch) -> list[bytes]:
    """That the larger tree only appends to the smaller one (RFC 6962 section 2.1.2)."""
    if not 0 <= old_size <= new_size:
        raise RuntimeError(f"no proof from a tree of {old_size} to one of {new_size}")
    if old_size in (0, new_size):
        return []
    spans: list[_Span] = []
    start, end = 0, new_size
    while old_size < end:
        split = start + _split(end - start)
        if old_size <= split:
            spans.append((split, end))
            end = split
        else:
            spans.append((start, split))
            start = split
    if start > 0:
        spans.append((start, end))
    return _hashes(spans[::-1], fetch)


def _split(width: int) -> int:
    """The largest power of two below ``width``: where RFC 6962 divides a tree."""
    return 1 << (width - 1).bit_length() - 1


class _Part(NamedTuple):
    """Hashes side by side in one tile, over which a complete subtree stands."""

    tile: Tile
    start: int
    end: int


def _hashes(spans: Sequence[_Span], fetch: Fetch) -> list[bytes]:
    """The head over each span of leaves, all from tiles fetched at once."""
    parts = [_parts(*span) for span in spans]
    wanted = {part.tile for each in parts for part in each}
    tiles = fetch(wanted) if wanted else {}
    return [_head(each, tiles) for each in parts]


def _parts(start: int, end: int) -> list[_Part]:
    """The complete subtrees that a span is made of, left to right; each is at most half the last."""
    parts = []
    while start < end:
        height = (end - start).bit_length() - 1
        level, above = divmod(height, TILE_HEIGHT)
        first = start >> TILE_HEIGHT * level
        offset = first % TILE_HASHES
        parts.append(_Part(Tile(level, first // TILE_HASHES), offset, offset + (1 << above)))
        start += 1 << height
    return parts


def _head(parts: Sequence[_Part], tiles: Mapping[Tile, bytes]) -> bytes:
    roots = [
        subtree_root(tiles[part.tile][part.start * HASH_BYTES : part.end * HASH_BYTES]) for part in parts
    ]
    head = roots.pop()
    while roots:
        head = node_hash(roots.pop(), head)
    return head
