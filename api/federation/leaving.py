"""What left a ledger (外传字节): kept as it goes, and searched for identities, also within what is encoded in it."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Mapping, Sequence

from ledger.federation.feeds import Feed
from ledger.federation.marks import Asked
from ledger.identity.documents import EnterpriseIdentity, PersonIdentity

_ENCODED = re.compile(rb"[A-Za-z0-9+/_-]{16,}={0,2}").findall
SHORTEST = 2
"""A name has two characters at least; what is shorter is found by chance."""


class Left:
    """All bytes that went out, in pieces."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    @property
    def size(self) -> int:
        """How many bytes went out."""
        return sum(map(len, self._pieces))

    def keep(self, piece: bytes) -> bytes:
        """Keep what goes out, and let it go."""
        self._pieces.append(piece)
        return piece

    def feed(self, feed: Feed) -> Feed:
        """The same feed, whose every answer is kept."""
        return _KeptFeed(feed, self)

    def evaluator(self, evaluator: Asked) -> Asked:
        """The same evaluator, whose every question is kept."""
        return _KeptEvaluator(evaluator, self)

    @staticmethod
    def values_of(identities: Iterable[PersonIdentity | EnterpriseIdentity]) -> list[str]:
        """All that an identity says of who it is, each once."""
        values = {
            value
            for identity in identities
            for name, value in identity.model_dump(exclude_none=True).items()
            if name not in ("kind", "bank_name") and isinstance(value, str) and len(value) >= SHORTEST
        }
        return sorted(values)

    def count(self, values: Sequence[str]) -> int:
        """How many of the values stand in what went out, as it is or decoded from Base64."""
        seen = b"\n".join(self._searchable())
        return sum(value.encode() in seen for value in values)

    def _searchable(self) -> Iterable[bytes]:
        for piece in self._pieces:
            yield piece
            for text in _ENCODED(piece):
                yield _decoded(text)


def _decoded(text: bytes) -> bytes:
    """A Base64 text as the bytes that it is of; as far as it goes where it is cut."""
    plain = text.rstrip(b"=").translate(bytes.maketrans(b"-_", b"+/"))
    return base64.b64decode(plain + b"=" * (-len(plain) % 4)) if len(plain) % 4 != 1 else b""


class _KeptFeed:
    def __init__(self, feed: Feed, left: Left) -> None:
        self._feed = feed
        self._left = left

    def read(self, name: str) -> bytes:
        """What the feed answers."""
        return self._left.keep(self._feed.read(name))


class _KeptEvaluator:
    def __init__(self, evaluator: Asked, left: Left) -> None:
        self.code = evaluator.code
        self.keys: Mapping[int, str] = evaluator.keys
        self._evaluator = evaluator
        self._left = left

    def check(self, year: int) -> None:
        """What keeps the evaluator from answering."""
        self._evaluator.check(year)

    def evaluate(self, points: Sequence[bytes], *, campaign: str, year: int) -> bytes:
        """The evaluator's answer."""
        self._left.keep(b"".join(points) + f" {campaign} {year}".encode())
        return self._evaluator.evaluate(points, campaign=campaign, year=year)
