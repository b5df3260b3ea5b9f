"""A part of a batch (一段): entries in a row with what goes with them, handed over in one call.

What comes in is plain: who decides knows what it means, here it is rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg

PART_STATEMENTS = 100
"""How many statements are decided before the database begins to write them."""

_WRITE_BATCH = "SELECT ledger.write_batch(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %b, %b)"

KeyedRecord = tuple[str, bytes]
"""A record of the ledger's state: its key, and its value as JSON."""


SealedRow = tuple[str, str, int, bytes, bytes]
"""An identity as the vault keeps it: its statement, its dossier, the version of the key, the wrapped key, the box."""


class Part:
    """The entries that come after position ``head``."""

    def __init__(self, head: int) -> None:
        self._head = head
        self._ids: list[str] = []
        self._types: list[str] = []
        self._entries: list[bytes] = []
        self._tags: list[str] = []
        self._sealed: list[SealedRow] = []

    def __bool__(self) -> bool:
        return bool(self._entries)

    @property
    def is_full(self) -> bool:
        """Whether it is time to hand it over."""
        return len(self._entries) == PART_STATEMENTS

    def add(self, statement: str, type_name: str, entry: bytes, tags: str, sealed: SealedRow | None) -> None:
        """The next entry: its statement's id and type, its bytes, its tags, and the identity beside it."""
        self._ids.append(statement)
        self._types.append(type_name)
        self._entries.append(entry)
        self._tags.append(tags)
        if sealed is not None:
            self._sealed.append(sealed)

    def write(
        self,
        connection: psycopg.Connection[Any],
        changed: Sequence[KeyedRecord],
        made: Sequence[KeyedRecord],
    ) -> None:
        """Hand it over with the records that it changed and those that it made, without waiting for it to be written."""
        records = (*changed, *made)
        statements, dossiers, versions, wrapped, boxes = (
            zip(*self._sealed, strict=True) if self._sealed else [()] * 5
        )
        connection.execute(
            _WRITE_BATCH,
            (
                self._head,
                "\n".join(self._ids),
                "\n".join(self._types),
                b"\n".join(self._entries).decode(),
                "\n".join(self._tags),
                len(changed),
                len(made),
                "\n".join([key for key, _ in records]),
                b"\n".join([value for _, value in records]).decode(),
                list(statements),
                list(dossiers),
                versions[0] if versions else 0,
                list(wrapped),
                list(boxes),
            ),
        )
