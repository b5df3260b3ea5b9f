"""What an audit remembers of a history of any length, without memory for all of it.

A :class:`Spill` holds values by key, the newest in memory, the others in a file that goes with it.
:class:`Seen` tells whether something came before, in eight bytes each.
"""

from __future__ import annotations

import sqlite3
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Generic, TypeVar

V = TypeVar("V")

MOST_HELD = 20_000
"""How many values stay in memory after :meth:`Spill.ease`."""

_SLOTS = 1 << 24
"""Bytes of the filter, where many values are held; fewer where few are."""


class Spill(Generic[V]):
    """Values by key. ``dump`` and ``load`` write and read one; what ``stays`` is never put away.

    A value that was changed in place must be set again; it stays at hand until the next :meth:`ease`.
    That a key was never put away is nearly always known without looking (a Bloom filter).
    """

    def __init__(
        self,
        dump: Callable[[V], bytes],
        load: Callable[[str, bytes], V],
        *,
        stays: Callable[[V], bool] = lambda _: False,
        most_held: int = MOST_HELD,
    ) -> None:
        # A value that is held takes a hundred times as much as its slot.
        self._slots = min(_SLOTS, 1 << (most_held * 100).bit_length())
        self._dump = dump
        self._load = load
        self._stays = stays
        self._most = most_held
        self._held: dict[str, V] = {}
        self._staying: dict[str, V] = {}
        self._file: sqlite3.Connection | None = None
        self._filter = bytearray()

    def get(self, key: str) -> V | None:
        """The value, or None."""
        value = self._held.get(key)
        if value is None and self._file is not None:
            value = self._staying.get(key)
            if value is None and self._may_be_away(key):
                return self._fetch(self._file, key)
        return value

    def __contains__(self, key: str) -> bool:
        return self.get(key) is not None

    def __setitem__(self, key: str, value: V) -> None:
        self._held[key] = value

    def pop(self, key: str, default: V | None = None) -> V | None:
        """Takes a value away; answers it, or the default."""
        value = self.get(key)
        if value is None:
            return default
        self._held.pop(key, None)
        self._staying.pop(key, None)
        if self._file is not None and self._may_be_away(key):
            self._file.execute("DELETE FROM spill WHERE key = ?", (key,))
        return value

    def items(self, prefix: str = "") -> Iterator[tuple[str, V]]:
        """Keys that begin so, with their values: those that stay, those put away, then the newest."""
        held = [(key, value) for key, value in self._held.items() if key.startswith(prefix)]
        for key, value in self._staying.items():
            if key.startswith(prefix) and key not in self._held:
                yield key, value
        if self._file is not None:
            query = "SELECT key, value FROM spill WHERE key >= ? AND key < ? || char(1114111) ORDER BY key"
            for key, raw in self._file.execute(query, (prefix, prefix)):
                if key not in self._held:
                    yield key, self._load(key, raw)
        yield from held

    def stored(self) -> Iterator[tuple[str, bytes]]:
        """All values as ``dump`` writes them, in no order; what was put away is not read for it."""
        for key, value in self._staying.items():
            if key not in self._held:
                yield key, self._dump(value)
        for key, value in self._held.items():
            yield key, self._dump(value)
        if self._file is not None:
            for key, raw in self._file.execute("SELECT key, value FROM spill"):
                if key not in self._held:
                    yield key, raw

    def ease(self) -> None:
        """Puts the oldest away where there are too many; nobody may hold on to a value over it."""
        held = self._held
        if len(held) <= self._most:
            return
        file = self._opened()
        away = []
        stays, dump, slots = self._stays, self._dump, self._filter
        for key in list(islice(held, len(held) - self._most // 2)):
            value = held.pop(key)
            if stays(value):
                self._staying[key] = value
            else:
                away.append((key, dump(value)))
                hashed = hash(key)
                slots[hashed % self._slots] = slots[(hashed >> 30) % self._slots] = 1
        file.execute("BEGIN")
        file.executemany("INSERT OR REPLACE INTO spill VALUES (?, ?)", away)
        file.execute("COMMIT")

    def _opened(self) -> sqlite3.Connection:
        if self._file is None:
            self._file = sqlite3.connect("", isolation_level=None)
            for setting in (
                "journal_mode = OFF",
                "synchronous = OFF",
                f"cache_size = -{min(8_000, self._most)}",
            ):
                self._file.execute(f"PRAGMA {setting}")
            self._file.execute("CREATE TABLE spill (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID")
            self._filter = bytearray(self._slots)
        return self._file

    def _may_be_away(self, key: str) -> bool:
        """Whether it may have been put away; no is certain."""
        hashed = hash(key)
        return bool(self._filter[hashed % self._slots] and self._filter[(hashed >> 30) % self._slots])

    def _fetch(self, file: sqlite3.Connection, key: str) -> V | None:
        row = file.execute("SELECT value FROM spill WHERE key = ?", (key,)).fetchone()
        if row is None:
            return None
        value = self._held[key] = self._load(key, row[0])
        return value


class Seen:
    """Whether a text came before, told by its 64-bit keyed hash.

    The key is this process's own, so that nobody can make two texts that collide; by chance two among
    a million do in one of thirty million audits.
    """

    def __init__(self, *, most_held: int = MOST_HELD) -> None:
        self._most = most_held
        self._greatest = ""
        self._newest: set[int] = set()
        self._runs: list[array[int]] = []

    def add(self, text: str) -> bool:
        """Remembers it; answers whether it is new. What comes in order need not be looked for."""
        hashed = hash(text)
        if text > self._greatest:
            self._greatest = text
        elif self._has(hashed):
            return False
        self._newest.add(hashed)
        if len(self._newest) > self._most:
            self._sort_away()
        return True

    def _has(self, hashed: int) -> bool:
        if hashed in self._newest:
            return True
        for run in self._runs:
            at = bisect_left(run, hashed)
            if at < len(run) and run[at] == hashed:
                return True
        return False

    def _sort_away(self) -> None:
        """The newest become a sorted run; runs that are not longer are merged into it."""
        run = array("q", sorted(self._newest))
        self._newest.clear()
        while self._runs and len(self._runs[-1]) <= len(run):
            run = array("q", sorted([*self._runs.pop(), *run]))
        self._runs.append(run)
