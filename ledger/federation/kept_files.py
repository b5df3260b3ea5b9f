"""The mirror's files (镜像文件): written beside, then given their names; on the disk before ``mirror.json`` says so.

Entries and tiles lie as C2SP tlog-tiles lays them out and never change; what was verified is said by ``mirror.json``,
which is written last. What it covers is whole; of the rest, a machine that lost its power may have kept names alone.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ledger.federation.faults import MirrorDamaged
from ledger.log.tiles import TILE_HASHES, Tile, index_path, width_suffix

AT_ONCE = 32
"""How many files are brought to the disk at once."""

Step = Callable[[str], None]
"""Hears of each step that changes the disk, before it; tests end the process there."""


def unwatched(step: str) -> None:
    """Hear nothing."""


class Folder:
    """A folder whose files are replaced whole."""

    def __init__(self, path: Path, step: Step = unwatched) -> None:
        self.path = path
        self._step = step
        self._unsettled: list[Path] = []

    def read(self, name: str) -> bytes | None:
        """A file's content; None where there is none."""
        try:
            return (self.path / name).read_bytes()
        except FileNotFoundError:
            return None

    def must_read(self, name: str) -> bytes:
        """A file's content, which was kept; raises ``mirror-damaged`` where it is gone."""
        content = self.read(name)
        if content is None:
            raise MirrorDamaged(name)
        return content

    def write(self, name: str, content: bytes) -> None:
        """Give a file its content, which is on the disk when this returns."""
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(path.name + ".part")
        self._step(f"write {name}")
        with beside.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        self.name(beside, name)

    def write_for_now(self, name: str, content: bytes) -> None:
        """Give a file its content, which is on the disk after :meth:`settle_all`."""
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(path.name + ".part")
        self._step(f"write {name}")
        beside.write_bytes(content)
        self._step(f"name {name}")
        beside.replace(path)
        self._unsettled.append(path)

    def settle_all(self) -> None:
        """Bring what was written for now to the disk: together, so that it is one wait for its file system."""
        paths, self._unsettled = [each for each in self._unsettled if each.exists()], []
        if not paths:
            return
        self._step("settle all")
        with ThreadPoolExecutor(min(AT_ONCE, len(paths)), thread_name_prefix="disk") as pool:
            list(pool.map(_sync, [*paths, *{each.parent for each in paths}]))

    def settle(self, beside: Path, name: str) -> None:
        """Bring a file that somebody else wrote to the disk, and give it its name."""
        _sync(beside)
        self.name(beside, name)

    def name(self, beside: Path, name: str) -> None:
        """Give a file that is whole its name."""
        path = self.path / name
        self._step(f"name {name}")
        beside.replace(path)
        _sync(path.parent)

    def remove(self, name: str) -> None:
        """Take a file away, if it is there."""
        self._step(f"remove {name}")
        (self.path / name).unlink(missing_ok=True)


def _sync(path: Path) -> None:
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def entries_name(index: int, width: int) -> str:
    """Where a bundle of entries lies: ``tile/entries/x001/067.p/12``."""
    return f"tile/entries/{index_path(index)}{width_suffix(width)}"


def tile_name(tile: Tile, width: int) -> str:
    """Where a tile's hashes lie."""
    return tile.path(width)


def bundle_entries(raw: bytes) -> list[bytes]:
    """The entries of a bundle, each after its length in two bytes.

    Raises:
        ValueError: it is cut, or holds more than a bundle does, as one of nothing but lengths holds millions.
    """
    entries: list[bytes] = []
    start = 0
    while start < len(raw):
        if len(entries) == TILE_HASHES:
            raise ValueError(f"the bundle has more than {TILE_HASHES} entries")
        end = start + 2 + int.from_bytes(raw[start : start + 2], "big")
        if start + 2 > len(raw) or end > len(raw):
            raise ValueError("the bundle ends within an entry")
        entries.append(raw[start + 2 : end])
        start = end
    return entries
