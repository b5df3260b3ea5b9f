"""Rows of a register (名单的行): each a mark, two days and a sealed box; and the one root over all of them.

In the order of their marks, then of their lines in the file, rows are the leaves of an RFC 6962 tree whose root
the entry holds. A leaf's data are, as lines, the mark, the line, the two days (empty where open), the hex
SHA-256 of the box, and of lists of help given before the sum in fen. Boxes of a list are AES-256-GCM under one
key, with the line's number as nonce; the vault's key wraps that key. Once it is destroyed, no hash of a box can
be guessed, so that a leaf's hash tells nobody whom it was about: the hashes of rows that met nobody can stay
where the rows went.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any, NamedTuple

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ledger.crypto.merkle import EMPTY_ROOT, HASH_BYTES, leaf_hash, node_hash
from ledger.errors import Misconfigured


class Listed(NamedTuple):
    """A row in clear: the normal form of its number, its line in the file, and what else it says."""

    number: str
    line: int
    facts: Mapping[str, str | int]


class RegisterRow(NamedTuple):
    """A row as it is stored; days are 2026-01-15, None on a side that is open, ``fen`` a sum that rules add up."""

    mark: str
    line: int
    since: str | None
    until: str | None
    box: bytes
    fen: int | None = None

    def leaf(self) -> bytes:
        """The hash of the row as a leaf."""
        digest = sha256(self.box).hexdigest()
        said = f"{self.mark}\n{self.line}\n{self.since or ''}\n{self.until or ''}\n{digest}"
        if self.fen is not None:
            said += f"\n{self.fen}"
        return leaf_hash(said.encode())


class Boxes:
    """Seals and opens the boxes of one list, under its own key of 32 raw bytes."""

    def __init__(self, key: bytes) -> None:
        self._aead = AESGCM(key)

    def seal(self, row: Listed) -> bytes:
        """What a row says, for its line alone."""
        content = orjson.dumps({"number": row.number, **row.facts})
        return self._aead.encrypt(_nonce(row.line), content, None)

    def open(self, line: int, box: bytes) -> dict[str, Any]:
        """What a row says: its number, and the columns of its kind.

        Raises:
            Misconfigured: ``register-key`` where this key did not seal it, or the row was changed.
        """
        try:
            content = self._aead.decrypt(_nonce(line), box, None)
        except InvalidTag:
            raise Misconfigured(
                "register-key",
                f"名单密钥不符，或第 {line} 行被改动",
                f"the list's key does not open line {line}, or the row was changed",
            ) from None
        said: dict[str, Any] = orjson.loads(content)
        return said


def _nonce(line: int) -> bytes:
    return line.to_bytes(12, "big")


class Growing:
    """The root over leaves that come one after the other, in memory that grows with the tree's depth."""

    def __init__(self) -> None:
        self._peaks: list[tuple[int, bytes]] = []
        self.size = 0

    def add(self, node: bytes, size: int = 1) -> None:
        """Appends the hash over the next ``size`` leaves, as far as a subtree begins there.

        Raises:
            ValueError: where none of that size does.
        """
        if size & (size - 1) or self.size % size:
            raise ValueError(f"no subtree of {size} leaves begins at {self.size}")
        self.size += size
        peaks = self._peaks
        while peaks and peaks[-1][0] == size:
            node, size = node_hash(peaks.pop()[1], node), size * 2
        peaks.append((size, node))

    @property
    def root(self) -> bytes:
        """The tree head's hash."""
        if not self._peaks:
            return EMPTY_ROOT
        *others, (_, root) = self._peaks
        for _, peak in reversed(others):
            root = node_hash(peak, root)
        return root


class Node(NamedTuple):
    """The hash over a run of leaves that is a subtree: where it begins, and how many there are."""

    first: int
    size: int
    hash: bytes


def pruned(leaves: Iterable[tuple[bytes, bool]]) -> Iterator[Node]:
    """The fewest subtrees that hold all leaves but those that are kept, in order.

    Takes each leaf's hash, and whether its row is kept; with those rows, the nodes give the same root.
    """
    waiting: list[Node] = []
    for at, (leaf, kept) in enumerate(leaves):
        if kept:
            yield from waiting
            waiting = []
        else:
            node = Node(at, 1, leaf)
            while waiting and waiting[-1].size == node.size and not waiting[-1].first % (2 * node.size):
                left = waiting.pop()
                node = Node(left.first, left.size * 2, node_hash(left.hash, node.hash))
            waiting.append(node)
    yield from waiting


def root_of(leaves: Iterable[bytes], nodes: Sequence[Node] = ()) -> tuple[bytes, int]:
    """The root over leaves in order, with nodes where rows went, and how many leaves it is over.

    Raises:
        ValueError: the nodes are not where leaves are missing.
    """
    tree, gaps = Growing(), iter(nodes)
    gap = next(gaps, None)
    for leaf in leaves:
        while gap is not None and gap.first == tree.size:
            tree.add(_sound(gap).hash, gap.size)
            gap = next(gaps, None)
        tree.add(leaf)
    while gap is not None:
        if gap.first != tree.size:
            raise ValueError(f"a node begins at {gap.first}, and the leaves end at {tree.size}")
        tree.add(_sound(gap).hash, gap.size)
        gap = next(gaps, None)
    return tree.root, tree.size


def _sound(node: Node) -> Node:
    if len(node.hash) != HASH_BYTES:
        raise ValueError(f"the node at {node.first} is no hash")
    return node


def row_of(
    row: Listed,
    mark: str,
    boxes: Boxes,
    meets: Callable[[Mapping[str, str | int]], tuple[str | None, str | None]],
    amount: str | None = None,
) -> RegisterRow:
    """A row in clear as it is stored; ``amount`` names the fact that stands beside the mark."""
    since, until = meets(row.facts)
    fen = None if amount is None else int(row.facts[amount])
    return RegisterRow(mark, row.line, since, until, boxes.seal(row), fen)
