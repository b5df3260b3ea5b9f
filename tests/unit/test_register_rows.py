"""The root over a list's rows, with all of them, and with those that met nobody taken away."""

from __future__ import annotations

from hashlib import sha256
from random import Random

import pytest

from ledger.crypto.merkle import EMPTY_ROOT, Tree
from ledger.errors import Misconfigured
from ledger.identity.register_rows import Boxes, Growing, Listed, Node, RegisterRow, pruned, root_of

LEAVES = [sha256(bytes([number])).digest() for number in range(200)]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 100, 129])
def test_it_is_the_tree_of_rfc_6962(size: int) -> None:
    assert root_of(LEAVES[:size]) == (Tree(LEAVES[:size]).root, size)


def test_no_rows_have_the_empty_trees_root() -> None:
    assert root_of([]) == (EMPTY_ROOT, 0)


@pytest.mark.parametrize("seed", range(40))
def test_what_is_left_of_an_erased_list_has_the_same_root(seed: int) -> None:
    random = Random(seed)
    size = random.randint(1, 200)
    kept = {number for number in range(size) if random.random() < random.choice((0.0, 0.05, 0.5, 1.0))}
    nodes = list(pruned((leaf, number in kept) for number, leaf in enumerate(LEAVES[:size])))
    left = [LEAVES[number] for number in sorted(kept)]
    assert root_of(left, nodes) == (Tree(LEAVES[:size]).root, size)
    if not kept:
        assert len(nodes) == size.bit_count()


def test_nodes_stand_where_leaves_went() -> None:
    with pytest.raises(ValueError, match="begins at"):
        root_of(LEAVES[:3], [Node(5, 1, LEAVES[5])])
    with pytest.raises(ValueError, match="no subtree"):
        root_of(LEAVES[:1], [Node(1, 2, LEAVES[1])])
    with pytest.raises(ValueError, match="no hash"):
        root_of(LEAVES[:1], [Node(1, 1, b"short")])
    with pytest.raises(ValueError, match="no subtree"):
        Growing().add(LEAVES[0], 3)


def test_a_leaf_says_all_that_its_row_does() -> None:
    row = RegisterRow("1:m", 2, "2026-01-01", None, b"box")
    others = [
        row._replace(mark="1:n"),
        row._replace(line=3),
        row._replace(since=None),
        row._replace(until="2026-02-01"),
        row._replace(box=b"other"),
        row._replace(since=None, until="2026-01-01"),
    ]
    assert len({row.leaf(), *(other.leaf() for other in others)}) == 7


def test_a_box_opens_for_its_line_alone() -> None:
    boxes = Boxes(bytes(32))
    box = boxes.seal(Listed("11010519491231002X", 7, {"died_on": "2026-01-01"}))
    assert boxes.open(7, box) == {"number": "11010519491231002X", "died_on": "2026-01-01"}
    for line, found, other in ((8, box, boxes), (7, box[:-1] + b"x", boxes), (7, box, Boxes(b"x" * 32))):
        with pytest.raises(Misconfigured) as error:
            other.open(line, found)
        assert error.value.code == "register-key"
