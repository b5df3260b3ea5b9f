"""Standbys that are kept running, take over without losing a receipt, and old primaries that stop."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson
import psycopg
import pytest

from api.operating.doctor import examine
from api.service.settings import Settings
from ledger.errors import Misconfigured, SongnuanError, Unavailable
from ledger.postgres.epoch import read_epoch
from ledger.storage.embedded import EmbeddedServer
from ledger.storage.peers import Peers
from ledger.storage.read_only import find_read_only
from ledger.storage.rejoining import rejoin
from ledger.storage.standby import StandbyState, make_standby, state_of, supervise
from ledger.storage.store import OpenStore, Store
from ledger.storage.switchover import EPOCHS_APART, next_epoch, switch_over
from ledger.writing.batch import Receipt
from tests.database.test_backup import bring_secrets, killed, server_of
from tests.founding import Founded


def eventually(true: Callable[[], bool], seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def ways_out(folder: Path, topic: str) -> list[str]:
    """What the doctor says to do about one thing, where it is not well."""
    checks = examine(Settings(data_dir=folder / "data"))
    return [each.way_out[1] for each in checks if each.topic == topic and each.level != "ok"]


@pytest.fixture
def standby(ledger: Founded, folder: Path) -> Iterator[EmbeddedServer]:
    """A standby of the ledger's database, kept running as its command does."""
    server = EmbeddedServer(folder / "standby")
    make_standby(ledger.store.url, server)
    with supervised(server):
        yield EmbeddedServer(folder / "standby")
    server.halt()


@contextmanager
def supervised(server: EmbeddedServer) -> Iterator[list[StandbyState]]:
    heard: list[StandbyState] = []
    stop = threading.Event()
    thread = threading.Thread(target=supervise, args=(server, stop, heard.append))
    thread.start()
    try:
        eventually(lambda: any(state.role != "stopped" for state in heard))
        yield heard
    finally:
        stop.set()
        thread.join()


class Clients:
    """Statements that keep coming, from several threads, until they are refused as a whole."""

    def __init__(self, founded: Founded, store: OpenStore) -> None:
        self._founded = founded
        self._store = store
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._work) for _ in range(3)]
        self.receipts: list[Receipt] = []
        self.refused: list[str] = []

    def __enter__(self) -> Clients:
        self._writer = self._store.writer()
        self._writer.__enter__()
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()
        self._writer.__exit__(*error)

    def _work(self) -> None:
        while not self._stop.is_set():
            try:
                self.receipts += self._founded.record_all(self._writer, self._founded.dossiers(2))
            except SongnuanError as error:
                self.refused.append(error.code)
                time.sleep(0.05)


def positions(url: str) -> dict[str, int]:
    with psycopg.connect(url) as connection:
        return dict(connection.execute("SELECT statement_id::text, position FROM ledger.entries").fetchall())


class TestSwitchingOver:
    def test_with_both_alive_no_receipt_of_the_old_one_is_missing_on_the_new(
        self, ledger: Founded, folder: Path, standby: EmbeddedServer
    ) -> None:
        bring_secrets(ledger, folder / "elsewhere")
        with Clients(ledger, ledger.store) as old:
            eventually(lambda: len(old.receipts) > 20)
            found = switch_over(standby)
            with OpenStore(Store(folder / "elsewhere", standby.url)) as store, Clients(ledger, store) as new:
                # Both services run, with clients on both.
                eventually(lambda: len(new.receipts) > 20 and len(old.refused) > 3)
                assert new.refused == []
        assert set(old.refused) == {"superseded"}
        assert found.fenced
        assert found.old_position == found.position
        recorded = positions(standby.url)
        for receipt in [*old.receipts, *new.receipts]:
            assert recorded[receipt.id] == receipt.position
        assert max(receipt.position for receipt in old.receipts) <= found.position
        with pytest.raises(Misconfigured) as trouble, ledger.store.writer():
            pass
        assert trouble.value.code == "superseded"
        # The old one becomes the new one's standby, as the doctor says, and could take over in its turn.
        assert ["replica rejoin" in each for each in ways_out(folder, "epoch")] == [True]
        again = rejoin(server_of(ledger), standby.url)
        assert (again.lost, again.aside) == (0, None)
        with supervised(server_of(ledger)) as heard:
            eventually(lambda: heard[-1].streaming and heard[-1].position == len(recorded))
            assert ways_out(folder, "epoch") == []
            assert ["replica promote" in each for each in ways_out(folder, "database")] == [True]
            assert switch_over(EmbeddedServer(folder / "data")).epoch == found.epoch + EPOCHS_APART

    def test_without_the_primary_takes_a_word_and_stops_it_when_it_comes_back(
        self, ledger: Founded, folder: Path, standby: EmbeddedServer
    ) -> None:
        with ledger.store.writer() as writer:
            last = ledger.record_all(writer, ledger.dossiers(3))[-1].position
        eventually(lambda: state_of(standby).position == last)
        killed(server_of(ledger))
        with pytest.raises(Unavailable) as trouble:
            switch_over(standby)
        assert trouble.value.code == "primary-unreachable"
        assert state_of(standby).role == "standby"
        found = switch_over(standby, primary_lost=True)
        assert (found.fenced, found.old_position, found.position) == (False, None, last)
        server_of(ledger).start()
        peers = Peers(ledger.store.url, ledger.ledger, [standby.url])
        with Clients(ledger, ledger.store) as old:
            eventually(lambda: len(old.receipts) > 3)
            assert peers.check() == found.epoch
            eventually(lambda: "superseded" in old.refused)
        peers.close()
        # What the old one recorded before it met the new one is named, as it was recorded.
        again = rejoin(server_of(ledger), standby.url)
        assert again.lost_file is not None
        lost = [orjson.loads(line) for line in again.lost_file.read_bytes().splitlines()]
        assert {receipt.id for receipt in old.receipts} <= {each["id"] for each in lost}
        assert again.lost == len(lost)
        server_of(ledger).start()
        eventually(lambda: state_of(server_of(ledger)).streaming)

    def test_a_database_that_was_set_read_only_is_fenced_and_taken_over_writable(
        self, ledger: Founded, standby: EmbeddedServer
    ) -> None:
        with ledger.store.connect() as connection:
            connection.execute("ALTER DATABASE songnuan SET default_transaction_read_only = on")
        found = switch_over(standby)
        assert found.fenced
        assert found.made_writable == ("songnuan / *: default_transaction_read_only",)
        with psycopg.connect(standby.url) as connection:
            assert find_read_only(connection) is None

    def test_needs_a_standby(self, ledger: Founded, folder: Path) -> None:
        with pytest.raises(Misconfigured) as trouble:
            switch_over(EmbeddedServer(folder / "data"))
        assert trouble.value.code == "not-a-standby"
        with ledger.store.connect() as connection:
            assert read_epoch(connection).superseded_by is None
        with pytest.raises(Misconfigured) as trouble:
            rejoin(EmbeddedServer(folder / "data"), ledger.store.url)
        assert trouble.value.code == "not-superseded"
        # Neither refusal stopped the primary.
        assert server_of(ledger).is_running()


class TestAStandbyThatIsKeptRunning:
    def test_is_started_again_and_reconnects_and_ending_it_ends_no_primary(
        self, ledger: Founded, folder: Path
    ) -> None:
        server = EmbeddedServer(folder / "standby")
        make_standby(ledger.store.url, server)
        with supervised(server) as heard:
            eventually(lambda: heard[-1].streaming)
            killed(server)
            eventually(lambda: heard[-1].streaming)
            server_of(ledger).halt()
            eventually(lambda: heard[-1].role == "standby" and not heard[-1].streaming)
            server_of(ledger).start()
            with ledger.store.writer() as writer:
                last = ledger.record_all(writer, ledger.dossiers(2))[-1].position
            eventually(lambda: heard[-1].streaming and heard[-1].position == last)
            switch_over(EmbeddedServer(folder / "standby"))
            eventually(lambda: heard[-1].role == "primary")
        assert state_of(server).role == "primary"
        # Nor does another command that opens and leaves it.
        bring_secrets(ledger, folder / "standby")
        with OpenStore(Store(folder / "standby")):
            pass
        assert state_of(server).role == "primary"
        server.halt()
        assert state_of(server).role == "stopped"


class TestPeers:
    def test_that_do_not_record_in_ones_place_change_nothing(
        self, ledger: Founded, folder: Path, standby: EmbeddedServer, database_url: str
    ) -> None:
        nobody = f"postgresql:///songnuan?host={folder}/nobody"
        peers = Peers(ledger.store.url, ledger.ledger, [nobody, database_url, standby.url, ledger.store.url])
        assert peers.check() is None
        peers.close()
        with ledger.store.connect() as connection:
            assert read_epoch(connection).superseded_by is None


def test_a_standby_has_port_and_addresses_of_its_own(ledger: Founded, folder: Path) -> None:
    """A primary's own would keep one beside it from starting, and the commands from finding it."""
    assert ledger.store.server is not None
    file = ledger.store.server.data / "postgresql.auto.conf"
    before = file.read_text()
    file.write_text(before + "port = 5433\nlisten_addresses = '192.0.2.1'\nwork_mem = '5MB'\n")
    server = EmbeddedServer(folder / "apart")
    try:
        make_standby(ledger.store.url, server)
    finally:
        file.write_text(before)
    with supervised(server) as heard:
        eventually(lambda: heard[-1].streaming)
        with psycopg.connect(server.url) as connection:
            assert connection.execute("SHOW work_mem").fetchone() == ("5MB",)
    server.halt()


def test_no_election_reaches_the_epoch_of_a_switch_over() -> None:
    assert next_epoch(3) == EPOCHS_APART
    assert next_epoch(EPOCHS_APART) == next_epoch(EPOCHS_APART + 12) == 2 * EPOCHS_APART
