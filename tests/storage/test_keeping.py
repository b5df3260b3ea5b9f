"""Backups that keep themselves, in a folder and in an S3-compatible store."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from moto.server import ThreadedMotoServer

from api.rehearsing import last_rehearsal, rehearse
from api.settings import Settings
from ledger.embedded import EmbeddedServer
from ledger.errors import Misconfigured, Unavailable
from ledger.storage.depot import open_depot
from ledger.storage.holdings import Holdings
from ledger.storage.keeper import Keeper
from ledger.storage.restoring import Incomplete, restore
from ledger.storage.retention import Retention, Schedule
from ledger.storage.slots import BACKUP_SLOT, drop_slot
from tests.founding import Founded
from tests.ledger.test_backup import next_segment, recorded, server_of


def eventually(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 180
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.1)


@contextmanager
def keeping(
    founded: Founded,
    folder: Path,
    holdings: Holdings,
    schedule: Schedule | None = None,
    retention: Retention | None = None,
) -> Iterator[None]:
    keeper = Keeper(
        founded.store.url,
        founded.ledger,
        server_of(founded),
        holdings,
        folder / "spool",
        schedule=schedule or Schedule(rehearse=None),
        retention=retention,
    )
    stop = threading.Event()
    thread = threading.Thread(target=keeper.run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A bucket of an S3-compatible server on the loopback address."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    for name, value in {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "nobody",
        "AWS_SECRET_ACCESS_KEY": "not-to-be-printed",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    import boto3

    boto3.client("s3", endpoint_url=endpoint).create_bucket(Bucket="backups")
    yield "s3://backups/songnuan"
    server.stop()


def test_in_a_store_nothing_is_lost_and_a_rehearsed_restore_is_whole(
    ledger: Founded, folder: Path, bucket: str
) -> None:
    holdings = Holdings(open_depot(bucket))
    with keeping(ledger, folder, holdings):
        eventually(lambda: holdings.summary().base is not None)
        for _ in range(2):
            recorded(ledger, 3)
            next_segment(ledger)
        last = recorded(ledger, 3)
        eventually(lambda: holdings.summary().position == last)
    # Ended and begun again, it goes on where it was.
    with keeping(ledger, folder, holdings):
        next_segment(ledger)
        last = recorded(ledger, 2)
        eventually(lambda: holdings.summary().position == last)
    summary = holdings.summary()
    assert summary.chain is not None
    assert summary.chain.hole is None
    rehearsal = rehearse(holdings, Settings(data_dir=folder / "data"))
    assert (rehearsal.error, rehearsal.findings, rehearsal.position) == (None, 0, last)
    assert holdings.last_rehearsal() == last_rehearsal(folder / "data") == rehearsal
    assert not (folder / "data" / "rehearsal").exists()
    # What is spoiled or gone is named, by a restore and by a rehearsal.
    spoiled = sorted(name for name in holdings.segment_names() if not name.endswith(".partial"))[-1]
    open_depot(bucket).put(f"wal/{spoiled}.gz", b"spoiled")
    place, wal, _ = holdings.fetch(folder / "fetched")
    with pytest.raises(Incomplete) as trouble:
        restore(place, EmbeddedServer(folder / "restored"), wal)
    assert (trouble.value.code, spoiled in str(trouble.value)) == ("wal-hole", True)
    assert rehearse(holdings, Settings(data_dir=folder / "data")).error == "wal-hole"


def test_in_a_folder_old_bases_go_with_their_wal_and_a_gap_begins_a_new_base(
    ledger: Founded, folder: Path
) -> None:
    holdings = Holdings(open_depot(str(folder / "backups")))
    often = Schedule(every=timedelta(0), rehearse=None)
    with keeping(ledger, folder, holdings, often, Retention(days=0, bases=1)):
        eventually(lambda: holdings.summary().base is not None)
        first = holdings.bases()[0].name
        next_segment(ledger)
        recorded(ledger, 1)
        eventually(lambda: first not in [each.name for each in holdings.bases()])
    summary = holdings.summary()
    assert summary.base is not None
    oldest = min(holdings.archive().whole | holdings.archive().partial)
    assert oldest.number >= holdings.bases()[0].base.start // holdings.segment_bytes()
    # The slot is dropped by somebody, and WAL goes by unseen. What was received last was whole, so that
    # no file of the spool tells where to go on.
    for left in (folder / "spool" / "wal").glob("*.partial"):
        left.unlink()
    go_by_unseen(ledger)
    bases = len(holdings.bases())
    with keeping(ledger, folder, holdings):
        eventually(lambda: len(holdings.bases()) > bases)
        last = recorded(ledger, 1)
        eventually(lambda: holdings.summary().position == last)
        with pytest.raises(Unavailable) as trouble, keeping_at_once(ledger, folder, holdings):
            pass
        assert trouble.value.code == "keeper-elsewhere"


def go_by_unseen(founded: Founded) -> None:
    """Drop the backups' slot once nobody uses it, and write WAL that the server forgets."""
    with founded.store.connect() as connection:
        eventually(
            lambda: (
                connection.execute("SELECT bool_or(active) FROM pg_replication_slots").fetchone() == (False,)
            )
        )
        drop_slot(connection, BACKUP_SLOT)
        for _ in range(3):
            recorded(founded, 1)
            next_segment(founded)
        connection.execute("CHECKPOINT")


@contextmanager
def keeping_at_once(founded: Founded, folder: Path, holdings: Holdings) -> Iterator[None]:
    stop = threading.Event()
    stop.set()
    Keeper(founded.store.url, founded.ledger, server_of(founded), holdings, folder / "other").run(stop)
    yield


class TestADepot:
    def test_belongs_to_one_ledger(self, tmp_path: Path) -> None:
        holdings = Holdings(open_depot(str(tmp_path / "backups")))
        holdings.claim("one", 1024)
        holdings.claim("one", 1024)
        with pytest.raises(Misconfigured) as trouble:
            holdings.claim("another", 1024)
        assert trouble.value.code == "backup-of-another"
        with pytest.raises(Misconfigured) as trouble:
            holdings.fetch(tmp_path / "fetched")
        assert trouble.value.code == "no-base"

    def test_that_is_not_there_says_so_without_its_secrets(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not-to-be-printed")
        monkeypatch.setenv("AWS_REGION", "us-east-1")
        with pytest.raises(Unavailable) as trouble:
            open_depot("s3://backups/songnuan").names("wal")
        assert trouble.value.code == "backup-target-unreachable"
        assert "not-to-be-printed" not in trouble.value.zh + trouble.value.en
        (tmp_path / "file").touch()
        for target in ("ftp://somewhere/x", str(tmp_path / "file")):
            with pytest.raises(Misconfigured) as invalid:
                open_depot(target)
            assert invalid.value.code == "backup-target-invalid"

    def test_a_base_that_is_not_what_was_stored_is_refused(self, tmp_path: Path) -> None:
        depot = open_depot(str(tmp_path / "backups"))
        (tmp_path / "tree").mkdir()
        (tmp_path / "tree" / "file").write_bytes(b"content")
        digest = depot.put_tree("tree.tar.gz", tmp_path / "tree")
        depot.fetch_tree("tree.tar.gz", tmp_path / "back", digest)
        assert (tmp_path / "back" / "file").read_bytes() == b"content"
        depot.put("tree.tar.gz", b"something else")
        with pytest.raises(Misconfigured) as trouble:
            depot.fetch_tree("tree.tar.gz", tmp_path / "other", digest)
        assert trouble.value.code == "backup-malformed"
