"""A standby beside the primary of a run, which every commit waits for, and what happens when it takes over."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

import psycopg

from ledger.errors import Misconfigured
from ledger.storage.embedded import EmbeddedServer
from ledger.storage.standby import make_standby, state_of
from tests.faults.launching import launcher

READY_SECONDS = 60.0
PROMOTED_SECONDS = 120.0


def follow_synchronously(primary: EmbeddedServer, folder: Path) -> EmbeddedServer:
    """A standby that follows; from now on no receipt is given that it does not have."""
    standby = EmbeddedServer(folder)
    make_standby(primary.url, standby)
    standby.start()
    deadline = time.monotonic() + READY_SECONDS
    while not state_of(standby).streaming:
        if time.monotonic() > deadline:
            raise TimeoutError("the standby does not follow")
        time.sleep(0.05)
    with psycopg.connect(primary.url, autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
        connection.execute("SELECT pg_reload_conf()")
    return standby


def promote(standby: EmbeddedServer, output: Path) -> str | None:
    """Run ``songnuan replica promote --primary-lost``; what went wrong, None where it is the primary now."""
    told = output.with_name("promote.log")
    command = launcher().launch(
        ["replica", "promote", str(standby.folder), "--primary-lost", "--json"],
        {"SONGNUAN_DATA_DIR": str(output.parent / "data"), "SONGNUAN_LANG": "en"},
        told,
    )
    if not command.wait(PROMOTED_SECONDS):
        command.send(9)
        return "songnuan replica promote does not end"
    if state_of(standby).role == "primary":
        return None
    return f"songnuan replica promote failed: {told.read_text(errors='replace')[-500:]}"


def halt(server: EmbeddedServer) -> None:
    """End a server for everybody, whether or not it still runs."""
    with suppress(Misconfigured):
        server.halt("immediate")
