"""A PostgreSQL server that a test may kill, as a power cut would."""

from __future__ import annotations

from contextlib import suppress

import psutil
import psycopg

from ledger.storage.embedded import EmbeddedServer


def kill_postgres(server: EmbeddedServer) -> None:
    """SIGKILL to the postmaster and all its children: what was not flushed is lost."""
    kill_postmaster(server.pid())


def kill_postmaster(pid: int) -> None:
    """As :func:`kill_postgres`, by the postmaster's process id."""
    with suppress(psutil.NoSuchProcess):
        postmaster = psutil.Process(pid)
        postmaster.suspend()
        processes = [*postmaster.children(recursive=True), postmaster]
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(processes, timeout=10)


def keep_unflushed(server: EmbeddedServer) -> None:
    """Have what is committed without waiting for the disk stay in memory, so that a kill takes it."""
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET wal_writer_delay = '10s'")
        connection.execute("ALTER SYSTEM SET wal_writer_flush_after = '1GB'")
        connection.execute("SELECT pg_reload_conf()")
