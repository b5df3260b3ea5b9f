"""A base backup streamed from a primary (pg_basebackup), as a backup takes it and a standby is made from it.

The copy has a folder of the caller's own around it, so that what a killed program left behind there is
ended and replaced.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ledger.postgres.connection import Database
from ledger.storage.embedded import EmbeddedServer
from ledger.storage.left_behind import taken_over

BASE = "base"
"""The copy's name inside its folder."""


@contextmanager
def streamed_base(url: str, server: EmbeddedServer, folder: Path, *options: str) -> Iterator[Path]:
    """Copy the database at ``url`` into the folder, with the WAL that makes it whole; the folder is held meanwhile.

    ``server`` lends its programs and its user; ``options`` are pg_basebackup's, beside those of every copy.

    Raises:
        Misconfigured: ``postgresql-failed``.
        Unavailable: ``folder-in-use``.
    """
    server.prepare_folder(folder)
    with taken_over(folder):
        base = folder / BASE
        shutil.rmtree(base, ignore_errors=True)
        server.command(
            "pg_basebackup",
            *("-D", str(base), "-X", "stream", "-c", "fast", "--no-password"),
            *options,
            database=Database(url),
        )
        yield base
