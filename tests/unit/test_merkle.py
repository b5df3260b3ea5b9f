"""RFC 6962 proofs: the public vectors, and every size and position up to a bound."""

from __future__ import annotations

import base64
import json
from collections import Counter
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.crypto import merkle
from ledger.crypto.merkle import (
    BatchPaths,
    Tree,
    leaf_hash,
    verify_consistency,
    verify_inclusion,
)
from ledger.errors import NotVerified

VECTORS = Path(__file__).parent.parent / "vectors" / "merkle"


def vectors(kind: str) -> list[Path]:
    return sorted((VECTORS / kind).rglob("*.json"))


def decoded(text: str | None) -> bytes:
    return base64.b64decode(text or "")


@pytest.mark.parametrize("path", vectors("inclusion"), ids=lambda path: path.stem)
def test_public_inclusion_vectors(path: Path) -> None:
    vector = json.loads(path.read_text())
    arguments = (
        decoded(vector["leafHash"]),
        vector["leafIdx"],
        vector["treeSize"],
        [decoded(h) for h in vector["proof"] or []],
        decoded(vector["root"]),
    )
    if vector["wantErr"]:
        with pytest.raises(NotVerified):
            verify_inclusion(*arguments)
    else:
        verify_inclusion(*arguments)


@pytest.mark.parametrize("path", vectors("consistency"), ids=lambda path: path.stem)
def test_public_consistency_vectors(path: Path) -> None:
    vector = json.loads(path.read_text())
    arguments = (
        vector["size1"],
        vector["size2"],
        [decoded(h) for h in vector["proof"] or []],
        decoded(vector["root1"]),
        decoded(vector["root2"]),
    )
    if vector["wantErr"]:
        with pytest.raises(NotVerified):
            verify_consistency(*arguments)
    else:
        verify_consistency(*arguments)


def leaves(size: int) -> list[bytes]:
    return [leaf_hash(str(index).encode()) for index in range(size)]


def root(hashes: list[bytes]) -> bytes:
    """The tree head by RFC 6962's own recursive definition."""
    if not hashes:
        return sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    split = 1 << (len(hashes) - 1).bit_length() - 1
    return sha256(b"\x01" + root(hashes[:split]) + root(hashes[split:])).digest()


def consistency_proof(old: int, hashes: list[bytes], whole: bool = True) -> list[bytes]:
    """The proof by RFC 6962's own recursive definition (SUBPROOF)."""
    if old == len(hashes):
        return [] if whole else [root(hashes)]
    split = 1 << (len(hashes) - 1).bit_length() - 1
    if old <= split:
        return [*consistency_proof(old, hashes[:split], whole), root(hashes[split:])]
    return [*consistency_proof(old - split, hashes[split:], False), root(hashes[:split])]


@pytest.mark.parametrize("size", range(1, 34))
def test_every_leaf_of_small_trees(size: int) -> None:
    hashes = leaves(size)
    tree = Tree(hashes)
    assert tree.root == root(hashes)
    for index in range(size):
        path = tree.inclusion_path(index)
        verify_inclusion(hashes[index], index, size, path, tree.root)
        for wrong in {(index + 1) % size, index ^ 1, size, -1} - {index}:
            with pytest.raises(NotVerified):
                verify_inclusion(hashes[index], wrong, size, path, tree.root)


@pytest.mark.parametrize("new", range(1, 20))
def test_every_consistency_of_small_trees(new: int) -> None:
    hashes = leaves(new)
    for old in range(1, new + 1):
        proof = consistency_proof(old, hashes)
        verify_consistency(old, new, proof, root(hashes[:old]), root(hashes))
        with pytest.raises(NotVerified):
            verify_consistency(old, new, [*proof, bytes(32)], root(hashes[:old]), root(hashes))
        with pytest.raises(NotVerified):
            verify_consistency(old, new, proof, bytes(32), root(hashes))
        if proof:
            with pytest.raises(NotVerified):
                verify_consistency(old, new, proof[:-1], root(hashes[:old]), root(hashes))


def test_the_empty_tree_is_consistent_with_every_tree() -> None:
    verify_consistency(0, 5, [], merkle.EMPTY_ROOT, root(leaves(5)))
    for arguments in ((0, 5, [bytes(32)], merkle.EMPTY_ROOT), (0, 5, [], bytes(32))):
        with pytest.raises(NotVerified):
            verify_consistency(*arguments, root(leaves(5)))
    with pytest.raises(NotVerified):
        verify_consistency(5, 4, [], root(leaves(5)), root(leaves(4)))


@given(st.integers(1, 200), st.data())
def test_shared_verification_gives_the_same_answers(size: int, data: st.DataObject) -> None:
    hashes = leaves(size)
    tree = Tree(hashes)
    shared = BatchPaths(size, tree.root)
    for index in data.draw(st.lists(st.integers(0, size - 1), max_size=20)):
        path = b"".join(tree.inclusion_path(index))
        change = data.draw(st.sampled_from(["none", "bit", "cut", "longer", "leaf", "index"]))
        leaf = hashes[index]
        if change == "bit" and path:
            at = data.draw(st.integers(0, len(path) - 1))
            path = path[:at] + bytes([path[at] ^ 1]) + path[at + 1 :]
        elif change == "cut":
            path = path[:-32]
        elif change == "longer":
            path += bytes(32)
        elif change == "leaf":
            leaf = bytes(32)
        elif change == "index":
            index = data.draw(st.integers(-1, size))
        answers = []
        for verify in (
            lambda: verify_inclusion(
                leaf, index, size, [path[i : i + 32] for i in range(0, len(path), 32)], tree.root
            ),
            lambda: shared.verify(leaf, index, path),
        ):
            try:
                verify()
                answers.append(True)
            except NotVerified:
                answers.append(False)
        assert answers[0] == answers[1]


def test_going_through_a_large_tree_in_order_remembers_little() -> None:
    hashes = leaves(5000)
    tree = Tree(hashes)
    shared = BatchPaths(5000, tree.root)
    for index, leaf in enumerate(hashes):
        shared.verify(leaf, index, b"".join(tree.inclusion_path(index)))
    assert len(shared._proved) <= 14


def test_the_hashes_of_the_standard() -> None:
    """Of an empty leaf, and of the first two leaves of RFC 6962's test data."""
    empty = leaf_hash(b"")
    assert empty.hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    pair = Tree([empty, leaf_hash(b"\x00")]).root
    assert pair.hex() == "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"


def test_a_leaf_outside_the_tree_has_no_path() -> None:
    tree = Tree(leaves(3))
    for index in (-1, 3):
        with pytest.raises(RuntimeError, match=f"leaf index {index} outside a tree of 3"):
            tree.inclusion_path(index)
    with pytest.raises(RuntimeError, match="at least one leaf"):
        Tree([])


def refused(verify: Callable[[], None]) -> tuple[object, object, object]:
    """What a refusal says is wrong, what it expected, and what it found."""
    with pytest.raises(NotVerified) as refusal:
        verify()
    details = refusal.value.details
    for part in ("what", "expected", "found"):
        assert str(details[part]) in refusal.value.message("en")
    return details["what"], details["expected"], details["found"]


def test_a_proof_of_inclusion_that_does_not_hold_says_why() -> None:
    hashes = leaves(5)
    tree = Tree(hashes)
    path, root = tree.inclusion_path(2), tree.root
    wrong = bytes(32)

    def verified(index: int = 2, size: int = 5, proof: list[bytes] = path, root: bytes = root) -> None:
        verify_inclusion(hashes[2], index, size, proof, root)

    verified()
    assert refused(lambda: verified(index=5)) == ("leaf index", "0 to 4", 5)
    assert refused(lambda: verified(index=-1)) == ("leaf index", "0 to 4", -1)
    assert refused(lambda: verified(index=0, size=0)) == ("leaf index", "0 to -1", 0)
    assert refused(lambda: verified(proof=path[:-1])) == ("proof length", "more hashes", "2 hashes")
    assert refused(lambda: verified(proof=[*path, wrong])) == ("proof length", "3 hashes", "4 hashes")
    assert refused(lambda: verified(proof=[path[0], path[1], b"short"])) == (
        "hash length",
        "32 bytes",
        "5 bytes",
    )
    assert refused(lambda: verified(root=wrong)) == ("root", wrong.hex(), root.hex())


def test_a_proof_of_consistency_that_does_not_hold_says_why() -> None:
    """From three leaves to seven, by the proof of RFC 6962 section 2.1.3: c, d, g, l."""
    hashes = leaves(7)
    old, new = Tree(hashes[:3]).root, Tree(hashes).root
    right = Tree(hashes[4:]).root
    proof = [hashes[2], hashes[3], Tree(hashes[:2]).root, right]
    wrong = bytes(32)

    def verified(
        sizes: tuple[int, int] = (3, 7), proof: list[bytes] = proof, old: bytes = old, new: bytes = new
    ) -> None:
        verify_consistency(*sizes, proof, old, new)

    verified()
    for sizes in ((-1, 7), (8, 7)):
        said = ("tree sizes", "0 <= old <= new", f"{sizes[0]}, {sizes[1]}")
        assert refused(lambda sizes=sizes: verified(sizes)) == said  # type: ignore[misc] # of this round
    assert refused(lambda: verified(proof=[])) == ("proof length", "at least 1 hash", "0 hashes")
    assert refused(lambda: verified(proof=proof[:-1])) == ("proof length", "more hashes", "3 hashes")
    assert refused(lambda: verified(proof=[*proof, wrong])) == ("proof length", "fewer hashes", "5 hashes")
    assert refused(lambda: verified(proof=[*proof[:3], b"short"])) == ("hash length", "32 bytes", "5 bytes")
    assert refused(lambda: verified(old=wrong)) == ("old root", wrong.hex(), old.hex())
    assert refused(lambda: verified(new=wrong)) == ("new root", wrong.hex(), new.hex())
    assert refused(lambda: verified((7, 7), proof, new)) == ("proof length", "0 hashes", "4 hashes")
    assert refused(lambda: verified((7, 7), [], wrong)) == ("old root", new.hex(), wrong.hex())
    assert refused(lambda: verified((0, 7), [], wrong)) == ("old root", merkle.EMPTY_ROOT.hex(), wrong.hex())


@pytest.mark.parametrize("size", [1, 2, 3, 1000, 1024])
def test_going_through_a_tree_in_order_costs_about_two_hashes_a_leaf(
    size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashes = leaves(size)
    tree = Tree(hashes)
    paths = [b"".join(tree.inclusion_path(index)) for index in range(size)]
    shared, counted = BatchPaths(size, tree.root), Counter[str]()

    def counting(raw: bytes) -> Any:
        counted["hashes"] += 1
        return sha256(raw)

    monkeypatch.setattr(merkle, "sha256", counting)
    for index, leaf in enumerate(hashes):
        shared.verify(leaf, index, paths[index])
    # The first goes up twice, by each of the two walks; then each node is hashed once, and half of them again.
    assert counted["hashes"] <= 2 * size + 2 * size.bit_length()
