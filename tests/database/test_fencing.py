"""One writer, fenced; a session of its own; a database that takes writes; receipts that say what they rest on."""

from __future__ import annotations

import os
import signal
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import psycopg
import pytest

from api.operating.doctor import examine
from api.service.settings import Settings
from ledger.errors import Misconfigured, Unavailable
from ledger.postgres.connection import connect, connection_options, datastore
from ledger.postgres.epoch import (
    assume_epoch,
    fence,
    read_epoch,
    take_epoch,
)
from ledger.postgres.session_check import check_session
from ledger.storage.store import OpenStore, Store
from ledger.writing.batch import Receipt
from ledger.writing.writer import Writer, WriterSettings
from projections.following.runner import Followers
from tests.database.relay import relayed
from tests.database.test_writer import check_whole, fund
from tests.flushing import flushing, waiting_for_a_standby
from tests.founding import Founded
from tests.waiting import wait_until

SOON = WriterSettings(reconnect_seconds=1, lock_timeout_seconds=2)


def codes(writer: Writer) -> list[str]:
    return [cause.code for cause in writer.condition()]


def refused(writer: Writer, founded: Founded) -> str:
    with pytest.raises(Unavailable) as error:
        writer.record(fund(founded))
    return error.value.code


class TestTheEpoch:
    def test_each_election_takes_the_next(self, founded: Founded) -> None:
        with founded.store.connect() as connection:
            before = read_epoch(connection)
            with founded.store.writer():
                taken = read_epoch(connection)
            assert taken.number == before.number + 1
            assert taken.holder
            with pytest.raises(RuntimeError):
                fence(connection, taken.number)

    def test_a_writer_that_was_elected_before_stops_and_takes_nothing_for_granted(
        self, founded: Founded
    ) -> None:
        with founded.store.writer(settings=SOON) as writer, founded.store.connect() as other:
            writer.record(fund(founded))
            # As behind a pooler: another process believes that it was elected, too.
            take_epoch(other, "another", lambda *row: b"")
            head = check_whole(founded.store)
            assert refused(writer, founded) == "writer-elsewhere"
            assert check_whole(founded.store) == head
            # It is still the one that holds the election: it takes the next epoch and goes on.
            assert writer.record(fund(founded)).position == head + 1
            check_whole(founded.store)

    def test_a_fenced_database_records_nothing_and_is_refused_at_the_start(self, founded: Founded) -> None:
        with founded.store.writer(settings=SOON) as writer, founded.store.connect() as other:
            writer.record(fund(founded))
            newer = read_epoch(other).number + 5
            fence(other, newer)
            head = check_whole(founded.store)
            assert refused(writer, founded) == "superseded"
            assert codes(writer) == ["superseded"]
            assert check_whole(founded.store) == head
            with pytest.raises(Misconfigured) as error:
                founded.store.writer().__enter__()
            assert error.value.code == "superseded"
            assert str(newer) in error.value.message("zh")
            with pytest.raises(Misconfigured):
                take_epoch(other, "another", lambda *row: b"")
            assert assume_epoch(other, newer) == newer
            wait_until(lambda: codes(writer) == [])
            assert writer.record(fund(founded)).position == head + 1

    def test_fencing_waits_for_the_batch_that_is_under_way(self, founded: Founded) -> None:
        with founded.store.connect() as one, founded.store.connect() as other:
            one.execute("BEGIN")
            one.execute("SELECT pg_advisory_xact_lock(%s)", (0x736F6E67_00000002,))
            thread = threading.Thread(target=fence, args=(other, 1000))
            thread.start()
            thread.join(0.3)
            assert thread.is_alive()
            one.execute("COMMIT")
            thread.join(20)
            assert read_epoch(one).superseded_by == 1000


class TestTheSession:
    def test_a_pooler_by_transaction_is_refused_by_name(self, founded: Founded) -> None:
        with tempfile.TemporaryDirectory() as folder, relayed(Path(folder), founded.store.url) as url:
            with psycopg.connect(url, autocommit=True) as connection:
                assert connection.execute("SELECT 1").fetchone() == (1,)
            founded.store.url = url
            with pytest.raises(Misconfigured) as error:
                founded.store.writer().__enter__()
            assert error.value.code == "pooler-refused"
            assert "PostgreSQL" in error.value.message("zh")

    def test_whatever_opens_a_store_refuses_it(self, founded: Founded, tmp_path: Path) -> None:
        with tempfile.TemporaryDirectory() as folder, relayed(Path(folder), founded.store.url) as url:
            with pytest.raises(Misconfigured) as error, OpenStore(Store(tmp_path / "data", url)):
                pass
            assert error.value.code == "pooler-refused"
            told = [
                each
                for each in examine(Settings(data_dir=tmp_path / "data", database_url=url))
                if each.topic == "database"
            ]
            assert [each.level for each in told] == ["fail"]

    def test_a_connection_of_its_own_passes(self, store: OpenStore) -> None:
        with store.connect() as connection:
            check_session(store.url, connection)

    def test_a_session_that_changes_later_stops_the_batch(self, founded: Founded) -> None:
        with founded.store.writer(settings=SOON) as writer:
            session = writer._committer._session
            assert session is not None
            session.backend += 1
            assert refused(writer, founded) == "pooler-refused"


class TestReadOnly:
    def test_a_database_set_read_only_pauses_the_writer_until_it_is_not(self, founded: Founded) -> None:
        with founded.store.writer(settings=SOON) as writer, founded.store.connect() as other:
            name = other.info.dbname
            head = check_whole(founded.store)
            other.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
            session = writer._committer._session
            assert session is not None
            session.interrupt()
            other.execute("SELECT pg_terminate_backend(%s)", (session.backend,))
            assert refused(writer, founded) in ("database-read-only", "outcome-unknown")
            wait_until(lambda: codes(writer) == ["database-read-only"])
            other.execute("SET default_transaction_read_only = off")
            other.execute(f"ALTER DATABASE {name} RESET default_transaction_read_only")
            wait_until(lambda: codes(writer) == [])
            assert writer.record(fund(founded)).position == head + 1

    def test_a_session_set_read_only_in_the_middle_is_said_so(self, founded: Founded) -> None:
        with founded.store.writer(settings=SOON) as writer:
            session = writer._committer._session
            assert session is not None
            session.connection.execute("SET default_transaction_read_only = on")
            assert refused(writer, founded) == "database-read-only"
            wait_until(lambda: codes(writer) == [])  # on a new session
            writer.record(fund(founded))

    def test_a_standby_is_named(self) -> None:
        from ledger.postgres.failures import read_only

        assert read_only(in_recovery=True).code == "database-standby"


class TestDurability:
    def test_a_receipt_says_what_it_rests_on(self, founded: Founded) -> None:
        with founded.store.writer() as writer:
            assert writer.record(fund(founded)).to_json()["durability"] == "unflushed"  # the tests' server
        with flushing(founded.store.url), founded.store.writer() as writer:
            assert writer.record(fund(founded)).to_json()["durability"] == "flushed"

    def test_a_warning_of_another_kind_is_not_taken_for_a_standby(self, founded: Founded) -> None:
        with founded.store.writer(settings=SOON) as writer:
            session = writer._committer._session
            assert session is not None
            session.connection.execute("DO $$ BEGIN RAISE WARNING 'something else'; END $$")
            session.check_confirmed()

    @pytest.mark.parametrize("ended_by", ["pg_cancel_backend", "pg_terminate_backend"])
    def test_nothing_is_told_before_the_standby_has_it(self, founded: Founded, ended_by: str) -> None:
        with founded.store.writer(settings=WriterSettings(reconnect_seconds=60)) as writer:
            with waiting_for_a_standby(founded.store.url) as apart:
                waiting = writer.submit([fund(founded)])
                for _ in range(2):
                    wait_until(lambda: bool(waiting_backends(apart)))
                    apart.execute(
                        f"SELECT {ended_by}(pid) FROM unnest(%s::int[]) AS pid", (waiting_backends(apart),)
                    )
                time.sleep(0.5)
                assert not waiting.done()
                assert "standby-missing" in codes(writer) or ended_by == "pg_terminate_backend"
            (receipt,) = waiting.result(timeout=60)
            assert isinstance(receipt, Receipt)
            assert receipt.position == check_whole(founded.store)
            wait_until(lambda: codes(writer) == [])

    @pytest.mark.parametrize("while_it", ["commits", "opens its session again"])
    def test_a_stop_does_not_wait_for_a_standby_that_is_not_there(
        self, founded: Founded, while_it: str
    ) -> None:
        writer = founded.store.writer(settings=SOON).__enter__()
        session = writer._committer._session
        assert session is not None
        with waiting_for_a_standby(founded.store.url) as apart:
            waiting = writer.submit([fund(founded)])
            wait_until(lambda: waiting_backends(apart) == [session.backend])
            if while_it == "opens its session again":
                apart.execute("SELECT pg_terminate_backend(%s)", (session.backend,))
                # Not elected yet: the commit of its epoch waits for the standby, too.
                wait_until(lambda: waiting_backends(apart) not in ([], [session.backend]))
            assert seconds_to_stop(writer) < 30
            error = waiting.exception(timeout=1)
            assert isinstance(error, Unavailable)
            assert error.code == "outcome-unknown"

    def test_a_stop_does_not_wait_for_a_server_that_does_not_answer(self, founded: Founded) -> None:
        writer = founded.store.writer(settings=SOON).__enter__()
        session = writer._committer._session
        assert session is not None
        os.kill(session.backend, signal.SIGSTOP)
        try:
            waiting = writer.submit([fund(founded)])
            assert seconds_to_stop(writer) < 30
        finally:
            os.kill(session.backend, signal.SIGCONT)
        error = waiting.exception(timeout=1)
        assert isinstance(error, Unavailable)


def waiting_backends(connection: psycopg.Connection[Any]) -> list[int]:
    """Those of this database that wait for a standby."""
    rows = connection.execute(
        "SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND datname = current_database()"
    ).fetchall()
    return [pid for (pid,) in rows]


def seconds_to_stop(writer: Writer) -> float:
    started = time.monotonic()
    writer.__exit__(None, None, None)
    return time.monotonic() - started


class TestTheUrl:
    def test_every_option_holds_for_every_connection(self, store: OpenStore) -> None:
        url = store.url + "&application_name=ledger-test&options=-c%20statement_timeout%3D12345"
        connections = datastore(url)
        try:
            with connections.get_connection() as connection:
                found = connection.execute(
                    "SELECT current_setting('application_name') AS name,"
                    " current_setting('statement_timeout') AS timeout"
                ).fetchone()
        finally:
            connections.close()
        assert found == {"name": "ledger-test", "timeout": "12345ms"}
        store.url = url
        with store.connect() as connection:
            assert connection.execute("SHOW statement_timeout").fetchone() == ("12345ms",)

    def test_a_session_is_named_after_us_unless_the_url_names_it(self, store: OpenStore) -> None:
        ask = "SHOW application_name"
        with connect(store.url) as connection:
            assert connection.execute(ask).fetchone() == ("songnuan",)
        with connect(store.url + "&application_name=audit") as connection:
            assert connection.execute(ask).fetchone() == ("audit",)

    def test_who_asks_in_a_hurry_waits_no_longer_than_that(self) -> None:
        url = "postgresql://db/x?connect_timeout=30"
        assert connection_options(url)["connect_timeout"] == "30"
        assert connection_options(url, connect_seconds=3)["connect_timeout"] == 3

    @pytest.mark.parametrize(
        "setting",
        [
            "DateStyle = 'German, DMY'",
            "array_nulls = off",
            "bytea_output = 'escape'",
            "client_encoding = 'GBK'",
        ],
    )
    def test_what_a_database_has_for_forms_of_its_own_changes_nothing(
        self, founded: Founded, setting: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Moments in another form could not be read, and a view took a missing number for one that is ``NULL``."""
        monkeypatch.setenv("PGCLIENTENCODING", "SQL_ASCII")
        with psycopg.connect(founded.store.url, autocommit=True) as connection:
            connection.execute(f'ALTER DATABASE "{connection.info.dbname}" SET {setting}'.encode())
        with founded.store.writer() as writer:
            writer.record(fund(founded))
        check_whole(founded.store)
        connections = datastore(founded.store.url)
        try:
            followers = Followers(connections)
            followers.catch_up()
            assert [each.reason for each in followers.status() if each.reason] == []
        finally:
            connections.close()

    def test_tls_that_is_asked_for_is_not_dropped(self) -> None:
        connections = datastore(
            "postgresql://u@db.example/x?sslmode=verify-full&target_session_attrs=read-write"
        )
        assert connections.pool.kwargs["sslmode"] == "verify-full"  # type: ignore[index]
        assert connections.pool.kwargs["target_session_attrs"] == "read-write"  # type: ignore[index]

    def test_settings_of_ours_leave_the_last_word_to_the_url(self) -> None:
        options = connection_options("postgresql://db/x?options=-c%20jit%3Doff", "jit=on", "lock_timeout=2s")
        assert options["options"].endswith(" -c jit=on -c lock_timeout=2s -c jit=off")
        assert options["connect_timeout"] == 10
