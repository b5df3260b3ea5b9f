"""RFC 6962 Merkle tree hashes, inclusion and consistency proofs.

A hash is 32 raw bytes, SHA-256. Leaves and inner nodes are hashed under different prefixes
(RFC 6962 section 2.1), so that neither can stand for the other. A tree of ``n`` leaves splits at
the largest power of two below ``n``; a node on the right edge without a sibling is carried up.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

from ledger.errors import Rule

HASH_BYTES = 32
EMPTY_ROOT = sha256(b"").digest()

PROOF_INVALID = Rule(
    "proof-invalid",
    zh="证明不成立：{what!w}，应为 {expected!w}，实为 {found!w}",
    en="the proof does not hold: {what}, expected {expected}, found {found}",
)


def leaf_hash(leaf: bytes) -> bytes:
    """The hash of one leaf's data."""
    return sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node over its two children."""
    return sha256(b"\x01" + left + right).digest()


class Tree:
    """A whole tree held in memory, for the statements of one batch signature.

    Takes the leaf hashes in order, at least one. ``levels[0]`` are the leaf hashes, each level
    above pairs the one below, and the last level is the root alone.
    """

    def __init__(self, leaf_hashes: Sequence[bytes]) -> None:
        if not leaf_hashes:
            raise RuntimeError("a tree needs at least one leaf")
        levels = [list(leaf_hashes)]
        while len(levels[-1]) > 1:
            below = levels[-1]
            above = [sha256(b"\x01" + below[i] + below[i + 1]).digest() for i in range(0, len(below) - 1, 2)]
            if len(below) % 2:
                above.append(below[-1])
            levels.append(above)
        self.levels = levels

    @property
    def size(self) -> int:
        """How many leaves."""
        return len(self.levels[0])

    @property
    def root(self) -> bytes:
        """The tree head's hash."""
        return self.levels[-1][0]

    def inclusion_path(self, leaf_index: int) -> list[bytes]:
        """The siblings from the leaf up to the root, as an inclusion proof lists them."""
        if not 0 <= leaf_index < self.size:
            raise RuntimeError(f"leaf index {leaf_index} outside a tree of {self.size}")
        path = []
        index = leaf_index
        for level in self.levels[:-1]:
            sibling = index ^ 1
            if sibling < len(level):
                path.append(level[sibling])
            index >>= 1
        return path


def verify_inclusion(
    leaf_hash: bytes, leaf_index: int, tree_size: int, proof: Sequence[bytes], root: bytes
) -> None:
    """Checks that the leaf stands at ``leaf_index`` in the tree of that size and root.

    Raises:
        NotVerified: on anything but a valid proof.

    Source: RFC 6962 section 2.1.1, walked as in RFC 9162 section 2.1.3.2.
    """
    if tree_size < 1 or not 0 <= leaf_index < tree_size:
        raise PROOF_INVALID.not_verified(
            what="leaf index", expected=f"0 to {tree_size - 1}", found=leaf_index
        )
    _check_hashes([leaf_hash, root, *proof])
    node, last = leaf_index, tree_size - 1
    found = leaf_hash
    for used, sibling in enumerate(proof):
        if last == 0:
            raise PROOF_INVALID.not_verified(
                what="proof length", expected=f"{used} hashes", found=f"{len(proof)} hashes"
            )
        if node & 1 or node == last:
            found = node_hash(sibling, found)
            while not node & 1 and node:
                node >>= 1
                last >>= 1
        else:
            found = node_hash(found, sibling)
        node >>= 1
        last >>= 1
    if last != 0:
        raise PROOF_INVALID.not_verified(
            what="proof length", expected="more hashes", found=f"{len(proof)} hashes"
        )
    if found != root:
        raise PROOF_INVALID.not_verified(what="root", expected=root.hex(), found=found.hex())


def verify_consistency(
    old_size: int, new_size: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes
) -> None:
    """Checks that the tree of ``new_size`` only appends to the tree of ``old_size``.

    Raises:
        NotVerified: on anything but a valid proof. An empty old tree is consistent with every
            tree, by an empty proof; equal sizes need equal roots and an empty proof.

    Source: RFC 6962 section 2.1.2, walked as in RFC 9162 section 2.1.4.2.
    """
    if old_size < 0 or new_size < old_size:
        raise PROOF_INVALID.not_verified(
            what="tree sizes", expected="0 <= old <= new", found=f"{old_size}, {new_size}"
        )
    _check_hashes([old_root, new_root, *proof])
    if old_size == 0 or old_size == new_size:
        expected_root = EMPTY_ROOT if old_size == 0 else new_root
        if proof:
            raise PROOF_INVALID.not_verified(
                what="proof length", expected="0 hashes", found=f"{len(proof)} hashes"
            )
        if old_root != expected_root:
            raise PROOF_INVALID.not_verified(
                what="old root", expected=expected_root.hex(), found=old_root.hex()
            )
        return
    _walk_consistency(old_size, new_size, proof, old_root, new_root)


def _walk_consistency(
    old_size: int, new_size: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes
) -> None:
    if not proof:
        raise PROOF_INVALID.not_verified(what="proof length", expected="at least 1 hash", found="0 hashes")
    node, last = old_size - 1, new_size - 1
    while node & 1:
        node >>= 1
        last >>= 1
    # A complete old tree is itself the first node; the proof then leaves it out.
    rest = iter(proof) if node else iter([old_root, *proof])
    found_old = found_new = next(rest)
    for sibling in rest:
        if last == 0:
            raise PROOF_INVALID.not_verified(
                what="proof length", expected="fewer hashes", found=f"{len(proof)} hashes"
            )
        if node & 1 or node == last:
            found_old = node_hash(sibling, found_old)
            found_new = node_hash(sibling, found_new)
            while not node & 1 and node:
                node >>= 1
                last >>= 1
        else:
            found_new = node_hash(found_new, sibling)
        node >>= 1
        last >>= 1
    if last != 0:
        raise PROOF_INVALID.not_verified(
            what="proof length", expected="more hashes", found=f"{len(proof)} hashes"
        )
    if found_old != old_root:
        raise PROOF_INVALID.not_verified(what="old root", expected=old_root.hex(), found=found_old.hex())
    if found_new != new_root:
        raise PROOF_INVALID.not_verified(what="new root", expected=new_root.hex(), found=found_new.hex())


def _check_hashes(hashes: Sequence[bytes]) -> None:
    for value in hashes:
        if len(value) != HASH_BYTES:
            raise PROOF_INVALID.not_verified(
                what="hash length", expected=f"{HASH_BYTES} bytes", found=f"{len(value)} bytes"
            )


class BatchPaths:
    """Verifies many inclusion proofs of one tree, sharing the hashes that neighbours share.

    Each call checks one leaf completely: its answer is the one that :func:`verify_inclusion`
    gives. Going through a tree in order costs about two hashes a leaf instead of its depth,
    because the walk ends where it meets the branch that the last leaf has proved; what lies above
    must then be the same bytes. It remembers that one branch.
    """

    def __init__(self, tree_size: int, root: bytes) -> None:
        self.tree_size = tree_size
        self.root = root
        self._proved: list[_Met] = [_NOWHERE] * (max(1, tree_size).bit_length() + 1)
        """By level: which node, its hash, and the rest of the path above it."""

    def verify(self, leaf_hash: bytes, leaf_index: int, path: bytes) -> None:
        """Checks one leaf; ``path`` is the proof's hashes joined, leaf first.

        Raises:
            NotVerified: on anything but a valid proof.
        """
        found = leaf_hash
        node, last, level = leaf_index, self.tree_size - 1, 0
        walked: list[tuple[int, _Met]] = []
        if 0 <= node <= last and len(path) % HASH_BYTES == 0:
            for end in range(HASH_BYTES, len(path) + 1, HASH_BYTES):
                if last == 0:
                    break
                if node & 1 or node == last:
                    found = sha256(b"\x01" + path[end - HASH_BYTES : end] + found).digest()
                    while not node & 1 and node:
                        node >>= 1
                        last >>= 1
                        level += 1
                else:
                    found = sha256(b"\x01" + found + path[end - HASH_BYTES : end]).digest()
                node >>= 1
                last >>= 1
                level += 1
                here = (node, found, path[end:])
                if self._proved[level] == here:
                    self._remember(walked)
                    return
                walked.append((level, here))
        # Not met: the slow walk decides, and says what is wrong.
        hashes = [path[i : i + HASH_BYTES] for i in range(0, len(path), HASH_BYTES)]
        verify_inclusion(leaf_hash, leaf_index, self.tree_size, hashes, self.root)
        self._remember(walked)

    def _remember(self, walked: list[tuple[int, _Met]]) -> None:
        for level, here in walked:
            self._proved[level] = here


_Met = tuple[int, bytes, bytes]
_NOWHERE: _Met = (-1, b"", b"")
