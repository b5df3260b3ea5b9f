"""A record (现状记录): one thing's present state, made only of JSON values, so that it is stored as it is."""

from __future__ import annotations

from typing import Any, ClassVar

import orjson


class Record:
    """One thing's present state. ``KIND`` names it in keys; resident kinds stay in memory.

    Resident kinds grow with the organisation (officers, units, campaigns), the others with history.
    """

    KIND: ClassVar[str]
    RESIDENT: ClassVar[bool] = False
    kinds: ClassVar[dict[str, type[Record]]] = {}
    id: str

    def __init_subclass__(cls) -> None:
        Record.kinds[cls.KIND] = cls

    @property
    def key(self) -> str:
        """``kind/id``: where the record stands."""
        return f"{self.KIND}/{self.id}"

    def value(self) -> bytes:
        """The record as JSON."""
        return orjson.dumps(self)


def record_from(key: str, value: bytes | str | dict[str, Any]) -> Record:
    """Reads a stored record back."""
    members = value if isinstance(value, dict) else orjson.loads(value)
    kind: Any = Record.kinds[key[: key.index("/")]]
    record: Record = kind(**members)
    return record
