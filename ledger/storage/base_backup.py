"""A base backup streamed from a primary (pg_basebackup), as a backup takes it and a standby is made from it.

The copy has a folder of the caller's own around it, so that what a killed program left behind there is
ended and replaced.
"""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ledger.errors import Misconfigured, Unavailable
from ledger.postgres.connection import Database
from ledger.storage.embedded import EmbeddedServer
from ledger.storage.left_behind import end_left_behind, taken_over

LOOK_SECONDS, STALLED_SECONDS = 5.0, 600.0
"""How often it is looked whether a copy grows, and after how long without it is given up: the server's first
checkpoint comes before anything else."""
BASE = "base"
"""The copy's name inside its folder."""


@contextmanager
def streamed_base(url: str, server: EmbeddedServer, folder: Path, *options: str) -> Iterator[Path]:
    """Copy the database at ``url`` into the folder, with the WAL that makes it whole; the folder is held meanwhile.

    ``server`` lends its programs and its user; ``options`` are pg_basebackup's, beside those of every copy.

    Raises:
        Misconfigured: ``postgresql-failed``.
        Unavailable: ``folder-in-use``; ``copy-stalled`` where the server stands still.
    """
    server.prepare_folder(folder)
    with taken_over(folder):
        base = folder / BASE
        shutil.rmtree(base, ignore_errors=True)
        with _ended_where_it_stalls(folder, base):
            server.command(
                "pg_basebackup",
                *("-D", str(base), "-X", "stream", "-c", "fast", "--no-password"),
                *options,
                database=Database(url),
            )
        yield base


@contextmanager
def _ended_where_it_stalls(folder: Path, base: Path) -> Iterator[None]:
    """End the copying where nothing comes for long: how long the whole takes nobody knows."""
    done, stalled = threading.Event(), threading.Event()

    def watch() -> None:
        before, since = -1, time.monotonic()
        while not done.wait(LOOK_SECONDS):
            now = _bytes_in(base)
            if now != before:
                before, since = now, time.monotonic()
            elif time.monotonic() - since > STALLED_SECONDS:
                stalled.set()
                end_left_behind(folder)
                return

    watcher = threading.Thread(target=watch, name="base-copy", daemon=True)
    watcher.start()
    try:
        yield
    except Misconfigured as error:
        if not stalled.is_set():
            raise
        raise Unavailable(
            "copy-stalled",
            f"复制数据库中断：{STALLED_SECONDS:.0f} 秒内没有收到数据。检查主库与网络后重新运行",
            f"copying the database was broken off: nothing came for {STALLED_SECONDS:.0f} s. See to the primary and the"
            " network, then run it again",
            60,
        ) from error
    finally:
        done.set()
        watcher.join()


def _bytes_in(folder: Path) -> int:
    """How much lies below a folder; files that go meanwhile count for nothing."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                total += os.stat(os.path.join(place, name)).st_size
    return total
