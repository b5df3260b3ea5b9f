"""Files that are whole (整件写出): under their name stands all that was to be written, or what stood there before."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """Where to write what gets its name at the end; nothing is left where writing fails.

    A device or a pipe is written to as it stands, for a name given to a file would take its place.
    """
    if path.exists() and not path.is_file():
        yield path
        return
    beside = path.with_name(path.name + ".part")
    try:
        yield beside
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
