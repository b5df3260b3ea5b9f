"""What a depot stands on (对象存储): named objects, in a folder or in a bucket.

Names are paths with ``/``; none begins with a dot. Both kinds say with ``FileNotFoundError`` that there
is no such object, and with another ``OSError`` or a ``PeerFailed`` that there is no telling.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import IO, Protocol

PART_BYTES = 8 * 1024 * 1024


class Sink(Protocol):
    """Takes an object's content bit by bit."""

    def write(self, content: bytes) -> object:
        """Take some more."""


class ObjectStore(Protocol):
    """Where named objects lie."""

    def put(self, name: str, content: bytes) -> None:
        """Store an object, in place of one that has the name."""

    def chunks(self, name: str) -> Iterator[bytes]:
        """An object's content, no piece larger than ``PART_BYTES``."""

    def sizes(self, prefix: str) -> dict[str, int]:
        """The objects below a prefix, each with its size in bytes."""

    def delete(self, name: str) -> None:
        """Remove an object; one that is not there is no error."""

    def writer(self, name: str) -> AbstractContextManager[Sink]:
        """A large object, written bit by bit; what is broken off is no whole one."""


class FolderStore:
    """Objects as files below a folder; each is on the disk once it was stored."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, name: str, content: bytes) -> None:
        """Store an object: written beside its place, then put there."""
        path = self._place(name)
        beside = path.with_name(f".{path.name}.new")
        with beside.open("wb") as file:
            file.write(content)
            _to_the_disk(file)
        beside.replace(path)
        _sync_folder(path.parent)

    def chunks(self, name: str) -> Iterator[bytes]:
        """The file's content, in parts."""
        with (self._folder / name).open("rb") as file:
            while part := file.read(PART_BYTES):
                yield part

    def sizes(self, prefix: str) -> dict[str, int]:
        """The files below a prefix, but for what is only being written."""
        found: dict[str, int] = {}
        for folder, _, names in os.walk(self._folder / prefix, onerror=_unless_gone):
            for name in names:
                path = Path(folder, name)
                if not name.startswith("."):
                    try:
                        found[path.relative_to(self._folder).as_posix()] = path.stat().st_size
                    except FileNotFoundError:
                        continue  # removed since it was listed
        return found

    def delete(self, name: str) -> None:
        """Remove a file."""
        (self._folder / name).unlink(missing_ok=True)

    @contextmanager
    def writer(self, name: str) -> Iterator[Sink]:
        """A file, under its name from the beginning."""
        path = self._place(name)
        with path.open("wb") as file:
            yield file
            _to_the_disk(file)
        _sync_folder(path.parent)

    def _place(self, name: str) -> Path:
        path = self._folder / name
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        return path


def _unless_gone(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):
        raise error


def _to_the_disk(file: IO[bytes]) -> None:
    file.flush()
    os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
