"""Receipts that wait for a standby: a real one, stopped and started again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg_pool import ConnectionPool

from api.service.readiness import standby_confirms
from ledger.postgres.connection import connection_options
from ledger.storage.embedded import EmbeddedServer
from ledger.storage.standby import state_of
from ledger.writing.batch import Receipt
from ledger.writing.writer import WriterSettings
from tests.database.test_backup import server_of
from tests.database.test_writer import fund
from tests.faults.failover import follow_synchronously
from tests.founding import Founded

WAITING = (
    "SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND query LIKE ANY"
    " (ARRAY['COMMIT%', 'UPDATE ledger.writer%', '%take_epoch%', '%ledger.writer%'])"
)


def eventually(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 90
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture
def standby(ledger: Founded, folder: Path) -> Iterator[EmbeddedServer]:
    standby = follow_synchronously(server_of(ledger), folder / "standby")
    yield standby
    standby.halt("immediate")
    with psycopg.connect(ledger.store.url, autocommit=True) as connection:
        connection.execute("SET synchronous_commit = local")
        connection.execute("ALTER SYSTEM RESET synchronous_standby_names")
        connection.execute("SELECT pg_reload_conf()")


def holds(server: EmbeddedServer, statement: str) -> bool:
    with psycopg.connect(server.url) as connection:
        found = connection.execute(
            "SELECT EXISTS (SELECT FROM ledger.entries WHERE statement_id = %s)", (statement,)
        ).fetchone()
    return found == (True,)


def test_it_is_known_before_any_commit_that_no_standby_confirms(
    ledger: Founded, folder: Path, standby: EmbeddedServer
) -> None:
    with ConnectionPool("", min_size=1, kwargs=connection_options(ledger.store.url), open=True) as primary:

        def codes() -> list[str]:
            return [each.code for each in standby_confirms(primary)]

        eventually(lambda: codes() == [])
        with ledger.store.writer() as writer:
            writer.record(fund(ledger))
            standby.halt("immediate")
            eventually(lambda: codes() == ["standby-missing"])
        url = ledger.store.url
        own = connection_options(url, "synchronous_commit=local")
        with ConnectionPool("", min_size=1, kwargs=own, open=True) as local:
            assert list(standby_confirms(local)) == []


def test_what_is_read_back_waits_for_the_standby_as_the_commit_did(
    ledger: Founded, folder: Path, standby: EmbeddedServer
) -> None:
    settings = WriterSettings(reconnect_seconds=180)
    with ledger.store.writer(settings=settings) as writer, ledger.store.connect() as other:
        # A confirmed commit is on the standby's disk; a reader there sees it a moment later.
        first = writer.record(fund(ledger))
        assert first.to_json()["durability"] == "standby"
        eventually(lambda: holds(standby, first.id))
        standby.halt("immediate")
        submission = fund(ledger)
        told = writer.submit([submission])
        # The commit waits; its connection ends, and it is here, and nowhere else.
        for _ in range(2):
            eventually(lambda: bool(other.execute(WAITING).fetchall()))
            other.execute(f"SELECT pg_terminate_backend(pid) FROM ({WAITING}) AS w")
        again = writer.submit([submission])
        eventually(lambda: bool(other.execute(WAITING).fetchall()))
        count = other.execute("SELECT count(*) FROM ledger.entries WHERE position > %s", (first.position,))
        assert count.fetchone() == (1,)
        assert not told.done()
        assert not again.done()
        # Who looks at it here meanwhile is not told more than is true.
        assert writer.durability_of(first.position + 1) == "flushed"
        EmbeddedServer(folder / "standby").start()
        (receipt,), (same,) = told.result(timeout=120), again.result(timeout=120)
        assert isinstance(receipt, Receipt)
        assert receipt == same
        assert receipt.position == first.position + 1
        assert receipt.to_json()["durability"] == writer.durability_of(receipt.position) == "standby"
        eventually(lambda: holds(standby, receipt.id))
        assert state_of(standby).role == "standby"
