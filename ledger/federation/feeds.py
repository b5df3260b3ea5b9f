"""Where a mirror reads from (读取来源): a log over HTTP, or a pack that came by hand. Both by the same names."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import orjson

from ledger.federation.faults import FeedFailed
from ledger.federation.kept_files import entries_name
from ledger.log.tiles import TILE_HASHES, Tile, tile_width

PACK_FORMAT = "songnuan-pack/1"
MOST_PART_BYTES = 32 * 1024 * 1024
"""A bundle of 256 entries of the largest size is 16 MiB."""


class Feed(Protocol):
    """A log to read from, by the names that C2SP tlog-tiles gives its files."""

    def read(self, name: str) -> bytes:
        """What lies under a name: ``checkpoint``, ``tile/0/000``, ``tile/entries/000.p/7``.

        Raises:
            FeedFailed: it could not be read.
        """


class Pack:
    """A pack (数据包) opened for reading: what a county without a line carries to the level above."""

    def __init__(self, file: zipfile.ZipFile) -> None:
        self._file = file
        head = orjson.loads(self.read("pack.json"))
        if head.get("format") != PACK_FORMAT:
            raise _malformed()
        self.ledger = str(head["ledger"])
        self.after = int(head["after"])
        self.size = int(head["size"])

    def read(self, name: str) -> bytes:
        """What lies under a name in it."""
        try:
            if self._file.getinfo(name).file_size > MOST_PART_BYTES:
                raise _malformed()
            return self._file.read(name)
        except KeyError:
            raise FeedFailed(
                "pack-lacks",
                f"数据包中没有 {name}：它不是从上次读到之处开始的，请让对方从更早处重新打包",
                f"the pack lacks {name}: it does not begin where was read to; have one made from further back",
                withheld=True,
            ) from None
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError):
            raise _malformed() from None


@contextmanager
def opened_pack(path: Path) -> Iterator[Pack]:
    """Open a pack; raises :class:`FeedFailed` where it is none."""
    try:
        file = zipfile.ZipFile(path)
    except (OSError, ValueError, zipfile.BadZipFile):
        raise _malformed() from None
    with file:
        try:
            yield Pack(file)
        except (orjson.JSONDecodeError, AttributeError, TypeError, ValueError, KeyError):
            raise _malformed() from None


def _malformed() -> FeedFailed:
    return FeedFailed(
        "pack-malformed",
        "不是数据包，或已损坏：请重新取得",
        "it is no pack, or damaged: have it given to you again",
    )


def needed_names(after: int, size: int) -> Iterator[str]:
    """The names of all that a mirror needs that holds ``after`` entries already, to hold ``size``.

    The tiles of the lowest level from there on, all of those above, and the entries.
    """
    for index in range(after // TILE_HASHES, -(-size // TILE_HASHES)):
        width = tile_width(Tile(0, index), size)
        yield entries_name(index, width)
        yield Tile(0, index).path(width)
    level = 1
    while size >> 8 * level:
        for index in range(-(-(size >> 8 * level) // TILE_HASHES)):
            yield Tile(level, index).path(tile_width(Tile(level, index), size))
        level += 1


def write_pack(path: Path, ledger: str, after: int, size: int, read: Callable[[str], bytes]) -> int:
    """Write a pack of what ``read`` gives by name; it has its name once it is whole. Answers its bytes."""
    beside = path.with_name(path.name + ".part")
    try:
        with zipfile.ZipFile(beside, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as file:
            head = {"format": PACK_FORMAT, "ledger": ledger, "after": after, "size": size}
            file.writestr("pack.json", orjson.dumps(head, option=orjson.OPT_INDENT_2))
            file.writestr("checkpoint", read("checkpoint"))
            for name in needed_names(after, size):
                file.writestr(name, read(name))
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    return path.stat().st_size
