"""Backups restored and proved, standbys that take over: with servers of their own."""

from __future__ import annotations

import os
import shutil
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, timedelta, timezone
from pathlib import Path

import orjson
import psycopg
import pytest

from api.audit.verification import verify_store
from ledger.audit.audit import Trust
from ledger.clock import CHINA, utc_now
from ledger.errors import Explained, Incomplete, Misconfigured
from ledger.findings import Finding
from ledger.log.note import NoteKey
from ledger.log.proofs import published
from ledger.postgres.connection import datastore
from ledger.storage.backup import Backup, read_card, take_backup
from ledger.storage.embedded import EmbeddedServer
from ledger.storage.foreign_settings import freed
from ledger.storage.receiving import WalReceiver
from ledger.storage.restoring import RestoreTarget, restore
from ledger.storage.slots import BACKUP_SLOT, find_slot
from ledger.storage.store import OpenStore, Store
from ledger.storage.wal import parse_segment
from ledger.storage.waypoints import read_waypoints
from projections.following.runner import Followers
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


def recorded(founded: Founded, count: int) -> int:
    """Statements go in; the last one's position."""
    with founded.store.writer() as writer:
        return founded.record_all(writer, founded.dossiers(count))[-1].position


def next_segment(founded: Founded) -> None:
    """The WAL goes on in a file of its own."""
    with founded.store.connect() as connection:
        connection.execute("SELECT pg_switch_wal()")


@contextmanager
def receiving(founded: Founded, folder: Path) -> Iterator[None]:
    receiver = WalReceiver(founded.store.url, server_of(founded), folder)
    receiver.prepare()
    stop = threading.Event()
    thread = threading.Thread(target=receiver.run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def wait_until_received(founded: Founded, folder: Path, position: int) -> None:
    deadline = time.monotonic() + 60
    while not any(each.position >= position for each in read_waypoints(folder)):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def archived(ledger: Founded, folder: Path) -> list[int]:
    """A backup, and the WAL of four times five statements, each in a segment of its own."""
    backed_up(ledger, folder / "backup")
    lasts = []
    with receiving(ledger, folder / "wal"):
        for _ in range(4):
            lasts.append(recorded(ledger, 5))
            wait_until_received(ledger, folder / "wal", lasts[-1])
            next_segment(ledger)
        lasts.append(recorded(ledger, 5))
        wait_until_received(ledger, folder / "wal", lasts[-1])
    return lasts


def segments(folder: Path) -> list[Path]:
    return sorted(each for each in folder.iterdir() if parse_segment(each.name) is not None)


class TestAHoleInTheWal:
    def test_is_refused_by_name_and_accepted_only_by_word(self, ledger: Founded, folder: Path) -> None:
        lasts = archived(ledger, folder)
        missing = segments(folder / "wal")[-3:-1]
        for each in missing:
            each.unlink()
        server = EmbeddedServer(folder / "restored")
        with pytest.raises(Incomplete) as trouble:
            restore(folder / "backup", server, folder / "wal")
        assert trouble.value.code == "wal-hole"
        assert all(each.name in str(trouble.value) for each in missing)
        assert f"the first {lasts[1]} entries" in str(trouble.value)
        assert not server.has_data
        found = restore(folder / "backup", server, folder / "wal", accept_loss=True)
        assert found.position == found.known == lasts[1]
        assert found.hole is not None
        assert [found.hole.first, found.hole.last] == [each.name for each in missing]
        server.halt()

    def test_a_segment_spoiled_in_the_middle_is_found_out(self, ledger: Founded, folder: Path) -> None:
        lasts = archived(ledger, folder)
        spoiled = segments(folder / "wal")[-3]
        spoiled.write_bytes(b"\0" * spoiled.stat().st_size)
        server = EmbeddedServer(folder / "restored")
        with pytest.raises(Incomplete) as trouble:
            restore(folder / "backup", server, folder / "wal")
        assert trouble.value.code == "restore-short"
        assert f"least position {lasts[-1]}" in str(trouble.value)
        assert not server.has_data
        assert restore(folder / "backup", server, folder / "wal", accept_loss=True).position == lasts[1]
        server.halt()

    def test_a_last_file_cut_short_is_found_out_by_what_was_received(
        self, ledger: Founded, folder: Path
    ) -> None:
        lasts = archived(ledger, folder)
        last = segments(folder / "wal")[-1]
        assert last.suffix == ".partial"
        last.write_bytes(b"\0" * last.stat().st_size)
        with pytest.raises(Incomplete) as trouble:
            restore(folder / "backup", EmbeddedServer(folder / "restored"), folder / "wal")
        assert trouble.value.code == "restore-short"
        assert f"(position {lasts[3]})" in str(trouble.value)

    def test_what_another_folder_received_cannot_come_any_more(self, ledger: Founded, folder: Path) -> None:
        archived(ledger, folder)
        with receiving(ledger, folder / "other"):
            for _ in range(2):
                next_segment(ledger)
                wait_until_received(ledger, folder / "other", recorded(ledger, 1))
        with pytest.raises(Misconfigured) as trouble:
            WalReceiver(ledger.store.url, server_of(ledger), folder / "wal").prepare()
        assert trouble.value.code == "wal-elsewhere"

    def test_a_slot_that_the_server_gave_up_is_named(self, ledger: Founded, folder: Path) -> None:
        backed_up(ledger, folder / "backup")
        with ledger.store.connect() as connection:
            connection.execute("ALTER SYSTEM SET max_slot_wal_keep_size = '1MB'")
            connection.execute("ALTER SYSTEM SET wal_keep_size = 0")
            connection.execute("SELECT pg_reload_conf()")
            for _ in range(4):
                recorded(ledger, 1)
                next_segment(ledger)
            connection.execute("CHECKPOINT")
            slot = find_slot(connection, BACKUP_SLOT)
        assert slot is not None
        assert slot.wal_status == "lost"
        with pytest.raises(Misconfigured) as trouble:
            WalReceiver(ledger.store.url, server_of(ledger), folder / "wal").prepare()
        assert trouble.value.code == "slot-lost"
        with pytest.raises(Misconfigured) as trouble:
            backed_up(ledger, folder / "newer")
        assert trouble.value.code == "slot-lost"


class TestGoingBackTo:
    def test_a_position_ends_with_the_transaction_that_recorded_it(
        self, ledger: Founded, folder: Path
    ) -> None:
        lasts = archived(ledger, folder)
        server = EmbeddedServer(folder / "restored")
        target = RestoreTarget(position=lasts[1] - 2)
        assert restore(folder / "backup", server, folder / "wal", target=target).position == lasts[1]
        server.halt()

    def test_a_moment_ends_with_what_was_recorded_before(self, ledger: Founded, folder: Path) -> None:
        backed_up(ledger, folder / "backup")
        with receiving(ledger, folder / "wal"):
            before = recorded(ledger, 5)
            time.sleep(0.2)
            moment = utc_now()
            time.sleep(0.2)
            wait_until_received(ledger, folder / "wal", recorded(ledger, 5))
        server = EmbeddedServer(folder / "restored")
        target = RestoreTarget(moment=moment)
        assert restore(folder / "backup", server, folder / "wal", target=target).position == before
        server.halt()

    def test_a_moment_is_the_same_in_every_time_zone_and_lies_between_commits(
        self, ledger: Founded, folder: Path
    ) -> None:
        backed_up(ledger, folder / "backup")
        heads, moments = [head(ledger)], [utc_now()]
        with receiving(ledger, folder / "wal"):
            for _ in range(2):
                time.sleep(0.2)
                heads.append(recorded(ledger, 3))
                time.sleep(0.2)
                moments.append(utc_now())
            # Recovery to a moment must see a commit after it.
            wait_until_received(ledger, folder / "wal", recorded(ledger, 1))
        zones = (UTC, CHINA, timezone(timedelta(hours=-9, minutes=-30)))
        for expected, moment, zone in zip(heads, moments, zones, strict=True):
            server = EmbeddedServer(folder / f"restored-{expected}")
            target = RestoreTarget(moment=moment.astimezone(zone))
            assert restore(folder / "backup", server, folder / "wal", target=target).position == expected
            server.halt()

    def test_a_moment_before_the_base_is_refused(self, ledger: Founded, folder: Path) -> None:
        moment = utc_now()
        recorded(ledger, 1)
        backed_up(ledger, folder / "backup")
        with receiving(ledger, folder / "wal"):
            wait_until_received(ledger, folder / "wal", recorded(ledger, 1))
        server = EmbeddedServer(folder / "restored")
        card = folder / "backup" / "backup.json"
        for taken_at in (None, moment - timedelta(hours=1)):
            if taken_at is not None:
                # As of a base that took an hour: the moment lies within.
                said = orjson.loads(card.read_bytes()) | {"taken_at": taken_at.isoformat()}
                card.write_bytes(orjson.dumps(said))
            with pytest.raises(Explained) as trouble:
                restore(folder / "backup", server, folder / "wal", target=RestoreTarget(moment=moment))
            assert trouble.value.code == "base-too-new"
            assert not server.has_data

    def test_what_is_not_in_backup_and_wal_is_refused(self, ledger: Founded, folder: Path) -> None:
        lasts = archived(ledger, folder)
        server = EmbeddedServer(folder / "restored")
        for target, code in (
            (RestoreTarget(position=5), "base-too-new"),
            (RestoreTarget(position=lasts[-1] + 1), "target-not-reached"),
            (RestoreTarget(moment=utc_now() + timedelta(days=1)), "target-not-reached"),
        ):
            with pytest.raises(Explained) as trouble:
                restore(folder / "backup", server, folder / "wal", target=target)
            assert trouble.value.code == code
            assert not server.has_data


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

    def test_what_kept_the_copied_server_from_working_is_taken_back_and_said(
        self, ledger: Founded, folder: Path
    ) -> None:
        hindering = (
            "default_transaction_read_only = on",
            "synchronous_standby_names = nobody",
            "recovery_target_name = never",
            "archive_mode = on",
            "archive_command = /nowhere %p",
            "listen_addresses = 192.0.2.1",
            "port = 5433",
            "ssl = on",
            "shared_preload_libraries = not_here",
        )
        with ledger.store.connect() as connection:
            connection.execute("ALTER DATABASE songnuan SET default_transaction_read_only = on")
        # As the file is, so it is copied, whether the server took it up or not.
        with (server_of(ledger).data / "postgresql.auto.conf").open("a") as file:
            file.writelines("{} = '{}'\n".format(*each.split(" = ")) for each in hindering)
        card = backed_up(ledger, folder / "backup")
        bring_secrets(ledger, folder / "restored")
        server = EmbeddedServer(folder / "restored")
        found = restore(folder / "backup", server)
        assert set(found.taken_back) == {*hindering, "songnuan / *: default_transaction_read_only"}
        assert findings_of(folder / "restored", ledger.log_key, card.checkpoint) == (card.size, [])
        server.stop()

    def test_what_is_kept_for_database_and_role_is_taken_back_and_said(
        self, ledger: Founded, folder: Path
    ) -> None:
        """Each would keep sessions from coming about or from working; what does neither stays."""
        kept = (
            ("DATABASE songnuan", "songnuan / *", "session_preload_libraries", "not_here"),
            ("ROLE songnuan", "* / songnuan", "statement_timeout", "1ms"),
            ("ROLE ALL", "* / *", "idle_session_timeout", "1ms"),
            (
                "ROLE songnuan IN DATABASE songnuan",
                "songnuan / songnuan",
                "session_replication_role",
                "replica",
            ),
        )
        with ledger.store.connect() as connection:
            for whom, _, name, value in kept:
                # What is kept may be anything at all; some of it the server does not take by the usual way.
                connection.execute(f"ALTER {whom} SET {name} = '{value if value != 'not_here' else ''}'")
            connection.execute(
                "UPDATE pg_db_role_setting SET setconfig = array['session_preload_libraries=not_here']"
                " WHERE setconfig = array['session_preload_libraries=\"\"']"
                " OR setconfig = array['session_preload_libraries=']"
            )
            connection.execute("ALTER ROLE songnuan SET work_mem = '5MB'")
        try:
            card = take_backup(freed(ledger.store.url), ledger.ledger, server_of(ledger), folder / "backup")
        finally:
            with psycopg.connect(freed(ledger.store.url), autocommit=True) as connection:
                for whom, _, name, _ in kept:
                    connection.execute(f"ALTER {whom} RESET {name}")
        bring_secrets(ledger, folder / "restored")
        server = EmbeddedServer(folder / "restored")
        found = restore(folder / "backup", server)
        assert set(found.taken_back) == {f"{place}: {name} = {value}" for _, place, name, value in kept}
        assert findings_of(folder / "restored", ledger.log_key, card.checkpoint) == (card.size, [])
        with psycopg.connect(server.url) as connection:
            assert connection.execute("SHOW work_mem").fetchone() == ("5MB",)
        server.stop()

    def test_a_server_of_other_users_is_refused_at_once_by_name(
        self, ledger: Founded, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        backed_up(ledger, folder / "backup")
        monkeypatch.setattr("ledger.storage.restoring.check_backup", lambda folder: None)
        (folder / "backup" / "base" / "pg_hba.conf").write_text("local all postgres trust\n")
        server = EmbeddedServer(folder / "restored")
        began = time.monotonic()
        with pytest.raises(Misconfigured) as trouble:
            restore(folder / "backup", server)
        assert trouble.value.code == "server-refuses"
        assert "pg_hba.conf" in str(trouble.value)
        assert time.monotonic() - began < 120
        assert not server.has_data

    def test_what_is_no_ledger_any_more_is_refused_with_the_way_back(
        self, ledger: Founded, folder: Path
    ) -> None:
        backed_up(ledger, folder / "backup")
        with ledger.store.connect() as connection:
            connection.execute("ALTER TABLE ledger.entries RENAME COLUMN position TO place")
            connection.execute("SELECT pg_switch_wal()")
        (folder / "wal").mkdir()
        for each in segments(server_of(ledger).data / "pg_wal"):
            shutil.copy(each, folder / "wal")
        server = EmbeddedServer(folder / "restored")
        with pytest.raises(Misconfigured) as trouble:
            restore(folder / "backup", server, folder / "wal")
        assert trouble.value.code == "restored-unusable"
        assert "--to" in trouble.value.en
        assert "--to" in trouble.value.zh
        assert not server.has_data

    def test_with_the_wal_since_nothing_is_lost(self, ledger: Founded, folder: Path) -> None:
        card = backed_up(ledger, folder / "backup")
        primary, log_key = server_of(ledger), ledger.log_key
        with receiving(ledger, folder / "wal"):
            last = recorded(ledger, 40)
            wait_until_received(ledger, folder / "wal", last)
            killed(primary)
        bring_secrets(ledger, folder / "restored")
        server = EmbeddedServer(folder / "restored")
        found = restore(folder / "backup", server, folder / "wal")
        assert (found.position, found.known, found.hole) == (last, last, None)
        size, wrong = findings_of(folder / "restored", log_key, card.checkpoint)
        assert (size, wrong) == (last, [])
        with OpenStore(Store(folder / "restored")) as store, store.writer() as writer:
            ledger.store = store
            assert ledger.record_all(writer, ledger.dossiers(1))[0].position == last + 1
        server.stop()

    def test_what_is_written_between_the_base_and_the_receiver_waits_in_the_slot(
        self, ledger: Founded, folder: Path
    ) -> None:
        backed_up(ledger, folder / "backup")
        for _ in range(3):
            last = recorded(ledger, 5)
            next_segment(ledger)
        with ledger.store.connect() as connection:
            connection.execute("CHECKPOINT")
        with receiving(ledger, folder / "wal"):
            wait_until_received(ledger, folder / "wal", last)
        server = EmbeddedServer(folder / "restored")
        assert restore(folder / "backup", server, folder / "wal").position == last
        server.halt()

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
