"""Rows in PostgreSQL's binary COPY format (documentation, chapter COPY, "Binary Format").

Written by hand: the driver writes rows one by one, this writes many at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from struct import pack

HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER = b"\xff\xff"
_NULL = pack(">i", -1)
_TEXT_OID = 25


def int8(value: int) -> bytes:
    """A bigint field."""
    return pack(">iq", 8, value)


def int4(value: int) -> bytes:
    """An integer field."""
    return pack(">ii", 4, value)


def raw(value: bytes | None) -> bytes:
    """A bytea, uuid or UTF-8 text field; None is null."""
    return _NULL if value is None else pack(">i", len(value)) + value


def text(value: str | None) -> bytes:
    """A text field; None is null."""
    return _NULL if value is None else raw(value.encode())


def jsonb(value: bytes) -> bytes:
    """A jsonb field, version 1 of its binary form."""
    return pack(">ib", len(value) + 1, 1) + value


def texts(values: Sequence[str]) -> bytes:
    """A one-dimensional text[] field."""
    if not values:
        return raw(pack(">iii", 0, 0, _TEXT_OID))
    items = b"".join([raw(value.encode()) for value in values])
    return raw(pack(">iiiii", 1, 0, _TEXT_OID, len(values), 1) + items)


def rows(columns: int, records: Iterable[Sequence[bytes]]) -> bytes:
    """A whole COPY stream of rows with that many fields each."""
    start = pack(">h", columns)
    parts = [HEADER]
    for record in records:
        parts.append(start)
        parts.extend(record)
    parts.append(TRAILER)
    return b"".join(parts)
