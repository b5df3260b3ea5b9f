"""Rehearsed restores (恢复演练): the newest backup restored somewhere else and verified whole."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path

import orjson
import psycopg
import structlog
from eventsourcing.persistence import PersistenceError

from api.audit.verification import verify_store
from api.service.failures import explained
from api.service.settings import Settings
from ledger.audit.audit import Trust
from ledger.clock import utc_now
from ledger.errors import Unavailable
from ledger.findings import Finding
from ledger.log.note import parse_key
from ledger.postgres.connection import datastore
from ledger.storage.embedded import EmbeddedServer
from ledger.storage.holdings import Found, Holdings, Rehearsal, read_rehearsal
from ledger.storage.left_behind import held
from ledger.storage.restoring import Restored, restore
from ledger.storage.store import OpenStore, Store
from projections.following.runner import Followers

_log = structlog.get_logger(__name__)

FOLDER, RESTORED = "rehearsal", "restored"
RECORD = "rehearsal.json"
"""In the data folder: what became of the last rehearsal."""
_ONLY_HERE = ("-c", "listen_addresses=", "-c", "port=5432", "-c", "archive_mode=off", "-c", "ssl=off")


def rehearse(
    holdings: Holdings,
    settings: Settings,
    progress: Callable[[int], None] = lambda position: None,
    stop: threading.Event | None = None,
) -> Rehearsal:
    """Restore the newest backup into a folder of its own, verify it whole, and record what became of it.

    The ledger at work is not touched; the folder is removed at the end. One during which ``stop`` is set
    says nothing of the backup, and is not recorded.

    Raises:
        Unavailable: ``folder-in-use`` while another rehearsal is under way; ``rehearsal-stopped``.
    """
    folder = settings.data_dir / FOLDER
    with held(folder, settings.data_dir / "rehearsal.lock"):
        rehearsal = _rehearse(holdings, settings, folder, progress)
    if stop is not None and stop.is_set():
        raise Unavailable("rehearsal-stopped", "恢复演练被停止", "the rehearsed restore was stopped", 30)
    holdings.add_rehearsal(rehearsal)
    (settings.data_dir / RECORD).write_bytes(orjson.dumps(rehearsal.to_json()))
    return rehearsal


def end_rehearsing(settings: Settings) -> None:
    """Break off a rehearsal that this process is at: its server ends, and what it works on with it."""
    server = EmbeddedServer(settings.data_dir / FOLDER / RESTORED)
    if server.has_data:
        server.halt("immediate")


def _rehearse(
    holdings: Holdings, settings: Settings, folder: Path, progress: Callable[[int], None]
) -> Rehearsal:
    begun = time.monotonic()
    base, position, error = "", 0, None
    grave: list[Finding] = []
    server = EmbeddedServer(folder / RESTORED, programs=settings.postgresql_programs, options=_ONLY_HERE)
    # One that was killed has left its server running.
    server.halt("immediate")
    shutil.rmtree(folder, ignore_errors=True)
    try:
        folder.mkdir(parents=True)
        place, wal, base = holdings.fetch(folder)
        found = restore(place, server, wal)
        position = found.position
        grave = [each for each in _verify(settings, server, found, progress) if each.grave]
    except Exception as raised:
        told = explained(raised)
        if told is None and not isinstance(raised, OSError | psycopg.Error | PersistenceError):
            raise
        if told is None:
            _log.error("the rehearsed restore failed", error=raised)
        error = "rehearsal-failed" if told is None else told.code
    finally:
        server.halt("immediate")
        shutil.rmtree(folder, ignore_errors=True)
    seconds = round(time.monotonic() - begun, 1)
    first = None if not grave else Found(grave[0].fault.code, grave[0].position)
    return Rehearsal(utc_now().isoformat(), base, position, len(grave), seconds, error, first)


def last_rehearsal(data_dir: Path) -> Rehearsal | None:
    """What became of the last rehearsal on this machine."""
    path = data_dir / RECORD
    return read_rehearsal(orjson.loads(path.read_bytes())) if path.exists() else None


def _verify(
    settings: Settings, server: EmbeddedServer, found: Restored, progress: Callable[[int], None]
) -> list[Finding]:
    """What is wrong with the restored ledger; its secrets are read where they lie."""
    findings: list[Finding] = []
    for name in ("secrets", "ledger.json"):
        if (settings.data_dir / name).exists():
            (server.folder / name).symlink_to((settings.data_dir / name).absolute())
    with OpenStore(Store(server.folder, server.url, settings.secrets)) as store:
        connections = datastore(store.url)
        try:
            live = Followers(connections)
            live.prepare()
            keys = tuple(parse_key(key.text) for key in store.log_keys())
            remembered = (found.card.checkpoint.encode(),) if found.card.checkpoint else ()
            trust = Trust(keys, remembered=remembered)
            verify_store(store, live, trust, findings.append, progress, copied=True)
        finally:
            connections.close()
    return findings
