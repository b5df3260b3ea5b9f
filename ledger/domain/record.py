"""A record (现状记录): one thing's present state, made only of JSON values, so that it is stored as it is."""

from __future__ import annotations

from dataclasses import MISSING, fields
from functools import cache
from typing import Any, ClassVar

import orjson


class Record:
    """One thing's present state. ``KIND`` names it in keys; resident kinds stay in memory.

    Resident kinds grow with the organisation (officers, units, campaigns), the others with history. A sparse
    kind is stored without what is empty, so that SQL asks for nothing of it that may be.
    """

    KIND: ClassVar[str]
    RESIDENT: ClassVar[bool] = False
    SPARSE: ClassVar[bool] = False
    kinds: ClassVar[dict[str, type[Record]]] = {}
    id: str

    def __init_subclass__(cls) -> None:
        Record.kinds[cls.KIND] = cls

    @property
    def key(self) -> str:
        """``kind/id``: where the record stands."""
        return f"{self.KIND}/{self.id}"

    def value(self) -> bytes:
        """The record as JSON; a sparse one without the members that are empty, as they are by default.

        Most cases are empty in most members, and the database stores, parses and logs what is written.
        """
        if not self.SPARSE:
            return orjson.dumps(self)
        empty = empty_members(self.KIND)
        return orjson.dumps(
            {
                name: member
                for name, member in self.__dict__.items()
                if member or name not in empty or member != empty[name]
            }
        )


@cache
def empty_members(kind: str) -> dict[str, Any]:
    """The members of a kind of record that are empty by default, with that default."""
    defaults = {
        each.name: each.default if each.default_factory is MISSING else each.default_factory()
        for each in fields(Record.kinds[kind])  # type: ignore[arg-type] # every kind is a dataclass
    }
    return {name: default for name, default in defaults.items() if default is not MISSING and not default}


def record_from(key: str, value: bytes | str | dict[str, Any]) -> Record:
    """Reads a stored record back."""
    members = value if isinstance(value, dict) else orjson.loads(value)
    kind: Any = Record.kinds[key[: key.index("/")]]
    record: Record = kind(**members)
    return record
