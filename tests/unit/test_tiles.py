"""Tiles: proofs out of them hold, for every size and position, and the tree is never in memory."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.crypto.merkle import (
    EMPTY_ROOT,
    Tree,
    leaf_hash,
    verify_consistency,
    verify_inclusion,
)
from ledger.log.tiles import (
    Edge,
    Fetch,
    Tile,
    consistency_proof,
    edge_tiles,
    inclusion_proof,
    parse_index_path,
    tile_width,
    tree_root,
)


def leaves(size: int) -> list[bytes]:
    return [leaf_hash(str(index).encode()) for index in range(size)]


def grown(size: int, step: int = 1000) -> tuple[Edge, dict[Tile, bytes]]:
    """A tree grown in steps, and the tiles as they were stored after each."""
    edge, stored = Edge(), {}
    hashes = leaves(size)
    for start in range(0, size, step):
        edge.append(hashes[start : start + step])
        stored.update(edge.take_changed())
    return edge, stored


def fetching(stored: Mapping[Tile, bytes]) -> Fetch:
    def fetch(wanted: Collection[Tile]) -> Mapping[Tile, bytes]:
        return {tile: stored[tile] for tile in wanted}

    return fetch


@pytest.mark.parametrize("size", [1, 2, 3, 255, 256, 257, 511, 512, 700, 65_535, 65_536, 65_537, 70_000])
def test_the_edge_has_the_root_of_the_whole_tree(size: int) -> None:
    edge, stored = grown(size)
    assert edge.root() == Tree(leaves(size)).root
    assert tree_root(size, fetching(stored)) == edge.root()


def test_an_empty_tree_has_the_empty_root() -> None:
    assert Edge().root() == EMPTY_ROOT
    assert tree_root(0, fetching({})) == EMPTY_ROOT
    assert edge_tiles(0) == []


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 700), min_size=1, max_size=6))
def test_growing_in_any_steps_stores_the_same_tiles(steps: list[int]) -> None:
    edge, stored = Edge(), dict[Tile, bytes]()
    hashes = leaves(sum(steps))
    for step in steps:
        edge.append(hashes[edge.size : edge.size + step])
        stored.update(edge.take_changed())
    assert stored == grown(sum(steps), step=10_000)[1]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 1500), st.integers(1, 900))
def test_an_edge_goes_on_from_stored_tiles(before: int, more: int) -> None:
    _, stored = grown(before)
    partial = {tile.level: stored.get(tile, b"") for tile in edge_tiles(before)}
    edge = Edge(before, partial)
    edge.append(leaves(before + more)[before:])
    assert edge.root() == Tree(leaves(before + more)).root


def test_a_stored_tile_that_is_too_short_is_not_gone_on_from() -> None:
    with pytest.raises(RuntimeError, match="expected 320"):
        Edge(10, {0: b"\0" * 288})


def test_the_example_of_the_specification_has_these_tiles() -> None:
    _, stored = grown(70_000)
    widths = {tile: len(hashes) // 32 for tile, hashes in stored.items()}
    assert widths[Tile(0, 273)] == 112
    assert widths[Tile(1, 0)] == 256
    assert widths[Tile(1, 1)] == 17
    assert widths[Tile(2, 0)] == 1
    assert len(widths) == 274 + 2 + 1
    assert all(tile_width(tile, 70_000) == width for tile, width in widths.items())


def test_every_inclusion_proof_of_small_trees_holds() -> None:
    _, stored = grown(600, step=7)
    hashes = leaves(600)
    for size in (1, 2, 3, 7, 255, 256, 257, 300, 513, 600):
        root = Tree(hashes[:size]).root
        for index in range(size):
            proof = inclusion_proof(index, size, fetching(stored))
            verify_inclusion(hashes[index], index, size, proof, root)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 70_000), st.integers(0, 70_000))
def test_every_consistency_proof_holds(one: int, other: int) -> None:
    old, new = sorted((one, other))
    proof = consistency_proof(old, new, LARGE)
    verify_consistency(old, new, proof, tree_root(old, LARGE), tree_root(new, LARGE))


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 69_999))
def test_inclusion_proofs_of_a_large_tree_hold(index: int) -> None:
    verify_inclusion(
        LARGE_LEAVES[index], index, 70_000, inclusion_proof(index, 70_000, LARGE), tree_root(70_000, LARGE)
    )


def test_a_proof_asks_once_for_few_tiles() -> None:
    asked: list[Collection[Tile]] = []

    def fetch(wanted: Collection[Tile]) -> Mapping[Tile, bytes]:
        asked.append(wanted)
        return LARGE(wanted)

    inclusion_proof(12_345, 70_000, fetch)
    assert len(asked) == 1
    assert len(asked[0]) <= 6


def test_what_is_outside_the_tree_is_misuse() -> None:
    with pytest.raises(RuntimeError, match="outside a tree of 3"):
        inclusion_proof(3, 3, LARGE)
    with pytest.raises(RuntimeError, match="no proof from a tree of 5 to one of 4"):
        consistency_proof(5, 4, LARGE)


@pytest.mark.parametrize(
    ("tile", "width", "path"),
    [
        (Tile(0, 0), 256, "tile/0/000"),
        (Tile(0, 67), 12, "tile/0/067.p/12"),
        (Tile(1, 1_234_067), 256, "tile/1/x001/x234/067"),
    ],
)
def test_tiles_have_the_specifications_paths(tile: Tile, width: int, path: str) -> None:
    assert tile.path(width) == path
    assert parse_index_path(path.split("/", 2)[2]) == (tile.index, width)


@pytest.mark.parametrize(
    "text", ["", "1", "0001", "x000/001", "001.p/0", "001.p/256", "001.p/07", "x01/001", "001.p/", "001/002"]
)
def test_other_spellings_of_a_path_name_nothing(text: str) -> None:
    assert parse_index_path(text) is None


LARGE_LEAVES = leaves(70_000)
LARGE = fetching(grown(70_000)[1])
