"""Standbys (备机): a copy of the primary that follows it by streaming replication."""

from __future__ import annotations

import shutil

from ledger.backup import BASE
from ledger.embedded import EmbeddedServer
from ledger.storage.restoring import check_free, wait_until


def make_standby(url: str, server: EmbeddedServer) -> None:
    """Copy the primary into the server's folder, so that it starts as its standby.

    Raises:
        Misconfigured: ``data-folder-in-use``, ``postgresql-failed``.
    """
    check_free(server)
    server.prepare_folder(server.folder / "standby.new")
    made = server.folder / "standby.new" / BASE
    shutil.rmtree(made, ignore_errors=True)
    server.command(
        "pg_basebackup", "-d", url, "-D", str(made), "-X", "stream", "-c", "fast", "-R", "--no-password"
    )
    server.adopt(made)


def promote(server: EmbeddedServer) -> None:
    """Make a running standby the primary; the old one must be stopped for good."""
    server.promote()
    wait_until(server, recovering=False)
