"""Seals over rows (行封签): keyed digests of what lies in the database beside the record, made with the ledger's secret.

What waits for a second signature and what officers keep for themselves is no statement and stands in no checkpoint.
Each such row carries a seal over all of its columns, so that whoever can change the database and has not the data
folder's secrets cannot change a row without its being found. A row that was removed leaves no trace here.
"""

from __future__ import annotations

import hmac
from datetime import UTC, datetime

from ledger.statements.statement import canonical_plain

_PURPOSE = b"songnuan row seals 1"

Value = datetime | bytes | str | int | None | dict[str, object]
"""What a column can hold."""


class RowSeals:
    """Seals rows under a key that is derived from the ledger's ``mark_key``."""

    def __init__(self, mark_key: bytes) -> None:
        self._key = hmac.digest(mark_key, _PURPOSE, "sha256")

    def seal(self, table: str, *columns: Value) -> bytes:
        """The seal of a row's columns, in the order in which its table seals them."""
        said = canonical_plain([table, *map(_plain, columns)])
        return hmac.digest(self._key, said, "sha256")

    def holds(self, seal: bytes | None, table: str, *columns: Value) -> bool:
        """Whether this is the seal of such a row; what cannot be sealed at all has none."""
        try:
            return seal is not None and hmac.compare_digest(seal, self.seal(table, *columns))
        except (ValueError, TypeError):
            return False


def _plain(value: Value) -> object:
    """A value as JSON has it; each kind under its own name, so that none is taken for another."""
    if isinstance(value, datetime):
        return {"time": value.astimezone(UTC).isoformat(timespec="microseconds")}
    if isinstance(value, bytes):
        return {"bytes": value.hex()}
    return value if value is None or isinstance(value, str | int) else {"json": value}
