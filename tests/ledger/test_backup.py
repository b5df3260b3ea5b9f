"""Backups restored and proved, standbys that take over: with servers of their own."""

from __future__ import annotations

import os
import shutil
import signal
import threading
import time
from pathlib import Path

import psycopg
import pytest

from api.verification import verify_store
from ledger.audit import Trust
from ledger.backup import SLOT, Backup, make_standby, promote, read_card, restore, take_backup
from ledger.embedded import EmbeddedServer
from ledger.errors import Misconfigured
from ledger.findings import Finding
from ledger.log import published
from ledger.note import NoteKey
from ledger.recorder import datastore
from ledger.store import OpenStore, Store
from projections.runner import Followers
from tests.founding import Founded


def server_of(founded: Founded) -> EmbeddedServer:
    assert founded.store.server is not None
    return founded.store.server


def backed_up(founded: Founded, folder: Path) -> Backup:
    return take_backup(founded.store.url, founded.ledger, server_of(founded), folder)


def killed(server: EmbeddedServer) -> None:
    """Ends a server as a power cut does."""
    os.kill(server.pid(), signal.SIGKILL)
    deadline = time.monotonic() + 20
    while server.is_running():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def head(founded: Founded) -> int:
    with founded.store.connect() as connection:
        return published(connection)


def bring_secrets(founded: Founded, to: Path) -> None:
    """What is kept apart from the backups."""
    to.mkdir(parents=True, exist_ok=True)
    shutil.copytree(founded.store.secrets_folder.path, to / "secrets")
    shutil.copy(founded.store.secrets_folder.path.parent / "ledger.json", to)


def findings_of(folder: Path, log_key: NoteKey, remembered: str) -> tuple[int, list[str]]:
    """How many entries a restored ledger has, and what is wrong with it."""
    found: list[Finding] = []
    with OpenStore(Store(folder)) as store, store.connect() as connection:
        connections = datastore(store.url)
        live = Followers(connections)
        live.prepare()
        live.catch_up()
        trust = Trust((log_key,), remembered=(remembered.encode(),))
        summary = verify_store(store, live, trust, found.append, lambda _: None)
        connections.close()
        del connection
    return summary.size, [finding.fault.code for finding in found]


class TestBackups:
    def test_one_is_restored_and_holds_against_its_checkpoint(self, ledger: Founded, folder: Path) -> None:
        card = backed_up(ledger, folder / "backup")
        assert card == read_card(folder / "backup")
        assert card.size == head(ledger) > 20
        with ledger.store.writer() as writer:
            ledger.nominated(writer)
        bring_secrets(ledger, folder / "restored")
        server = EmbeddedServer(folder / "restored")
        restore(folder / "backup", server)
        assert findings_of(folder / "restored", ledger.log_key, card.checkpoint) == (card.size, [])
        server.stop()
        assert not server.is_running()

    def test_with_the_wal_since_nothing_is_lost(self, ledger: Founded, folder: Path) -> None:
        card = backed_up(ledger, folder / "backup")
        primary, log_key = server_of(ledger), ledger.log_key
        common = ("-d", ledger.store.url, "--slot", SLOT, "--no-password")
        primary.prepare_folder(folder / "wal")
        primary.command("pg_receivewal", *common, "--create-slot", "--if-not-exists")
        receiving = primary.spawn("pg_receivewal", *common, "-D", str(folder / "wal"), "--synchronous")
        with ledger.store.writer() as writer:
            last = ledger.record_all(writer, ledger.dossiers(40))[-1].position
        with ledger.store.connect() as connection:
            written = connection.execute("SELECT pg_current_wal_flush_lsn()").fetchone()
            deadline = time.monotonic() + 30
            while connection.execute(
                "SELECT flush_lsn >= %s::pg_lsn FROM pg_stat_replication", written
            ).fetchone() != (True,):
                assert time.monotonic() < deadline
                time.sleep(0.05)
        killed(primary)
        receiving.terminate()
        receiving.wait()
        bring_secrets(ledger, folder / "restored")
        server = EmbeddedServer(folder / "restored")
        restore(folder / "backup", server, folder / "wal")
        size, wrong = findings_of(folder / "restored", log_key, card.checkpoint)
        assert (size, wrong) == (last, [])
        with OpenStore(Store(folder / "restored")) as store, store.writer() as writer:
            ledger.store = store
            assert ledger.record_all(writer, ledger.dossiers(1))[0].position == last + 1
        server.stop()

    def test_one_that_is_older_than_what_somebody_kept_is_found_out(
        self, ledger: Founded, folder: Path
    ) -> None:
        backed_up(ledger, folder / "backup")
        with ledger.store.writer() as writer:
            ledger.nominated(writer)
        newer = backed_up(ledger, folder / "newer")
        bring_secrets(ledger, folder / "restored")
        server = EmbeddedServer(folder / "restored")
        restore(folder / "backup", server)
        assert "tail-cut" in findings_of(folder / "restored", ledger.log_key, newer.checkpoint)[1]
        server.stop()

    def test_nothing_is_written_over(self, ledger: Founded, folder: Path) -> None:
        backed_up(ledger, folder / "backup")
        with pytest.raises(Misconfigured) as trouble:
            backed_up(ledger, folder / "backup")
        assert trouble.value.code == "backup-there"
        with pytest.raises(Misconfigured) as trouble:
            restore(folder / "backup", server_of(ledger))
        assert trouble.value.code == "data-folder-in-use"
        (folder / "empty").mkdir()
        with pytest.raises(Misconfigured) as trouble:
            restore(folder / "empty", EmbeddedServer(folder / "other"))
        assert trouble.value.code == "backup-malformed"

    def test_one_that_was_spoiled_is_not_restored(self, ledger: Founded, folder: Path) -> None:
        backed_up(ledger, folder / "backup")
        spoiled = folder / "backup" / "base" / "global" / "pg_control"
        spoiled.write_bytes(spoiled.read_bytes()[:-1] + b"!")
        with pytest.raises(Misconfigured) as trouble:
            restore(folder / "backup", EmbeddedServer(folder / "restored"))
        assert (trouble.value.code, "pg_control" in str(trouble.value)) == ("backup-malformed", True)


class TestAStandby:
    def test_it_follows_and_takes_over_without_losing_a_receipt(self, ledger: Founded, folder: Path) -> None:
        standby = EmbeddedServer(folder / "standby")
        make_standby(ledger.store.url, standby)
        with standby:
            with ledger.store.connect() as connection:
                connection.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
                connection.execute("SELECT pg_reload_conf()")
            receipts = []
            stop = threading.Event()

            def work() -> None:
                with ledger.store.writer() as writer:
                    while not stop.is_set():
                        receipts.extend(ledger.record_all(writer, ledger.dossiers(3)))

            worker = threading.Thread(target=work)
            worker.start()
            while len(receipts) < 30:
                time.sleep(0.01)
            with psycopg.connect(standby.url, autocommit=True) as connection:
                assert connection.execute("SELECT pg_is_in_recovery()").fetchone() == (True,)
                with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
                    connection.execute("CREATE TABLE nothing ()")
            stop.set()
            worker.join()
            killed(server_of(ledger))
            promote(standby)
            bring_secrets(ledger, folder / "elsewhere")
            with OpenStore(Store(folder / "elsewhere", standby.url)) as store:
                with store.connect() as connection:
                    for receipt in receipts:
                        found = connection.execute(
                            "SELECT position FROM ledger.entries WHERE statement_id = %s::uuid", (receipt.id,)
                        ).fetchone()
                        assert found == (receipt.position,)
                    connection.execute("ALTER SYSTEM RESET synchronous_standby_names")
                    connection.execute("SELECT pg_reload_conf()")
                ledger.store = store
                with store.writer() as writer:
                    more = ledger.record_all(writer, ledger.dossiers(2))
                assert more[0].position == receipts[-1].position + 1
